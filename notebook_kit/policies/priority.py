"""Which item goes first."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import IntEnum
from numbers import Real
from typing import Final, Literal, TypeAlias

from notebook_kit.errors import ConfigurationError

__all__ = ["Order", "Priority", "rank"]

#: How plain numbers are to be read: whether the highest or the lowest goes first.
Order: TypeAlias = Literal["high_first", "low_first"]

_ORDERS: Final = ("high_first", "low_first")
_NAMED: Final = "write nk.Priority.HIGH or 'high'; there are critical, high, normal and low"


class Priority(IntEnum):
    """How urgent an item is: the critical first, then high, normal and low.

    Among equals the oldest goes first. The lower number goes first, so that priorities sort.

    >>> sorted([Priority.LOW, Priority.CRITICAL, Priority.NORMAL])[0].name
    'CRITICAL'
    """

    CRITICAL = 0
    """Before everything else."""
    HIGH = 1
    """Before the normal ones."""
    NORMAL = 2
    """What an item has that says nothing."""
    LOW = 3
    """When nothing else is left."""

    @classmethod
    def of(cls, value: object) -> Priority:
        """Read a priority: one of these, or its name in any case; None and NaN are NORMAL.

        Raises:
            ConfigurationError: for any other text, and for a plain number, because some count 1 as
                the most urgent and some as the least: it needs an ``order``, see `rank`.

        >>> Priority.of("High") is Priority.of(Priority.HIGH)
        True
        """
        if isinstance(value, Priority):
            return value
        if value is None or value != value:  # noqa: PLR0124 - what is not equal to itself is NaN
            return cls.NORMAL
        if isinstance(value, str):
            found = cls.__members__.get(value.strip().upper())
            if found is not None:
                return found
        elif _as_float(value) is not None:
            message = (
                f"priority={value!r} is a plain number, and does not say whether high or low goes "
                "first: add order='high_first' or order='low_first', or write nk.Priority.HIGH."
            )
            raise ConfigurationError(message)
        message = f"priority={value!r} cannot be read: {_NAMED}."
        raise ConfigurationError(message)


def rank(value: object, order: Order | None = None) -> float:
    """Return where an item belongs: the lower rank goes first.

    Args:
        value: a `Priority` or its name; with an ``order``, a finite number of any kind.
        order: ``"high_first"`` or ``"low_first"`` for plain numbers, None for `Priority`.

    Raises:
        ConfigurationError: when the value cannot be ranked so, or there is no such order.

    >>> rank("high"), rank(7, "high_first"), rank(7, "low_first")
    (1.0, -7.0, 7.0)
    """
    if order is None:
        return float(Priority.of(value))
    if order not in _ORDERS:
        message = (
            f"order={order!r} must be 'high_first' or 'low_first', or be left out where "
            "priorities are nk.Priority or its names."
        )
        raise ConfigurationError(message)
    # Priorities are numbers too, but of an order of their own: high_first would turn them round.
    number = None if isinstance(value, Priority) else _as_float(value)
    if number is None:
        message = (
            f"priority={value!r} is not a finite number, which order={order!r} needs: give "
            "numbers, or leave order out and give nk.Priority or its names."
        )
        raise ConfigurationError(message)
    return number if order == "low_first" else -number


def _as_float(value: object) -> float | None:
    """Return a finite number as a float, numpy's and decimals too; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None
