"""Where a run stands, in a word."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["RunState"]


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    STOPPED = "stopped"
    """Ended before its input did, by a limit on errors, cost or time."""
    LOST = "lost"
    """The process was forked; the run goes on in the parent."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RunState.RUNNING, RunState.PAUSED)
