"""What follows from the numbers of a snapshot, for all who tell of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.scheduling.run_state import RunState

if TYPE_CHECKING:
    from notebook_kit.scheduling.snapshot import Snapshot

__all__ = [
    "average_rate",
    "cost_of_one",
    "finished",
    "is_ending",
    "is_held_up",
    "untouched",
]

#: Before so many items were paid for, what all of them will cost is anybody's guess.
_TOO_FEW: Final = 10


def untouched(snapshot: Snapshot) -> int | None:
    """Return how many items have not been started, so that all the counts add up to the total."""
    if snapshot.to_do is None:
        return None
    return max(0, snapshot.to_do - snapshot.in_flight - snapshot.backing_off)


def finished(snapshot: Snapshot) -> int:
    """Return the items that came to an end of their own: not those that never had the chance."""
    return snapshot.done - snapshot.cancelled - snapshot.skipped


def is_ending(snapshot: Snapshot) -> bool:
    """Tell whether nothing more is started, and only what is in flight comes to its end."""
    never_started = snapshot.cancelled + snapshot.skipped
    return not snapshot.state.ended and never_started > 0 and untouched(snapshot) == 0


def is_held_up(snapshot: Snapshot) -> bool:
    """Tell whether the run waits for a server that is down, or wants to be left alone for long."""
    if snapshot.state is not RunState.RUNNING or is_ending(snapshot):
        return False
    if snapshot.waiting_for == "breaker":
        return True
    # At a pace that the server bears something ends every few seconds.
    idle = not snapshot.in_flight and not snapshot.rate_now
    return snapshot.waiting_for == "server" and idle


def average_rate(snapshot: Snapshot) -> float:
    """Return items a second since the start, those that needed no work left out."""
    worked = snapshot.done - snapshot.reused - snapshot.cancelled - snapshot.skipped
    return worked / snapshot.elapsed_s if snapshot.elapsed_s > 0 and worked > 0 else 0.0


def cost_of_one(snapshot: Snapshot) -> float:
    """Return what an item has cost on average; nothing where too few were paid for."""
    paid = finished(snapshot) - snapshot.reused
    return snapshot.spent / paid if snapshot.spent and paid >= _TOO_FEW else 0.0
