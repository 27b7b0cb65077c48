"""The tries of one call: whether there is another, and after how long. No clock, no I/O."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.locks import state_lock
from notebook_kit.errors import RequestError, UnwantedAnswer
from notebook_kit.markup import shorten
from notebook_kit.numbers import plural
from notebook_kit.policies import classify
from notebook_kit.redact import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Retry
    from notebook_kit.policies.retry_budget import RetryBudget

__all__ = ["Tries"]

_NOTE: Final = "notebook_kit.retry: "
#: Characters of an answer that are shown.
_SHOWN: Final = 80


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
            with state_lock:
                budget.started()

    def unwanted(self, value: Any) -> UnwantedAnswer | None:
        """Return the error that stands for an answer which the policy refuses, or None.

        Raises:
            Exception: whatever ``retry_value`` raises.
        """
        if not self._policy.rejects(value):
            return None
        message = f"retry_value refused the answer {shorten(repr(value), _SHOWN)}."
        return UnwantedAnswer(scrub(message), value=value)

    def failed(self, error: Exception, now: float) -> float | None:
        """Count a try that failed, and return the seconds until the next, or None to give up.

        Raises:
            Exception: whatever ``retry_if`` raises.
        """
        failure = classify(error)
        self._attempts += 1
        self._refusals += failure.refused
        elapsed_s = now - self._began
        wait_s = self._policy.delay(
            failure,
            attempts=self._attempts,
            refusals=self._refusals,
            elapsed_s=elapsed_s,
            safe=True,
            draw=self._draw,
        )
        # What a server turned away cost it nothing, and has an allowance of its own.
        if wait_s is not None and not failure.refused and not self._may_spend():
            wait_s = None
        if wait_s is None:
            self._tell(error, elapsed_s)
        return wait_s

    def _may_spend(self) -> bool:
        if self._budget is None:
            return True
        with state_lock:
            return self._budget.spend()

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
