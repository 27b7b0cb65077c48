from __future__ import annotations

import struct

import pytest

from notebook_kit.widgets.inspector.values import value_html, value_text
from tests.widgets.fakes import parse
from tests.widgets.inspector.pictures import PNG

HOSTILE = "<script>alert('x')</script>\"'&"


def test_json_becomes_a_tree_that_folds() -> None:
    """Members lie in native details, which need no script."""
    page = parse(value_html({"a": {"b": [1, 2]}, "c": "text"}))
    tree = page.one(".nbk-tree")
    assert len(tree.all("details")) == 3
    assert len(tree.all("summary")) == 3
    assert tree.all("details")[0].attributes["open"] == ""
    assert 'c: "text"' in tree.text


def test_what_is_left_out_is_said() -> None:
    """A list of ten thousand ends in how many more there are."""
    assert "… 9,940 more" in parse(value_html(list(range(10_000)))).text


@pytest.mark.parametrize(
    "value", [HOSTILE, {HOSTILE: HOSTILE}, [HOSTILE], {HOSTILE}, HOSTILE.encode()]
)
def test_nothing_in_a_value_becomes_an_element(value: object) -> None:
    """Whatever an API writes into keys and values stays text."""
    page = value_html(value, is_answer=True)
    assert "<script" not in page
    assert parse(page).all("script") == []
    assert "alert" in parse(page).text


def test_text_is_text() -> None:
    """Text keeps its lines, and is cut where it is long."""
    page = parse(value_html("one\ntwo"))
    assert page.one("pre").text == "one\ntwo"
    assert "more characters" in parse(value_html("x" * 100_000)).text
    assert parse(value_html("")).text == "empty text"


def test_bytes_are_a_size_and_a_piece() -> None:
    """Bytes that are no image are written in hex, as many as are of use."""
    page = parse(value_html(bytes(range(256))))
    assert page.text.startswith("256\N{NO-BREAK SPACE}bytes")
    assert "0000  00 01 02" in page.text
    assert "0040  40 41" in page.text
    assert "@ABCDEFGHIJKLMNO" in page.text
    assert "… 160 more" in page.text
    assert parse(value_html(b"")).text == "0\N{NO-BREAK SPACE}bytes"
    assert parse(value_html(b"ab")).all("pre")


def test_an_image_is_shown_as_one() -> None:
    """Bytes that really are an image are shown, with their size."""
    page = parse(value_html(PNG))
    image = page.one("img")
    assert (image.attributes["src"] or "").startswith("data:image/png;base64,iVBOR")
    assert image.attributes["alt"] == "An image, 1 \N{MULTIPLICATION SIGN} 1"
    assert page.text == "image/png · 1 \N{MULTIPLICATION SIGN} 1 · 70\N{NO-BREAK SPACE}bytes"


def test_an_image_that_is_too_large_is_not_put_into_the_page() -> None:
    """Neither megabytes nor a picture that would fill a browser's memory are shown."""
    vast = PNG[:16] + struct.pack(">II", 60_000, 60_000) + PNG[24:]
    for data in (vast, PNG + bytes(3_000_000)):
        page = parse(value_html(data))
        assert page.all("img") == []
        assert "Too large" in page.text


class Odd:
    def __repr__(self) -> str:
        return "Odd(password='hunter22')\n" + "x" * 10_000


class Mute:
    def __repr__(self) -> str:
        message = "no words"
        raise RuntimeError(message)


def test_other_objects_are_their_repr() -> None:
    """What has no members is written as it writes itself, cut and without credentials."""
    text = parse(value_html(Odd())).text
    assert text.startswith("Odd(password=****)\nxxx")
    assert text.endswith("more characters")
    assert parse(value_html(Mute())).text == "(Mute that cannot be shown: no words)"
    assert parse(value_html(7)).text == "7"
    assert parse(value_html(None)).text == "None"


def test_the_same_as_text() -> None:
    """The twin has lines in the place of what folds."""
    assert value_text({"a": {"b": [1, "x\ny"]}, "e": []}).split("\n") == [
        "{2 keys}",
        "  a: {1 key}",
        "    b: [2 items]",
        "      0: 1",
        '      1: "x',
        '        y"',
        "  e: [0 items]",
    ]
    assert value_text(list(range(100))).endswith("  … 80 more")
    assert value_text("plain") == "plain"
    assert value_text(PNG) == "70\N{NO-BREAK SPACE}bytes, image/png, 1 \N{MULTIPLICATION SIGN} 1"
    assert value_text(b"ab") == "2\N{NO-BREAK SPACE}bytes"
    assert value_text(7) == "7"
    assert value_text(Mute()) == "(Mute that cannot be shown: no words)"


class Hostile:
    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(name)


def test_an_object_that_cannot_even_be_asked_for_its_class() -> None:
    """Whatever is asked of it, it raises; and it is shown all the same."""
    assert "Hostile object" in parse(value_html(Hostile())).text
    assert "Hostile object" in value_text(Hostile())
