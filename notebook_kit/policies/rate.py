"""Rate limits: at most N in any window of T seconds, paced, weighted, shared.

A limit is a plain value, `Rate`; what has been used of it is kept by its `RateMeter`. The meter
keeps two accounts. The window holds the stamps of the last N grants, so that no window, wherever
it is laid, ever holds more than N. The pace is a virtual schedule (the theoretical arrival time
of the generic cell rate algorithm, ITU-T I.371) that spreads grants evenly over the window and lets
a caller that is a few milliseconds late catch up.

Who shares a meter and is refused stands in its line, first come, first served: others are granted
only what leaves enough for those before them, and each is told a time of its own. So an item that
needs the whole window is not overtaken for ever, and a thousand callers do not all wake for one.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds, unit_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Rate", "RateLike", "RateMeter", "meters_lock", "parse_rates"]

#: Stretches the window a little, so that delays on the way cannot overfill the server's window.
_WINDOW_MARGIN: Final = 1.01
#: How late a paced caller may be and still catch up; longer than any timer's jitter.
_CATCH_UP_S: Final = 0.05
#: Sums of weights that are equal on paper may differ by this much.
_ROUNDING: Final = 1e-9
_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")
_HELP: Final = "write '50/s', '500/min', '10000/hour' or nk.Rate(500, per='min')"

#: Held while meters are asked: they are shared between threads when one Rate is given to several
#: clients, and a permit of several limits is taken as a whole or not at all, so one lock for all.
meters_lock: Final = threading.Lock()

if hasattr(os, "register_at_fork"):  # pragma: no branch - there is no fork on Windows
    # Held across a fork, so that no child inherits it from a thread that it does not have.
    os.register_at_fork(
        before=meters_lock.acquire,
        after_in_parent=meters_lock.release,
        after_in_child=meters_lock.release,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """At most ``amount`` in any window of ``per``.

    Given to several clients or runs, one `Rate` object is shared among them.

    Attributes:
        amount: how much the window holds: calls, or whatever ``weight`` counts.
        per: length of the window, a duration or a unit such as ``"min"``.
        weight: what one item uses, as a function of the item; None counts calls.
        burst: True lets the whole amount go at once; False, the default, spreads it evenly.
        meter: what has been used of it, by all who share it.

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
    meter: RateMeter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if (number(self.amount) or 0) <= 0:
            advice = "rate='50/s', nk.Rate.parse('50/s') or nk.Rate(50, per='s')"
            message = f"A rate's amount must be a number above zero, not {self.amount!r}: {advice}."
            raise ConfigurationError(message)
        if self.weight is not None and not callable(self.weight):
            message = f"weight={self.weight!r} must be a function of the item, such as len."
            raise ConfigurationError(message)
        object.__setattr__(self, "per", _window(self.per))
        object.__setattr__(self, "meter", RateMeter(self))

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read ``"50/s"``, ``"500/min"`` or ``"10/5 s"``.

        Raises:
            ConfigurationError: when it cannot be read.
        """
        written, _, window = text.partition("/")
        try:
            # Any other comma is somebody's decimal point: "1,5/s" must not become 15.
            amount = float(_THOUSANDS.sub("", written))
        except ValueError:
            amount = math.nan
        length = unit_seconds(window)
        if length is None or not amount > 0:
            message = f"rate={text!r} cannot be read: {_HELP}."
            raise ConfigurationError(message)
        return cls(int(amount) if amount.is_integer() else amount, per=length)

    def __str__(self) -> str:
        per = float(self.per)  # type: ignore[arg-type]  # made a float in __post_init__
        unit = {1.0: "s", 60.0: "min", 3600.0: "hour", 86400.0: "day"}.get(per, f"{_plain(per)} s")
        return f"{_plain(self.amount, ',')}/{unit}"

    def __repr__(self) -> str:
        extras = ", weight=..." if self.weight is not None else ""
        extras += ", burst=True" if self.burst else ""
        return f"Rate({self.amount!r}, per={self.per}{extras})"


def _plain(value: float, grouping: str = "") -> str:
    """Write a number in full, so that it can be read again: not 1.5e+06."""
    return format(int(value) if float(value).is_integer() else value, grouping)


#: What the ``rate`` option takes.
RateLike: TypeAlias = "Rate | str | Sequence[Rate | str] | None"


def _window(per: Duration) -> float:
    if not isinstance(per, str):
        return seconds(per, name="per")
    length = unit_seconds(per)
    if length is None or not 0 < length < math.inf:
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

    def __init__(self, rate: Rate) -> None:
        self._amount = float(rate.amount)
        self._window = float(rate.per) * _WINDOW_MARGIN  # type: ignore[arg-type]
        self._interval = 0.0 if rate.burst else float(rate.per) / self._amount  # type: ignore[arg-type]
        self._next_paced = -math.inf
        self._stamps: deque[tuple[float, float]] = deque()
        self._used = 0.0
        #: What each ticket in the line wants, and until when its place is kept.
        self._line: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._wanted = 0.0

    def earliest(self, now: float, weight: float, ticket: object = None) -> float:
        """Return the earliest time, ``now`` or later, at which so much may be taken.

        That is a promise where it is now, and an estimate where others come first.
        """
        self._forget(now)
        ahead = self._ahead(now, ticket) if self._line else 0.0
        # One item heavier than the whole window may go when the window is empty.
        wanted = ahead + min(weight, self._amount)
        fits = self._used + wanted <= self._amount + _ROUNDING
        at = now if fits else self._when_free(now, wanted)
        return max(at, self._next_paced + ahead * self._interval) if self._interval else at

    def _when_free(self, now: float, wanted: float) -> float:
        windows = max(0, math.ceil(wanted / self._amount - _ROUNDING) - 1)
        room = self._amount - (wanted - windows * self._amount)
        used = self._used
        at = now
        for stamp, used_then in self._stamps:
            if used <= room + _ROUNDING:
                break
            used -= used_then
            at = max(at, stamp + self._window)
        return at + windows * self._window

    def take(self, now: float, weight: float, ticket: object = None) -> None:
        """Note that so much was taken at this time."""
        if self._line:
            self.leave(ticket)
            self._forget_absent(now)
        self._stamps.append((now, weight))
        self._used += weight
        if self._interval:
            self._next_paced = max(self._next_paced, now - _CATCH_UP_S) + weight * self._interval

    def wait(self, ticket: object, weight: float, until: float) -> None:
        """Give the ticket a place at the end of the line, or keep the one it has, until then."""
        before, _ = self._line.get(ticket, (0.0, 0.0))
        wanted = min(weight, self._amount)
        self._wanted += wanted - before
        self._line[ticket] = (wanted, until)

    def leave(self, ticket: object) -> None:
        """Give up the ticket's place in the line, if it has one."""
        wanted, _ = self._line.pop(ticket, (0.0, 0.0))
        self._wanted = self._wanted - wanted if self._line else 0.0

    def _ahead(self, now: float, ticket: object) -> float:
        """Return how much is wanted by those before the ticket who may still come in time."""
        if ticket in self._line:
            before = itertools.takewhile(lambda place: place[0] is not ticket, self._line.items())
            return sum(wanted for _, (wanted, until) in before if until >= now)
        absent = itertools.takewhile(lambda place: place[1] < now, self._line.values())
        return self._wanted - sum(wanted for wanted, _ in absent)

    def _forget_absent(self, now: float) -> None:
        # Only when something was granted: were places lost whenever somebody asks, callers who are
        # always late could take them from each other for ever and none would be granted anything.
        while self._line and next(iter(self._line.values()))[1] < now:
            self.leave(next(iter(self._line)))

    def _forget(self, now: float) -> None:
        horizon = now - self._window
        stamps = self._stamps
        while stamps and stamps[0][0] <= horizon:
            self._used -= stamps.popleft()[1]
        if not stamps:
            self._used = 0.0
