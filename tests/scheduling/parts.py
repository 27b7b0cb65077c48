"""What the tests of single parts of a scheduler are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.policies import Budget, Failure, FailureKind, Retry
from notebook_kit.scheduling import Endings, Ledger, Scheduler, Terms

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BAD",
    "INVALID",
    "LOST",
    "REFUSED",
    "RETRY",
    "SLOW",
    "asked",
    "budget_of",
    "ledger_of",
    "scheduler_of",
    "statuses",
]

#: Failures: of a function, of a row that cannot be sent, of a connection, of time, of pace.
BAD: Final = Failure(FailureKind.OTHER, ValueError("bad"))
INVALID: Final = Failure(FailureKind.INVALID, ValueError("no"), maybe_sent=False)
LOST: Final = Failure(FailureKind.TRANSPORT, ConnectionError("reset"))
SLOW: Final = Failure(FailureKind.TIMEOUT, TimeoutError("late"))
REFUSED: Final = Failure(FailureKind.STATUS, ValueError("too many"), 429, 5.0)
#: Three tries; the longest waits are 4 and 8 seconds.
RETRY: Final = Retry(max_attempts=3, base_delay=4.0)


def ledger_of(count: int) -> Ledger:
    """Return a ledger of so many items that have not ended."""
    ledger = Ledger()
    ledger.grow(count)
    return ledger


def asked(scheduler: Scheduler, times: Sequence[float]) -> list[int]:
    """Return what the scheduler says at each of these times."""
    return [scheduler.next(time) for time in times]


def scheduler_of(count: int, *, max_concurrency: int = 2, **terms: Any) -> Scheduler:
    """Return a scheduler with all of its input; waits are as long as they may be."""
    terms.setdefault("retry", RETRY)
    scheduler = Scheduler(
        Ledger(), max_concurrency=max_concurrency, start=0.0, terms=Terms(draw=lambda: 1.0, **terms)
    )
    scheduler.add(count)
    scheduler.end_of_input()
    return scheduler


def statuses(scheduler: Scheduler) -> list[str]:
    """Return how each item ended; one that has not counts as cancelled."""
    ledger = scheduler.ledger
    return [ledger.outcome(index, None).status for index in range(len(ledger))]


def budget_of(limit: float, *, spent: float) -> Endings:
    """Return what ends a run that may cost so much, after one call that has cost something."""
    budget = Budget(limit)
    budget.add(spent)
    return Endings(budget=budget)
