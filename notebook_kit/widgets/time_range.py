"""A time that nobody knows exactly, in words: from when to when."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["range_in_words"]

_SPACE: Final = "\N{NO-BREAK SPACE}"
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))
#: Seconds are told in steps of so many.
_STEP_S: Final = 5
#: An upper bound is rounded up, so it is told in units of which it has more than one.
_MORE_THAN_ONE: Final = 1.5
#: From here on a lower bound is as good as none.
_LEAST_S: Final = 5.0


def range_in_words(low_s: float, high_s: float) -> str:
    """Return a range of time, rounded outwards; nothing where it is too short to be one.

    >>> words = [range_in_words(*it) for it in ((130, 290), (40, 170), (1, 22), (9_000, 90_000))]
    >>> [text.replace(_SPACE, " ") for text in words]
    ['2 to 5 min', '40 s to 3 min', 'up to 25 s', '2 to 25 h']
    >>> range_in_words(1, 4)
    ''
    """
    if high_s <= _LEAST_S:
        return ""
    high, unit = _rounded(high_s, math.ceil, least=_MORE_THAN_ONE)
    if low_s < _LEAST_S:
        return f"up to {high}{_SPACE}{unit}"
    low, unit_of_low = _rounded(low_s, math.floor, least=1)
    first = f"{low}" if unit == unit_of_low else f"{low}{_SPACE}{unit_of_low}"
    return f"{first} to {high}{_SPACE}{unit}"


def _rounded(seconds: float, to: Callable[[float], int], *, least: float) -> tuple[int, str]:
    for unit, unit_s in _UNITS:
        if seconds >= least * unit_s:
            return to(seconds / unit_s), unit
    return to(seconds / _STEP_S) * _STEP_S, "s"
