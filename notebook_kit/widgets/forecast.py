"""When a run will end, as far as anybody can tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import roughly
from notebook_kit.scheduling import RunState
from notebook_kit.widgets import words

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot

__all__ = ["time_left"]

#: Before this the pace says nothing yet.
_TOO_EARLY_S: Final = 1.0
#: The present pace is that of the last seconds, about so many.
_NOW_S: Final = 3.0
#: From fewer items than this a pace is a guess that jumps to and fro.
_ENOUGH: Final = 50


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
    if snapshot.to_do is None or _is_uncertain(snapshot):
        return "time left unknown"
    pace = 0.0 if snapshot.elapsed_s < _TOO_EARLY_S else _pace(snapshot)
    return _estimate(snapshot, snapshot.to_do, pace) if pace > 0 else "estimating time left"


def _is_uncertain(snapshot: Snapshot) -> bool:
    """Tell whether it depends on when a server is back, or on what calls will have cost."""
    return words.is_held_up(snapshot) or snapshot.waiting_for == "budget"


def _estimate(snapshot: Snapshot, to_do: int, pace: float) -> str:
    affordable = _affordable(snapshot)
    end = "left" if affordable >= to_do else "until max_cost"
    left = roughly(min(affordable, to_do) / pace)
    return f"{left} {end}" if left.startswith("a ") else f"about {left} {end}"


def _affordable(snapshot: Snapshot) -> float:
    """Return how many more items can be paid for."""
    each = words.cost_of_one(snapshot)
    if snapshot.max_cost is None or snapshot.spent is None or not each:
        return math.inf
    return max(0.0, snapshot.max_cost - snapshot.spent) / each


def _pace(snapshot: Snapshot) -> float:
    """Return items a second: now, or over so long a time that enough of them have ended."""
    if snapshot.rate_now * _NOW_S >= _ENOUGH:
        return snapshot.rate_now
    if _stands_still(snapshot) or not snapshot.throughput:
        return snapshot.rate_now
    # The newest interval is not over yet.
    *before, number = snapshot.throughput
    span_s = snapshot.elapsed_s % snapshot.interval_s
    for count in reversed(before):
        if number >= _ENOUGH and span_s >= _NOW_S:
            break
        number += count
        span_s += snapshot.interval_s
    return number / span_s if span_s > 0 else 0.0


def _stands_still(snapshot: Snapshot) -> bool:
    """Tell whether nothing has ended lately and nothing is under way: a wait of unknown length."""
    return not snapshot.rate_now and not snapshot.in_flight and snapshot.waiting_for != "limit"
