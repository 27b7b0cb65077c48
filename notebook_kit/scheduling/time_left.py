"""Between what the time to the end of a run most likely is, by its pace of now and of before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.scheduling.amounts import average_rate, cost_of_one, finished, is_held_up
from notebook_kit.scheduling.run_state import RunState

if TYPE_CHECKING:
    from notebook_kit.scheduling.snapshot import Snapshot

__all__ = ["SecondsLeft", "affordable", "seconds_left", "waits"]

#: Before this the pace says nothing yet.
_TOO_EARLY_S: Final = 1.0
#: From fewer items than this nobody can tell anything.
_HANDFUL: Final = 5
#: The present pace is that of the last seconds, about so many.
_NOW_S: Final = 3.0
#: From fewer items than this the present pace is a guess that jumps to and fro.
_ENOUGH: Final = 50
#: A count is most likely no further from what it will be on average than so many of its square
#: roots, in 95 cases of 100.
_ERRORS: Final = 2.0
#: Bounds that are further apart than this are both told.
_UNCERTAIN: Final = 1.5


class SecondsLeft(NamedTuple):
    """Between what the time to the end of a run most likely is, in seconds.

    Attributes:
        low: the lower bound.
        high: the upper one.
        wait_s: a wait that is in both, because it is known how long it is.
    """

    low: float
    high: float
    wait_s: float = 0.0

    @property
    def middle(self) -> float:
        """As far from one bound as from the other, by their ratio: exact at a constant pace."""
        work = (self.low - self.wait_s) * (self.high - self.wait_s)
        return self.wait_s + math.sqrt(work)

    @property
    def is_uncertain(self) -> bool:
        """Whether one figure would promise too much."""
        return self.high > _UNCERTAIN * self.low


def seconds_left(snapshot: Snapshot) -> SecondsLeft | None:
    """Return between what the time to the end of a running run most likely is, in seconds.

    Its bounds come from the pace of now and from that of the last items, as many of them as are
    left; both are moved apart by the error of a count of as many as have ended. A wait that is
    known is in them; one that is not comes on top. None where nobody can tell.
    """
    ended = finished(snapshot) - snapshot.reused
    if snapshot.state is not RunState.RUNNING or snapshot.to_do is None or ended < _HANDFUL:
        return None
    if snapshot.elapsed_s < _TOO_EARLY_S or snapshot.waiting_for == "budget":
        return None
    paces = [pace for pace in _paces(snapshot, snapshot.to_do) if pace > 0]
    if not paces:
        return None
    items = min(affordable(snapshot), snapshot.to_do)
    apart = 1 + _ERRORS / math.sqrt(ended)
    wait_s = (snapshot.wait_s or 0.0) if waits(snapshot) else 0.0
    low, high = items / max(paces) / apart, items / min(paces) * apart
    return SecondsLeft(wait_s + low, wait_s + high, wait_s)


def affordable(snapshot: Snapshot) -> float:
    """Return how many more items can be paid for."""
    each = cost_of_one(snapshot)
    if snapshot.max_cost is None or snapshot.spent is None or not each:
        return math.inf
    return max(0.0, snapshot.max_cost - snapshot.spent) / each


def waits(snapshot: Snapshot) -> bool:
    """Tell whether the work stands still for a while: what it takes is to come after a wait."""
    if snapshot.wait_s is not None:
        return True
    # Nothing has ended lately and nothing is under way, which no limit of the run's own does.
    idle = not snapshot.rate_now and not snapshot.in_flight and snapshot.waiting_for != "limit"
    return idle or is_held_up(snapshot)


def _paces(snapshot: Snapshot, to_do: int) -> tuple[float, float]:
    """Return items a second now, and over as many of the last items as are still to do."""
    counts = snapshot.throughput
    # The newest interval is not over yet.
    span_s = snapshot.elapsed_s % snapshot.interval_s
    if waits(snapshot):
        # What comes after a wait is like what was before it, and it began within an interval.
        while counts and not counts[-1]:
            counts = counts[:-1]
        counts, span_s = counts[:-1] or counts, snapshot.interval_s
        now = _pace_over(_ENOUGH, counts, span_s, snapshot.interval_s)
    elif snapshot.rate_now * _NOW_S >= _ENOUGH:
        now = snapshot.rate_now
    else:
        now = _pace_over(_ENOUGH, counts, span_s, snapshot.interval_s) or snapshot.rate_now
    lately = _pace_over(max(_ENOUGH, to_do), counts, span_s, snapshot.interval_s)
    return now, lately or average_rate(snapshot)


def _pace_over(items: int, counts: tuple[int, ...], span_s: float, interval_s: float) -> float:
    """Return items a second over the newest intervals in which at least so many have ended."""
    if not counts:
        return 0.0
    *before, number = counts
    for count in reversed(before):
        if number >= items and span_s >= _NOW_S:
            break
        number += count
        span_s += interval_s
    return number / span_s if span_s > 0 else 0.0
