"""A frame as a file: for a spreadsheet, for another program, for later."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.frames.calls.exactly import exactly
from notebook_kit.frames.exports.arrow import needs, to_arrow
from notebook_kit.frames.exports.excel import check_size, write_excel
from notebook_kit.frames.exports.text_alone import warning_of_texts
from notebook_kit.frames.exports.text_files import write_csv, write_json_lines

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import pandas as pd

__all__ = ["export_frame"]

_NO_NAME: Final = re.compile(r"[^\w.-]+")
_NAME_LENGTH: Final = 60


def export_frame(frame: pd.DataFrame, path: str | os.PathLike[str] | None, *, name: str) -> Path:
    """Write the frame, its labels too, and return the path; a file of that name is replaced.

    ``.parquet``, ``.feather`` and ``.arrow`` come back from `read_frame` as they were. ``.csv`` and
    ``.xlsx`` have the labels as their first columns and answers that are no text as JSON;
    ``.jsonl`` holds one JSON object a row. Dataclasses, models of pydantic and structs of msgspec
    are written with their fields, objects of other classes as their text, with a warning; what is
    missing is null. Names of columns are written as text, and made different where two are the
    same. A ``.csv`` holds texts as they are, also those that a spreadsheet would take for formulas,
    and columns of nothing but texts in quotes, by which `read_frame` knows that 007 is one. An
    ``.xlsx`` holds texts as text, and a warning says beforehand where it takes long.

    Args:
        frame: as a run gives it.
        path: where to; the name with date and time, as CSV in the working folder, if it is None.
        name: what the work is called.

    Raises:
        ConfigurationError: for any other ending of the name, a library that is missing, or more
            rows than Excel takes.
        StorageError: when the file cannot be written there.

    >>> import pandas as pd, tempfile
    >>> frame = pd.DataFrame({"result": [{"n": 1}, "text"]}, index=["a", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_frame(frame, f"{folder}/x.jsonl", name="x").read_text().splitlines()
    ['{"index":"a","result":{"n":1}}', '{"index":"b","result":"text"}']
    """
    target = Path(_default(name) if path is None else path).expanduser()
    ending = target.suffix.lower()
    write = _WRITERS.get(ending)
    if write is None:
        known = ", ".join(_WRITERS)
        message = f"A run cannot be written as {target.name!r}: end the name in one of {known}."
        raise ConfigurationError(message)
    if ending == ".xlsx":
        check_size(frame)
    # What pandas itself has read holds texts for objects, which would be written as such.
    frame = exactly(frame)
    with warning_of_texts(frame):
        _write_whole(frame, target, write)
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


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "Parquet") from error
    pq.write_table(to_arrow(frame), path)


def _write_feather(frame: pd.DataFrame, path: Path) -> None:
    try:
        from pyarrow import feather  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise needs("pyarrow", "Feather") from error
    feather.write_feather(to_arrow(frame), str(path))


_WRITERS: Final[dict[str, Callable[[pd.DataFrame, Path], None]]] = {
    ".csv": write_csv,
    ".jsonl": write_json_lines,
    ".parquet": _write_parquet,
    ".feather": _write_feather,
    ".arrow": _write_feather,
    ".xlsx": write_excel,
}
