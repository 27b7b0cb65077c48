"""When a run will end, as far as anybody can tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.numbers import roughly
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import words
from notebook_kit.widgets.time_range import range_in_words

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot

__all__ = ["SecondsLeft", "seconds_left", "time_left"]

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
#: Bounds that are further apart than this are both shown.
_UNCERTAIN: Final = 1.5


class SecondsLeft(NamedTuple):
    """Between what the time to the end of a run most likely is, in seconds."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """As far from one bound as from the other, by their ratio: exact at a constant pace."""
        return math.sqrt(self.low * self.high)

    @property
    def is_uncertain(self) -> bool:
        """Whether one figure would promise too much."""
        return self.high > _UNCERTAIN * self.low


def time_left(snapshot: Snapshot) -> str:
    """Return when the run will end, as far as anybody can tell; nothing once it has.

    >>> from notebook_kit.scheduling import Snapshot
    >>> half = Snapshot(RunState.RUNNING, 6_000, ok=3_000, elapsed_s=60.0, rate_now=50.0)
    >>> time_left(half).replace("\N{NO-BREAK SPACE}", " ")
    'about 1 min left'
    """
    if snapshot.state.ended:
        return ""
    if words.is_ending(snapshot) or snapshot.to_do == 0:
        return "finishing"
    if snapshot.state is RunState.PAUSED:
        return "waits to be told to go on" if words.at_pilot(snapshot) else "stands still"
    if snapshot.to_do is None or snapshot.waiting_for == "budget":
        return "time left unknown"
    left = seconds_left(snapshot)
    return "time left not known yet" if left is None else _in_words(snapshot, left)


def seconds_left(snapshot: Snapshot) -> SecondsLeft | None:
    """Return between what the time to the end of a running run most likely is, in seconds.

    Its bounds come from the pace of now and from that of the last items, as many of them as are
    left; both are moved apart by the error of a count of as many as have ended. A wait for a server
    is not in it as long as it goes on. None where nobody can tell.
    """
    ended = words.finished(snapshot) - snapshot.reused
    if snapshot.state is not RunState.RUNNING or snapshot.to_do is None or ended < _HANDFUL:
        return None
    if snapshot.elapsed_s < _TOO_EARLY_S:
        return None
    paces = [pace for pace in _paces(snapshot, snapshot.to_do) if pace > 0]
    if not paces:
        return None
    items = min(_affordable(snapshot), snapshot.to_do)
    apart = 1 + _ERRORS / math.sqrt(ended)
    return SecondsLeft(items / max(paces) / apart, items / min(paces) * apart)


def _in_words(snapshot: Snapshot, left: SecondsLeft) -> str:
    to_do = snapshot.to_do or 0
    end = "left" if _affordable(snapshot) >= to_do else "until max_cost"
    if words.is_held_up(snapshot) or _stands_still(snapshot):
        # How long the wait is stands beside it, where anybody knows.
        end = f"{end} after the wait"
    if left.is_uncertain and (told := range_in_words(*left)):
        return f"{told} {end}"
    figure = roughly(left.middle)
    return f"{figure} {end}" if figure.startswith("a ") else f"about {figure} {end}"


def _affordable(snapshot: Snapshot) -> float:
    """Return how many more items can be paid for."""
    each = words.cost_of_one(snapshot)
    if snapshot.max_cost is None or snapshot.spent is None or not each:
        return math.inf
    return max(0.0, snapshot.max_cost - snapshot.spent) / each


def _paces(snapshot: Snapshot, to_do: int) -> tuple[float, float]:
    """Return items a second now, and over as many of the last items as are still to do."""
    counts = snapshot.throughput
    # The newest interval is not over yet.
    span_s = snapshot.elapsed_s % snapshot.interval_s
    if words.is_held_up(snapshot) or _stands_still(snapshot):
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
    return now, lately or words.average_rate(snapshot)


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


def _stands_still(snapshot: Snapshot) -> bool:
    """Tell whether nothing has ended lately and nothing is under way: a wait of unknown length."""
    return not snapshot.rate_now and not snapshot.in_flight and snapshot.waiting_for != "limit"
