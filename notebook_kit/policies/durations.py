"""Durations as people write them: seconds, ``"5 min"`` or a timedelta."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Final, TypeAlias

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

__all__ = ["Duration", "seconds", "unit_seconds"]

#: Seconds, a text such as ``"5 min"``, or a timedelta.
Duration: TypeAlias = float | str | timedelta

_UNITS: Final = {
    "ms": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
}
_WRITTEN: Final = re.compile(r"\s*(?P<count>\d+(?:\.\d*)?|\.\d+)?\s*(?P<unit>[a-zA-Z]+)\s*")
_HELP: Final = "write seconds (2.5), a text ('500 ms', '5 min', '1 hour') or a timedelta"


def unit_seconds(text: str) -> float | None:
    """Return the length in seconds of ``"s"``, ``"5 min"`` or ``"hours"``, or None if unreadable.

    >>> unit_seconds("min"), unit_seconds("10 seconds"), unit_seconds("fortnight")
    (60.0, 10.0, None)
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"].lower()
    length = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if length is None:
        return None
    return length * float(match["count"] or 1)


def seconds(value: Duration, *, name: str, zero: bool = False) -> float:
    """Return a duration in seconds.

    Args:
        value: seconds, a text such as ``"5 min"``, or a timedelta.
        name: the option it was given for, named in the error.
        zero: whether zero is allowed.

    Raises:
        ConfigurationError: when it cannot be read, is not finite, negative, or zero where a
            length is needed.

    >>> seconds("5 min", name="timeout"), seconds(0.5, name="timeout")
    (300.0, 0.5)
    """
    length: float | None
    if isinstance(value, timedelta):
        length = value.total_seconds()
    elif isinstance(value, str):
        length = unit_seconds(value)
    else:
        length = number(value)
    if length is None or not math.isfinite(length):
        message = f"{name}={shown(value)} is not a duration: {_HELP}."
        raise ConfigurationError(message)
    if length < 0 or (length == 0 and not zero):
        least = "zero or more" if zero else "more than zero"
        message = f"{name}={shown(value)} must be {least}: {_HELP}."
        raise ConfigurationError(message)
    return length
