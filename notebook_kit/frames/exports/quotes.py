"""Which columns of a CSV are in quotes that they would not need: those of texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pandas as pd

__all__ = ["NEEDS_QUOTES", "in_quotes", "quoted_columns"]

#: What a cell of a CSV has in quotes. A lone carriage return too, which most readers take for the
#: end of a row.
NEEDS_QUOTES: Final = re.compile('[",\r\n]')
_CELL: Final = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\r|\n|$)')


def in_quotes(text: str) -> str:
    """Return a text as a cell of a CSV.

    >>> in_quotes('a "b" c')
    '"a ""b"" c"'
    """
    return '"' + text.replace('"', '""') + '"'


def quoted_columns(path: Path, table: pd.DataFrame, places: Iterable[int]) -> set[int]:
    """Return the places of the columns whose cells are in quotes without a need.

    Args:
        path: of the file.
        table: what was read from it.
        places: of the columns in question.
    """
    asked: dict[int, list[int]] = {}
    for at in places:
        row = _telling_row(table.iloc[:, at])
        if row is not None:
            asked.setdefault(row, []).append(at)
    if not asked:
        return set()
    last = max(asked)
    found: set[int] = set()
    for number, record in enumerate(_records(path), start=-1):
        # Where the names are in quotes too, another program has put all in quotes.
        if number < 0 and any(_is_quoted(cell) for cell in _cells(record)):
            return set()
        if number in asked:
            cells = _cells(record)
            found |= {at for at in asked[number] if at < len(cells) and _is_quoted(cells[at])}
        if number == last:
            break
    return found


def _telling_row(column: pd.Series[Any]) -> int | None:
    """Return the first row whose cell need not be in quotes; None if there is none."""
    known = column.notna().to_numpy().nonzero()[0]
    if column.dtype.kind in "iufb":
        return int(known[0]) if len(known) else None
    texts = column.astype(object).to_numpy()
    return next((int(at) for at in known if not NEEDS_QUOTES.search(str(texts[at]))), None)


def _is_quoted(cell: str) -> bool:
    return cell.startswith('"') and not NEEDS_QUOTES.search(cell[1:-1])


def _cells(record: str) -> list[str]:
    cells = []
    for found in _CELL.finditer(record):
        cells.append(found[1])
        if found[2] != ",":
            break
    return cells


def _records(path: Path) -> Iterator[str]:
    """Return the rows of the file, which may be several lines each, the heading among them."""
    with path.open(encoding="utf-8", newline="") as file:
        begun: list[str] = []
        is_open = False
        for line in file:
            begun.append(line)
            is_open ^= line.count('"') % 2 == 1
            if not is_open:
                record = "".join(begun)
                begun = []
                if record.strip("\r\n"):
                    yield record
