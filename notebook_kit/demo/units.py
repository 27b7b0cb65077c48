"""Paces as people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError

__all__ = ["Pace", "pace"]

_PACE: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*/\s*(s|min|h)\s*")
_UNITS: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
_PERIODS: Final = {1.0: "s", 60.0: "min", 3600.0: "h"}


@dataclass(frozen=True, slots=True)
class Pace:
    """So many requests (or tokens) in so many seconds.

    >>> str(Pace(count=500, per_s=60))
    '500/min'
    """

    count: float
    per_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.count) and self.count >= 1 and self.per_s in _PERIODS):
            message = (
                f"Pace(count={self.count!r}, per_s={self.per_s!r}) cannot be kept: count is 1 or "
                "more, and per_s is 1 (a second), 60 (a minute) or 3600 (an hour)."
            )
            raise ConfigurationError(message)

    @property
    def per_second(self) -> float:
        """How many a second, on average."""
        return self.count / self.per_s

    def __str__(self) -> str:
        return f"{self.count:.12g}/{_PERIODS[self.per_s]}"


def pace(value: Pace | float | str | None, *, name: str) -> Pace | None:
    """Return a pace; a plain number is a number a second, and None stands for no limit.

    Raises:
        ConfigurationError: when it cannot be read or allows less than one.

    >>> pace("500/min", name="rate_limit")
    Pace(count=500.0, per_s=60.0)
    """
    if value is None or isinstance(value, Pace):
        return value
    count, unit = math.nan, "s"
    if isinstance(value, str) and (match := _PACE.fullmatch(value)):
        count, unit = float(match[1]), match[2]
    elif (plain := number(value)) is not None:
        count = plain
    if not math.isfinite(count) or count < 1:
        message = (
            f"{name}={value!r} is not a pace: write '200/s', '500/min' or '1000/h' (at least one), "
            "a number for so many a second, or None for no limit."
        )
        raise ConfigurationError(message)
    return Pace(count, _UNITS[unit])
