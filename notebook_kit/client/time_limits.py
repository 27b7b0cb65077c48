"""How long one attempt of a call may take, from connecting to the last byte of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_kit.policies.durations import seconds

if TYPE_CHECKING:
    from notebook_kit.policies import Breaker
    from notebook_kit.policies.durations import Duration

__all__ = ["AttemptLimit", "attempt_limit", "limit_of_breaker", "shorter"]


class AttemptLimit(NamedTuple):
    """A time limit, and who set it.

    >>> str(AttemptLimit(2.5))
    'attempt_timeout=2.5 s'
    """

    limit_s: float
    option: str = "attempt_timeout"
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.option}={self.limit_s:g} s{self.owner}"


def attempt_limit(duration: Duration | None) -> AttemptLimit | None:
    """Return the limit that ``attempt_timeout=`` stands for; None for none.

    Raises:
        ConfigurationError: for what is no duration.
    """
    if duration is None:
        return None
    return AttemptLimit(seconds(duration, name="attempt_timeout"))


def limit_of_breaker(breaker: Breaker | None) -> AttemptLimit | None:
    """Return the limit that a breaker sets to every attempt; None for none."""
    # A breaker has read its durations when it was made.
    limit_s: Any = None if breaker is None else breaker.call_timeout
    return limit_s and AttemptLimit(limit_s, "call_timeout", " of the circuit breaker")


def shorter(one: AttemptLimit | None, other: AttemptLimit | None) -> AttemptLimit | None:
    """Return the limit that is over first.

    >>> shorter(AttemptLimit(2), AttemptLimit(1, "call_timeout")).option
    'call_timeout'
    """
    return min((limit for limit in (one, other) if limit is not None), default=None)
