"""A frame as CSV and as JSON lines, written column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.calls.restored import columns_of
from notebook_kit.frames.exports.cells import json_texts, plain_texts
from notebook_kit.frames.exports.exact import json_or_text
from notebook_kit.frames.exports.names import labelled
from notebook_kit.frames.exports.quotes import NEEDS_QUOTES, in_quotes
from notebook_kit.frames.exports.schema import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["write_csv", "write_json_lines"]

#: Rows that are texts at the same time: a million of them would be a gigabyte.
_AT_ONCE: Final = 50_000


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as CSV, labels first; what is missing is an empty cell.

    Columns of nothing but texts are in quotes, but for those of a run that are so anyway.
    """
    table = labelled(frame)
    quoted = _quoted_columns(frame, table)
    answers = {*OBJECTS, columns_of(frame).get("result")}
    with path.open("w", encoding="utf-8", newline="") as file:
        # The line ends of RFC 4180.
        file.write(",".join(_in_csv([*table.columns], is_quoted=False)) + "\r\n")
        for part in _parts(table):
            columns = [
                _in_csv(_cells(column, is_answer=column.name in answers), is_quoted=at in quoted)
                for at, column in enumerate(_columns(part))
            ]
            # A row of one empty cell would be no row.
            file.writelines((",".join(row) or '""') + "\r\n" for row in zip(*columns, strict=True))


def _quoted_columns(frame: pd.DataFrame, table: pd.DataFrame) -> set[int]:
    """Return the places of the columns of texts of which it must be told that they are."""
    known = {name for outcome, name in columns_of(frame).items() if outcome != "result"}
    names = [*[None] * frame.index.nlevels, *frame.columns]
    return {
        at
        for at, (name, column) in enumerate(zip(names, _columns(table), strict=True))
        if (name is None or name not in known) and _is_text(column)
    }


def _is_text(column: pd.Series[Any]) -> bool:
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return set(map(type, dtype.categories)) == {str}
    if pd.api.types.is_object_dtype(dtype):
        return set(map(type, column[column.notna()])) == {str}
    return pd.api.types.is_string_dtype(dtype)


def _in_csv(cells: list[Any], *, is_quoted: bool) -> list[str]:
    if is_quoted:
        return ["" if it is None else in_quotes(it) for it in cells]
    texts = ["" if it is None else str(it) for it in cells]
    if set(map(type, cells)) <= {int, float, bool, type(None)}:
        return texts
    return [in_quotes(it) if NEEDS_QUOTES.search(it) else it for it in texts]


def write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as one JSON object a row, labels first; what is missing is null."""
    table = labelled(frame)
    if table.empty and "item" not in frame.columns:
        # A line without anything, which readers leave out, tells it from a frame that has items.
        path.write_text("\n", encoding="utf-8", newline="\n")
        return
    names = (text.replace("%", "%%") for text in json_texts(list(table.columns)))
    line = "{" + ",".join(f"{name}:%s" for name in names) + "}\n"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for part in _parts(table):
            columns = [_json_cells(column) for column in _columns(part)]
            file.writelines(line % cells for cells in zip(*columns, strict=True))


def _parts(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    return (table.iloc[start : start + _AT_ONCE] for start in range(0, len(table), _AT_ONCE))


def _columns(table: pd.DataFrame) -> list[pd.Series[Any]]:
    return [table.iloc[:, at] for at in range(table.shape[1])]


def _cells(column: pd.Series[Any], *, is_answer: bool) -> list[Any]:
    if column.dtype == object:
        values = column.tolist()
        texts = plain_texts(values)
        # Only where answers are read is a date, say, JSON.
        for at, text in enumerate(() if is_answer else texts):
            if text is not None and text[:1] == '"' and not isinstance(values[at], str):
                texts[at] = json_or_text(text)
        return texts
    if isinstance(column.dtype, pd.DatetimeTZDtype) and str(column.dtype.tz) == "UTC":
        return [None if it is None else f"{it[:10]} {it[11:]}" for it in _instants(column)]
    return _without_missing(column)


def _json_cells(column: pd.Series[Any]) -> list[str]:
    if column.dtype == object:
        return json_texts(column.tolist())
    if isinstance(column.dtype, pd.DatetimeTZDtype) and str(column.dtype.tz) == "UTC":
        return ["null" if it is None else f'"{it}"' for it in _instants(column)]
    return json_texts(_without_missing(column))


def _without_missing(column: pd.Series[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    for at in column.isna().to_numpy().nonzero()[0].tolist():
        values[at] = None
    return values


def _instants(column: pd.Series[Any]) -> list[str | None]:
    moments = column.dt.tz_localize(None).to_numpy()
    texts: list[str | None] = [
        f"{text}+00:00" for text in np.datetime_as_string(moments, unit="us").tolist()
    ]
    for at in np.isnat(moments).nonzero()[0].tolist():
        texts[at] = None
    return texts
