"""What has been used of a rate: its window, its pace, the line of those who wait.

A meter keeps two accounts. The window holds the stamps of the last N grants, so that no window,
wherever it is laid, ever holds more than N. The pace is a virtual schedule (the theoretical arrival
time of the generic cell rate algorithm, ITU-T I.371) that spreads grants evenly over the window and
lets a caller that is a few milliseconds late catch up. After a rest there is no catching up: what
begins, begins evenly, for the first requests of all take longest to arrive.

Who shares a meter and is refused stands in its line, first come, first served: others are granted
only what leaves enough for those before them, and each is told a time of its own. So an item that
needs the whole window is not overtaken for ever, and a thousand callers do not all wake for one.

A call may be sent later than it was let through, because a connection had to be made first. Whoever
tells of that has its stamp moved, so that the window holds for what the server sees. Until then a
stamp does not leave the window, however long ago it was set.
"""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from notebook_kit.policies.rate import Rate

__all__ = ["CATCH_UP_S", "Grant", "RateMeter", "Stamp"]

#: Stretches the window a little, so that delays on the way cannot overfill the server's window.
_MARGIN: Final = 0.01
#: Delays do not shrink with the window, so a short one is stretched by more, up to a limit.
_LEAST_MARGIN_S: Final = 0.005
_MOST_MARGIN: Final = 0.1
#: How late a paced caller may be and still catch up; longer than any timer's jitter.
CATCH_UP_S: Final = 0.05
#: Sums of weights that are equal on paper may differ by this much.
_ROUNDING: Final = 1e-9

#: So late an attempt may be sent without anybody noticing, in seconds.
_AT_ONCE_S: Final = 0.001

#: Nobody believes that something is still to be sent after so many seconds.
_LONGEST_UNSENT_S: Final = 300.0


@dataclass(slots=True)
class Stamp:
    """Something that was let through, of which more may be told.

    Attributes:
        at: when it was.
        weight: how much.
        number: how many stamps the meter had set by then, this one included.
        unsent_until: until when it is believed not to have been sent, if nobody says so.
    """

    at: float
    weight: float
    number: int
    unsent_until: float = -math.inf


@dataclass(slots=True)
class Grant:
    """What a meter let through, for who has more to tell of it.

    Attributes:
        meter: which one.
        stamp: when it was, and how much; shared with the meter's window.
    """

    meter: RateMeter
    stamp: Stamp

    def ended(self) -> None:
        """Note that nobody will tell any more when it was sent."""
        self.stamp.unsent_until = -math.inf


class RateMeter:
    """What has been used of one rate. Times are seconds on any clock that only goes forward.

    >>> meter = RateMeter(nk.Rate(2, per="s", burst=True))
    >>> for now in (0.0, 0.0):
    ...     meter.take(now, 1.0)
    >>> meter.earliest(0.5, 1.0)
    1.01
    """

    def __init__(self, rate: Rate) -> None:
        self._amount = float(rate.amount)
        per = float(rate.per)  # type: ignore[arg-type]  # made a float when the rate was made
        self._window = per + max(_MARGIN * per, min(_LEAST_MARGIN_S, _MOST_MARGIN * per))
        self._interval = 0.0 if rate.burst else per / self._amount
        self._next_paced = -math.inf
        #: Most are never asked for again, and a pair of numbers is half the price of an object.
        self._stamps: deque[Stamp | tuple[float, float]] = deque()
        self._used = 0.0
        self._stamped = 0
        #: What each ticket in the line wants, and until when its place is kept.
        self._line: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._wanted = 0.0

    def go_on_from(self, other: RateMeter) -> None:
        """Count what another meter has let through as let through by this one, which is new."""
        self._stamps.extend(
            stamp if isinstance(stamp, tuple) else (stamp.at, stamp.weight)
            for stamp in other._stamps
        )
        self._used = other._used
        self._stamped = len(self._stamps)

    def earliest(self, now: float, weight: float, ticket: object = None) -> float:
        """Return the earliest time, ``now`` or later, at which so much may be taken.

        That is a promise where it is now, and an estimate where others come first.
        """
        self._forget(now)
        ahead = self._ahead(now, ticket) if self._line else 0.0
        # One item heavier than the whole window may go when the window is empty.
        wanted = ahead + min(weight, self._amount)
        fits = self._used + wanted <= self._amount + _ROUNDING
        at = now if fits else self._when_free(now, wanted)
        return max(at, self._next_paced + ahead * self._interval) if self._interval else at

    def _when_free(self, now: float, wanted: float) -> float:
        windows = max(0, math.ceil(wanted / self._amount - _ROUNDING) - 1)
        room = self._amount - (wanted - windows * self._amount)
        used = self._used
        at = now
        for stamp in self._stamps:
            if used <= room + _ROUNDING:
                break
            set_at, used_then = stamp if isinstance(stamp, tuple) else (stamp.at, stamp.weight)
            used -= used_then
            at = max(at, set_at + self._window)
        return at + windows * self._window

    def take(
        self,
        now: float,
        weight: float,
        ticket: object = None,
        *,
        keep: bool = False,
        unsent: bool = False,
    ) -> Grant | None:
        """Note that so much was taken at this time.

        Args:
            now: the time.
            weight: how much.
            ticket: who took it.
            keep: return what to tell more by.
            unsent: `sent` or `Grant.ended` will be called, and until then it is not sent.
        """
        # Where nobody waits, it was a rest and not a delay: there is nothing to catch up with.
        catch_up = CATCH_UP_S if self._line else 0.0
        if self._line:
            self.leave(ticket)
            self._forget_absent(now)
        self._stamped += 1
        stamp = None
        if keep:
            stamp = Stamp(now, weight, self._stamped)
            if unsent:
                stamp.unsent_until = now + _LONGEST_UNSENT_S
        self._stamps.append(stamp or (now, weight))
        self._used += weight
        if self._interval:
            if self._next_paced < now - CATCH_UP_S:
                self._next_paced = now - catch_up
            self._next_paced += weight * self._interval
        return None if stamp is None else Grant(self, stamp)

    def sent(self, now: float, grant: Grant) -> None:
        """Move a stamp to this time, because what was granted is sent only now."""
        stamp = grant.stamp
        grant.ended()
        if now - stamp.at <= _AT_ONCE_S:
            return
        self._forget(now)
        weight = stamp.weight
        if self._is_in_window(stamp):
            # Its place stays, empty: searching for it would cost more than all the rest.
            stamp.weight = 0.0
        else:
            self._used += weight
        self._stamped += 1
        grant.stamp = Stamp(now, weight, self._stamped)
        self._stamps.append(grant.stamp)

    def _is_in_window(self, stamp: Stamp) -> bool:
        # Stamps leave in the order in which they came.
        return stamp.number > self._stamped - len(self._stamps)

    def wait(self, ticket: object, weight: float, until: float) -> None:
        """Give the ticket a place at the end of the line, or keep the one it has, until then."""
        before, _ = self._line.get(ticket, (0.0, 0.0))
        wanted = min(weight, self._amount)
        self._wanted += wanted - before
        self._line[ticket] = (wanted, until)

    def leave(self, ticket: object) -> None:
        """Give up the ticket's place in the line, if it has one."""
        wanted, _ = self._line.pop(ticket, (0.0, 0.0))
        self._wanted = self._wanted - wanted if self._line else 0.0

    def _ahead(self, now: float, ticket: object) -> float:
        """Return how much is wanted by those before the ticket who may still come in time."""
        if ticket in self._line:
            before = itertools.takewhile(lambda place: place[0] is not ticket, self._line.items())
            return sum(wanted for _, (wanted, until) in before if until >= now)
        absent = itertools.takewhile(lambda place: place[1] < now, self._line.values())
        return self._wanted - sum(wanted for wanted, _ in absent)

    def _forget_absent(self, now: float) -> None:
        # Only when something was granted: were places lost whenever somebody asks, callers who are
        # always late could take them from each other for ever and none would be granted anything.
        while self._line and next(iter(self._line.values()))[1] < now:
            self.leave(next(iter(self._line)))

    def _forget(self, now: float) -> None:
        horizon = now - self._window
        stamps = self._stamps
        while stamps:
            first = stamps[0]
            if isinstance(first, tuple):
                if first[0] > horizon:
                    break
                self._used -= first[1]
                stamps.popleft()
            elif first.at > horizon:
                break
            else:
                stamps.popleft()
                self._leave_window(first, now)
        if not stamps:
            self._used = 0.0

    def _leave_window(self, stamp: Stamp, now: float) -> None:
        if stamp.unsent_until <= now:
            self._used -= stamp.weight
            return
        # It may be sent at any moment: as if it were sent now.
        self._stamped += 1
        stamp.at, stamp.number = now, self._stamped
        self._stamps.append(stamp)
