"""A limit as many APIs keep it: a bucket that holds one period's worth and refills evenly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.demo.units import Pace

__all__ = ["Bucket", "Grant"]

#: Sums of floats may fall short of a whole permit by this much.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Grant:
    """What the bucket answered.

    Attributes:
        allowed: whether the request may pass.
        limit: how many fit into the bucket.
        remaining: whole permits left now.
        wait_s: seconds until a refused request would pass; 0 for one that passed.
        reset_s: seconds until the bucket is full again.
    """

    allowed: bool
    limit: int
    remaining: int
    wait_s: float
    reset_s: float

    @property
    def retry_after_s(self) -> int:
        """The wait in whole seconds, as ``Retry-After`` must be written."""
        return max(1, math.ceil(self.wait_s))


class Bucket:
    """Counts what passed against a pace that may change at any time.

    >>> from notebook_kit.demo.units import Pace
    >>> bucket = Bucket()
    >>> [bucket.take(Pace(2, 1.0), now).allowed for now in (0.0, 0.0, 0.0, 0.5)]
    [True, True, False, True]
    """

    def __init__(self) -> None:
        self._pace: Pace | None = None
        self._level = 0.0
        self._at = 0.0

    def take(self, pace: Pace, now: float, weight: float = 1.0) -> Grant:
        """Take ``weight`` permits if they are there, at the time ``now`` in seconds."""
        if pace != self._pace:
            self._pace, self._level, self._at = pace, pace.count, now
        speed = pace.per_second
        self._level = min(pace.count, self._level + max(0.0, now - self._at) * speed)
        self._at = now
        allowed = self._level + _ROUNDING >= weight
        if allowed:
            self._level -= weight
        return Grant(
            allowed=allowed,
            limit=int(pace.count),
            remaining=max(0, int(self._level + _ROUNDING)),
            wait_s=0.0 if allowed else (weight - self._level) / speed,
            reset_s=(pace.count - self._level) / speed,
        )
