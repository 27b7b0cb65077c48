"""Numbers as people read them: counts, shares, durations, rates."""

from __future__ import annotations

from typing import Final

__all__ = ["count", "duration", "percent", "plural", "rate", "roughly", "size", "stretch", "took"]

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_KILO: Final = 1_000
#: Hundredths of the whole.
_ALL: Final = 100
_SPACE: Final = "\N{NO-BREAK SPACE}"
#: From here on tenths of a second say nothing.
_WHOLE_SECONDS_S: Final = 10
#: Below this many a second, a rate is read more easily by the minute or by the hour.
_SLOW: Final = 0.5


def count(number: int) -> str:
    """Return a whole number with separators of thousands.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """Return a number and its noun.

    >>> plural(1, "item"), plural(2_000, "item")
    ('1 item', '2,000 items')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share in hundredths, rounded; only the whole is 100 %, only nothing is 0 %.

    >>> [percent(part, 1_000).replace(_SPACE, " ") for part in (0, 1, 49, 978, 999, 1_000)]
    ['0 %', '<1 %', '5 %', '98 %', '>99 %', '100 %']
    """
    if whole <= 0 or part >= whole:
        return f"100{_SPACE}%"
    hundredths = (200 * part + whole) // (2 * whole)
    if part and not hundredths:
        return f"<1{_SPACE}%"
    return f"{hundredths}{_SPACE}%" if hundredths < _ALL else f">99{_SPACE}%"


def duration(seconds: float) -> str:
    """Return a stretch of time in its one or two largest units.

    >>> [duration(s).replace(_SPACE, " ") for s in (0.04, 7.25, 72, 3_900, 100_000)]
    ['<0.1 s', '7.2 s', '1 min 12 s', '1 h 05 min', '1 d 3 h']
    """
    if seconds < 0.1:  # noqa: PLR2004 - the least that one digit can say
        return f"<0.1{_SPACE}s"
    if seconds < _WHOLE_SECONDS_S:
        return f"{seconds:.1f}{_SPACE}s"
    whole = int(seconds)
    if whole < _MINUTE_S:
        return f"{whole}{_SPACE}s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S}{_SPACE}min {whole % _MINUTE_S:02}{_SPACE}s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S}{_SPACE}h {whole % _HOUR_S // _MINUTE_S:02}{_SPACE}min"
    return f"{whole // _DAY_S}{_SPACE}d {whole % _DAY_S // _HOUR_S}{_SPACE}h"


def roughly(seconds: float) -> str:
    """Return an estimate no finer than it deserves.

    >>> [roughly(s).replace(_SPACE, " ") for s in (3, 38, 83, 700, 4_000, 100_000)]
    ['a few seconds', '40 s', '1 min 20 s', '12 min', '1 h 05 min', '1 d 4 h']
    """
    if seconds < 5:  # noqa: PLR2004 - a few
        return "a few seconds"
    for limit_s, step_s in ((60, 5), (300, 10), (3_600, 60), (_DAY_S, 300)):
        if seconds < limit_s:
            rounded = round(seconds / step_s) * step_s
            break
    else:
        rounded = round(seconds / _HOUR_S) * _HOUR_S
    return stretch(rounded)


def size(length: int) -> str:
    """Return a number of bytes.

    >>> [size(length).replace(_SPACE, " ") for length in (1, 532, 4_200, 1_250_000, 3_000_000_000)]
    ['1 byte', '532 bytes', '4.2 kB', '1.2 MB', '3.0 GB']
    """
    if length < _KILO:
        return plural(length, "byte").replace(" ", _SPACE)
    for unit, power in (("kB", 1), ("MB", 2)):
        if length < _KILO ** (power + 1):
            return f"{length / _KILO**power:.1f}{_SPACE}{unit}"
    return f"{length / _KILO**3:,.1f}{_SPACE}GB"


def stretch(seconds: float) -> str:
    """Return a stretch of time in whole seconds and without units that are zero.

    >>> [stretch(s).replace(_SPACE, " ") for s in (4.2, 300, 5_900)]
    ['4 s', '5 min', '1 h 38 min']
    """
    if seconds < _MINUTE_S:
        return f"{int(seconds)}{_SPACE}s"
    return duration(seconds).removesuffix(f" 00{_SPACE}s").removesuffix(f" 00{_SPACE}min")


def took(seconds: float) -> str:
    """Return how long one attempt took.

    >>> [took(s).replace(_SPACE, " ") for s in (0.0004, 0.0095, 0.21, 2.13, 48)]
    ['0.4 ms', '9.5 ms', '210 ms', '2.1 s', '48 s']
    """
    if seconds < 0.01:  # noqa: PLR2004 - ten milliseconds
        return f"{seconds * 1e3:.1f}{_SPACE}ms"
    if seconds < 1:
        return f"{seconds * 1e3:.0f}{_SPACE}ms"
    return duration(seconds)


def rate(per_second: float) -> str:
    """Return items per second, or per minute or hour where that reads better.

    >>> rate(1234.4), rate(50.21), rate(2.5), rate(0.2), rate(0.002), rate(0)
    ('1,234/s', '50.2/s', '2.50/s', '12.0/min', '7.20/h', '0/s')
    """
    if per_second <= 0:
        return "0/s"
    value, unit = per_second, "s"
    if per_second < _SLOW / _MINUTE_S:
        value, unit = per_second * _HOUR_S, "h"
    elif per_second < _SLOW:
        value, unit = per_second * _MINUTE_S, "min"
    if value >= 100:  # noqa: PLR2004 - three digits are enough
        return f"{value:,.0f}/{unit}"
    return f"{value:.1f}/{unit}" if value >= 10 else f"{value:.2f}/{unit}"  # noqa: PLR2004
