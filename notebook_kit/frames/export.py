"""A frame as a file: for a spreadsheet, for another program, for later."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from notebook_kit.errors import ConfigurationError, StorageError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

__all__ = ["export_frame"]

_NO_NAME: Final = re.compile(r"[^\w.-]+")
_NAME_LENGTH: Final = 60


def export_frame(frame: pd.DataFrame, path: str | os.PathLike[str] | None, *, name: str) -> Path:
    """Write the frame, its labels first, and return the path; a file of that name is replaced.

    ``.csv`` and ``.parquet`` hold answers that are no text as JSON; ``.jsonl`` holds one JSON
    object a row. What JSON does not know is written as its text, what is missing as null. Names of
    columns are written as text, and made different where two are the same.

    Args:
        frame: as a run gives it.
        path: where to; the name with date and time, as CSV in the working folder, if it is None.
        name: what the work is called.

    Raises:
        ConfigurationError: for any other ending of the name.
        StorageError: when the file cannot be written there.

    >>> import tempfile
    >>> frame = pd.DataFrame({"result": [{"n": 1}, "text"]}, index=["a", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_frame(frame, f"{folder}/x.jsonl", name="x").read_text().splitlines()
    ['{"index":"a","result":{"n":1}}', '{"index":"b","result":"text"}']
    """
    target = Path(_default(name) if path is None else path).expanduser()
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        known = ", ".join(_WRITERS)
        message = f"A run cannot be written as {target.name!r}: end the name in one of {known}."
        raise ConfigurationError(message)
    _write_whole(_labelled(frame), target, write)
    return target


def _write_whole(
    frame: pd.DataFrame, target: Path, write: Callable[[pd.DataFrame, Path], None]
) -> None:
    # Of its own, because two may write the same file at once.
    part = target.with_name(f".{target.stem[:_NAME_LENGTH]}-{uuid.uuid4().hex[:8]}.part")
    try:
        write(frame, part)
        # A file is whole or it is not there.
        part.replace(target)
    except OSError as error:
        message = (
            f"The rows cannot be written to '{target}': {error.strerror or error}. Give the path "
            "of a file in a folder that is there and can be written to."
        )
        raise StorageError(message) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _default(name: str) -> str:
    stem = _NO_NAME.sub("-", name).strip("-.")[:_NAME_LENGTH] or "run"
    now = dt.datetime.now(tz=dt.UTC).astimezone()
    return f"{stem}-{now:%Y%m%d-%H%M%S}.csv"


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its labels as its first columns, and names that are different texts."""
    columns = _different(frame.columns)
    levels = _different(
        ("index" if frame.index.nlevels == 1 else f"level_{level}") if given is None else given
        for level, given in enumerate(frame.index.names)
    )
    names = _different(levels, taken=columns)
    return frame.set_axis(pd.Index(columns, dtype=object), axis=1).reset_index(names=names)


def _different(names: Iterable[object], taken: Iterable[str] = ()) -> list[str]:
    known = set(taken)
    found: list[str] = []
    for given in names:
        name = str(given)
        while name in known:
            name += "_"
        known.add(name)
        found.append(name)
    return found


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    _with_text(frame).to_csv(path, index=False)


def _write_json_lines(frame: pd.DataFrame, path: Path) -> None:
    names = [str(name) for name in frame]
    columns = [_plain(frame[name]) for name in names]
    # Half a pair of surrogates, which JSON may hold, is escaped as JSON would escape it.
    with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for row in zip(*columns, strict=True):
            file.write(_object(dict(zip(names, row, strict=True))) + "\n")


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    try:
        _with_text(frame).to_parquet(path, index=False)
    except ImportError as error:
        message = "Parquet needs pyarrow: pip install pyarrow, or end the name in .csv or .jsonl."
        raise ConfigurationError(message) from error


_WRITERS: Final[dict[str, Callable[[pd.DataFrame, Path], None]]] = {
    ".csv": _write_csv,
    ".jsonl": _write_json_lines,
    ".parquet": _write_parquet,
}


def _with_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with columns of objects written as text."""
    text = {
        name: pd.Series([_text(value) for value in frame[name]], index=frame.index, dtype=object)
        for name in frame
        if frame[name].dtype == object
    }
    return frame.assign(**{str(name): column for name, column in text.items()}) if text else frame


def _text(value: Any) -> str | None:
    text = value if isinstance(value, str) else _json(value)
    if text == _NULL and not isinstance(value, str):
        return None
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(column: pd.Series[Any]) -> list[Any]:
    """Return a column's values with None for what is missing."""
    missing = column.isna().tolist() if column.dtype != object else [False] * len(column)
    return [
        None if absent else value for value, absent in zip(column.tolist(), missing, strict=True)
    ]


def _object(row: dict[str, Any]) -> str:
    try:
        return _encode(row)
    except (TypeError, ValueError):
        # One value that JSON has no form for need not change the others.
        pairs = (f"{_json(name)}:{_json(value)}" for name, value in row.items())
        return "{" + ",".join(pairs) + "}"


def _json(value: Any) -> str:
    with suppress(TypeError, ValueError):
        return _encode(value)
    try:
        return _encode(_finite(value))
    except (TypeError, ValueError, RecursionError):
        # Keys that are no text, or something that holds itself.
        return _encode(str(value))


def _finite(value: Any) -> Any:
    """Return plain data with None for numbers that JSON does not have: it has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(it) for key, it in value.items()}
    return [_finite(it) for it in value] if isinstance(value, (list, tuple)) else value


def _other(value: Any) -> Any:
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat()
    # Numbers and arrays of numpy's.
    as_list = getattr(value, "tolist", None)
    return _finite(as_list()) if callable(as_list) else str(value)


_NULL: Final = "null"
_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_other, allow_nan=False
).encode
