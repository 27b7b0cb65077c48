"""Ticks at round values, written as people read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from notebook_kit.frames.charts.model import Axis

__all__ = ["nice_top", "round_step", "ticks"]

Ticks = list[tuple[float, str]]

_SPACE: Final = "\N{NO-BREAK SPACE}"
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
#: Round steps of time; below a second and above days they are round decimals.
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE_S for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR_S for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY_S for days in (1, 2, 7, 14, 28)),
)
_UNITS: Final = ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min"), (1, "s"))
#: So many powers of ten are ticks enough by themselves.
_ENOUGH_POWERS: Final = 3
_TINY: Final = 1e-9


def ticks(axis: Axis, wanted: int) -> Ticks:
    """Return about so many ticks of an axis and what is written at each.

    >>> from notebook_kit.frames.charts.model import Axis
    >>> [text.replace(_SPACE, " ") for _, text in ticks(Axis("", "time", 0, 250), 5)]
    ['0', '1 min', '2 min', '3 min', '4 min']
    >>> [text.replace(_SPACE, " ") for _, text in ticks(Axis("", "duration", 0.02, 30), 5)]
    ['100 ms', '1 s', '10 s']
    >>> [text for _, text in ticks(Axis("", "count", 0, 3), 8)]
    ['0', '1', '2', '3']
    """
    if axis.kind == "names":
        every = max(1, math.ceil(len(axis.names) / max(1, wanted)))
        return list(axis.names[::every])
    if axis.kind == "duration":
        return _powers(axis, wanted)
    if axis.kind == "time":
        step = _time_step((axis.high - axis.low) / max(1, wanted))
        return [(value, _time(value, step)) for value in _multiples(axis, step)]
    # One tick more than wanted is better than half as many.
    step = round_step(0.8 * (axis.high - axis.low) / max(1, wanted))
    if axis.kind == "count":
        step = max(1.0, step)
    places = max(0, -math.floor(math.log10(step) + _TINY))
    return [(value, f"{value:,.{places}f}") for value in _multiples(axis, step)]


def nice_top(highest: float, *, whole: bool = False) -> float:
    """Return a round number not below the highest value, for the end of an axis from 0.

    >>> nice_top(75.0), nice_top(0.0, whole=True)
    (80.0, 1.0)
    """
    if highest <= 0:
        return 1.0
    step = round_step(highest / 8)
    if whole:
        step = max(1.0, step)
    return step * math.ceil(highest / step - _TINY)


def _multiples(axis: Axis, step: float) -> list[float]:
    first = math.ceil(axis.low / step - _TINY)
    last = math.floor(axis.high / step + _TINY)
    return [number * step for number in range(first, last + 1)]


def round_step(least: float) -> float:
    """Return the least of 1, 2, 5, 10, 20, ... that is not below, or of their tenths.

    >>> round_step(3.0), round_step(0.11)
    (5.0, 0.2)
    """
    power: float = 10.0 ** math.floor(math.log10(max(least, 1e-12)))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= least * (1 - _TINY))


def _time_step(least: float) -> float:
    if least <= 1:
        return round_step(least)
    whole = next((step for step in _STEPS_S if step >= least), None)
    return float(whole) if whole is not None else _DAY_S * round_step(least / _DAY_S)


def _time(seconds: float, step: float) -> str:
    if abs(seconds) < _TINY:
        return "0"
    if step < 1:
        places = max(0, -math.floor(math.log10(step) + _TINY))
        return f"{seconds:.{places}f}{_SPACE}s"
    size, unit = next((size, unit) for size, unit in _UNITS if step % size == 0)
    return f"{seconds / size:,.0f}{_SPACE}{unit}"


def _powers(axis: Axis, wanted: int) -> Ticks:
    """Return powers of ten; where they are few, what lies between them too."""
    lowest, highest = math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high))
    for digits in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
        found = [
            10.0**power * digit
            for power in range(lowest, highest + 1)
            for digit in digits
            if axis.low * (1 - _TINY) <= 10.0**power * digit <= axis.high * (1 + _TINY)
        ]
        if len(found) >= min(_ENOUGH_POWERS, wanted):
            break
    every = max(1, math.ceil(len(found) / max(1, wanted)))
    return [(value, _duration(value)) for value in found[::every]]


def _duration(seconds: float) -> str:
    for least, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= least * (1 - _TINY):
            return f"{seconds / least:,.6g}{_SPACE}{unit}"
    return f"{seconds * 1e6:,.6g}{_SPACE}µs"
