"""The pace that a server bears, learnt from what it says, and kept by all who call it.

A refusal slows everybody at once: until the time that the server asked for nobody starts, and then
starts are spread evenly at a rate that it bears, see `Bearing`. What it says in headers of its
limits is made do with, see `Allowance`. As long as it says nothing, nothing is held up.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import TYPE_CHECKING, Final

from notebook_kit import numbers
from notebook_kit.policies.allowance import Allowance
from notebook_kit.policies.bearing import Bearing
from notebook_kit.policies.rate import meters_lock

if TYPE_CHECKING:
    from notebook_kit.policies.hints import RateHint

__all__ = ["ServerPace"]

#: A server that asks for more seconds than this does not hold up everybody.
_LONGEST_WAIT_S: Final = 300.0
#: How late a start may be and the next still keep to the schedule; a little more than a timer is.
_CATCH_UP_S: Final = 0.01
#: After so many seconds without a refusal, and without coming near it, a limit is forgotten, or
#: after so many waits as the server asked for.
_FORGOTTEN_S: Final = 180.0
_FORGOTTEN_WAITS: Final = 3.0
#: Who leaves a tenth of the rate unused does not try it at all.
_IDLE_TIMES: Final = 10.0
#: Who starts without asking holds up the others for so many seconds at most.
_AHEAD_S: Final = 1.0
#: Half the rate is near the limit, unless it is only for so many seconds.
_NEAR_S: Final = 5.0
#: Answers are counted by so many seconds, and for so many of these.
_BIN_S: Final = 1.0
_BINS: Final = 300
#: What was sent longer ago than so many seconds, and is not answered, will not be.
_LONGEST_LATENCY_S: Final = 60.0
#: More than are under way at once.
_STARTS: Final = 512


class ServerPace:
    """What one server bears, shared by all who call it, from any thread.

    Times are seconds on any clock that only goes forward.

    Attributes:
        rate: starts a second that may be made, or None as long as no limit is known.
        blocked_until: until when the server asked to wait; minus infinity if it never did.

    >>> pace = ServerPace()
    >>> pace.earliest(5.0)
    5.0
    >>> pace.refused(5.2, sent=5.0, retry_after_s=12.0)
    >>> pace.earliest(6.0)
    17.2
    """

    __slots__ = (
        "_allowance",
        "_bearing",
        "_bin_ends",
        "_bins",
        "_count",
        "_due",
        "_forgotten_s",
        "_half_due",
        "_idle_at",
        "_near_at",
        "_open",
        "_starts",
        "_under_way",
        "blocked_until",
        "rate",
    )

    def __init__(self) -> None:
        self.rate: float | None = None
        self.blocked_until = -math.inf
        #: Whether nothing is known that could hold anybody up.
        self._open = True
        self._bearing: Bearing | None = None
        self._allowance: Allowance | None = None
        #: When the next start is due, at the rate and at half of it.
        self._due = self._half_due = -math.inf
        #: When somebody last might have started, and nobody did.
        self._idle_at = -math.inf
        #: When somebody last came near the limit, and after how long without that it is forgotten.
        self._near_at = -math.inf
        self._forgotten_s = _FORGOTTEN_S
        #: Starts without an answer so far, those that were lost among them; nobody tells of these.
        self._under_way = 0
        #: When the latest attempts were sent.
        self._starts: deque[float] = deque(maxlen=_STARTS)
        #: While no limit is known: how many answers there were, and when stretches of time began.
        self._count = 0
        self._bins: deque[tuple[float, int]] = deque(maxlen=_BINS)
        self._bin_ends = -math.inf

    def earliest(self, now: float) -> float:
        """Return when the next attempt may start, now or later."""
        if self._open:
            return now
        at = now
        # Another thread may forget it in the meantime.
        bearing = self._bearing
        if bearing is not None:
            at = max(at, bearing.resume, self._due)
        if self._allowance is not None:
            at = max(at, self._allowance.earliest(now))
        return at

    def started(self, now: float) -> None:
        """Note that an attempt is sent now."""
        self._starts.append(now)
        # Of an answer to what was never sent, somewhere a redirect led to, nothing may stay behind.
        self._under_way = self._under_way + 1 if self._under_way > 0 else 1
        if self._open:
            return
        with meters_lock:
            if self._allowance is not None:
                self._allowance.started(now)
            if self._bearing is not None:
                self._take(now, self._bearing)

    def succeeded(self, now: float, *, sent: float, hint: RateHint | None = None) -> None:
        """Note that the attempt sent at that time was let in, and what its answer said."""
        self._under_way -= 1
        if hint is None and now < self._bin_ends:
            self._count += 1
            return
        with meters_lock:
            if self._bearing is not None:
                self._bearing.answered(sent=sent)
                self.rate = self._bearing.rate
                self._due = min(self._due, now + 1 / self.rate)
            else:
                self._count_in_bins(now, sent)
            if hint is not None:
                self._heard(now, sent, hint)

    def refused(
        self, now: float, *, sent: float, retry_after_s: float | None, hint: RateHint | None = None
    ) -> None:
        """Note that the attempt sent at that time was refused because there were too many.

        Args:
            now: when that was heard of.
            sent: when the attempt was sent.
            retry_after_s: the seconds that the server asked to wait, or None.
            hint: what it said of its limits.
        """
        self._under_way -= 1
        with meters_lock:
            until = None
            if retry_after_s is not None and 0 < retry_after_s <= _LONGEST_WAIT_S:
                until = now + retry_after_s
                self.blocked_until = max(self.blocked_until, until)
            if self._bearing is None:
                self._bearing = self._first_refusal(now, sent, until)
            else:
                self._bearing.refused(now, sent=sent, until=until)
            self.rate = self._bearing.rate
            self._near_at = now
            self._forgotten_s = max(_FORGOTTEN_S, _FORGOTTEN_WAITS * (self._bearing.resume - now))
            if hint is not None:
                self._heard(now, sent, hint)

    def describe(self, now: float) -> str | None:
        """Return in words what holds up callers, or None."""
        if self.blocked_until > now:
            return f"the server said to wait {_seconds(self.blocked_until - now)}"
        if self._allowance is not None and self._allowance.used_up_until > now:
            left = _seconds(self._allowance.used_up_until - now)
            return f"what the server allows is used up, more in {left}"
        if self._allowance is not None and self._allowance.earliest(now) > now:
            return "spread, as the server allows only few more"
        bearing = self._bearing
        if bearing is None:
            return None
        if bearing.resume > now:
            return f"a pause of {_seconds(bearing.resume - now)}, as the server refused"
        return f"at most {_per_second(bearing.rate)}, as the server bears"

    def _take(self, now: float, bearing: Bearing) -> None:
        if now - self._near_at > self._forgotten_s:
            self._forget()
            return
        due = max(self._due, bearing.resume)
        late = now - due
        idle_s = 0.0
        if late > _CATCH_UP_S:
            idle_s = min(now - max(self._idle_at, bearing.resume), _IDLE_TIMES * late)
            self._idle_at = now
        bearing.started(now, idle_s=idle_s)
        self.rate = bearing.rate
        interval = 1 / bearing.rate
        # Who starts without asking must not hold up the others for ever.
        due = min(due, now + _AHEAD_S) if late < _CATCH_UP_S else now
        self._due = due + interval
        half_due = max(self._half_due, now) + 2 * interval
        self._half_due = min(half_due, now + 2 * _NEAR_S)
        if self._half_due - now > _NEAR_S:
            self._near_at = now

    def _forget(self) -> None:
        self.rate = self._bearing = None
        self._open = self._allowance is None

    def _count_in_bins(self, now: float, sent: float) -> None:
        if now >= self._bin_ends:
            self._bins.append((max(sent, self._bin_ends), self._count))
            self._bin_ends = now + _BIN_S
        self._count += 1

    def _first_refusal(self, now: float, sent: float, until: float | None) -> Bearing:
        # As much of the past as the server wants of the future: that may be one of its windows.
        lookback = _BIN_S if until is None else max(_BIN_S, until - now)
        recent = [one for one in self._bins if one[0] >= now - lookback - _BIN_S]
        begin, count = recent[0] if recent else (sent, self._count)
        let_in = self._count - count + self._perhaps_let_in(now)
        self._bins.clear()
        self._bin_ends = self._due = self._half_due = -math.inf
        self._open = False
        return Bearing(now, sent=sent, begin=min(begin, sent), let_in=let_in, until=until)

    def _perhaps_let_in(self, now: float) -> int:
        # Those that were lost stay in the count; none of them is younger than this.
        since = now - _LONGEST_LATENCY_S
        lately = sum(1 for _ in itertools.takewhile(since.__lt__, reversed(self._starts)))
        return max(0, min(self._under_way, lately))

    def _heard(self, now: float, sent: float, hint: RateHint) -> None:
        if self._allowance is None:
            self._allowance = Allowance(self._starts)
            self._open = False
        self._allowance.heard(now, sent=sent, hint=hint, under_way=self._under_way)


def _seconds(left: float) -> str:
    return numbers.stretch(math.ceil(left))


def _per_second(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 10 else numbers.rate(rate)  # noqa: PLR2004 - two digits
