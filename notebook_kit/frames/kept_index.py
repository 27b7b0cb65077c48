"""The labels of a frame, made again of what a file has kept of them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import flat_index, label_index

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["kept_index"]

#: What has room for a missing label, by kind of dtype.
_NULLABLE: Final = {"i": "Int64", "u": "UInt64", "b": "boolean"}
#: Kinds of dtypes whose length a file would say.
_SIZED: Final = "SUV"
#: What a dtype of intervals is made of.
_WHOLE: Final = ("int64", "uint64")
_INTERVALS: Final = re.compile(r"interval\[(.+), (right|left|both|neither)\]")


def kept_index(
    labels: list[Any] | None,
    size: int,
    *,
    kind: str,
    names: Sequence[Any],
    dtypes: Sequence[str],
    start: int | None = None,
    step: int | None = None,
) -> pd.Index[Any]:
    """Return an index of labels, of the dtypes that they had.

    Where that cannot be, they are objects; where some are not known, it is a dtype that has room
    for missing ones.

    Args:
        labels: plain values, texts for dates and the like, pairs of them for intervals, None for
            one that is not known; None in their place where they are the positions.
        size: how many there are.
        kind: the name of the class that the index had.
        names: of its levels.
        dtypes: of its levels, as text; none where it was no index of pandas.
        start: the first label of a range.
        step: from one label of a range to the next.

    >>> kept_index(["2024-01-01", None], 2, kind="Index", names=["d"], dtypes=["datetime64[us]"])
    DatetimeIndex(['2024-01-01', 'NaT'], dtype='datetime64[us]', name='d', freq=None)
    """
    if labels is None:
        return pd.RangeIndex(size, name=names[0])
    index = _counted(labels, start, step) if kind == "RangeIndex" else None
    if index is None:
        index = _levels(labels, dtypes) if len(dtypes) > 1 else _level(labels, dtypes)
    return index.set_names(list(names)) if index.nlevels == len(names) else index


def _counted(labels: list[Any], start: int | None, step: int | None) -> pd.Index[Any] | None:
    """Return a range; None where the labels that are known are none of it."""
    if start is None or not step:
        return None
    expected = range(start, start + step * len(labels), step)
    known = zip(labels, expected, strict=True)
    if any(label is not None and label != there for label, there in known):
        return None
    with suppress(OverflowError):
        return pd.RangeIndex(expected)
    return None


def _levels(labels: list[Any], dtypes: Sequence[str]) -> pd.Index[Any]:
    gone = (None,) * len(dtypes)
    rows = [gone if label is None else label for label in labels]
    if any(type(row) is not tuple or len(row) != len(dtypes) for row in rows):
        return label_index(rows)
    levels = [[row[at] for row in rows] for at in range(len(dtypes))]
    return pd.MultiIndex.from_arrays(
        [
            _as_they_were(flat_index(level), dtype)
            for level, dtype in zip(levels, dtypes, strict=True)
        ]
    )


def _level(labels: list[Any], dtypes: Sequence[str]) -> pd.Index[Any]:
    return _as_they_were(flat_index(labels), dtypes[0]) if dtypes else label_index(labels)


def _as_they_were(labels: pd.Index[Any], dtype: str) -> pd.Index[Any]:
    """Return labels with the dtype that they had; as they are, where they are others."""
    with suppress(TypeError, ValueError, OverflowError):
        if (intervals := _INTERVALS.fullmatch(dtype)) is not None:
            return _intervals(labels, *intervals.groups())
        wanted: Any = pd.api.types.pandas_dtype(dtype)
        kind = getattr(wanted, "kind", "O")
        if labels.hasnans and kind in _NULLABLE and isinstance(wanted, np.dtype):
            wanted = pd.api.types.pandas_dtype(_NULLABLE[kind])
        if kind == "M":
            # Not all need have fractions of seconds.
            moments = pd.DatetimeIndex(pd.to_datetime(labels, utc=True, format="ISO8601"))
            # Of one without a time zone the text said none, and it was taken for that of UTC.
            labels = moments.tz_convert(getattr(wanted, "tz", None)).astype(wanted)
        elif kind not in _SIZED:
            labels = labels.astype(wanted)
    return labels


def _intervals(labels: pd.Index[Any], dtype: str, closed: Any) -> pd.Index[Any]:
    pairs = [(None, None) if label is None else label for label in labels]
    if dtype in _WHOLE and any(left is None for left, _ in pairs):
        # There are no intervals of whole numbers with one missing.
        dtype = "float64"
    sides = [_as_they_were(flat_index([pair[at] for pair in pairs]), dtype) for at in (0, 1)]
    if any(side.dtype == object for side in sides):
        message = "texts that are no limits"
        raise ValueError(message)
    return pd.IntervalIndex.from_arrays(sides[0], sides[1], closed=closed)
