"""What became of each pair of rows."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from notebook_kit.frames.compare.differences import near, same

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from notebook_kit.frames.compare.alignment import Alignment

__all__ = ["CHANGES", "Change", "changes_of", "equal_values"]


class Change(IntEnum):
    """What became of a row; the value is the code in a comparison's column."""

    SAME = 0
    CHANGED = 1
    NOW_FAILING = 2
    NOW_OK = 3
    STILL_FAILING = 4
    ONLY_IN_A = 5
    ONLY_IN_B = 6


#: The words of the column ``change``, in the order of their codes.
CHANGES: Final = tuple(
    ("only in a", "only in b")[it - Change.ONLY_IN_A]
    if it >= Change.ONLY_IN_A
    else it.name.lower().replace("_", " ")
    for it in Change
)

#: What can be compared without looking into it.
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def changes_of(
    a: pd.DataFrame, b: pd.DataFrame, pairs: Alignment, tolerance: float
) -> NDArray[np.int8]:
    """Return for each pair what became of it, as a `Change`."""
    ok_a = _taken((a["status"] == "ok").to_numpy(), pairs.in_a)
    ok_b = _taken((b["status"] == "ok").to_numpy(), pairs.in_b)
    change = np.full(len(pairs.in_a), Change.STILL_FAILING, dtype=np.int8)
    change[ok_a & ~ok_b] = Change.NOW_FAILING
    change[~ok_a & ok_b] = Change.NOW_OK
    change[pairs.in_b < 0] = Change.ONLY_IN_A
    change[pairs.in_a < 0] = Change.ONLY_IN_B
    both = np.flatnonzero(ok_a & ok_b)
    old = a["result"].to_numpy()[pairs.in_a[both]]
    new = b["result"].to_numpy()[pairs.in_b[both]]
    equal = equal_values(old, new, tolerance)
    change[both] = np.where(equal, Change.SAME, Change.CHANGED)
    return change


def _taken(values: NDArray[Any], places: NDArray[np.intp]) -> NDArray[np.bool_]:
    found = np.zeros(len(places), dtype=bool)
    known = places >= 0
    found[known] = values[places[known]]
    return found


def equal_values(old: NDArray[Any], new: NDArray[Any], tolerance: float) -> NDArray[np.bool_]:
    """Return for each pair of answers whether they are the same.

    Python's own comparison is asked first, which is fast; only where it does not say yes are they
    gone through.

    >>> equal_values(np.array([1, "a"], dtype=object), np.array([1.0, "b"], dtype=object), 0.0)
    array([ True, False])
    """
    pairs = zip(old.tolist(), new.tolist(), strict=True)
    return np.fromiter((_is_same(x, y, tolerance) for x, y in pairs), dtype=bool, count=len(old))


def _is_same(old: Any, new: Any, tolerance: float) -> bool:
    try:
        if old is new or (old == new) is True:
            return True
    except Exception:  # noqa: BLE001 - arrays, and classes of the user's, may refuse
        return same(old, new, tolerance)
    if type(old) is dict and type(new) is dict and _differ_at_once(old, new, tolerance):
        return False
    return same(old, new, tolerance)


def _differ_at_once(old: dict[Any, Any], new: dict[Any, Any], tolerance: float) -> bool:
    """Tell whether two records differ in a plain value, which is the usual case, and fast."""
    if len(old) != len(new):
        return True
    for key, value in old.items():
        other: Any = new.get(key)
        if type(value) not in _PLAIN or type(other) not in _PLAIN or value == other:
            continue
        if not near(value, other, tolerance):
            return True
    return False
