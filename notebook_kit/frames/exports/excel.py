"""A frame as an Excel workbook: what came from an API is text in it, never a formula."""

from __future__ import annotations

import math
import re
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.columns import encodable
from notebook_kit.frames.exports.arrow import needs
from notebook_kit.frames.exports.cells import plain_texts
from notebook_kit.frames.exports.exact import json_or_text
from notebook_kit.frames.exports.names import labelled
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LABELS", "SHEET", "check_size", "write_excel"]

#: The name of the sheet with the rows; another one says what the run was.
SHEET: Final = "calls"
#: The line of the other one that says how many of the columns are labels.
LABELS: Final = "labels"
_MOST_ROWS: Final = 1_048_576
_MOST_COLUMNS: Final = 16_384
#: From so many rows on it is said beforehand that a workbook takes its time.
_MANY_ROWS: Final = 100_000
#: Of a frame of a run, on a machine of today.
_ROWS_PER_SECOND: Final = 5_000
_MOST_CHARACTERS: Final = 32_767
#: Whole numbers beyond this lose their last digits in Excel.
_LARGEST: Final = 2**53
#: What XML has no form for.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_OF_NUMPY: Final = (np.bool_, np.integer, np.floating)
#: How a text begins that a spreadsheet may take for a formula, or openpyxl for an error.
_LIVE: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "#")


def check_size(frame: pd.DataFrame) -> None:
    """Check that Excel takes so many rows and columns; warn where writing them takes long.

    Raises:
        ConfigurationError: when it does not.
    """
    columns = frame.shape[1] + frame.index.nlevels
    if len(frame) < _MOST_ROWS and columns <= _MOST_COLUMNS:
        if len(frame) > _MANY_ROWS:
            message = (
                f"{len(frame):,} rows take about {len(frame) / _ROWS_PER_SECOND:.0f} seconds to "
                "write for Excel; .parquet and .csv are written in a fraction of that."
            )
            warnings.warn(message, UserWarning, stacklevel=3)
        return
    message = (
        f"Excel takes {_MOST_ROWS:,} rows, the heading among them, and {_MOST_COLUMNS:,} columns, "
        f"and this frame has {len(frame):,} rows and {columns:,} columns with its labels: end the "
        "name in .parquet or .csv, or write a part of it."
    )
    raise ConfigurationError(message)


def write_excel(frame: pd.DataFrame, path: Path) -> None:
    """Write the frame as a sheet, labels first, and a second one about its run.

    Times with a time zone are written in UTC without one, as Excel knows none. Texts longer than
    32,767 characters are cut, with a warning; characters that XML does not have are written as
    their numbers.

    Raises:
        ConfigurationError: when openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook  # noqa: PLC0415 - an extra
        from openpyxl.writer.excel import ExcelWriter  # noqa: PLC0415
    except ImportError as error:
        raise needs("openpyxl", "Excel") from error
    cut = [0]
    book = Workbook(write_only=True)
    try:
        # Its own way to save leaves the archive open where something fails. Opened first, as a
        # place that cannot be written to need not cost the work.
        with ZipFile(path, "w", ZIP_DEFLATED, allowZip64=True) as archive:
            _fill(book, frame, cut)
            ExcelWriter(book, archive).write_data()
    except BaseException:
        _discard(book)
        raise
    if cut[0]:
        message = (
            f"{plural(cut[0], 'text')} longer than the {_MOST_CHARACTERS:,} characters that a cell "
            "of Excel takes: cut in the file; .parquet and .jsonl keep them whole."
        )
        warnings.warn(message, UserWarning, stacklevel=2)


def _fill(book: Any, frame: pd.DataFrame, cut: list[int]) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - an extra, loaded already

    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"

    def cell(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not value.startswith(_LIVE):
            return value
        made = WriteOnlyCell(sheet, value="'")
        made._value, made.data_type, made.quotePrefix = value, "s", True  # noqa: SLF001
        return made

    table = labelled(frame)
    sheet.append([cell(_fitting(name, cut)) for name in table.columns])
    columns = [_cells(table.iloc[:, at], cut) for at in range(table.shape[1])]
    for row in zip(*columns, strict=True):
        sheet.append([cell(value) for value in row])
    about = book.create_sheet("run")
    for name, value in _about(frame):
        about.append([name, cell(_fitting(value, cut) if isinstance(value, str) else value)])


def _discard(book: Any) -> None:
    """Take away what a workbook that was not written has open, and its files on the disk.

    Each sheet is a file of its own at first, which the library removes only when Python ends.
    """
    for sheet in book.worksheets:
        with suppress(Exception):
            sheet.close()
        writer = sheet._writer  # noqa: SLF001
        if writer is None:
            continue
        with suppress(Exception):
            writer.close()
        with suppress(Exception):
            writer.cleanup()


def _about(frame: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    yield LABELS, frame.index.nlevels
    about = frame.attrs.get(KEY, {})
    for name, value in about.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", it) for inner, it in value.items())
        else:
            yield name, value


def _cells(column: pd.Series[Any], cut: list[int]) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    values: list[Any] = column.tolist()
    if column.dtype == object:
        # Numbers and truth values of numpy's are cells like those of Python's.
        values = [it.item() if isinstance(it, _OF_NUMPY) else it for it in values]
    missing = column.isna().to_numpy() if column.dtype != object else [False] * len(values)
    strange = [
        at for at, value in enumerate(values) if not missing[at] and not _is_native(value, column)
    ]
    for at, text in zip(strange, plain_texts([values[at] for at in strange]), strict=True):
        is_quoted = text is not None and text[:1] == '"' and not isinstance(values[at], str)
        # A date, say, needs no quotes here.
        plain = json_or_text(text) if text is not None and is_quoted else text
        values[at] = None if plain is None else _fitting(plain, cut)
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]


def _is_native(value: Any, column: pd.Series[Any]) -> bool:
    """Tell whether Excel has such a value itself; text is looked at."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= _LARGEST
    if isinstance(value, float):
        return math.isfinite(value)
    return column.dtype != object and isinstance(value, (pd.Timestamp, pd.Timedelta))


def _fitting(text: str, cut: list[int]) -> str:
    text = encodable(_CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text))
    if len(text) <= _MOST_CHARACTERS:
        return text
    cut[0] += 1
    return text[: _MOST_CHARACTERS - 1] + "…"
