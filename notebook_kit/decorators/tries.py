"""The tries of one call: whether there is another, and after how long. No clock, no I/O."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.locks import state_lock
from notebook_kit.errors import RequestError
from notebook_kit.numbers import plural
from notebook_kit.policies import classify
from notebook_kit.policies.retry_budget import RetryBudget
from notebook_kit.policies.retry_rule import RetryRule
from notebook_kit.policies.unwanted import unwanted_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Retry

__all__ = ["SharedBudget", "Tries"]

_NOTE: Final = "notebook_kit.retry: "


class SharedBudget(RetryBudget):
    """A budget that is shared between threads."""

    def started(self) -> None:
        """Note the first try of a call."""
        with state_lock:
            super().started()

    def spend(self) -> bool:
        """Take one retry out of the budget, if one is left."""
        with state_lock:
            return super().spend()


class Tries:
    """The tries of one call.

    Args:
        policy: when to try again.
        budget: what all calls of the function may spend on retries, or None.
        began: when the first try begins, in seconds on any clock that only goes forward.
        draw: gives numbers evenly spread over [0, 1).
    """

    def __init__(
        self,
        policy: Retry,
        budget: RetryBudget | None,
        began: float,
        draw: Callable[[], float],
    ) -> None:
        self._policy = policy
        self._budget = budget
        self._began = began
        self._draw = draw
        self._attempts = 0
        self._refusals = 0
        if budget is not None:
            budget.started()

    def answered(self, value: Any, now: float) -> float | None:
        """Return None for an answer that is wanted, or else the seconds until the next try.

        Raises:
            UnwantedAnswer: when it is not wanted and there is no other try.
            Exception: whatever ``retry_value`` raises.
        """
        if not self._policy.rejects(value):
            return None
        unwanted = unwanted_answer(value)
        try:
            wait_s = self.failed(unwanted, now)
            if wait_s is None:
                raise unwanted
            return wait_s
        finally:
            # Its traceback holds this frame: the answer would stay until the next collection.
            del unwanted

    def failed(self, error: Exception, now: float) -> float | None:
        """Count a try that failed, and return the seconds until the next, or None to give up.

        Raises:
            Exception: whatever ``retry_if`` raises.
        """
        failure = classify(error)
        self._attempts += 1
        self._refusals += failure.refused
        elapsed_s = now - self._began
        # Whoever decorates a function says that calling it again does no harm. Made when it is
        # needed, because most calls have one try.
        rule = RetryRule(self._policy, self._budget, safe=True, draw=self._draw)
        wait_s = rule.delay(
            failure,
            attempts=self._attempts,
            refusals=self._refusals,
            excused=failure.refused,
            elapsed_s=elapsed_s,
        )
        if wait_s is None:
            self._tell(error, elapsed_s)
        return wait_s

    def _tell(self, error: Exception, elapsed_s: float) -> None:
        """Leave on the error how often it was tried."""
        if isinstance(error, RequestError):
            error.attempts, error.elapsed_s = self._attempts, elapsed_s
        # A frozen class of errors takes no note; it is raised without one.
        with suppress(Exception):
            notes: list[str] = getattr(error, "__notes__", [])
            # The same object may be raised by every call.
            notes[:] = [note for note in notes if not note.startswith(_NOTE)]
            tried = plural(self._attempts, "attempt")
            error.add_note(f"{_NOTE}{tried} in {elapsed_s:.3g} s, then given up.")
