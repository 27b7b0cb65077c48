"""A frame read back from a file that a run was written into."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.columns import flat_index, object_array, object_column
from notebook_kit.frames.exports.arrow import arrow_backed, frame_of_arrow, needs
from notebook_kit.frames.exports.exact import json_or_text
from notebook_kit.frames.exports.excel import LABELS, SHEET
from notebook_kit.frames.exports.names import as_label
from notebook_kit.frames.exports.schema import DTYPES, OBJECTS, SECONDS, like_kit
from notebook_kit.redact import shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

__all__ = ["read_frame"]


def read_frame(
    path: str | os.PathLike[str],
    *,
    levels: int | None = None,
    dtype_backend: Literal["pyarrow"] | None = None,
) -> pd.DataFrame:
    """Return the frame that `Run.export` wrote into a file, with the dtypes that it had.

    Parquet, Feather and Arrow give the very frame: labels with their names and levels, answers as
    Python objects, ``attrs``. CSV, JSON lines and Excel give what they can hold. Of what JSON has
    no form for, dates, datetimes, decimals and bytes that are a whole answer come back from
    Parquet; inside of answers, and from the other files, they are text. Tuples come back as lists,
    but for labels, scalars and arrays of numpy's as Python's numbers and lists, keys of
    dictionaries as text, objects of other classes as their text.

    Args:
        path: a file ending in ``.parquet``, ``.feather``, ``.arrow``, ``.csv``, ``.jsonl`` or
            ``.xlsx``.
        levels: how many of the first columns of a ``.csv`` or ``.jsonl`` are labels; one if not
            said. The other files know.
        dtype_backend: ``"pyarrow"`` for Arrow's dtypes, but for objects and categories.

    Raises:
        ConfigurationError: for any other ending, or a library that is missing.
        StorageError: when the file cannot be read.

    >>> import tempfile
    >>> from notebook_kit.frames import export_frame
    >>> frame = pd.DataFrame({"result": pd.Series([{"n": 1}, "1"], dtype=object)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_frame(export_frame(frame, f"{folder}/x.parquet", name="x"))["result"].tolist()
    [{'n': 1}, '1']
    """
    source = Path(path).expanduser()
    read = _READERS.get(source.suffix.lower())
    if read is None:
        known = ", ".join(_READERS)
        message = f"{source.name!r} cannot be read as a frame: its name must end in one of {known}."
        raise ConfigurationError(message)
    if levels is not None:
        whole_number(levels, name="levels", least=0, example="1")
    if dtype_backend not in (None, "pyarrow"):
        message = f"dtype_backend={dtype_backend!r} must be 'pyarrow', or be left out."
        raise ConfigurationError(message)
    try:
        frame = read(source, levels)
    except (ConfigurationError, MemoryError):
        raise
    except Exception as error:
        # Each library says in a way of its own that a file is broken.
        message = f"'{source}' cannot be read as a frame ({type(error).__name__}: {error})."
        raise StorageError(message) from error
    return arrow_backed(frame) if dtype_backend else frame


def _read_parquet(path: Path, _: int | None) -> pd.DataFrame:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "Parquet") from error
    with path.open("rb") as file:
        return frame_of_arrow(pq.read_table(file))


def _read_feather(path: Path, _: int | None) -> pd.DataFrame:
    try:
        from pyarrow import feather  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "Feather") from error
    return frame_of_arrow(feather.read_table(str(path), memory_map=False))


def _read_csv(path: Path, levels: int | None) -> pd.DataFrame:
    names = [str(name) for name in pd.read_csv(path, nrows=0, encoding="utf-8")]
    # Cells of objects as they stand: "NA" or "007" is an answer as good as any. Those of seconds
    # too, as what reads numbers there is not exact in all versions.
    as_text = [name for name in names if name in (*OBJECTS, *SECONDS)]
    table = pd.read_csv(
        path,
        encoding="utf-8",
        dtype=dict.fromkeys(as_text, str),
        keep_default_na=False,
        na_values={name: [""] if name in (*OBJECTS, *_TEXTS) else _MISSING for name in names},
        low_memory=False,
    )
    return _frame_of_table(table, 1 if levels is None else levels, _cell_of_csv)


def _read_json_lines(path: Path, levels: int | None) -> pd.DataFrame:
    with path.open(encoding="utf-8") as file:
        rows = [_row(line) for line in file if line.strip()]
    # Without any row nobody knows of other columns.
    names: list[str] = list(rows[0]) if rows else ["index", *OBJECTS, *DTYPES]
    columns = [object_array([row.get(name) for row in rows]) for name in names]
    table = pd.DataFrame(
        {
            name: object_column(values) if name in OBJECTS else pd.Series(values).infer_objects()
            for name, values in zip(names, columns, strict=True)
        }
    )
    return _frame_of_table(table, 1 if levels is None else levels, None)


def _row(line: str) -> dict[str, Any]:
    row = json_or_text(line)
    if isinstance(row, dict):
        return row
    message = f"a line is no JSON object: {shown(line, 80)}"
    raise ValueError(message)


def _read_excel(path: Path, _: int | None) -> pd.DataFrame:
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("openpyxl", "Excel") from error
    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        names, *rows = list(sheet.iter_rows(values_only=True))
        run = book["run"].iter_rows(values_only=True) if "run" in book.sheetnames else ()
        about: dict[str, Any] = {str(row[0]): (*row, None)[1] for row in run}
        book.close()
    table = pd.DataFrame(
        {
            str(name): object_column(values)
            if name in OBJECTS
            else pd.Series(values).infer_objects()
            for at, name in enumerate(names)
            for values in [object_array([row[at] for row in rows])]
        }
    )
    frame = _frame_of_table(table, about.pop(LABELS, 1), _cell_of_excel)
    if about:
        frame.attrs[KEY] = _nested(about)
    return frame


def _cell_of_csv(text: str) -> Any:
    # Missing values are empty there, and NaN is among them, so these words are answers.
    if text[:1] not in _BEGINNINGS:
        return text
    value = json_or_text(text)
    return text if isinstance(value, float) and not math.isfinite(value) else value


def _cell_of_excel(text: str) -> Any:
    # Numbers and truth values are cells of their own kind there.
    return json_or_text(text) if text.startswith(("{", "[")) else text


def _nested(about: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"settings": {}}
    for name, value in about.items():
        outer, _, inner = name.partition(".")
        if inner:
            found.setdefault(outer, {})[inner] = value
        else:
            found[outer] = value
    return found


def _frame_of_table(
    table: pd.DataFrame, levels: int, read: Callable[[str], Any] | None
) -> pd.DataFrame:
    """Return the frame of a table whose first columns are labels."""
    for name in OBJECTS:
        if name in table.columns[levels:]:
            cells = [None if _is_missing(it) else it for it in table[name].tolist()]
            if read is not None:
                cells = [read(it) if isinstance(it, str) else it for it in cells]
            table[name] = object_column(object_array(cells))
    frame = like_kit(table.iloc[:, levels:].copy())
    frame.index = _labels(table.iloc[:, :levels])
    return frame


def _labels(table: pd.DataFrame) -> pd.Index[Any]:
    names = [None if _is_given(name, at) else name for at, name in enumerate(table.columns)]
    if not names:
        return pd.RangeIndex(len(table))
    if names == [None] and table.empty:
        # There is nothing to tell a dtype from, and this is what labels are without any input.
        return pd.RangeIndex(0)
    if len(names) > 1:
        return pd.MultiIndex.from_frame(table, names=names)
    only = table.iloc[:, 0]
    if any(isinstance(label, list) for label in only.tolist()):
        return flat_index([as_label(label) for label in only.tolist()]).rename(names[0])
    index = pd.Index(only, name=names[0])
    counted = pd.RangeIndex(len(table), name=names[0])
    return counted if index.dtype == "int64" and index.equals(counted) else index


def _is_given(name: str, at: int) -> bool:
    return name.rstrip("_") in ("index", f"level_{at}")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN


#: How what was written as JSON begins in a CSV.
_BEGINNINGS: Final = (*'{["-0123456789tf',)
_TEXTS: Final = ("error_type", "error")
_MISSING: Final = ["", "nan", "NaN", "None", "<NA>", "NaT"]
_READERS: Final[dict[str, Callable[[Path, int | None], pd.DataFrame]]] = {
    ".parquet": _read_parquet,
    ".feather": _read_feather,
    ".arrow": _read_feather,
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".xlsx": _read_excel,
}
