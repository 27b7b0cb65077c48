"""A meter that is corrected by what the answers say was really used.

What is granted is an estimate. Once the real usage is known,

* the window is corrected at the place of the stamp, and is then as if the real usage had been known
  in the first place. What was too much is given back at once. What was too little makes the window
  over-full, and nobody starts until there is room again. A stamp that has left the window changes
  nothing there any more: a server's own window would have forgotten it too;
* the pace is corrected where it stands, however late the answer. Those who were held back by what
  is given back may go at once, if the window has room for them. And where answers take longer than
  the window and every estimate is too low, which a window alone would never notice, the average of
  a paced rate holds all the same. A burst has no pace, and forgets what has left its window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.policies.rate_meter import CATCH_UP_S, Grant, RateMeter

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies.rate import Rate

__all__ = ["UsageMeter"]


class UsageMeter(RateMeter):
    """What has been used of a rate whose answers tell it.

    >>> meter = UsageMeter(nk.Rate(10, burst=True), usage=len)
    >>> grant = meter.take(0.0, 10.0)
    >>> meter.correct(0.5, grant, 4.0), meter.earliest(0.5, 6.0)
    (True, 0.5)
    """

    def __init__(self, rate: Rate, usage: Callable[[Any], float | None]) -> None:
        super().__init__(rate)
        self.usage = usage
        #: Seconds by which the pace lies behind because of what was given back.
        self._given_back = 0.0

    def take(
        self,
        now: float,
        weight: float,
        ticket: object = None,
        *,
        keep: bool = True,  # noqa: ARG002 - there is always something to correct
        unsent: bool = False,
    ) -> Grant:
        """Note that so much was taken at this time, and return what to correct it by."""
        # What was given back is not being late, so that it is not lost where lateness is limited.
        self._next_paced += self._given_back
        if not self._line and self._next_paced < now - CATCH_UP_S:
            self._given_back = 0.0
        grant = super().take(now, weight, ticket, keep=True, unsent=unsent)
        assert grant is not None  # noqa: S101 - tells the type checker
        self._next_paced -= self._given_back
        self._keep(now, self._given_back)
        return grant

    def correct(self, now: float, grant: Grant, used: float) -> bool:
        """Put what was really used in the place of the estimate; True if some is given back."""
        self._forget(now)
        more = used - grant.stamp.weight
        grant.stamp.weight = used
        in_window = self._is_in_window(grant.stamp)
        if in_window:
            self._used += more
        paid = more * self._interval
        self._next_paced += paid
        self._keep(now, self._given_back - paid)
        return more < 0 and (in_window or paid < 0)

    def _keep(self, now: float, given_back: float) -> None:
        self._given_back = max(0.0, min(given_back, now - self._next_paced))
