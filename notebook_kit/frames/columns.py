"""Columns: how Python objects become arrays that pandas shows without changing them."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "TEXT",
    "as_text",
    "encodable",
    "flat_index",
    "inferred_column",
    "is_text",
    "label_index",
    "object_array",
    "object_column",
    "places_of",
    "sparse_text_array",
    "text_column",
]

_PANDAS_WITH_STR: Final = 3

#: The dtype of text: pandas 3 has ``str``; before that text is ``object``, with NaN where there is
#: none, as `pandas.read_csv` gives it. Comparing and counting are the same for both.
TEXT: Final[Any] = (
    pd.StringDtype(na_value=np.nan)
    if int(pd.__version__.split(".")[0]) >= _PANDAS_WITH_STR
    else np.dtype(object)
)


def object_array(values: Iterable[Any], count: int | None = None) -> NDArray[np.object_]:
    """Return an array of the very objects, whatever they are.

    Args:
        values: a collection, or an iterable of as many as ``count`` says.
        count: how many there are; the length of the collection if not given.

    >>> values = [[1, 2], [3, 4]]
    >>> object_array(values)[1] is values[1]
    True
    """
    size = len(cast("Collection[Any]", values)) if count is None else count
    # Assigning a list would have numpy look into its members.
    return np.fromiter(values, dtype=object, count=size)


def object_column(
    objects: NDArray[np.object_], index: pd.Index[Any] | None = None
) -> pd.Series[Any]:
    """Return a column of objects: without a dtype, pandas would make text of text."""
    column: pd.Series[Any] = pd.Series(objects, index=index, dtype=object, copy=False)
    return column


def text_column(texts: Sequence[str], places: NDArray[np.intp]) -> pd.Series[Any]:
    """Return a column with ``texts[place]`` for each place; a place of -1 is a missing text."""
    written = pd.array([encodable(text) for text in texts], dtype=TEXT)
    taken = written.take(places, allow_fill=True)
    column: pd.Series[Any] = pd.Series(taken, dtype=TEXT, copy=False)
    return column


def sparse_text_array(
    count: int, rows: Sequence[int], texts: Sequence[str], places: Sequence[int]
) -> Any:
    """Return so many missing texts but for some rows, with ``texts[place]`` for each of those.

    >>> pd.isna(sparse_text_array(3, [1], ["a"], [0])).tolist()
    [True, False, True]
    """
    at = np.fromiter(rows, dtype=np.intp, count=len(rows))
    which = np.fromiter(places, dtype=np.intp, count=len(rows))
    if getattr(TEXT, "storage", None) == "pyarrow":
        # pandas has it where this is the storage; its own way there looks at each row.
        return TEXT.__from_arrow__(_sparse_in_arrow(count, at, texts, which))
    all_places = np.full(count, -1, dtype=np.intp)
    all_places[at] = which
    return text_column(texts, all_places).array


def _sparse_in_arrow(
    count: int, rows: NDArray[np.intp], texts: Sequence[str], places: NDArray[np.intp]
) -> Any:
    """Put texts one behind the other as Arrow does: all of the memory is that of their ends."""
    import pyarrow as pa  # noqa: PLC0415 - only where pandas has it
    import pyarrow.compute as pc  # noqa: PLC0415

    # Where there is no text at all, the zeros are never touched, and take no memory.
    ends = np.zeros(count + 1, dtype=np.int64)
    known = np.zeros((count + 7) // 8, dtype=np.uint8)
    letters = pa.py_buffer(b"")
    if len(rows):
        in_order = np.argsort(rows, kind="stable")
        rows = rows[in_order]
        distinct = pa.array([encodable(text) for text in texts], type=pa.large_string())
        written = distinct.take(pa.array(places[in_order]))
        ends[rows + 1] = pc.call_function("binary_length", [written]).to_numpy()
        np.cumsum(ends, out=ends)
        np.bitwise_or.at(known, rows >> 3, np.left_shift(1, rows & 7).astype(np.uint8))
        letters = written.buffers()[2] or letters
    buffers = [pa.py_buffer(known), pa.py_buffer(ends), letters]
    return pa.Array.from_buffers(pa.large_string(), count, buffers, count - len(rows))


def as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as one of `TEXT`; the very column where it is one.

    >>> as_text(pd.Series(["a", None, 7], dtype=object)).tolist()
    ['a', nan, '7']
    """
    if column.dtype == TEXT and (column.dtype != object or is_text(column.tolist())):
        return column
    if isinstance(TEXT, pd.StringDtype):
        made: pd.Series[Any] = column.astype(TEXT)
        return made
    texts = [
        np.nan if gone else it if isinstance(it, str) else str(it)
        for it, gone in zip(column.tolist(), column.isna().tolist(), strict=True)
    ]
    return pd.Series(object_array(texts), index=column.index, name=column.name, dtype=object)


def is_text(values: Iterable[Any]) -> bool:
    """Tell whether these are texts, or NaN where there is none; from files, None comes too."""
    return all(isinstance(it, str) or (type(it) is float and math.isnan(it)) for it in values)


def encodable(text: str) -> str:
    """Return the text with halves of surrogate pairs escaped, as no column or file takes them."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def inferred_column(values: Collection[Any]) -> pd.Series[Any]:
    """Return a column of the dtype that the values have, None being a missing value.

    Whole numbers stay whole beside missing ones: as floats, large identifiers would change.

    >>> inferred_column([2**53 + 1, None]).tolist()
    [9007199254740993, <NA>]
    """
    column = object_column(object_array(values))
    kind = pd.api.types.infer_dtype(column, skipna=True)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        if kind in ("integer", "boolean") and column.isna().any():
            column = column.astype("Int64" if kind == "integer" else "boolean")
        else:
            column = column.infer_objects()
    return column


def flat_index(labels: Sequence[Any]) -> pd.Index[Any]:
    """Return an index of one level, whatever the labels are.

    >>> flat_index([("a", 1), ("b", 2)]).nlevels
    1
    """
    index: pd.Index[Any] = pd.Index(object_array(labels), dtype=object, tupleize_cols=False)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        index = index.infer_objects()
    return index


def places_of(wanted: pd.Index[Any], labels: pd.Index[Any]) -> NDArray[np.intp]:
    """Return where each wanted label is among labels that occur once, -1 where it is not.

    >>> places_of(pd.Index(["b", "x"]), pd.Index(["a", "b"])).tolist()
    [1, -1]
    """
    with contextlib.suppress(pd.errors.InvalidIndexError):
        return labels.get_indexer(wanted).astype(np.intp)
    # Intervals that overlap are labels all the same: each is one object.
    return labels.astype(object).get_indexer(wanted.astype(object)).astype(np.intp)


def label_index(labels: Sequence[Any]) -> pd.Index[Any]:
    """Return an index of the labels; tuples of one length become its levels, as in pandas.

    >>> label_index(["a", "b"]).tolist(), label_index([("a", 1), ("b", 2)]).nlevels
    (['a', 'b'], 2)
    """
    lengths = {len(label) if isinstance(label, tuple) else 0 for label in labels}
    if len(lengths) == 1 and lengths != {0}:
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return pd.MultiIndex.from_tuples(labels)
    return flat_index(labels)
