"""How a summary looks, as text and as HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.frames.spent import spent
from notebook_kit.markup import NO_FORMULA, element, shorten, visible
from notebook_kit.numbers import percent, plural, rate, took

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.frames.summary import ErrorKind, Summary
    from notebook_kit.markup import Markup

__all__ = ["html_face", "text_face"]

_KINDS_SHOWN: Final = 5
_EXAMPLE_IN_TEXT: Final = 80
_EXAMPLE_IN_HTML: Final = 200
_STATUS_LINES: Final = ("failed", "timeout", "cancelled", "skipped", "pending")
_LEFT: Final = "text-align: left"
_RIGHT: Final = "text-align: right"


class _Line(NamedTuple):
    label: str
    number: str = ""
    share: str = ""
    note: str = ""


def text_face(summary: Summary) -> str:
    """Return the summary as aligned lines."""
    lines = list(_lines(summary, _EXAMPLE_IN_TEXT))
    width = max(len(line.number) for line in lines)
    body = [
        f"{line.label:<9}  {line.number:>{width}}  {line.share:>5}   {line.note}".rstrip()
        for line in lines
    ]
    # Columns of a terminal are made of plain spaces.
    return "\n".join([_heading(summary), *body]).replace("\N{NO-BREAK SPACE}", " ")


def html_face(summary: Summary) -> Markup:
    """Return the summary as a small table without colours of its own; all text is escaped."""
    body = [
        element(
            "tr",
            element("th", line.label, style=_LEFT, scope="row"),
            element("td", line.number, style=_RIGHT),
            element("td", line.share, style=_RIGHT),
            element("td", line.note, style=_LEFT),
        )
        for line in _lines(summary, _EXAMPLE_IN_HTML)
    ]
    heading = element("th", _heading(summary), style=_LEFT, colspan=4)
    head = element("thead", element("tr", heading))
    return element("table", head, element("tbody", *body), class_=NO_FORMULA)


def _heading(summary: Summary) -> str:
    items = plural(summary.items, "item")
    return f"{items} in {took(summary.elapsed_s)} ({rate(summary.items_per_s)})"


def _lines(summary: Summary, example: int) -> Iterator[_Line]:
    reused = f"{summary.reused:,} reused" if summary.reused else ""
    others = plural(summary.fallbacks, "fallback") if summary.fallbacks else ""
    note = ", ".join(filter(None, (reused, others)))
    yield _Line("ok", f"{summary.ok:,}", _share(summary.ok, summary.items), note)
    for status in _STATUS_LINES:
        number = getattr(summary, status)
        if number:
            yield _Line(status, f"{number:,}", _share(number, summary.items))
    yield from _kind_lines(summary, example)
    yield _Line("attempts", f"{summary.attempts:,}")
    if not math.isnan(summary.latency_p50_s):
        times = (
            f"{name} {spent(value)}"
            for name, value in (
                ("p50", summary.latency_p50_s),
                ("p95", summary.latency_p95_s),
                ("max", summary.latency_max_s),
            )
        )
        yield _Line("latency", note=", ".join(times))


def _kind_lines(summary: Summary, example: int) -> Iterator[_Line]:
    for at, kind in enumerate(summary.kinds[:_KINDS_SHOWN]):
        label = "" if at else "errors"
        share = _share(kind.count, summary.items)
        yield _Line(label, f"{kind.count:,}", share, _described(kind, example))
    rest = summary.kinds[_KINDS_SHOWN:]
    if rest:
        number = sum(kind.count for kind in rest)
        share = _share(number, summary.items)
        yield _Line("", f"{number:,}", share, f"of {len(rest):,} more kinds")


def _described(kind: ErrorKind, length: int) -> str:
    name = kind.error_type or "no error was kept"
    if kind.status_code is not None:
        name = f"{name} {kind.status_code}"
    return visible(f"{name}: {shorten(kind.example, length)}" if kind.example else name)


def _share(part: int, whole: int) -> str:
    return percent(part, whole) if whole else ""
