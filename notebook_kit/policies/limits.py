"""Several rate limits that all hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.rate import meters_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_kit.policies.rate import Rate

__all__ = ["Limits"]

#: How late a caller may be before others go first.
_PATIENCE_S: Final = 0.25


class Limits:
    """Several rates that all hold, taken together or not at all.

    >>> limits = Limits([nk.Rate(10, per="s")])
    >>> weights = limits.weights("an item")
    >>> limits.take_or_wait(0.0, weights)
    0.0
    """

    __slots__ = ("_meters", "rates")

    def __init__(self, rates: Iterable[Rate] = ()) -> None:
        # The same rate given twice, to a client and to its map, is one limit.
        self.rates = tuple(dict.fromkeys(rates))
        self._meters = tuple(rate.meter for rate in self.rates)

    def __bool__(self) -> bool:
        return bool(self._meters)

    def weights(self, item: object) -> tuple[float, ...]:
        """Return what the item uses of each limit.

        Raises:
            ConfigurationError: when a ``weight`` function gives no usable number.
            Exception: whatever that function raises.
        """
        return tuple(_weight(rate, item) for rate in self.rates)

    def take_or_wait(self, now: float, weights: Sequence[float], ticket: object = None) -> float:
        """Take the permit and return ``now``, or take nothing and return when to ask again.

        With a ticket, an object that stands for who asks, the place in the line is kept until then.
        """
        with meters_lock:
            asked = [
                (meter, weight, meter.earliest(now, weight, ticket))
                for meter, weight in zip(self._meters, weights, strict=True)
            ]
            at = max((at for _, _, at in asked), default=now)
            for meter, weight, own_at in asked:
                if at <= now:
                    meter.take(now, weight, ticket)
                elif ticket is not None and own_at > now:
                    meter.wait(ticket, weight, own_at + _PATIENCE_S)
                else:
                    # Waiting for another limit must not hold up those who wait for this one only.
                    meter.leave(ticket)
        return at

    def leave(self, ticket: object) -> None:
        """Give up the ticket's places, because what it stood for is cancelled or paused."""
        with meters_lock:
            for meter in self._meters:
                meter.leave(ticket)


def _weight(rate: Rate, item: object) -> float:
    if rate.weight is None:
        return 1.0
    weight = float(rate.weight(item))
    if not weight >= 0 or math.isinf(weight):
        message = f"weight gave {weight!r} for an item; it must be a number of zero or more."
        raise ConfigurationError(message)
    return weight
