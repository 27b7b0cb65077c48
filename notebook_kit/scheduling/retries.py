"""The retry policy of a run, with what it has to remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies.retry_budget import RetryBudget
from notebook_kit.policies.retry_rule import RetryRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Failure, Retry
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Retries"]


class Retries:
    """Says whether and when an item is tried again.

    Attributes:
        has_budget: whether it has to be told when attempts start.
        has_deadline: whether it has to be told when items end.
    """

    __slots__ = (
        "_before",
        "_budget",
        "_first_sent",
        "_ledger",
        "_refusals",
        "_rule",
        "has_budget",
        "has_deadline",
    )

    def __init__(
        self, retry: Retry, ledger: Ledger, *, safe: bool, draw: Callable[[], float]
    ) -> None:
        self._ledger = ledger
        self._budget = RetryBudget.of(retry)
        self._rule = RetryRule(retry, self._budget, safe=safe, draw=draw)
        self._refusals: dict[int, int] = {}
        #: When the first attempt was sent of items that failed, where there is a deadline.
        self._first_sent: dict[int, float] = {}
        #: Attempts and their seconds that an item had when it was given all its tries anew.
        self._before: dict[int, tuple[int, float]] = {}
        self.has_budget = self._budget is not None
        self.has_deadline = retry.deadline is not None

    @property
    def denied(self) -> int:
        """How many retries were not made because the budget was used up."""
        return 0 if self._budget is None else self._budget.denied

    def begun(self, index: int) -> None:
        """Note that an attempt of the item starts."""
        if self._budget is not None and not self._made(index)[0]:
            self._budget.started()

    def _made(self, index: int) -> tuple[int, float]:
        """Return how many attempts count against the policy, and how many seconds they took."""
        ledger = self._ledger
        attempts, network = self._before.get(index, (0, 0.0)) if self._before else (0, 0.0)
        return ledger.attempts[index] - attempts, ledger.network[index] - network

    def reopened(self, index: int) -> None:
        """Give an item that had ended all its tries anew."""
        self._before[index] = (self._ledger.attempts[index], self._ledger.network[index])

    def ended(self, index: int) -> None:
        """Forget the item, which is tried no more."""
        self._refusals.pop(index, None)
        self._first_sent.pop(index, None)

    def excuse(self, index: int) -> None:
        """Hold an attempt of the item that failed against the server alone."""
        self._refusals[index] = self._refusals.get(index, 0) + 1

    def delay(
        self, index: int, failure: Failure, *, excused: bool, now: float, until: float
    ) -> float | None:
        """Return the seconds until the item's next attempt, or None if there is none.

        Args:
            index: position of the item.
            failure: how its last attempt ended.
            excused: whether that is held against the server alone: it refused the item, or the item
                was the one to find out whether a server that failed is back.
            now: when that was.
            until: when its time is over: no attempt starts then.

        Raises:
            Exception: whatever the policy's ``retry_if`` raises.
        """
        if excused:
            self.excuse(index)
        return self._rule.delay(
            failure,
            attempts=self._made(index)[0],
            refusals=self._refusals.get(index, 0),
            excused=excused,
            elapsed_s=self._elapsed(index, now) if self.has_deadline else 0.0,
            left_s=until - now,
        )

    def _elapsed(self, index: int, now: float) -> float:
        # At the first failure the time since then is that of the attempt, or of both of two.
        first_sent = self._first_sent.setdefault(index, now - self._made(index)[1])
        return now - first_sent
