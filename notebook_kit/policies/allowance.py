"""What a server says that it will still let in, and how to make do with it."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Reversible

    from notebook_kit.policies.hints import RateHint

__all__ = ["Allowance"]

#: With less than this share left, starts are spread.
_LOW: Final = 0.1
#: Over so many seconds at most: a few of an hour's last tenth must not take long.
_SPREAD_S: Final = 10.0
#: Of a bucket so much must be used before its filling can be told from what is rounded away.
_TELLING: Final = 0.05
_FEWEST_TELLING: Final = 3
#: A day: what is said of later times holds up nobody.
_LONGEST_S: Final = 86_400.0
#: One that is sent so much later may still reach the server before; no more than answers take.
_OVERTAKING_S: Final = 0.05
_COUNTED: Final = "requests"


class Allowance:
    """The latest hint, less what was sent since.

    Only the newest counts, by when its attempt was sent, as answers overtake each other. While
    there is plenty left it has no influence at all.

    Args:
        starts: when the latest attempts were sent, kept up by who makes this.

    Attributes:
        used_up_until: when what is used up now is there again, or minus infinity.

    >>> from notebook_kit.policies.hints import RateHint
    >>> allowance = Allowance([])
    >>> allowance.heard(1.0, sent=0.9, hint=RateHint(100, 0, 30.0))
    >>> allowance.earliest(1.0)
    31.0
    """

    __slots__ = (
        "_due",
        "_heard",
        "_interval",
        "_plenty",
        "_slowest_s",
        "_starts",
        "_until",
        "used_up_until",
    )

    def __init__(self, starts: Reversible[float]) -> None:
        self._starts = starts
        #: When the attempt that the hint came with was sent, and, for a hint that is older if both
        #: are the same, what was left.
        self._heard = (-math.inf, 0.0)
        #: How long the slowest of the latest answers took.
        self._slowest_s = 0.0
        self._free()

    def _free(self) -> None:
        self._due = self._until = self.used_up_until = -math.inf
        #: How many may be sent at once, and the seconds between those after them.
        self._plenty = math.inf
        self._interval = 0.0

    def earliest(self, now: float) -> float:
        """Return when the next attempt may start, now or later."""
        return max(now, min(self._due, self._until))

    def started(self, now: float) -> None:
        """An attempt is sent now."""
        self._plenty -= 1
        if self._plenty < 0:
            self._due = max(self._due, now + self._interval)

    def heard(self, now: float, *, sent: float, hint: RateHint, under_way: int = 0) -> None:
        """The answer to the attempt sent at that time said this, while so many are under way."""
        self._slowest_s = max(now - sent, 0.95 * self._slowest_s)
        remaining, reset_s = hint.remaining, hint.reset_s
        if remaining is None or not 0 <= remaining < math.inf:
            return
        if reset_s is None or not 0 < reset_s <= _LONGEST_S or (sent, -remaining) < self._heard:
            return
        self._heard = (sent, -remaining)
        self._free()
        self._until = now + reset_s
        if hint.unit != _COUNTED:
            # What one request takes of it is not known, so only what is used up says anything.
            if remaining == 0:
                wait = reset_s * (_LOW if hint.refills else 1.0)
                self._due = self.used_up_until = now + wait
            return
        later = min(max(0, under_way), self._perhaps_later(sent))
        self._spread(now, hint, remaining, reset_s, later)

    def _perhaps_later(self, sent: float) -> int:
        """Return how many may have reached the server after the attempt sent at that time."""
        since = sent - min(_OVERTAKING_S, self._slowest_s)
        return sum(1 for _ in itertools.takewhile(since.__lt__, reversed(self._starts)))

    def _spread(
        self, now: float, hint: RateHint, remaining: float, reset_s: float, later: int
    ) -> None:
        left = remaining - later
        low = max(1.0, _LOW * hint.limit if hint.limit else later)
        self._plenty = left - low
        if hint.refills:
            self._interval = _refill_interval(hint.limit, remaining, reset_s)
            # Those under way are served first.
            wait = self._interval * max(0.0, 1.0 - left)
        elif remaining < 1:
            self._interval = wait = reset_s
        else:
            self._interval = min(reset_s, _SPREAD_S) / low
            wait = self._interval if left < 1 else 0.0
        if remaining < 1:
            self.used_up_until = now + min(wait, reset_s)
        if self._plenty < 0:
            last = next(reversed(self._starts), -math.inf)
            self._due = max(now + wait, last + self._interval)


def _refill_interval(limit: float | None, remaining: float, reset_s: float) -> float:
    """Return the seconds in which a bucket gets one more, 0.0 where that cannot be told."""
    used = (limit or 0.0) - remaining
    return reset_s / used if used >= max(_FEWEST_TELLING, _TELLING * (limit or 0.0)) else 0.0
