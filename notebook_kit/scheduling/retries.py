"""The retry policy of a run, with what it has to remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies.retry_budget import RetryBudget

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Failure, Retry
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Retries"]


class Retries:
    """Says whether and when an item is tried again.

    Attributes:
        has_budget: whether first attempts have to be told of.
    """

    def __init__(
        self, retry: Retry, ledger: Ledger, *, safe: bool, draw: Callable[[], float]
    ) -> None:
        self._retry = retry
        self._ledger = ledger
        self._safe = safe
        self._draw = draw
        self._budget = None if retry.budget is None else RetryBudget(retry.budget)
        self._refusals: dict[int, int] = {}
        self.has_budget = self._budget is not None

    def begun(self, index: int) -> None:
        """Note that an attempt of the item starts."""
        if self._budget is not None and not self._ledger.attempts[index]:
            self._budget.started()

    def delay(self, index: int, failure: Failure) -> float | None:
        """Return the seconds until the item's next attempt, or None if there is none.

        Raises:
            Exception: whatever the policy's ``retry_if`` raises.
        """
        if failure.refused:
            self._refusals[index] = self._refusals.get(index, 0) + 1
        ledger = self._ledger
        delay = self._retry.delay(
            failure,
            attempts=ledger.attempts[index],
            refusals=self._refusals.get(index, 0),
            elapsed_s=ledger.network[index] + ledger.backoff[index],
            safe=self._safe,
            draw=self._draw,
        )
        # What a server turned away cost it nothing, and has an allowance of its own.
        free = delay is None or failure.refused or self._budget is None
        return delay if free or (self._budget is not None and self._budget.spend()) else None
