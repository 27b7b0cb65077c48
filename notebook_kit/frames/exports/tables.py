"""A frame of the table that a file holds, whose first columns are labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.calls.restored import columns_of
from notebook_kit.frames.columns import (
    as_text,
    flat_index,
    inferred_column,
    object_array,
    object_column,
)
from notebook_kit.frames.exports.names import as_label
from notebook_kit.frames.exports.schema import like_kit

if TYPE_CHECKING:
    from collections.abc import Callable, Container

__all__ = ["frame_of_table", "objects_of", "outcome_of", "table_of", "told_apart"]


def told_apart(values: Any) -> pd.Series[Any]:
    """Return a column of what JSON tells apart: texts, whole numbers and others."""
    if set(map(type, values)) <= {str, type(None)}:
        return as_text(pd.Series(values))
    return inferred_column(values)


def inferred(values: Any) -> pd.Series[Any]:
    return pd.Series(values).infer_objects()


def table_of(
    names: list[str],
    columns: list[Any],
    levels: int,
    column_of: Callable[[Any], pd.Series[Any]] = inferred,
) -> pd.DataFrame:
    """Return a table of columns of objects, of the dtypes that they have, but for answers."""
    objects = objects_of(names[levels:])
    made = {
        name: object_column(values) if name in objects else column_of(values)
        for name, values in zip(names, columns, strict=True)
    }
    return pd.DataFrame(made)


def outcome_of(names: list[str]) -> dict[str, str]:
    """Return the outcome columns among these, and under which names; see `columns_of`."""
    return columns_of(pd.DataFrame(columns=pd.Index(names, dtype=object)))


def objects_of(names: list[str]) -> list[str]:
    """Return which of the columns can have any object in their cells.

    An input's own column ``item`` is among them, which a file does not tell from a run's.
    """
    outcome = outcome_of(names)
    answers = [outcome["result"]] if "result" in outcome else []
    return [*answers, *(["item"] if "item" in names else [])]


def frame_of_table(
    table: pd.DataFrame,
    levels: int,
    read: Callable[[str], Any] | None,
    about: dict[str, Any] | None = None,
    *,
    read_in: Container[str] | None = None,
) -> pd.DataFrame:
    """Return the frame of a table whose first columns are labels.

    Args:
        table: all columns.
        levels: how many of them are labels.
        read: what reads texts of answers, if they are to be.
        about: what is known of the run.
        read_in: the columns of answers that are read so; all if not given.
    """
    frame = table.iloc[:, levels:].copy()
    for name in objects_of(list(frame.columns)):
        cells = [None if _is_missing(it) else it for it in frame[name].tolist()]
        if read is not None and (read_in is None or name in read_in):
            cells = [read(it) if isinstance(it, str) else it for it in cells]
        frame[name] = object_column(object_array(cells))
    if about is None:
        renamed = {new: known for new, known in columns_of(frame).items() if new != known}
        # The order of the columns says so now; it need not any more where some are taken away.
        about = {"joined": True, "renamed": renamed} if renamed else {}
    if about:
        frame.attrs[KEY] = about
    frame = like_kit(frame)
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
    # A column's own name would stay where there is to be none.
    index = pd.Index(only).rename(names[0])
    counted = pd.RangeIndex(len(table), name=names[0])
    return counted if index.dtype == "int64" and index.equals(counted) else index


def _is_given(name: str, at: int) -> bool:
    return name.rstrip("_") in ("index", f"level_{at}")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN
