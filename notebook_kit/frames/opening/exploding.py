"""Lists whose members become rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Members", "is_list", "members_of"]


@dataclass(frozen=True, slots=True)
class Members:
    """The members of lists, one after the other.

    Attributes:
        each: a member, None for a list without any, or the very value that is no list.
        taken: the list that each is of.
        position: where in it, from 0; missing where there is no member.
    """

    each: list[Any]
    taken: NDArray[np.intp]
    position: pd.Series[Any]


def is_list(value: Any) -> bool:
    """Tell whether a value has members that can be rows."""
    # A list that was kept in a parquet file comes back as an array.
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)


def members_of(values: Sequence[Any]) -> Members:
    """Return the members of all lists; an empty one, and what is no list, is one row.

    >>> members_of([["a", "b"], [], None]).taken.tolist()
    [0, 0, 1, 2]
    """
    members: list[Any] = []
    sizes = np.zeros(len(values), dtype=np.intp)
    for at, value in enumerate(values):
        if not is_list(value):
            members.append(value)
        elif len(value):
            members.extend(value)
            sizes[at] = len(value)
        else:
            members.append(None)
    rows = np.maximum(sizes, 1)
    first = np.cumsum(rows) - rows
    position = np.arange(len(members), dtype=np.int64) - np.repeat(first, rows)
    is_none = np.repeat(sizes == 0, rows)
    column: pd.Series[Any] = pd.Series(pd.arrays.IntegerArray(position, is_none), copy=False)
    return Members(members, np.repeat(np.arange(len(values), dtype=np.intp), rows), column)
