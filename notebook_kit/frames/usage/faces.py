"""How usage looks, as text and as HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.markup import NO_FORMULA, Markup, element, shorten, visible
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from notebook_kit.frames.usage.counted import Usage

__all__ = ["html_face", "text_face"]

_COLUMNS: Final = ("answers", "input_tokens", "output_tokens", "total_tokens", "cost")
_MODELS_SHOWN: Final = 20
_NAME_LENGTH: Final = 60
_TABLE: Final = "border-collapse: collapse; margin: 4px 0 10px"
_LEFT: Final = "text-align: left; padding: 2px 16px 2px 0"
#: Of less than this, four decimals do not tell two digits.
_SMALL: Final = 0.001
_MOST_DECIMALS: Final = 12
_RIGHT: Final = "text-align: right; padding: 2px 16px 2px 0"


def text_face(usage: Usage) -> str:
    """Return the sums as aligned lines, and what is not known."""
    table = [["model", *(_title(name) for name in _COLUMNS)], *_lines(usage)]
    widths = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    rows = [
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in table
    ]
    return "\n".join([*rows, *_notes(usage)])


def html_face(usage: Usage) -> Markup:
    """Return the sums as a table without colours of its own; all text is escaped."""
    heads = [element("th", "model", style=_LEFT)]
    heads += [element("th", _title(name), style=_RIGHT) for name in _COLUMNS]
    body = [
        element(
            "tr",
            element("th", line[0], style=_LEFT, scope="row"),
            *(element("td", cell, style=_RIGHT) for cell in line[1:]),
        )
        for line in _lines(usage)
    ]
    table = element(
        "table", element("thead", element("tr", *heads)), element("tbody", *body), style=_TABLE
    )
    notes = [element("div", note) for note in _notes(usage)]
    return element("div", table, *notes, class_=NO_FORMULA)


def _title(name: str) -> str:
    return name.removesuffix("_tokens")


def _lines(usage: Usage) -> list[list[str]]:
    models = usage.by_model.iloc[:_MODELS_SHOWN]
    lines = [
        [visible(shorten(str(name), _NAME_LENGTH)), *(_written(row[it], it) for it in _COLUMNS)]
        for name, row in zip(models.index, models.to_dict("records"), strict=True)
    ]
    if (rest := len(usage.by_model) - len(lines)) > 0:
        lines.append([f"{rest:,} more", *[""] * len(_COLUMNS)])
    if len(lines) != 1:
        lines.append(["all", *(_written(usage.total[it], it) for it in _COLUMNS)])
    return lines


def _written(value: Any, column: str) -> str:
    if column != "cost":
        return f"{int(value):,}"
    return "" if math.isnan(value) else _money(float(value))


def _money(value: float) -> str:
    """Return money in four decimals, or in so many that two digits of a small sum are told.

    >>> _money(1234.5), _money(0.0000141), _money(0.0), _money(0.00099996)
    ('1,234.5000', '0.000014', '0.0000', '0.0010')
    """
    if not value or value >= _SMALL:
        return f"{value:,.4f}"
    digits = min(1 - math.floor(math.log10(value)), _MOST_DECIMALS)
    written = f"{value:.{digits}f}".rstrip("0")
    whole, _, decimals = written.partition(".")
    return f"{whole}.{decimals:0<4}"


def _notes(usage: Usage) -> list[str]:
    total = usage.total
    notes = []
    if unread := int(total["unread"]):
        said = f"{plural(unread, 'answer')} without usage"
        notes.append(f"{said}: {usage.trouble}." if usage.trouble else f"{said}.")
    if unpriced := int(total["unpriced"]):
        notes.append(f"{plural(unpriced, 'answer')} without a known price: not in the cost.")
    if unknown := int(total["unknown_attempts"]):
        said = f"{plural(unknown, 'attempt')} without a usable answer: no one says what they used."
        if "estimated_tokens" in total.index:
            tokens, cost = int(total["estimated_tokens"]), float(total["estimated_cost"])
            said += f" Their input would be {tokens:,} tokens"
            said += "." if math.isnan(cost) else f", {_money(cost)} in cost."
        notes.append(said)
    return notes
