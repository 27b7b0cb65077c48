"""When a run will end, in words, as far as anybody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.numbers import roughly
from notebook_kit.scheduling import RunState
from notebook_kit.scheduling.time_left import affordable, seconds_left, waits
from notebook_kit.widgets import words
from notebook_kit.widgets.time_range import range_in_words

if TYPE_CHECKING:
    from notebook_kit.scheduling import Snapshot
    from notebook_kit.scheduling.time_left import SecondsLeft

__all__ = ["time_left"]


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


def _in_words(snapshot: Snapshot, left: SecondsLeft) -> str:
    to_do = snapshot.to_do or 0
    end = "left" if affordable(snapshot) >= to_do else "until max_cost"
    if left.wait_s:
        end = f"{end} with the wait"
    elif waits(snapshot):
        # Nobody knows how long it is, or it is over in a moment.
        end = f"{end} after the wait"
    if left.is_uncertain and (told := range_in_words(left.low, left.high)):
        return f"{told} {end}"
    figure = roughly(left.middle)
    return f"{figure} {end}" if figure.startswith("a ") else f"about {figure} {end}"
