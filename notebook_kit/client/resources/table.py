"""A few items as a small table, everything that an API said escaped and scrubbed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.resources.frame_call import record_of
from notebook_kit.markup import NO_FORMULA, Markup, element, shorten
from notebook_kit.redact import HIDDEN, is_secret_name, scrub, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["table_of"]

_ROWS: Final = 20
_COLUMNS: Final = 12
_WIDTH: Final = 60
_STYLE: Final = (
    "border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:4px;"
    "padding:8px 12px;max-width:960px;font-size:13px;overflow:auto"
)


def table_of(items: Sequence[Any], heading: str) -> Markup:
    """Return a heading and the first 20 items, as HTML.

    >>> ">&lt;b&gt;</td>" in table_of([{"name": "<b>"}], "one item")
    True
    """
    records = [record_of(item) for item in items[:_ROWS]]
    every = list(dict.fromkeys(name for record in records for name in record))
    names = every[:_COLUMNS]
    # Numbers stand to the right, as the notebook has it, and words to the left.
    style = {
        name: None if all(_is_number(record.get(name)) for record in records) else "text-align:left"
        for name in names
    }
    head = element(
        "tr",
        *[element("th", shorten(scrub(str(it)), _WIDTH), style=style[it]) for it in names],
    )
    rows = [
        element("tr", *[element("td", _cell(it, record.get(it)), style=style[it]) for it in names])
        for record in records
    ]
    left_out = _left_out(len(items) - len(records), len(every) - len(names))
    return element(
        "div",
        element("div", element("code", heading, style="background:none;color:inherit;padding:0")),
        element("table", head, *rows) if records else None,
        element("div", left_out, style="opacity:.7") if left_out else None,
        class_=NO_FORMULA,
        style=_STYLE,
    )


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if is_secret_name(str(name)) and isinstance(value, (str, bytes)):
        return HIDDEN
    return shorten(scrub(value), _WIDTH) if isinstance(value, str) else shown(value, _WIDTH)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _left_out(rows: int, columns: int) -> str:
    parts = [
        f"{count:,} more {what}" for count, what in ((rows, "items"), (columns, "columns")) if count
    ]
    return f"… {' and '.join(parts)}" if parts else ""
