"""Markup: text stays text, whatever is in it; elements are not escaped twice."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.markup import NO_FORMULA, Markup, element, shorten, visible, void

PLAIN = settings(deadline=None)
#: Any text, lone surrogates and control characters included.
texts = st.text(st.one_of(st.characters(), st.characters(categories=["Cc", "Cs"])))
HOSTILE = "<script>alert('&\"')</script>"


class Reader(HTMLParser):
    """Collects what a browser would find."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


#: They turn the direction of what follows, break lines, or are not seen; see Unicode's categories.
MISLEADING = [
    *"\u200b\u2028\u2029\u202a\u202b\u202c\u202d\u202e\ufeff\ufff9\ufffa\ufffb",
    *map(chr, range(0x2060, 0x2070)),
    *map(chr, range(0xE0000, 0xE0080)),
]
misleading_texts = st.text(st.sampled_from(["a", "<", "\x1b", "\n", *MISLEADING]))


def as_shown(text: str) -> str:
    """Return the text as it is shown: what acts or is not seen is written out."""
    shown = ""
    for character in text.encode("utf-8", "backslashreplace").decode("utf-8"):
        code = ord(character)
        hidden = (code < 32 and character not in "\t\n\r") or 127 <= code < 160
        long = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        misleads = long if character in MISLEADING else character
        shown += f"\\x{code:02x}" if hidden else misleads
    return shown


@PLAIN
@given(content=texts | misleading_texts, title=texts | misleading_texts)
def test_any_text_is_text(content: str, title: str) -> None:
    """Whatever an API sends, the page holds one element with this text and this title."""
    reader = read(element("p", content, title=title))
    assert reader.tags == [("p", {"title": as_shown(title)})]
    assert reader.text == as_shown(content)


@PLAIN
@given(content=texts)
def test_any_text_can_be_sent_to_a_browser(content: str) -> None:
    """Lone surrogates, which JSON can hold, do not break the message that carries the page."""
    page = element("p", content, title=content)
    json.dumps(page, ensure_ascii=False).encode("utf-8")


def test_hostile_text_is_escaped_everywhere() -> None:
    """In children, in attributes and in attributes of empty elements nothing breaks out."""
    escaped = "&lt;script&gt;alert(&#x27;&amp;&quot;&#x27;)&lt;/script&gt;"
    assert element("b", HOSTILE) == f"<b>{escaped}</b>"
    assert element("b", title=HOSTILE) == f'<b title="{escaped}"></b>'
    assert void("rect", title=HOSTILE) == f'<rect title="{escaped}"/>'


@pytest.mark.parametrize("code", [0, 7, 8, 27, 127, 128, 155, 159])
def test_control_characters_are_written_out(code: int) -> None:
    """A control character does nothing to the page and can be seen."""
    assert element("b", f"a{chr(code)}b") == f"<b>a\\x{code:02x}b</b>"


@pytest.mark.parametrize("character", MISLEADING)
def test_what_misleads_is_written_out(character: str) -> None:
    """Neither the direction of what follows nor a second text hides in what is shown."""
    written = character.encode("unicode_escape").decode("ascii")
    assert element("b", f"a{character}b", title=character) == (
        f'<b title="{written}">a{written}b</b>'
    )


def test_other_writing_stays() -> None:
    """What joins letters and emoji, and marks that turn nothing but themselves, are ordinary."""
    text = "نمی\u200cخم 👩\u200d🔬 naïve 東京 \u200fשלם\u200e co\u00adop 1\u202fm"
    assert element("b", text) == f"<b>{text}</b>"
    assert visible(text) == text


@PLAIN
@given(text=texts | misleading_texts)
def test_a_text_for_a_terminal_is_one_line_that_does_nothing(text: str) -> None:
    """Control characters are written out, line ends too if no lines are asked for."""
    line, lines = visible(text), visible(text, lines=True)
    assert line == as_shown(text).replace("\n", "\\n").replace("\r", "\\r")
    assert lines == as_shown(text).replace("\r", "\\r")


def test_formulas_are_left_alone_by_a_class() -> None:
    """Both spellings are there: of MathJax 2, and of those after it."""
    assert NO_FORMULA.split() == ["mathjax_ignore", "tex2jax_ignore"]


def test_white_space_stays() -> None:
    """Tabs and line ends are part of a text."""
    assert element("pre", "a\tb\r\nc") == "<pre>a\tb\r\nc</pre>"


def test_markup_is_not_escaped_twice() -> None:
    """Elements go into elements as they are; taken apart or joined, they are plain text again."""
    inner = element("b", "a & b")
    assert element("p", inner, " & ", inner) == f"<p>{inner} &amp; {inner}</p>"
    assert inner.__html__() == inner
    assert type(inner.__html__()) is str
    assert element("p", inner + "") == "<p>&lt;b&gt;a &amp;amp; b&lt;/b&gt;</p>"


def test_markup_in_an_attribute_does_not_end_it() -> None:
    """An element as the value of an attribute keeps its own quotes to itself."""
    inner = element("b", "x", class_="y")
    reader = read(element("p", data_content=inner))
    assert reader.tags == [("p", {"data-content": inner})]


def test_what_is_not_text_is_written_as_text() -> None:
    """Numbers and objects are shown as `str` gives them, None as a child is nothing."""

    class Thing:
        def __str__(self) -> str:
            return "<thing>"

    assert element("p", 1, None, 2.5, Thing()) == "<p>12.5&lt;thing&gt;</p>"


def test_attributes() -> None:
    """None and False leave an attribute out, True leaves it empty, underscores are hyphens."""
    some: dict[str, Any] = {"hidden": None, "open": False, "disabled": True, "tabindex": 0}
    page = element("p", class_="a", aria_label="b", **some)
    assert page == '<p class="a" aria-label="b" disabled="" tabindex="0"></p>'


def test_elements_are_markup() -> None:
    """Both kinds of element can be put into others."""
    assert isinstance(element("p"), Markup)
    assert isinstance(void("br"), Markup)


# One line


@PLAIN
@given(text=texts, limit=st.integers(1, 30))
def test_a_short_text_is_one_line_of_at_most_so_many_characters(text: str, limit: int) -> None:
    """Runs of white space become one blank; what is cut ends in an ellipsis, and only that."""
    line = " ".join(text.split())
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == (line if len(line) <= limit else line[: limit - 1] + "…")


def test_nothing_is_dropped_without_a_sign() -> None:
    """White space in front or between does not hide that there is more."""
    assert shorten("\n" * 1000 + "an error", 20) == "an error"
    assert shorten("a" + " " * 1000 + "b", 20) == "a b"
    assert shorten("word " * 1000, 7) == "word w…"


def test_a_large_text_is_not_read_to_the_end() -> None:
    """A body of many megabytes is shortened as fast as a line."""

    class Counting(str):
        __slots__ = ()

    words = " ".join(["w"] * 10)
    assert shorten(Counting(words + " " + "x" * 10**7), 10) == "w w w w w…"
