"""A rate that is a little faster or slower than another: what a click on + or - asks for."""

from __future__ import annotations

import math
from typing import Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.rate import Rate, meters_lock

__all__ = ["at_pace", "scaled"]

#: Amounts from here on are counted in whole numbers.
_WHOLE_FROM: Final = 10
_DIGITS: Final = 2


def scaled(rate: Rate, factor: float) -> Rate:
    """Return a rate of so many times the amount, rounded to a number that people would write.

    What the old one has let through lately counts for the new one.

    Raises:
        ConfigurationError: when the factor is not a positive number.

    >>> str(scaled(Rate(50), 1.1)), str(scaled(Rate(3, per="min"), 0.9))
    ('55/s', '2.7/min')
    """
    _check(factor)
    new = Rate(
        _stepped(rate.amount, factor),
        per=rate.per,
        weight=rate.weight,
        burst=rate.burst,
        usage=rate.usage,
    )
    with meters_lock:
        new.meter.go_on_from(rate.meter)
    return new


def at_pace(per_second: float, factor: float = 1.0) -> Rate:
    """Return the rate at which so many calls a second, times the factor, are let through.

    Raises:
        ConfigurationError: when either is not a positive number.

    >>> str(at_pace(52.3, 0.9)), str(at_pace(0.2))
    ('47/s', '12/min')
    """
    _check(factor)
    _check(per_second, "per_second")
    if per_second * factor >= 1:
        return Rate(_rounded(per_second * factor), per="s")
    return Rate(_rounded(60 * per_second * factor), per="min")


def _check(value: float, name: str = "factor") -> None:
    if not 0 < value < math.inf:
        message = f"{name}={value!r} must be a number above zero, such as 0.9 or 1.1."
        raise ConfigurationError(message)


def _stepped(amount: float, factor: float) -> float:
    new = _rounded(amount * factor)
    if new != amount or factor == 1:
        return new
    # A step that rounding has swallowed would be a button that does nothing.
    return amount + math.copysign(1 if amount >= _WHOLE_FROM else amount / _WHOLE_FROM, factor - 1)


def _rounded(amount: float) -> float:
    if amount >= _WHOLE_FROM:
        return round(amount)
    return float(f"{amount:.{_DIGITS}g}")
