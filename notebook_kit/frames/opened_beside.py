"""The answers opened into columns beside the input that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.attrs import KEY
from notebook_kit.frames.calls.restored import columns_of
from notebook_kit.frames.columns import flat_index, object_column
from notebook_kit.frames.views import results_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

__all__ = ["opened_beside"]

#: Behind the name of an opened column that the input or the outcome has.
_SUFFIX: Final = "_answer"
#: Dtypes that have room for missing values, of those that have none.
_WITH_MISSING: Final = {"i": "Int64", "u": "UInt64", "b": "boolean"}


def opened_beside(
    beside: pd.DataFrame, frame: pd.DataFrame, expand: Any, options: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the input and its outcomes with the answers opened in the place of ``result``.

    Every row of the input is there; those without an answer have missing values. Where members of
    a list become rows, the input is repeated beside each.

    Args:
        beside: the input with the outcomes, row by row those of the frame.
        frame: the outcomes alone.
        expand: what is opened, see `notebook_kit.frames.opening.expand`.
        options: as there.
    """
    opened = results_view(frame.set_axis(pd.RangeIndex(len(frame))), expand, **options)
    rows, taken = _rows_of(opened.index.to_numpy(), len(frame))
    at = beside.columns.tolist().index(columns_of(beside)["result"])
    left = beside.iloc[rows]
    places = pd.RangeIndex(len(rows))
    names = _free(opened.columns, [*beside.columns[:at], *beside.columns[at + 1 :]])
    parts: list[pd.DataFrame] = [left.iloc[:, :at], _taken(opened, taken), left.iloc[:, at + 1 :]]
    # Labels that occur twice would multiply the rows, and names may be tuples.
    plain = [part.set_axis(places).set_axis(range(part.shape[1]), axis=1) for part in parts]
    result = pd.concat(plain, axis=1)
    result.columns = flat_index([*beside.columns[:at], *names, *beside.columns[at + 1 :]]).rename(
        beside.columns.name
    )
    result.index = left.index
    result.attrs = beside.attrs
    if KEY in result.attrs:
        result.attrs[KEY]["opened"] = [str(name) for name in names]
    return result


def _rows_of(opened: NDArray[np.intp], count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which row of the input each row is of, and which of those opened; -1 for none."""
    rest = np.setdiff1d(np.arange(count), opened)
    rows = np.concatenate([opened, rest]).astype(np.intp)
    taken = np.concatenate([np.arange(len(opened)), np.full(len(rest), -1)]).astype(np.intp)
    order = np.argsort(rows, kind="stable")
    return rows[order], taken[order]


def _taken(opened: pd.DataFrame, taken: NDArray[np.intp]) -> pd.DataFrame:
    columns = [_with_gaps(opened.iloc[:, at], taken) for at in range(opened.shape[1])]
    return pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(len(taken)))


def _with_gaps(column: pd.Series[Any], taken: NDArray[np.intp]) -> Any:
    """Return the values at these places; whole numbers stay whole beside missing ones."""
    if not (taken < 0).any():
        return column.array.take(taken)
    if column.dtype == object:
        values = np.full(len(taken), None, dtype=object)
        values[taken >= 0] = column.to_numpy()[taken[taken >= 0]]
        return object_column(values)
    kind = getattr(column.dtype, "kind", "")
    if isinstance(column.dtype, np.dtype) and kind in _WITH_MISSING:
        wider: Any = _WITH_MISSING[kind]
        column = column.astype(wider)
    return column.array.take(taken, allow_fill=True)


def _free(names: Iterable[Any], taken: Iterable[Any]) -> list[Any]:
    """Return the names, with a suffix behind those that are taken."""
    known = {*taken, *names}
    others = set(taken)
    free = []
    for name in names:
        new = name
        if name in others:
            new = f"{name}{_SUFFIX}"
            while new in known:
                new += "_"
            known.add(new)
        free.append(new)
    return free
