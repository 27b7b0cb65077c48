"""How items end otherwise than by an answer of their own, and what that means for the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import FailureKind
from notebook_kit.scheduling.outcome import UNSETTLED, Status
from notebook_kit.scheduling.tempo import ErrorTally
from notebook_kit.scheduling.twins import Twins

if TYPE_CHECKING:
    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.endings import Stop
    from notebook_kit.scheduling.ledger import Ledger
    from notebook_kit.scheduling.tempo import Tempo
    from notebook_kit.scheduling.terms import Terms

__all__ = ["Settler"]


class Settler:
    """Writes down the ends of items, and says when they are a reason to end the run.

    Attributes:
        tally: failures by kind.
        aside: items that ended without an attempt of theirs ending, for who asked to clear.
        twins: who waits for whose answer, or None.
        item_timeout_s: seconds from an item's leaving the input to its end, or None.
    """

    def __init__(self, ledger: Ledger, tempo: Tempo, terms: Terms) -> None:
        self.tally = ErrorTally()
        self.aside: list[int] = []
        self.twins = Twins(ledger, terms.identify) if terms.identify else None
        self.item_timeout_s = terms.item_timeout_s
        self._ledger = ledger
        self._tempo = tempo
        self._endings = terms.endings

    def failed(self, index: int, now: float, failure: Failure) -> Stop | None:
        """Settle an item that failed; return why that should end the run, or None."""
        counts = self._ledger.counts
        status = Status.TIMEOUT if failure.kind is FailureKind.TIMEOUT else Status.FAILED
        self._ledger.settle(index, status, now=now, error=failure.error)
        self.tally.add(index, failure)
        self._tempo.ended(now)
        for twin in self.settle_twins(index, now):
            self.tally.add(twin, failure)
        errors = counts[Status.FAILED] + counts[Status.TIMEOUT]
        return self._endings.failed(failure, errors=errors, ok=counts[Status.OK])

    def joined(self, index: int, now: float) -> bool:
        """Tell whether the item shares the answer of an equal one that went before.

        Raises:
            Exception: whatever the function that tells items apart raises.
        """
        if self.twins is None or not self.twins.joins(index):
            return False
        if self._ledger.status[index] != UNSETTLED:
            self.aside.append(index)
            self._tempo.ended(now)
        return True

    def settle_twins(self, index: int, now: float) -> list[int]:
        """Settle those that waited for this item, which has just ended, and return them."""
        if self.twins is None:
            return []
        twins = list(self.twins.settle_with(index, now))
        for _ in twins:
            self._tempo.ended(now)
        self.aside.extend(twins)
        return twins

    def deadline(self, index: int) -> float:
        """Return when the item's time is over; infinite without a limit."""
        if self.item_timeout_s is None:
            return math.inf
        return self._ledger.left[index] + self.item_timeout_s

    def overdue(self, index: int, now: float) -> RequestTimeout:
        """Return the error of an item whose time is over."""
        return RequestTimeout(
            f"Not done within item_timeout={self.item_timeout_s:g} s.",
            phase="item",
            attempts=self._ledger.attempts[index],
            elapsed_s=now - self._ledger.left[index],
        )
