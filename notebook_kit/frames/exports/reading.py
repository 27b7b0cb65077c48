"""A frame read back from a file that a run was written into."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.frames.columns import inferred_column, object_array
from notebook_kit.frames.exports.arrow import arrow_backed, frame_of_arrow, needs
from notebook_kit.frames.exports.exact import json_or_text
from notebook_kit.frames.exports.excel import LABELS, SHEET
from notebook_kit.frames.exports.quotes import quoted_columns
from notebook_kit.frames.exports.schema import DTYPES, OBJECTS, SECONDS, TEXTS
from notebook_kit.frames.exports.tables import (
    frame_of_table,
    objects_of,
    outcome_of,
    table_of,
    told_apart,
)
from notebook_kit.redact import shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

__all__ = ["read_frame"]


def read_frame(
    path: str | os.PathLike[str],
    *,
    levels: int | None = None,
    dtype_backend: Literal["pyarrow"] | None = None,
) -> pd.DataFrame:
    """Return the frame that `Run.export` wrote into a file, with the dtypes that it had.

    Parquet, Feather and Arrow give the very frame: labels with their names and levels, answers as
    Python objects, ``attrs``. CSV, JSON lines and Excel give the columns of the run as they were,
    and those of the input as they can: texts, numbers and truths, also with gaps; what else there
    is, as times and categories, is text in CSV and JSON lines. Of what JSON has no form for, dates,
    datetimes, decimals and bytes that are a whole answer come back from Parquet; inside of answers,
    and from the other files, they are text. Tuples come back as lists, but for labels, scalars and
    arrays of numpy's as Python's numbers and lists, keys of dictionaries as text, dataclasses,
    models of pydantic and structs of msgspec as dictionaries, objects of other classes as their
    text.

    Where an input beside the outcomes has columns of their names, those that stand side by side as
    a run puts them are the outcomes'; a CSV or JSON lines file does not say it otherwise. What
    could be either keeps the dtype that it seems to have.

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
    levels = 1 if levels is None else levels
    names = [str(name) for name in pd.read_csv(path, nrows=0, encoding="utf-8")]
    outcome = outcome_of(names[levels:])
    objects = objects_of(names[levels:])
    texts = [outcome[name] for name in TEXTS if name in outcome]
    # Cells of objects as they stand: "NA" or "007" is an answer as good as any. Those of seconds
    # too, as what reads numbers there is not exact in all versions.
    as_text = [*objects, *(outcome[name] for name in SECONDS if name in outcome)]
    table = pd.read_csv(
        path,
        encoding="utf-8",
        dtype=dict.fromkeys(as_text, str),
        keep_default_na=False,
        na_values={name: [""] if name in (*objects, *texts) else _MISSING for name in names},
        low_memory=False,
    )
    theirs = {name for wanted, name in outcome.items() if wanted != "result"}
    asked = [at for at, name in enumerate(names) if at < levels or name not in theirs]
    quoted = sorted(quoted_columns(path, table, asked))
    gaps = [at for at in asked if at not in quoted and _may_have_gaps(table.iloc[:, at])]
    for at, texts_alone in _as_texts(path, sorted((*quoted, *gaps))):
        column: Any = _with_gaps(texts_alone, table.iloc[:, at]) if at in gaps else texts_alone
        table.isetitem(at, column)
    answers = [name for name in objects if names.index(name, levels) not in quoted]
    return frame_of_table(table, levels, _cell_of_csv, read_in=answers)


def _as_texts(path: Path, places: list[int]) -> Iterator[tuple[int, pd.Series[Any]]]:
    if not places:
        return iter(())
    table = pd.read_csv(
        path, encoding="utf-8", dtype=str, usecols=places, keep_default_na=False, na_values=[""]
    )
    return ((at, table[name]) for at, name in zip(places, table, strict=True))


def _may_have_gaps(column: pd.Series[Any]) -> bool:
    """Tell whether these may be whole numbers, or truths, that are something else beside gaps."""
    known = column.dropna()
    if len(known) in (0, len(column)):
        return False
    if column.dtype == object:
        return set(map(type, known)) == {bool}
    return column.dtype == "float64" and bool((known % 1 == 0).all())


def _with_gaps(texts: pd.Series[Any], read: pd.Series[Any]) -> pd.Series[Any]:
    """Return whole numbers with all their digits, or truths; the column as read for others."""
    known = texts.dropna()
    truths = {"True": True, "False": False}
    if known.isin(list(truths)).all():
        return texts.map(truths).astype("boolean")
    with suppress(ValueError, OverflowError):
        values = [int(it) if isinstance(it, str) else None for it in texts.tolist()]
        return inferred_column(values)
    return read


def _read_json_lines(path: Path, levels: int | None) -> pd.DataFrame:
    with path.open(encoding="utf-8") as file:
        lines = list(file)
    rows = [_row(line) for line in lines if line.strip()]
    levels = 1 if levels is None else levels
    # Without any row nobody knows of other columns; a line without anything says of one that there
    # is none.
    none = [*(f"level_{at}" for at in range(levels)), *OBJECTS[bool(lines) :], *DTYPES]
    names: list[str] = list(rows[0]) if rows else none
    columns = [object_array([row.get(name) for row in rows]) for name in names]
    return frame_of_table(table_of(names, columns, levels, told_apart), levels, None)


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
    columns = [object_array([row[at] for row in rows]) for at in range(len(names))]
    levels = about.pop(LABELS, 1)
    table = table_of([str(name) for name in names], columns, levels)
    return frame_of_table(table, levels, _cell_of_excel, _nested(about) if about else None)


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


#: How what was written as JSON begins in a CSV.
_BEGINNINGS: Final = (*'{["-0123456789tf',)
_MISSING: Final = ["", "nan", "NaN", "None", "<NA>", "NaT"]
_READERS: Final[dict[str, Callable[[Path, int | None], pd.DataFrame]]] = {
    ".parquet": _read_parquet,
    ".feather": _read_feather,
    ".arrow": _read_feather,
    ".csv": _read_csv,
    ".jsonl": _read_json_lines,
    ".xlsx": _read_excel,
}
