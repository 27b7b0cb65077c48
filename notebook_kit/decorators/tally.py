"""Counting calls: no clock, no lock."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Stats", "Tally"]


@dataclass(frozen=True, slots=True)
class Stats:
    """The numbers of one moment; ``calls`` is the sum of the four kinds.

    Attributes:
        calls: calls begun.
        succeeded: those that gave a value.
        failed: those that raised an error.
        cancelled: those that were cancelled or interrupted.
        in_flight: those under way now.
        most_in_flight: the most that were under way at once.
        total_s: seconds spent in calls that ended, added up.
        mean_s: seconds that such a call took on average.
        longest_s: seconds that the longest of them took.
        errors: how many raised which class of error.
        elapsed_s: seconds inside the ``with`` block, or else since counting began.
    """

    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    total_s: float = 0.0
    mean_s: float = 0.0
    longest_s: float = 0.0
    errors: Mapping[str, int] = field(default_factory=dict)
    elapsed_s: float = 0.0


class Tally:
    """Counts calls that begin and end.

    >>> tally = Tally()
    >>> tally.began()
    >>> tally.ended(0.5, error=KeyError("x"))
    >>> stats = tally.stats(elapsed_s=1.0)
    >>> stats.calls, stats.failed, stats.errors
    (1, 1, {'KeyError': 1})
    """

    def __init__(self, *, in_flight: int = 0) -> None:
        self.in_flight = in_flight
        self._most_in_flight = in_flight
        self._succeeded = 0
        self._failed = 0
        self._cancelled = 0
        self._total_s = 0.0
        self._longest_s = 0.0
        self._errors: Counter[str] = Counter()

    def began(self) -> None:
        """A call begins."""
        self.in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self.in_flight)

    def ended(self, took_s: float, error: BaseException | None = None) -> None:
        """A call that took so long has ended; what is no `Exception` is an interruption."""
        self.in_flight -= 1
        self._total_s += took_s
        self._longest_s = max(self._longest_s, took_s)
        if error is None:
            self._succeeded += 1
        elif isinstance(error, Exception):
            self._failed += 1
            self._errors[type(error).__name__] += 1
        else:
            self._cancelled += 1

    def stats(self, *, elapsed_s: float) -> Stats:
        """Return the numbers of this moment."""
        ended = self._succeeded + self._failed + self._cancelled
        return Stats(
            calls=ended + self.in_flight,
            succeeded=self._succeeded,
            failed=self._failed,
            cancelled=self._cancelled,
            in_flight=self.in_flight,
            most_in_flight=self._most_in_flight,
            total_s=self._total_s,
            mean_s=self._total_s / ended if ended else 0.0,
            longest_s=self._longest_s,
            errors=dict(self._errors.most_common()),
            elapsed_s=elapsed_s,
        )
