"""Columns: how Python objects become arrays that pandas shows without changing them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

__all__ = [
    "TEXT",
    "encodable",
    "flat_index",
    "inferred_column",
    "label_index",
    "object_array",
    "object_column",
    "places_of",
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


def object_array(values: Collection[Any]) -> NDArray[np.object_]:
    """Return an array of the very objects, whatever they are.

    >>> values = [[1, 2], [3, 4]]
    >>> object_array(values)[1] is values[1]
    True
    """
    # Assigning a list would have numpy look into its members.
    return np.fromiter(values, dtype=object, count=len(values))


def object_column(objects: NDArray[np.object_]) -> pd.Series[Any]:
    """Return a column of objects: without a dtype, pandas would make text of text."""
    column: pd.Series[Any] = pd.Series(objects, dtype=object, copy=False)
    return column


def text_column(texts: Sequence[str], places: NDArray[np.intp]) -> pd.Series[Any]:
    """Return a column with ``texts[place]`` for each place; a place of -1 is a missing text."""
    written = pd.array([encodable(text) for text in texts], dtype=TEXT)
    taken = written.take(places, allow_fill=True)
    column: pd.Series[Any] = pd.Series(taken, dtype=TEXT, copy=False)
    return column


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
