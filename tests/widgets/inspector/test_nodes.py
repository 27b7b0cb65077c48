from __future__ import annotations

from collections import UserDict, namedtuple
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pydantic
import pytest

from notebook_kit.redact import HIDDEN, Secret, remember_field
from notebook_kit.widgets.inspector.nodes import Node, nodes_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def count(node: Node) -> int:
    return 1 + sum(map(count, node.members))


def depth(node: Node) -> int:
    return 1 + max(map(depth, node.members), default=0)


def test_what_plain_data_looks_like() -> None:
    """Each sort of value has its words and its look."""
    root = nodes_of({"n": 1.5, "t": "x", "b": True, "z": None, "l": [1], "d": {}, "s": {2}})
    assert root.text == "{7 keys}"
    assert [(it.key, it.text, it.kind) for it in root.members] == [
        ("n", "1.5", "number"),
        ("t", '"x"', "text"),
        ("b", "True", "number"),
        ("z", "None", "number"),
        ("l", "[1 item]", "branch"),
        ("d", "{0 keys}", "branch"),
        ("s", "{1 item}", "branch"),
    ]


def test_a_long_list_says_how_many_are_left_out() -> None:
    """Of ten thousand members sixty are shown, and the rest is counted."""
    root = nodes_of(list(range(10_000)))
    assert len(root.members) == 60
    assert root.rest == "… 9,940 more"


def test_a_huge_value_gives_a_bounded_tree() -> None:
    """However many members there are at each depth, the tree has 400 nodes and a few at most."""
    wide = {str(at): [{"a": list(range(100)), "b": at}] * 100 for at in range(1_000)}
    assert count(nodes_of(wide)) <= 400
    assert count(nodes_of(wide, briefly=True)) <= 60


def test_a_deep_value_ends_somewhere() -> None:
    """A value of ten thousand levels is cut, and says so."""
    value: Any = "end"
    for _ in range(10_000):
        value = [value]
    root = nodes_of(value)
    assert depth(root) < 30
    node = root
    while node.members:
        node = node.members[0]
    assert node.text == "[1 item], too deep"


def test_a_value_that_holds_itself_is_told_as_such() -> None:
    """A ring ends where it closes."""
    ring: dict[str, Any] = {"a": 1}
    ring["self"] = ring
    assert nodes_of(ring).members[1].text == "{2 keys}, within itself"


def test_the_same_value_twice_is_no_ring() -> None:
    """What stands in two places is shown in both."""
    same = [1]
    assert [node.text for node in nodes_of([same, same]).members] == ["[1 item]", "[1 item]"]


@dataclass
class Place:
    """A record."""

    city: str
    password: str = "hunter22"


class Struct(msgspec.Struct):
    """A record of msgspec."""

    city: str


class Model(pydantic.BaseModel):
    """A record of pydantic."""

    city: str


Named = namedtuple("Named", "city")  # noqa: PYI024 - as old code writes it


@pytest.mark.parametrize(
    "record", [Place("Bern"), Struct("Bern"), Model(city="Bern"), Named("Bern")]
)
def test_records_show_their_fields(record: Any) -> None:
    """What endpoints give is opened as dictionaries are."""
    root = nodes_of(record)
    assert root.text.startswith(f"{type(record).__name__} (")
    assert (root.members[0].key, root.members[0].text) == ("city", '"Bern"')


def test_mappings_of_any_class_are_opened() -> None:
    """A row of a table is no dict, and shown as one."""
    assert nodes_of(UserDict({"a": 1})).members[0].key == "a"


def test_credentials_are_hidden_by_name_and_by_value() -> None:
    """Texts under a name of a credential are hidden, numbers are not, known secrets everywhere."""
    key = Secret("nodes-secret-value")
    root = nodes_of(
        {"token": "abc", "max_tokens": 5, "s": key, "t": f"x {key.reveal()}", "api_key": b"abc"}
    )
    shown = {node.key: node.text for node in root.members}
    assert shown == {
        "token": HIDDEN,
        "max_tokens": "5",
        "s": HIDDEN,
        "t": f'"x {HIDDEN}"',
        "api_key": HIDDEN,
    }
    assert nodes_of(Place("Bern")).members[1].text == HIDDEN


def test_what_lies_under_the_name_of_a_credential_is_hidden_too() -> None:
    """In a list, or deeper; tokens in the plural are those of a text, and numbers are seen."""
    root = nodes_of({"api_keys": ["abc1", {"of": "abc2", "n": 3}], "tokens": ["the", "sea"]})
    keys, tokens = root.members
    assert [node.text for node in tokens.members] == ['"the"', '"sea"']
    assert keys.members[0].text == HIDDEN
    assert [node.text for node in keys.members[1].members] == [HIDDEN, "3"]


def test_a_short_secret_is_hidden_in_its_own_field() -> None:
    """What is too short to be found by its value is hidden under the name it was given for."""
    remember_field("nodes-pin", Secret("47-11"))
    root = nodes_of({"nodes-pin": "47-11", "other": "47-11"}, is_answer=True)
    assert [node.text for node in root.members] == [HIDDEN, '"47-11"']


def test_an_answer_may_call_anything_key() -> None:
    """``key`` is the name of a credential among headers, and of anything in an answer."""
    assert nodes_of({"key": "a.txt"}, is_answer=True).members[0].text == '"a.txt"'
    assert nodes_of({"key": "a.txt"}).members[0].text == HIDDEN


class Broken:
    """An object that raises whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Endless(UserDict[int, int]):
    """A mapping that never ends, and lies about its length."""

    def __len__(self) -> int:
        return 3

    def __iter__(self) -> Iterator[int]:
        at = 0
        while True:
            yield (at := at + 1)

    def __getitem__(self, key: int) -> int:
        return key


class Failing(UserDict[int, int]):
    """A mapping that breaks while it is read."""

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Iterator[int]:
        yield 1
        raise RuntimeError

    def __getitem__(self, key: int) -> int:
        return key


def test_hostile_values_are_shown_all_the_same() -> None:
    """Whatever an object does when it is looked at, a tree comes of it."""
    root = nodes_of([Broken(), Endless(), Failing(), 10**5_000, float("nan"), object, "\ud800"])
    broken, endless, failing, huge, nan, kind, surrogate = root.members
    assert "cannot be shown" in broken.text
    assert len(endless.members) == 30
    assert failing.members[-1].text == "(cannot be read: RuntimeError)"
    assert "cannot be shown" in huge.text
    assert (nan.text, nan.kind) == ("nan", "number")
    assert kind.text == "<class 'object'>"
    assert surrogate.text == '"\N{REPLACEMENT CHARACTER}"'


def test_keys_that_are_no_text() -> None:
    """Any key is written on one line."""
    root = nodes_of({1: "a", ("x", 2): "b", "two\nlines": "c", None: "d"})
    assert [node.key for node in root.members] == ["1", "('x', 2)", "two lines", None]


def test_bytes_within_a_value_are_a_size_and_a_piece() -> None:
    """Of bytes the first sixteen are written."""
    assert nodes_of([b"ab"]).members[0].text == "2\N{NO-BREAK SPACE}bytes: 61 62"
    assert nodes_of([bytes(20)]).members[0].text.endswith(" 00 …")


def test_what_is_open_from_the_start() -> None:
    """The root is, and small members of it."""
    root = nodes_of({"small": [1], "large": list(range(20)), "deep": {"deeper": [1]}})
    small, large, deep = root.members
    assert (root.is_open, small.is_open, large.is_open) == (True, True, False)
    assert not deep.members[0].is_open
