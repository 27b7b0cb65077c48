"""Retry: when to try again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from notebook_kit.checks import number, whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds
from notebook_kit.policies.failure import Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Retry"]

#: Statuses that may heal by themselves; every 5xx does too.
_PASSING: Final = frozenset({408, 409, 425, 429})
_FIRST_SERVER_ERROR: Final = 500
_MANY_REQUESTS: Final = 429
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often an attempt that failed is tried again, and how long to wait before.

    Tried again is what may pass by itself: statuses 408, 409, 425, 429 and 5xx, connections that
    failed or broke, and time limits, whatever library raised them. Other errors of a function, such
    as ValueError, are not; a POST or PATCH is only if the server surely did not process it.

    The wait is drawn evenly between zero and a ceiling that doubles with each attempt ("full
    jitter", M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015); a server's
    Retry-After is waited out in full, and one of zero leaves the wait to us.

    Attributes:
        max_attempts: tries in all, the first one included.
        base_delay: ceiling of the first wait, a duration.
        factor: by how much the ceiling grows with each attempt.
        max_delay: the highest ceiling, a duration.
        max_retry_after: a server that asks for more than this is not waited for, a duration.
        unsafe: also repeat a POST or PATCH that the server may have processed.

    Raises:
        ConfigurationError: for fewer than one attempt, a factor below one or a bad duration.

    >>> Retry(max_attempts=5, base_delay="200 ms").ceiling(attempts=3)
    0.8
    """

    max_attempts: int = 3
    base_delay: Duration = 0.5
    factor: float = 2.0
    max_delay: Duration = 60.0
    max_retry_after: Duration = 300.0
    unsafe: bool = False

    def __post_init__(self) -> None:
        whole_number(self.max_attempts, name="max_attempts", example="3")
        if not (number(self.factor) or 0) >= 1:
            message = f"factor={self.factor!r} must be 1 or more, so that waits do not shrink."
            raise ConfigurationError(message)
        for name in ("base_delay", "max_delay", "max_retry_after"):
            value = seconds(getattr(self, name), name=name, zero=True)
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, value: Retry | int | None) -> Retry:
        """Read the ``retry`` option: a policy, a number of further tries, or None for none.

        Raises:
            ConfigurationError: for anything else.

        >>> Retry.of(2).max_attempts, Retry.of(None).max_attempts
        (3, 1)
        """
        if value is None:
            return cls(max_attempts=1)
        if isinstance(value, Retry):
            return value
        more = whole_number(value, name="retry", least=0, example="2 or nk.Retry(max_attempts=3)")
        return cls(max_attempts=more + 1)

    def ceiling(self, *, attempts: int) -> float:
        """Return the longest wait in seconds after so many failed attempts."""
        try:
            grown = _s(self.base_delay) * float(self.factor) ** (attempts - 1)
        except OverflowError:
            grown = _s(self.max_delay) if self.base_delay else 0.0
        return min(_s(self.max_delay), grown)

    def delay(
        self, failure: Failure, *, attempts: int, safe: bool, draw: Callable[[], float]
    ) -> float | None:
        """Return the seconds to wait before the next try, or None to give up.

        Args:
            failure: what went wrong.
            attempts: tries made so far, this one included.
            safe: whether repeating does no harm even if the server processed the request.
            draw: gives numbers evenly spread over [0, 1).
        """
        if attempts >= self.max_attempts or not self.may_heal(failure):
            return None
        if not (safe or self.unsafe or surely_not_processed(failure)):
            return None
        # A date that is past says no more than that the clocks differ: all would come at once.
        if failure.retry_after_s:
            if failure.retry_after_s > _s(self.max_retry_after):
                return None
            # Spread a little, so that all who were turned away do not come back at once.
            spread = min(_s(self.base_delay), failure.retry_after_s)
            return failure.retry_after_s + draw() * spread
        return draw() * self.ceiling(attempts=attempts)

    @staticmethod
    def may_heal(failure: Failure) -> bool:
        """Tell whether this kind of failure can pass by itself."""
        if failure.kind in (FailureKind.TRANSPORT, FailureKind.TIMEOUT):
            return True
        if failure.kind is not FailureKind.STATUS or failure.status_code is None:
            return False
        return failure.status_code in _PASSING or failure.status_code >= _FIRST_SERVER_ERROR


def _s(duration: Duration) -> float:
    """Return what `Retry.__post_init__` has made seconds of, for the type checker."""
    return cast("float", duration)


def surely_not_processed(failure: Failure) -> bool:
    """Tell whether the server surely did nothing, so that even a POST is safe to repeat."""
    if not failure.maybe_sent:
        return True
    if failure.status_code == _UNAVAILABLE:
        return failure.retry_after_s is not None
    return failure.status_code == _MANY_REQUESTS
