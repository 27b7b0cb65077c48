"""A frame as CSV and as JSON lines, written column by column."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.exports.cells import json_texts, plain_texts
from notebook_kit.frames.exports.names import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["write_csv", "write_json_lines"]

#: Rows that are texts at the same time: a million of them would be a gigabyte.
_AT_ONCE: Final = 50_000


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as CSV, labels first; what is missing is an empty cell."""
    table = labelled(frame)
    with path.open("w", encoding="utf-8", newline="") as file:
        # The line ends of RFC 4180: with others this writer leaves a lone carriage return in a text
        # unquoted, which cuts the row in two for most readers.
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(table.columns)
        for part in _parts(table):
            writer.writerows(zip(*map(_cells, _columns(part)), strict=True))


def write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as one JSON object a row, labels first; what is missing is null."""
    table = labelled(frame)
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


def _cells(column: pd.Series[Any]) -> list[Any]:
    if column.dtype == object:
        return plain_texts(column.tolist())
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
