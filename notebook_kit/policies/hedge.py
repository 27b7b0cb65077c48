"""Hedging: asking once more when an answer is late, and taking whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from notebook_kit.checks import number, teaches_options
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hedge"]

#: Answers that are needed before anybody knows what is late.
_KNOWN_FROM: Final = 20


@teaches_options
@dataclass(frozen=True, slots=True, kw_only=True)
class Hedge:
    """When a call that is safe to repeat is sent a second time, the first being late.

    The first answer counts and the other call is cut. Used for the slowest few of a batch, this
    takes away most of the tail at the price of a few calls more (J. Dean, L. A. Barroso, "The Tail
    at Scale", Communications of the ACM 56(2), 2013).

    Attributes:
        after: a duration; None means when it takes longer than ``quantile`` of those before.
        quantile: share of the attempts so far that were faster, above 0 and below 1.
        max_share: at most this share of all calls is sent twice, above 0 and at most 1.

    Raises:
        ConfigurationError: for a share or a duration that cannot be one.

    >>> Hedge(after="2 s").late_after(attempts=0, quantile_s=lambda q: None)
    2.0
    """

    after: Duration | None = None
    quantile: float = 0.95
    max_share: float = 0.1

    def __post_init__(self) -> None:
        if self.after is not None:
            object.__setattr__(self, "after", seconds(self.after, name="after"))
        if not 0 < (number(self.quantile) or 0) < 1:
            message = f"quantile={self.quantile!r} must be between 0 and 1, as 0.95."
            raise ConfigurationError(message)
        if not 0 < (number(self.max_share) or 0) <= 1:
            message = f"max_share={self.max_share!r} must be above 0 and at most 1, as 0.1."
            raise ConfigurationError(message)

    @classmethod
    def of(cls, value: Hedge | bool | Duration | None) -> Hedge | None:  # noqa: FBT001 - an option
        """Read the ``hedge`` option: True, a duration after which to ask again, or a policy.

        Raises:
            ConfigurationError: for anything else.

        >>> Hedge.of("500 ms").after, Hedge.of(False)
        (0.5, None)
        """
        if value is None or value is False:
            return None
        if value is True:
            return cls()
        if isinstance(value, Hedge):
            return value
        return cls(after=seconds(value, name="hedge"))

    def late_after(
        self, *, attempts: int, quantile_s: Callable[[float], float | None]
    ) -> float | None:
        """Return the seconds after which an attempt is late, or None if nobody can tell yet.

        Args:
            attempts: how many have ended so far.
            quantile_s: gives the seconds within which a share of them has ended.
        """
        if self.after is not None:
            return cast("float", self.after)
        return quantile_s(self.quantile) if attempts >= _KNOWN_FROM else None

    def allows(self, *, hedged: int, attempts: int) -> bool:
        """Tell whether one more may be sent twice, of so many that were sent."""
        return hedged + 1 <= max(1.0, self.max_share * attempts)
