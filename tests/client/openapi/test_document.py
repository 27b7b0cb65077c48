from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.client.openapi.document import Broken, Document

HELD: dict[str, Any] = {
    "a/b": {"~": {"x y": 1}},
    "list": [{"v": 1}, {"$ref": "#/list/0"}],
    "far": {"$ref": "#/near"},
    "near": {"$ref": "#/list/1"},
    "round": {"$ref": "#/about"},
    "about": {"$ref": "#/round"},
    "gone": {"$ref": "#/nowhere/at/all"},
    "anchor": {"$ref": "#Pet"},
    "else": {"$ref": "other.json#/Pet"},
    "ü": "ok",
}
TOP = Document(HELD).top


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/a~1b/~0/x y", 1), ("/list/0/v", 1), ("", HELD), ("/ü", "ok")],
)
def test_a_pointer_leads_to_a_value(pointer: str, value: object) -> None:
    """Its escapes are those of RFC 6901."""
    assert Document(HELD).found(pointer, at="#").value == value


def test_references_are_followed_to_their_end() -> None:
    """Over references, to where the value stands."""
    node = TOP.child("far")
    assert node.value == {"v": 1}
    assert node.at == "#/list/0"


def test_escapes_of_urls_are_read() -> None:
    """A fragment of a URL has them."""
    document = Document({"$ref": "#/a%20b~1c", "a b/c": 3})
    assert document.top.followed().value == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("round", "go in a circle"),
        ("gone", "leads to nothing"),
        ("anchor", "no JSON pointer"),
        ("else", "another document"),
    ],
)
def test_a_reference_that_leads_nowhere_is_named_with_its_place(name: str, said: str) -> None:
    """As a JSON pointer; and where it may be missing, nothing is there."""
    with pytest.raises(Broken, match=said) as caught:
        TOP.child(name)
    assert str(caught.value).startswith("#/")
    assert TOP.quiet(name).value is None


def test_what_is_not_there_is_nothing() -> None:
    """Children of a number, of nothing, and of a list by name."""
    assert TOP.child("list").child("v").value is None
    assert TOP.child("none").child("none").value is None
    assert not list(TOP.child("none").children())
    assert not list(TOP.child("none").items())


def test_text_for_people_gives_a_terminal_no_orders() -> None:
    """Lines stay lines; half a character is none."""
    node = Document({"said": "a\x1b[31mb\r\nc\td\x9b\x7f", "half": "a\ud800"}).top
    assert node.told("said") == "a[31mb\nc\td"
    assert node.text("half") == "a?"
