"""Dates, times and durations of the standard library, as JSON that gives them back exactly."""

from __future__ import annotations

import functools
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, available_timezones

from notebook_kit.storage.not_exact import NotExact, class_name, is_storable, odd, tagged

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

__all__ = ["READ_MOMENTS", "WRITE_MOMENTS", "plain_zone", "zone_of"]


def plain_zone(zone: tzinfo | None) -> Any:
    """Return a time zone as JSON: its name, or days, seconds and microseconds off UTC.

    Raises:
        NotExact: for one of another class than those of the standard library.

    >>> plain_zone(ZoneInfo("Europe/Zurich")), plain_zone(timezone(timedelta(hours=2)))
    ('Europe/Zurich', [0, 7200, 0])
    """
    if zone is None:
        return None
    if type(zone) is timezone:
        offset, name = zone.utcoffset(None), zone.tzname(None)
        parts = _parts(offset)
        if name == timezone(offset).tzname(None):
            return parts
        if is_storable(name):
            return [*parts, name]
    if type(zone) is ZoneInfo and zone.key in _zones():
        return zone.key
    message = f"time in a zone of the class {class_name(zone)}"
    raise NotExact(message)


def zone_of(content: Any) -> tzinfo | None:
    """Return the time zone that `plain_zone` was given.

    Raises:
        ValueError, OverflowError: for what it has not written, and for a zone unknown here.
    """
    match content:
        case None:
            return None
        case [int(days), int(seconds), int(micros)]:
            return timezone(timedelta(days, seconds, micros))
        case [int(days), int(seconds), int(micros), str(name)]:
            return timezone(timedelta(days, seconds, micros), name)
        # Only those that are there: for others a package that the name names would be looked for.
        case str() if content in _zones():
            return ZoneInfo(content)
    raise odd(content)


@functools.cache
def _zones() -> frozenset[str]:
    # It looks through hundreds of files.
    return frozenset(available_timezones())


def _parts(value: timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


def _plain_clock(value: datetime | time) -> list[Any]:
    return [value.replace(tzinfo=None).isoformat(), value.fold, plain_zone(value.tzinfo)]


def _date(content: Any) -> date:
    if not isinstance(content, str):
        raise odd(content)
    return date.fromisoformat(content)


def _datetime(content: Any) -> datetime:
    match content:
        case [str(text), 0 | 1 as fold, zone]:
            return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=int(fold))
    raise odd(content)


def _time(content: Any) -> time:
    match content:
        case [str(text), 0 | 1 as fold, zone]:
            return time.fromisoformat(text).replace(tzinfo=zone_of(zone), fold=int(fold))
    raise odd(content)


def _timedelta(content: Any) -> timedelta:
    match content:
        case [int(days), int(seconds), int(micros)]:
            return timedelta(days, seconds, micros)
    raise odd(content)


#: By class, and by the name in the tag.
WRITE_MOMENTS: Final[dict[type, Callable[[Any], Any]]] = {
    date: lambda value: tagged("date", value.isoformat()),
    datetime: lambda value: tagged("datetime", _plain_clock(value)),
    time: lambda value: tagged("time", _plain_clock(value)),
    timedelta: lambda value: tagged("timedelta", _parts(value)),
}
READ_MOMENTS: Final[dict[str, Callable[[Any], Any]]] = {
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "timedelta": _timedelta,
}
