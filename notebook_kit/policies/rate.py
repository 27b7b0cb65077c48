"""Rate limits: at most N in any window of T seconds, paced, weighted, shared.

A limit is a plain value, `Rate`; what has been used of it is kept by its `RateMeter`. The meter
keeps two accounts. The window holds the stamps of the last N grants, so that no window, wherever
it is laid, ever holds more than N. The pace is a virtual schedule (the theoretical arrival time
of the generic cell rate algorithm, ITU-T I.371) that spreads grants evenly over the window and lets
a caller that is a few milliseconds late catch up.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds, unit_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Limits", "Rate", "RateLike", "RateMeter", "parse_rates"]

#: Stretches the window a little, so that delays on the way cannot overfill the server's window.
_WINDOW_MARGIN: Final = 1.01
#: How late a paced caller may be and still catch up; longer than any timer's jitter.
_CATCH_UP_S: Final = 0.05
_HELP: Final = "write '50/s', '500/min', '10000/hour' or nk.Rate(500, per='min')"

# Meters are shared between threads when one Rate is given to several clients. Taking a permit is a
# few arithmetic steps over all the limits that apply, and must be all or nothing: one lock for all.
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """At most ``amount`` in any window of ``per``.

    Given to several clients or runs, one `Rate` object is shared among them.

    Attributes:
        amount: how much the window holds: calls, or whatever ``weight`` counts.
        per: length of the window, a duration or a unit such as ``"min"``.
        weight: what one item uses, as a function of the item; None counts calls.
        burst: True lets the whole amount go at once; False, the default, spreads it evenly.

    Raises:
        ConfigurationError: when the amount is not a positive number or the window unreadable.

    >>> Rate(500, per="min")
    Rate(500, per=60.0)
    >>> Rate.parse("50/s").per
    1.0
    """

    amount: float
    per: Duration = "s"
    weight: Callable[[Any], float] | None = None
    burst: bool = False
    _meters: list[RateMeter] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        if (number(self.amount) or 0) <= 0:
            message = f"A rate's amount must be a number above zero, not {self.amount!r}: {_HELP}."
            raise ConfigurationError(message)
        if self.weight is not None and not callable(self.weight):
            message = f"weight={self.weight!r} must be a function of the item, such as len."
            raise ConfigurationError(message)
        object.__setattr__(self, "per", _window(self.per))

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"50/s"``, ``"500/min"`` or ``"10/5 s"``.

        Raises:
            ConfigurationError: when it cannot be read.
        """
        amount, slash, window = text.partition("/")
        try:
            number = float(amount.replace(",", "").replace("_", ""))
        except ValueError:
            number = math.nan
        length = unit_seconds(window)
        if not slash or length is None or not number > 0:
            message = f"rate={text!r} cannot be read: {_HELP}."
            raise ConfigurationError(message)
        return cls(int(number) if number.is_integer() else number, per=length)

    @property
    def meter(self) -> RateMeter:
        """The one meter of this rate, made on first use."""
        with _lock:
            if not self._meters:
                self._meters.append(RateMeter(self))
            return self._meters[0]

    def __str__(self) -> str:
        per = float(self.per)  # type: ignore[arg-type]  # made a float in __post_init__
        unit = {1.0: "s", 60.0: "min", 3600.0: "hour", 86400.0: "day"}.get(per, f"{per:g} s")
        return f"{self.amount:,g}/{unit}"

    def __repr__(self) -> str:
        extras = ", weight=..." if self.weight is not None else ""
        extras += ", burst=True" if self.burst else ""
        return f"Rate({self.amount:g}, per={self.per}{extras})"


#: What the ``rate`` option takes.
RateLike: TypeAlias = "Rate | str | Sequence[Rate | str] | None"


def _window(per: Duration) -> float:
    length = unit_seconds(per) if isinstance(per, str) else seconds(per, name="per")
    if length is None or length <= 0:
        message = f"per={per!r} is not a window: {_HELP}."
        raise ConfigurationError(message)
    return length


def parse_rates(value: RateLike) -> tuple[Rate, ...]:
    """Read the ``rate`` option: None, one rate, or several that all hold.

    Raises:
        ConfigurationError: when one cannot be read.

    >>> parse_rates(["50/s", "1000/min"])
    (Rate(50, per=1.0), Rate(1000, per=60.0))
    """
    if value is None:
        return ()
    if isinstance(value, Rate):
        return (value,)
    if isinstance(value, str):
        return (Rate.parse(value),)
    if isinstance(value, (list, tuple)):
        return tuple(rate for part in value for rate in parse_rates(part))
    message = f"rate={value!r} cannot be read: {_HELP}, or a list of them."
    raise ConfigurationError(message)


class RateMeter:
    """What has been used of one rate. Times are seconds on any clock that only goes forward.

    >>> meter = RateMeter(Rate(2, per="s", burst=True))
    >>> for now in (0.0, 0.0):
    ...     meter.take(now, 1.0)
    >>> meter.earliest(0.5, 1.0)
    1.01
    """

    __slots__ = ("_amount", "_interval", "_next_paced", "_stamps", "_used", "_window", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._amount = float(rate.amount)
        self._window = float(rate.per) * _WINDOW_MARGIN  # type: ignore[arg-type]
        self._interval = 0.0 if rate.burst else float(rate.per) / self._amount  # type: ignore[arg-type]
        self._next_paced = -math.inf
        self._stamps: deque[tuple[float, float]] = deque()
        self._used = 0.0

    def earliest(self, now: float, weight: float) -> float:
        """Return the earliest time, ``now`` or later, at which so much may be taken."""
        at = now if self._interval == 0.0 else max(now, self._next_paced)
        self._forget(now)
        # One item heavier than the whole window may go when the window is empty.
        room = self._amount - min(weight, self._amount)
        used = self._used
        for stamp, used_then in self._stamps:
            if used <= room + 1e-9:
                break
            used -= used_then
            at = max(at, stamp + self._window)
        return at

    def take(self, now: float, weight: float) -> None:
        """Note that so much was taken at this time."""
        self._stamps.append((now, weight))
        self._used += weight
        if self._interval:
            self._next_paced = max(self._next_paced, now - _CATCH_UP_S) + weight * self._interval

    def _forget(self, now: float) -> None:
        horizon = now - self._window
        stamps = self._stamps
        while stamps and stamps[0][0] <= horizon:
            self._used -= stamps.popleft()[1]
        if not stamps:
            self._used = 0.0


class Limits:
    """Several rates that all hold, taken together or not at all.

    >>> limits = Limits([Rate(10, per="s")])
    >>> weights = limits.weights("an item")
    >>> limits.take_or_wait(0.0, weights)
    0.0
    """

    __slots__ = ("_meters", "rates")

    def __init__(self, rates: Iterable[Rate] = ()) -> None:
        self.rates = tuple(rates)
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

    def take_or_wait(self, now: float, weights: Sequence[float]) -> float:
        """Take the permit and return ``now``, or take nothing and return when to ask again."""
        with _lock:
            at = now
            for meter, weight in zip(self._meters, weights, strict=True):
                at = max(at, meter.earliest(now, weight))
            if at <= now:
                for meter, weight in zip(self._meters, weights, strict=True):
                    meter.take(now, weight)
        return at


def _weight(rate: Rate, item: object) -> float:
    if rate.weight is None:
        return 1.0
    weight = float(rate.weight(item))
    if not weight >= 0 or math.isinf(weight):
        message = f"weight gave {weight!r} for an item; it must be a number of zero or more."
        raise ConfigurationError(message)
    return weight
