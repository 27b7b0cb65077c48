"""Rate limits: at most N in any window of T seconds, paced, weighted, shared.

A limit is a plain value, `Rate`; what has been used of it is kept by its `RateMeter`.
"""

from __future__ import annotations

import math
import numbers
import os
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.checks import number, teaches_options
from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.durations import Duration, seconds, unit_seconds
from notebook_kit.policies.rate_meter import RateMeter
from notebook_kit.policies.usage_meter import UsageMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Rate", "RateLike", "RateMeter", "meters_lock", "parse_rates"]

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


@teaches_options
@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """At most ``amount`` in any window of ``per``.

    Given to several clients or runs, one `Rate` object is shared among them.

    Attributes:
        amount: how much the window holds: calls, or whatever ``weight`` counts.
        per: length of the window, a duration or a unit such as ``"min"``.
        weight: what one item uses, as a function of the item; None counts calls.
        burst: True lets the whole amount go at once; False, the default, spreads it evenly.
        usage: what an item really used, as a function of its answer, or None where the answer does
            not tell. What ``weight`` put too high is given back, what it put too low is charged.
        meter: what has been used of it, by all who share it.

    Raises:
        ConfigurationError: when the amount is not a positive number or the window unreadable.

    >>> Rate(500, per="min")
    Rate(500, per=60.0)
    >>> Rate.parse("50/s").per
    1.0
    >>> Rate(10_000, per="min", weight=len, usage=lambda answer: answer["usage"]["total_tokens"])
    Rate(10000, per=60.0, weight=..., usage=...)
    """

    amount: float
    per: Duration = "s"
    weight: Callable[[Any], float] | None = None
    burst: bool = False
    usage: Callable[[Any], float | None] | None = None
    meter: RateMeter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if (number(self.amount) or 0) <= 0:
            advice = "rate='50/s', nk.Rate.parse('50/s') or nk.Rate(50, per='s')"
            message = f"A rate's amount must be a number above zero, not {self.amount!r}: {advice}."
            raise ConfigurationError(message)
        if self.weight is not None and not callable(self.weight):
            message = f"weight={self.weight!r} must be a function of the item, such as len."
            raise ConfigurationError(message)
        if self.usage is not None and not callable(self.usage):
            advice = "a function of the answer, such as lambda answer: answer['tokens']"
            message = f"usage={self.usage!r} must be {advice}."
            raise ConfigurationError(message)
        # What numpy gives would be shown and pickled as numpy's.
        whole = isinstance(self.amount, numbers.Integral)
        object.__setattr__(self, "amount", int(self.amount) if whole else float(self.amount))
        object.__setattr__(self, "per", _window(self.per))
        meter = RateMeter(self) if self.usage is None else UsageMeter(self, self.usage)
        object.__setattr__(self, "meter", meter)

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
        extras += ", usage=..." if self.usage is not None else ""
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
