"""Dates, times, durations and zones that come back as they were."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.storage.exact_json import NotExact, from_json, to_json

ZURICH = ZoneInfo("Europe/Zurich")
_zones = (
    st.none()
    | st.just(UTC)
    | st.sampled_from([ZURICH, ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
    | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)
    | st.just(timezone(timedelta(hours=1), "of Ümlaut"))
)
_moments = (
    st.dates()
    | st.timedeltas()
    | st.datetimes(timezones=_zones, allow_imaginary=True)
    | st.times(timezones=_zones)
)


def told(value: Any) -> tuple[Any, ...]:
    """Return all that there is to say of a moment."""
    zone = getattr(value, "tzinfo", None)
    return type(value), repr(value), getattr(value, "fold", 0), type(zone), repr(zone)


class Day(date):
    """A class of the user's own."""


class Lunar(tzinfo):
    """A zone of the user's own."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    dst = utcoffset

    def tzname(self, _: datetime | None) -> str:
        return "lunar"


class Zone(ZoneInfo):
    """A class of zones of the user's own."""


@given(_moments)
def test_moments_come_back_as_they_were(value: Any) -> None:
    """Class, microseconds, zone and which of two equal hours it is are those of before."""
    assert told(from_json(to_json(value))) == told(value)
    assert from_json(to_json({"at": [value]})) == {"at": [value]}


@pytest.mark.parametrize("fold", [0, 1])
def test_the_second_of_two_equal_hours_stays_the_second(fold: int) -> None:
    """Where clocks are put back, an hour comes twice, with another offset each."""
    twice = datetime(2024, 10, 27, 2, 30, tzinfo=ZURICH, fold=fold)
    back = from_json(to_json(twice))
    assert back.utcoffset() == timedelta(hours=2 - fold)
    assert from_json(to_json(time(2, 30, fold=fold))).fold == fold


def test_a_zone_is_the_one_that_all_others_have() -> None:
    """So that clocks of the same zone are compared as before; that of UTC is the usual one."""
    back = from_json(
        to_json([datetime(2024, 1, 1, tzinfo=ZURICH), datetime(2024, 1, 1, tzinfo=UTC)])
    )
    assert back[0].tzinfo is ZURICH
    assert back[1].tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (Day(2024, 1, 1), "Day"),
        (datetime(2024, 1, 1, tzinfo=Lunar()), "zone of the class .*Lunar"),
        (time(1, tzinfo=Zone("UTC")), "zone of the class .*Zone"),
        (time(1, tzinfo=timezone(timedelta(0), "\ud800")), "zone of the class datetime.timezone"),
    ],
)
def test_classes_of_others_are_refused(value: Any, kind: str) -> None:
    """What only looks like a date, and zones that nobody could find again, are named."""
    with pytest.raises(NotExact, match=kind):
        to_json(value)


@pytest.mark.parametrize(
    "content",
    [
        '"date", 7',
        '"date", "2024-02-30"',
        '"datetime", "2024-01-01"',
        '"datetime", ["2024-01-01T00:00:00", 2, null]',
        '"datetime", ["2024-01-01T00:00:00", 0, "no/zone"]',
        '"datetime", ["2024-01-01T00:00:00", 0, [9, 0, 0]]',
        '"datetime", ["2024-01-01T00:00:00", 0, [1e300, 0, 0]]',
        '"datetime", ["2024-01-01T00:00:00", 0, [99999999999999999999, 0, 0]]',
        '"time", ["25:00", 0, null]',
        '"time", ["23:00", 0, {}]',
        '"timedelta", [1, 2]',
        '"timedelta", [99999999999999999999, 0, 0]',
    ],
)
def test_what_was_not_written_here_is_an_error(content: str) -> None:
    """Moments that no calendar has, and parts of other kinds, raise ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are those of several readers
        from_json(f'{{"~": [{content}]}}')


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "os", "evil.package", ""])
def test_no_file_and_no_package_of_a_name_is_looked_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zone is one of those that are there, or an error before anything is opened for it."""
    looked: list[str] = []
    monkeypatch.setattr("zoneinfo._common.load_tzdata", looked.append)
    with pytest.raises(ValueError, match="not written here"):
        from_json(f'{{"~": ["datetime", ["2024-01-01T00:00:00", 0, "{name}"]]}}')
    assert looked == []
