"""A retry policy with its budget: whether there is another try, and after how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from notebook_kit.errors import RequestError
from notebook_kit.errors.effort import tell_pause
from notebook_kit.policies.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies.failure import Failure
    from notebook_kit.policies.retry import Retry
    from notebook_kit.policies.retry_budget import RetryBudget

__all__ = ["RetryRule"]


class RetryRule:
    """Says whether and when what failed is tried again, for all who share a budget.

    Args:
        retry: the policy.
        budget: what they may spend on retries together, or None.
        safe: whether repeating does no harm even if the server processed the request.
        draw: gives numbers evenly spread over [0, 1).

    >>> from notebook_kit.policies import Failure, FailureKind
    >>> rule = RetryRule(nk.Retry(base_delay=1), None, safe=True, draw=lambda: 0.5)
    >>> late = Failure(FailureKind.TIMEOUT, TimeoutError())
    >>> [rule.delay(late, attempts=made, refusals=0, excused=False) for made in (1, 2, 3)]
    [0.5, 1.0, None]
    """

    __slots__ = ("_budget", "_draw", "_retry", "_safe")

    def __init__(
        self,
        retry: Retry,
        budget: RetryBudget | None,
        *,
        safe: bool,
        draw: Callable[[], float],
    ) -> None:
        self._retry = retry
        self._budget = budget
        self._safe = safe
        self._draw = draw

    def delay(
        self,
        failure: Failure,
        *,
        attempts: int,
        refusals: int,
        excused: bool,
        elapsed_s: float = 0.0,
        left_s: float = math.inf,
    ) -> float | None:
        """Return the seconds until the next try, or None if there is none.

        Args:
            failure: how the last one ended.
            attempts: tries made so far, this one and excused ones included.
            refusals: how many of them are held against the server alone, this one included if so.
            excused: whether this one is; such tries have an allowance of their own.
            elapsed_s: seconds since the first of them began.
            left_s: no try starts later than in so many seconds.

        Raises:
            Exception: whatever the policy's ``retry_if`` raises.
        """
        wait_s = self._retry.delay(
            failure,
            attempts=attempts,
            refusals=refusals,
            elapsed_s=elapsed_s,
            safe=self._safe,
            draw=self._draw,
        )
        if wait_s is None:
            self._tell_pause(failure)
            return None
        if wait_s >= left_s:
            return None
        if self._budget is not None and not excused and not self._budget.spend():
            return None
        return wait_s

    def _tell_pause(self, failure: Failure) -> None:
        """Have the error say so where what its server asks for is more than is ever waited."""
        retry, asked_s = self._retry, failure.retry_after_s or 0.0
        most_s = seconds(retry.max_retry_after, name="max_retry_after", zero=True)
        if not failure.refused or asked_s <= most_s or not isinstance(failure.error, RequestError):
            return
        if retry.max_attempts > 1 or retry.max_refusals:
            tell_pause(failure.error, asked_s, most_s)
