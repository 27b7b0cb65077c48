"""Several rate limits that all hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.rate import meters_lock
from notebook_kit.policies.usage_meter import UsageMeter
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_kit.policies.rate import Rate
    from notebook_kit.policies.rate_meter import Grant

__all__ = ["Limits"]

#: How late a caller may be before others go first.
_PATIENCE_S: Final = 0.25


class Limits:
    """Several rates that all hold, taken together or not at all.

    Attributes:
        rates: which ones.
        adjustable: whether answers tell what was really used of some of them.

    >>> limits = Limits([nk.Rate(10, per="s", burst=True, weight=len, usage=len)])
    >>> grants = []
    >>> limits.take_or_wait(0.0, limits.weights("ten letter"), grants=grants)
    0.0
    >>> limits.used(0.2, grants, "six of")
    True
    >>> limits.take_or_wait(0.2, limits.weights("four"))
    0.2
    """

    __slots__ = ("_meters", "adjustable", "rates")

    def __init__(self, rates: Iterable[Rate] = ()) -> None:
        # The same rate given twice, to a client and to its map, is one limit.
        self.rates = tuple(dict.fromkeys(rates))
        self._meters = tuple(rate.meter for rate in self.rates)
        self.adjustable = any(rate.usage is not None for rate in self.rates)

    def __bool__(self) -> bool:
        return bool(self._meters)

    def weights(self, item: object) -> tuple[float, ...]:
        """Return what the item uses of each limit.

        Raises:
            ConfigurationError: when a ``weight`` function gives no usable number.
            Exception: whatever that function raises.
        """
        return tuple(_weight(rate, item) for rate in self.rates)

    def take_or_wait(
        self,
        now: float,
        weights: Sequence[float],
        ticket: object = None,
        grants: list[Grant] | None = None,
        *,
        unsent: bool = False,
    ) -> float:
        """Take the permit and return ``now``, or take nothing and return when to ask again.

        With a ticket, an object that stands for who asks, the place in the line is kept until then.
        What is taken is added to ``grants``, for who has more to tell of it by `sent` or `used`;
        with ``unsent`` it is not sent before `sent` says so, or `ended`.
        """
        with meters_lock:
            asked = [
                (meter, weight, meter.earliest(now, weight, ticket))
                for meter, weight in zip(self._meters, weights, strict=True)
            ]
            at = max((at for _, _, at in asked), default=now)
            for meter, weight, own_at in asked:
                if at <= now:
                    grant = meter.take(now, weight, ticket, keep=grants is not None, unsent=unsent)
                    if grant is not None and grants is not None:
                        grants.append(grant)
                elif ticket is not None and own_at > now:
                    meter.wait(ticket, weight, own_at + _PATIENCE_S)
                else:
                    # Waiting for another limit must not hold up those who wait for this one only.
                    meter.leave(ticket)
        return at

    def sent(self, now: float, grants: Iterable[Grant]) -> None:
        """Note that what was granted is sent only now."""
        with meters_lock:
            for grant in grants:
                grant.meter.sent(now, grant)

    def ended(self, grants: Iterable[Grant]) -> None:
        """Note that nobody will tell any more when what was granted was sent."""
        for grant in grants:
            grant.ended()

    def used(self, now: float, grants: Iterable[Grant], value: Any) -> bool:
        """Correct what was granted by what the answer says was really used.

        Returns:
            Whether some was given back, so that who waits should ask again now.

        Raises:
            ConfigurationError: when a ``usage`` function gives no usable number.
            Exception: whatever that function raises. Nothing is corrected then.
        """
        known = [
            (meter, grant, _usage(meter.usage(value)))
            for grant in grants
            if isinstance(meter := grant.meter, UsageMeter)
        ]
        with meters_lock:
            given_back = [
                meter.correct(now, grant, used) for meter, grant, used in known if used is not None
            ]
        return any(given_back)

    def leave(self, ticket: object) -> None:
        """Give up the ticket's places, because what it stood for is cancelled or paused."""
        with meters_lock:
            for meter in self._meters:
                meter.leave(ticket)


def _weight(rate: Rate, item: object) -> float:
    if rate.weight is None:
        return 1.0
    given = rate.weight(item)
    try:
        weight = float(given)
    except (OverflowError, TypeError, ValueError):
        weight = math.nan
    if not 0 <= weight < math.inf:
        message = f"weight gave {shown(given)} for an item; it must be a number of zero or more."
        raise ConfigurationError(message)
    return weight


def _usage(given: object) -> float | None:
    if given is None:
        return None
    used = number(given)
    if used is None or used < 0:
        message = (
            f"usage gave {shown(given)} for an answer; it must be a number of zero or more, or "
            "None where the answer does not tell."
        )
        raise ConfigurationError(message)
    return used
