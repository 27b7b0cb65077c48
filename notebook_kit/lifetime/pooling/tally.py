"""What a pool counts, over all loops that it was open on."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Tally"]


@dataclass(slots=True)
class Tally:
    """Counts so far; all but the checks that raised are told in `PoolStats`."""

    most_in_use: int = 0
    opened: int = 0
    closed: int = 0
    broken: int = 0
    failed: int = 0
    timed_out: int = 0
    checks_failed: int = 0
    longest_wait_s: float = 0.0

    def waited(self, length_s: float) -> None:
        """Note how long somebody has waited for a turn."""
        self.longest_wait_s = max(self.longest_wait_s, length_s)
