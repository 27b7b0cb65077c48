"""What a server says that it will still let in, and how to make do with it."""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from notebook_kit.policies.hints import RateHint

__all__ = ["Allowance"]

#: With less than this share left, starts are spread.
_LOW: Final = 0.1
#: Over so many seconds at most: an hour's last tenth is used up within minutes, and not in an hour.
_SPREAD_S: Final = 60.0
#: Of a bucket so much must be used before its filling can be told from what is rounded away.
_TELLING: Final = 0.05
_FEWEST_TELLING: Final = 3
#: A day: what is said of later times holds up nobody.
_LONGEST_S: Final = 86_400.0
_REMEMBERED: Final = 2_048
_COUNTED: Final = "requests"


class Allowance:
    """The latest hint, less what was sent since.

    Only the newest counts: by when its attempt was sent, as answers overtake each other. While there
    is plenty left it has no influence at all.

    Attributes:
        used_up_until: when what is used up now is there again, or minus infinity.

    >>> from notebook_kit.policies.hints import RateHint
    >>> allowance = Allowance()
    >>> allowance.heard(1.0, sent=0.9, hint=RateHint(100, 0, 30.0))
    >>> allowance.earliest(1.0)
    31.0
    """

    __slots__ = ("_due", "_interval", "_sent", "_starts", "_until", "used_up_until")

    def __init__(self) -> None:
        self._sent = -math.inf
        self._starts: deque[float] = deque(maxlen=_REMEMBERED)
        self._free()

    def _free(self) -> None:
        self._due = self._until = self.used_up_until = -math.inf
        self._interval = 0.0

    def earliest(self, now: float) -> float:
        """Return when the next attempt may start, now or later."""
        return max(now, min(self._due, self._until))

    def started(self, now: float) -> None:
        """An attempt is sent now."""
        self._starts.append(now)
        self._due = max(self._due, now + self._interval)

    def heard(self, now: float, *, sent: float, hint: RateHint) -> None:
        """The answer to the attempt sent at that time said this."""
        if sent < self._sent:
            return
        self._sent = sent
        self._free()
        remaining, reset_s = hint.remaining, hint.reset_s
        if remaining is None or not 0 <= remaining < math.inf:
            return
        if reset_s is None or not 0 < reset_s <= _LONGEST_S:
            return
        self._until = now + reset_s
        if hint.unit != _COUNTED:
            # What one request takes of it is not known, so only what is used up says anything.
            if remaining == 0:
                wait = reset_s * (_LOW if hint.refills else 1.0)
                self._due = self.used_up_until = now + wait
            return
        # What was sent later was not counted yet when this was said.
        later = sum(1 for _ in itertools.takewhile(sent.__lt__, reversed(self._starts)))
        self._spread(now, hint, remaining, reset_s, later)

    def _spread(
        self, now: float, hint: RateHint, remaining: float, reset_s: float, later: int
    ) -> None:
        left = remaining - later
        if left >= max(1.0, _LOW * hint.limit if hint.limit else later):
            return
        if hint.refills:
            interval = _refill_interval(hint.limit, remaining, reset_s)
            # Those under way are served first.
            wait = interval * max(0.0, 1.0 - left)
        elif remaining < 1:
            interval = wait = reset_s
        else:
            interval = min(reset_s, _SPREAD_S) / (left if left >= 1 else remaining + 1)
            wait = 0.0 if left >= 1 else interval
        if remaining < 1:
            self.used_up_until = now + min(wait, reset_s)
        self._interval = interval
        last = self._starts[-1] if self._starts else -math.inf
        self._due = max(now + wait, last + interval)


def _refill_interval(limit: float | None, remaining: float, reset_s: float) -> float:
    """Return the seconds in which a bucket gets one more, 0.0 where that cannot be told."""
    used = (limit or 0.0) - remaining
    return reset_s / used if used >= max(_FEWEST_TELLING, _TELLING * (limit or 0.0)) else 0.0
