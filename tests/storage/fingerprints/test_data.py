"""Data that a function uses: as text, as a digest, or not at all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import Secret
from notebook_kit.storage.fingerprints import data, fingerprint
from tests.storage.fingerprints.reaching import edited, read
from tests.storage.helpers import run_cell


def parts(value: Any, name: str = "x") -> dict[str, str]:
    """What is kept of a global variable."""
    work = fingerprint({"function": run_cell(f"def f(row): return {name}\n", **{name: value})["f"]})
    return {key: it.value for key, it in work.parts.items() if key.startswith(f"value {name}")}


def alike(one: Any, other: Any) -> bool:
    return parts(one) == parts(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        ("1", 1),
        ("a", b"a"),
        ([1, [2]], [1, 2]),
        ({"a": None}, {}),
        ({"a": {}}, {"a": []}),
        ({1: "a"}, {"1": "a"}),
        ({1, 2}, {1, 3}),
        (range(3), range(4)),
        (10**400, 10**400 + 1),
        ("x" * 2_000, "x" * 1_999 + "y"),
        (list(range(1_000)), list(range(1, 1_001))),
        (np.arange(3), np.arange(3.0)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array(["a", None], dtype=object), np.array(["b", None], dtype=object)),
        (pd.Series([1, 2]), pd.Series([1, 2], index=[1, 2])),
        (pd.Series([1, 2], name="a"), pd.Series([1, 2], name="b")),
        (pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": ["y"]})),
        (pd.DataFrame({"a": [{"b": 1}]}), pd.DataFrame({"a": [{"b": 2}]})),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (pd.Index([1, 2]), pd.Index([1, 3])),
        (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-01-02")),
        (len, print),
        (np.mean, np.median),
        (int, float),
        (list[int], list[str]),
    ],
)
def test_values_that_differ(one: Any, other: Any) -> None:
    """Types, shapes, labels and contents count, of short values and of long ones."""
    assert alike(one, one)
    assert not alike(one, other)


def test_tables_that_are_too_large_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound an array and a DataFrame are not read, and that is said."""
    monkeypatch.setattr(data, "_MOST_BYTES", 100)
    monkeypatch.setattr(data, "_MOST_CELLS", 10)
    names = {"a": np.zeros(100), "d": pd.DataFrame({"x": range(100)})}
    work = fingerprint({"function": run_cell("def f(x): return a, d\n", **names)["f"]})
    assert work.unreadable == (
        "a that f() uses, an object of numpy.ndarray",
        "d that f() uses, an object of pandas.DataFrame",
    )


def test_structures_are_told_part_by_part() -> None:
    """A short structure is kept in its parts, so that the one that changed can be named."""
    assert parts({"b": [1, {"c": "d"}], "a": ()}) == {
        "value x['a']": "sha256:" + parts(())["value x"].partition(":")[2],
        "value x['b'][0]": "text:1",
        "value x['b'][1]['c']": "text:'d'",
    }
    assert set(parts(list(range(101)))) == {"value x"}
    assert set(parts([list(range(60)), list(range(60))])) == {"value x"}


def test_credentials_are_left_out() -> None:
    """A Secret, and text under the name of a credential, may be renewed at any time."""
    assert alike(Secret("sk-one-0123456789"), Secret("sk-two-0123456789"))
    assert parts("abc", "OPENAI_API_KEY") == {"value OPENAI_API_KEY": "text:****"}
    assert parts(b"abc", "hf_token") == {"value hf_token": "text:****"}
    assert parts({"Authorization": "Bearer abc"}) == {"value x['Authorization']": "text:****"}
    known = Secret("sk-three-0123456789").reveal()
    assert parts(f"key {known}!") == {"value x": "text:'key ****!'"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", 100),
        ("TOKENIZER", "cl100k"),
        ("key", "population"),
        ("SIGNATURE", "Yours, the team"),
        ("secret_santa", "Ann"),
    ],
)
def test_what_only_sounds_like_a_credential_counts(name: str, value: Any) -> None:
    """Numbers, sentences and names that go on are no credentials."""
    assert parts(value, name) == {f"value {name}": f"text:{value!r}"}


def test_nothing_of_long_values_is_kept() -> None:
    """Of a long text, a large structure and a table only a digest is written down."""
    for value in ("private words " * 100, ["private words"] * 200, pd.Series(["private words"])):
        assert all(it.startswith("sha256:") for it in parts(value).values())


UNREADABLE = """
import io, random, numpy as np
class Odd:
    def __getattr__(self, name): raise RuntimeError(name)
    def __eq__(self, other): raise RuntimeError
    __hash__ = None
objects = {{
    "file": io.BytesIO(), "rng": random.Random(1),
    "generator": np.random.default_rng(1), "iterator": iter([1]), "itself": [], "odd": Odd(),
}}
objects["itself"].append(objects["itself"])
thing = objects["{0}"]
def f(x): return thing
"""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("file", "_io.BytesIO"),
        ("rng", "random.Random"),
        ("generator", "numpy.random._generator.Generator"),
        ("iterator", "list_iterator"),
        ("itself", "list"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, kind: str) -> None:
    """Open files, random generators and the like are named with what they are."""
    (said,) = read(UNREADABLE.format(name)).unreadable
    assert said.startswith("thing")
    assert said.endswith(f" that f() uses, an object of {kind}")


def test_objects_that_raise_when_they_are_looked_at() -> None:
    """An object may do anything but stop the fingerprint."""
    source = UNREADABLE.format("odd")
    assert edited(source, "raise RuntimeError(name)", "raise ValueError(name)") == (
        "the code of the helper Odd.__getattr__() has changed"
    )

    class Refuses:
        def _fingerprint_(self) -> object:
            raise ConfigurationError("not now")

    (said,) = fingerprint({"thing": Refuses()}).unreadable
    assert said.startswith("thing, an object of tests.storage.fingerprints.test_data.")


@pytest.mark.parametrize(
    ("source", "old", "new"),
    [
        ("import re\nx = re.compile('a')", "'a'", "'b'"),
        ("import logging\nx = logging.getLogger('a')", "'a'", "'b'"),
        ("import operator\nx = operator.itemgetter('a')", "'a'", "'b'"),
        ("import operator\nx = operator.attrgetter('a')", "'a'", "'b'"),
        ("import operator\nx = operator.methodcaller('a')", "'a'", "'b'"),
        ("import collections\nx = collections.deque('a')", "'a'", "'b'"),
        ("import collections\nx = collections.Counter('a')", "'a'", "'b'"),
        ("import array\nx = array.array('b', [1])", "[1]", "[2]"),
        ("import string\nx = string.Template('a')", "'a'", "'b'"),
        ("import zoneinfo\nx = zoneinfo.ZoneInfo('Europe/Rome')", "Rome", "Paris"),
        ("import types\nx = types.MappingProxyType({'a': 1})", "1", "2"),
        ("import types\nx = types.SimpleNamespace(a=1)", "1", "2"),
        ("import contextvars\nx = contextvars.ContextVar('a')", "'a'", "'b'"),
        ("import typing\nx = typing.Optional[int]", "int", "str"),
        ("import pathlib\nx = pathlib.Path('a')", "'a'", "'b'"),
        ("import datetime\nx = datetime.date(2026, 1, 1)", "1)", "2)"),
        ("import decimal\nx = decimal.Decimal('1')", "'1'", "'2'"),
        ("x = slice(1)", "1", "2"),
        ("import notebook_kit as nk\nx = nk.Retry(max_attempts=3)", "3", "4"),
    ],
)
def test_objects_that_say_all_of_themselves(source: str, old: str, new: str) -> None:
    """Common objects of Python's libraries count by what they are made of."""
    source += "\ndef f(row): return x\n"
    assert edited(source, old, new) != ""
    assert read(source).unreadable == ()


def test_a_list_that_is_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take seconds to be read is not."""
    monkeypatch.setattr("notebook_kit.storage.fingerprints.walk._LONGEST", 1_000)
    (said,) = read("many = list(range(1_001))\ndef f(x): return many\n").unreadable
    assert said == "many that f() uses, an object of list"
    assert read("many = list(range(1_000))\ndef f(x): return many\n").unreadable == ()


def test_so_many_values_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A very large web of objects ends, and says so."""
    monkeypatch.setattr("notebook_kit.storage.fingerprints.walk._MOST", 50)
    source = (
        "class Node:\n"
        "    def __init__(self, below): self.below = below\n"
        "top = Node(None)\n"
        "for _ in range(100): top = Node(top)\n"
        "def f(x): return top\n"
    )
    assert len(read(source).unreadable) == 1
