"""What is shown, and how it is escaped.

HTML is built from elements, never by joining strings: whatever is not already `Markup` is escaped,
so that text from an API cannot become an element of the page.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NO_FORMULA", "Markup", "element", "numbers_html", "shorten", "visible", "void"]

#: The classes of an element in which a text with dollars in it is no formula.
NO_FORMULA: Final = "mathjax_ignore tex2jax_ignore"

_ELLIPSIS: Final = "…"
_CONTROLS: Final = (*range(9), 11, 12, *range(14, 32), *range(127, 160))
#: They break lines, turn the direction of the writing, also of what follows, or cannot be seen; but
#: for those that join letters and emoji, and marks that turn nothing but themselves.
_MISLEADING: Final = (
    0x200B,
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)
_INVISIBLE: Final = {
    **{code: f"\\x{code:02x}" for code in _CONTROLS},
    # As Python writes those that cannot be printed.
    **{code: chr(code).encode("unicode_escape").decode("ascii") for code in _MISLEADING},
}
#: In a terminal the one leads over what stands in a line already, the other out of it.
_IN_LINES: Final = _INVISIBLE | {13: "\\r"}
_ON_A_LINE: Final = _IN_LINES | {10: "\\n"}
_WORD: Final = re.compile(r"\S+")


class Markup(str):
    """Text that is already safe HTML."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return a text fit for a terminal: what acts there, misleads or is not seen is written out.

    Args:
        text: from anywhere.
        lines: whether the ends of its lines stay, and tabs.

    >>> print(visible("red: \x1b[31m, turned: \u202e, two\nlines"))
    red: \x1b[31m, turned: \u202e, two\nlines
    """
    if text.isascii() and text.isprintable():
        return text
    return _encodable(text).translate(_IN_LINES if lines else _ON_A_LINE)


def _encodable(text: str) -> str:
    # A lone surrogate, which JSON can hold, could not be sent to a browser.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _safe(content: object) -> str:
    if isinstance(content, Markup):
        return content
    return html.escape(_encodable(str(content)).translate(_INVISIBLE), quote=True)


def _attributes(attributes: dict[str, object]) -> str:
    parts: list[str] = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        # A trailing underscore lets `class_` and `for_` be written; others become hyphens.
        written = name.rstrip("_").replace("_", "-")
        safe = _safe("" if value is True else value)
        # Markup is not escaped twice, but its quotes would end the attribute.
        parts.append(f' {written}="{safe.replace(chr(34), "&quot;")}"')
    return "".join(parts)


def element(tag: str, *children: object, **attributes: object) -> Markup:
    """Return one HTML element; children and attribute values are escaped unless they are `Markup`.

    An attribute of None or False is left out; underscores in names become hyphens.

    >>> element("p", "a < b", element("b", "!"), class_="note")
    '<p class="note">a &lt; b<b>!</b></p>'
    """
    inner = "".join(_safe(child) for child in children if child is not None)
    return Markup(f"<{tag}{_attributes(attributes)}>{inner}</{tag}>")


def numbers_html(title: str, rows: Iterable[tuple[str, str]]) -> Markup:
    """Return names and numbers as a table; whatever is text in them is escaped.

    >>> numbers_html("so far", [("calls", "12")])
    '<table class="..." style="..."><caption>so far</caption><tbody><tr><th>calls</th><td>12...'
    """
    lines = [element("tr", element("th", name), element("td", value)) for name, value in rows]
    heading = element("caption", title)
    body = element("tbody", *lines)
    # A narrow table would break its caption, which front ends leave as wide as the table.
    return element("table", heading, body, class_=NO_FORMULA, style="white-space: nowrap")


def void(tag: str, **attributes: object) -> Markup:
    """Return one element without content, as ``<rect x="1"/>``.

    >>> void("rect", stroke_width=2)
    '<rect stroke-width="2"/>'
    """
    return Markup(f"<{tag}{_attributes(attributes)}/>")


def shorten(text: str, limit: int) -> str:
    """Return the text on one line, cut to ``limit`` characters with an ellipsis.

    >>> shorten("a long   line of text", 10)
    'a long li…'
    """
    words: list[str] = []
    length = 0
    for word in _WORD.finditer(text):
        # As much as can be shown, and one more to tell that there is more.
        words.append(word[0][: limit + 1])
        length += len(words[-1]) + 1
        if length > limit + 1:
            break
    line = " ".join(words)
    return line if len(line) <= limit else line[: limit - 1] + _ELLIPSIS
