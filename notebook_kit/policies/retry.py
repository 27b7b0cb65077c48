"""Retry: when to try again, and after how long."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from notebook_kit.checks import number, teaches_options, whole_number
from notebook_kit.errors import ConfigurationError, UnwantedAnswer
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.failure import Failure, FailureKind
from notebook_kit.policies.retry_budget import checked_share

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retry"]

#: Statuses that may heal by themselves; every 5xx does too.
_PASSING: Final = frozenset({408, 409, 425, 429})
_FIRST_SERVER_ERROR: Final = 500
_MANY_REQUESTS: Final = 429


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often an attempt that failed is tried again, and how long to wait before.

    Tried again is what may pass by itself: statuses 408, 409, 425, 429 and 5xx, connections that
    failed or broke, and time limits, whatever library raised them. Other errors of a function, such
    as ValueError, are not, nor is an account that has nothing left to spend; a POST or PATCH is
    only if the server surely did not process it.

    A refusal, which is 429 or 503 with Retry-After, says that the pace was too high and nothing of
    the item. So refusals are counted apart: an item has ``max_attempts`` tries besides those that
    were refused, and ``max_refusals`` of these.

    The wait is drawn evenly between zero and a ceiling that doubles with each attempt ("full
    jitter", M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015); a server's
    Retry-After is waited out in full, and one of zero leaves the wait to us.

    Attributes:
        max_attempts: tries in all, the first one included and refused ones left out.
        base_delay: ceiling of the first wait, a duration.
        factor: by how much the ceiling grows with each attempt.
        max_delay: the highest ceiling, a duration.
        max_retry_after: a server that asks for more than this is not waited for, a duration.
        deadline: no try of an item starts later than so long after its first, a duration; None for
            no such limit.
        budget: at most so many retries to each first attempt, over the whole run, refusals left
            out: 0.2 is one to five. Ten are always allowed. None for no such limit.
        max_refusals: how often an item may be refused and is tried again all the same.
        retry_if: given the exception, tells whether it may heal, and decides that alone; not asked
            about items that cannot be sent. What it raises is raised.
        retry_value: given an answer, returns True if it is not wanted and the item should be tried
            again, a POST too. What it raises is raised.
        unsafe: also repeat a POST or PATCH that the server may have processed.

    Raises:
        ConfigurationError: for fewer than one attempt, a factor below one, a bad duration or
            budget, or a predicate that is no plain function.

    >>> Retry(max_attempts=5, base_delay="200 ms").ceiling(attempts=3)
    0.8
    >>> Retry(retry_value=lambda answer: answer["state"] == "pending").rejects({"state": "done"})
    False
    """

    max_attempts: int = 3
    base_delay: Duration = 0.5
    factor: float = 2.0
    max_delay: Duration = 60.0
    max_retry_after: Duration = 300.0
    deadline: Duration | None = None
    budget: float | None = None
    max_refusals: int = 10
    retry_if: Callable[[Any], bool] | None = None
    retry_value: Callable[[Any], bool] | None = None
    unsafe: bool = False

    def __post_init__(self) -> None:
        for name, least, example in (("max_attempts", 1, "3"), ("max_refusals", 0, "10")):
            count = whole_number(getattr(self, name), name=name, least=least, example=example)
            object.__setattr__(self, name, count)
        if not (number(self.factor) or 0) >= 1:
            message = f"factor={self.factor!r} must be 1 or more, so that waits do not shrink."
            raise ConfigurationError(message)
        for name in ("base_delay", "max_delay", "max_retry_after"):
            wait = seconds(getattr(self, name), name=name, zero=True)
            object.__setattr__(self, name, wait)
        if self.deadline is not None:
            object.__setattr__(self, "deadline", seconds(self.deadline, name="deadline"))
        if self.budget is not None:
            checked_share(self.budget)
        _check_predicate(self.retry_if, name="retry_if", of="the exception")
        _check_predicate(self.retry_value, name="retry_value", of="the answer")

    @classmethod
    def of(cls, value: Retry | int | None) -> Retry:
        """Read the ``retry`` option: a policy, a number of further tries, or None for none.

        None and 0 mean no second try at all, not even of what the server refused.

        Raises:
            ConfigurationError: for anything else.

        >>> Retry.of(2).max_attempts, Retry.of(None).max_attempts, Retry.of(None).max_refusals
        (3, 1, 0)
        """
        if isinstance(value, Retry):
            return value
        example = "2 or nk.Retry(max_attempts=3)"
        more = 0 if value is None else whole_number(value, name="retry", least=0, example=example)
        return cls(max_attempts=more + 1) if more else cls(max_attempts=1, max_refusals=0)

    def ceiling(self, *, attempts: int) -> float:
        """Return the longest wait in seconds after so many failed attempts."""
        try:
            grown = _s(self.base_delay) * float(self.factor) ** (attempts - 1)
        except OverflowError:
            grown = _s(self.max_delay) if self.base_delay else 0.0
        return min(_s(self.max_delay), grown)

    def delay(
        self,
        failure: Failure,
        *,
        attempts: int,
        refusals: int = 0,
        elapsed_s: float = 0.0,
        safe: bool,
        draw: Callable[[], float],
    ) -> float | None:
        """Return the seconds to wait before the next try, or None to give up.

        Args:
            failure: what went wrong.
            attempts: tries made so far, this one and refused ones included.
            refusals: how many of them the server refused, this one included if it was; a probe of
                an open breaker that failed counts as one.
            elapsed_s: seconds since the first of them began.
            safe: whether repeating does no harm even if the server processed the request.
            draw: gives numbers evenly spread over [0, 1).

        Raises:
            Exception: whatever ``retry_if`` raises.
        """
        if attempts - refusals >= self.max_attempts or refusals > self.max_refusals:
            return None
        if not self._is_unwanted(failure):
            if not (safe or self.unsafe or surely_not_processed(failure)):
                return None
            if not self.may_heal(failure):
                return None
        wait = self._wait(failure, attempts=attempts, draw=draw)
        if wait is None or (self.deadline is not None and elapsed_s + wait > _s(self.deadline)):
            return None
        return wait

    def _wait(self, failure: Failure, *, attempts: int, draw: Callable[[], float]) -> float | None:
        # A date that is past says no more than that the clocks differ: all would come at once.
        if not failure.retry_after_s:
            return draw() * self.ceiling(attempts=attempts)
        if failure.retry_after_s > _s(self.max_retry_after):
            return None
        # Spread a little, so that all who were turned away do not come back at once.
        spread = min(_s(self.base_delay), failure.retry_after_s)
        return failure.retry_after_s + draw() * spread

    def may_heal(self, failure: Failure) -> bool:
        """Tell whether this failure can pass by itself.

        Raises:
            Exception: whatever ``retry_if`` raises.
        """
        if failure.kind is FailureKind.INVALID:
            return False
        if self.retry_if is not None:
            return bool(self.retry_if(failure.error))
        if failure.kind in (FailureKind.TRANSPORT, FailureKind.TIMEOUT):
            return True
        if failure.kind is not FailureKind.STATUS or failure.status_code is None:
            return False
        passing = failure.status_code in _PASSING or failure.status_code >= _FIRST_SERVER_ERROR
        return passing and not failure.quota_gone

    def rejects(self, value: Any) -> bool:
        """Tell whether an answer is not wanted, so that the item should be tried again.

        Raises:
            Exception: whatever ``retry_value`` raises.
        """
        return self.retry_value is not None and bool(self.retry_value(value))

    def _is_unwanted(self, failure: Failure) -> bool:
        # Whoever refuses an answer has seen it: nothing is left in doubt that would make another
        # try unsafe, and no other predicate need know of the error that stands for it.
        return self.retry_value is not None and isinstance(failure.error, UnwantedAnswer)


def _s(duration: Duration | None) -> float:
    """Return what `Retry.__post_init__` has made seconds of, for the type checker."""
    return cast("float", duration)


def _check_predicate(function: object, *, name: str, of: str) -> None:
    if function is None or (callable(function) and not inspect.iscoroutinefunction(function)):
        return
    message = (
        f"{name}={function!r} must be a plain function of {of} that returns True to try again, "
        f"such as {name}=lambda seen: 'busy' in str(seen)."
    )
    raise ConfigurationError(message)


def surely_not_processed(failure: Failure) -> bool:
    """Tell whether the server surely did nothing, so that even a POST is safe to repeat."""
    return not failure.maybe_sent or failure.refused or failure.status_code == _MANY_REQUESTS
