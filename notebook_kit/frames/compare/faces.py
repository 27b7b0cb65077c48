"""How a comparison looks, as text and as HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.markup import NO_FORMULA, Markup, element, shorten, visible
from notebook_kit.numbers import percent, plural, took
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from notebook_kit.frames.compare.comparison import Comparison

__all__ = ["html_face", "text_face"]

_EXAMPLES: Final = 5
_LABEL: Final = 40
_IN_TEXT: Final = 100
_IN_HTML: Final = 240
_TABLE: Final = "border-collapse: collapse; margin: 4px 0 10px"
_LEFT: Final = "text-align: left; padding: 2px 16px 2px 0"
_RIGHT: Final = "text-align: right; padding: 2px 16px 2px 0"
#: What is told of a row is code, and as wide as there is room.
_CODE: Final = f"{_LEFT}; font-family: monospace; overflow-wrap: anywhere"
_WORTH_TELLING: Final = ("changed", "now failing", "now ok")


def text_face(found: Comparison) -> str:
    """Return the comparison as aligned lines: the counts, and the first rows of each change."""
    lines = list(_lines(found))
    width = max(len(number) for _, number, _ in lines)
    body = [f"{name:<13}  {number:>{width}}  {note}".rstrip() for name, number, note in lines]
    for title, rows in _examples(found):
        body += ["", f"{title}:"]
        body += [f"  {label}  {visible(shorten(text, _IN_TEXT))}".rstrip() for label, text in rows]
    # Columns of a terminal are made of plain spaces.
    return "\n".join([_heading(found), *body, *_notes(found)]).replace("\N{NO-BREAK SPACE}", " ")


def html_face(found: Comparison) -> Markup:
    """Return the comparison as tables without colours of their own; all text is escaped."""
    counts = [
        element(
            "tr",
            element("th", name, style=_LEFT, scope="row"),
            element("td", number, style=_RIGHT),
            element("td", note, style=_LEFT),
        )
        for name, number, note in _lines(found)
    ]
    heading = element("th", _heading(found), style=_LEFT, colspan=3)
    parts = [
        element(
            "table",
            element("thead", element("tr", heading)),
            element("tbody", *counts),
            style=_TABLE,
        )
    ]
    for title, rows in _examples(found):
        head = element("tr", element("th", title, style=_LEFT, colspan=2))
        body = [
            element(
                "tr",
                element("th", label, style=_LEFT, scope="row"),
                element("td", shorten(text, _IN_HTML), style=_CODE),
            )
            for label, text in rows
        ]
        parts.append(
            element("table", element("thead", head), element("tbody", *body), style=_TABLE)
        )
    notes = [element("div", note) for note in _notes(found)]
    return element("div", *parts, *notes, class_=NO_FORMULA)


def _heading(found: Comparison) -> str:
    return f"{plural(len(found), 'row')} compared, by {found.way}"


def _lines(found: Comparison) -> Iterator[tuple[str, str, str]]:
    numbers = found.summary()
    rows = len(found)
    for name in numbers.index[1:-2]:
        number = int(numbers[name])
        if number or name in ("same", "changed", "now failing"):
            yield str(name), f"{number:,}", percent(number, rows) if rows else ""
    median, ratio = float(numbers["median_change_s"]), float(numbers["median_ratio"])
    if not math.isnan(median):
        sign = "−" if median < 0 else "+" if median else ""
        yield "median change", f"{sign}{took(abs(median))}", f"{ratio:.2f} times as long"


def _examples(found: Comparison) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    rows = found.rows
    for change in _WORTH_TELLING:
        those = rows.loc[(rows["change"] == change).to_numpy()]
        if len(those):
            yield _title(change, len(those)), list(_told(those.iloc[:_EXAMPLES], _differing))
    slower = found.slower
    if len(slower):
        yield _title("slower", len(slower)), list(_told(slower.iloc[:_EXAMPLES], _times))


def _title(name: str, number: int) -> str:
    return name if number <= _EXAMPLES else f"{name}, {_EXAMPLES} of {number:,}"


def _told(rows: pd.DataFrame, tell: Any) -> Iterator[tuple[str, str]]:
    columns = rows[["differs", "network_s_a", "network_s_b", "ratio"]].to_dict("records")
    for label, row in zip(rows.index.tolist(), columns, strict=True):
        yield shown(label, _LABEL), tell(row)


def _differing(row: dict[str, Any]) -> str:
    return row["differs"] if isinstance(row["differs"], str) else ""


def _times(row: dict[str, Any]) -> str:
    old, new = took(row["network_s_a"]), took(row["network_s_b"])
    return f"{old} → {new}, {row['ratio']:.1f} times as long"


def _notes(found: Comparison) -> list[str]:
    if not found.other_items:
        return []
    rows = plural(found.other_items, "row")
    note = f"{rows} compared by {found.way} were made of different items: "
    return [f"{note}on='item' brings equal ones together."]
