"""Durations: seconds, texts and timedeltas come out as seconds, and anything else is refused."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import seconds
from notebook_kit.policies.durations import unit_seconds

PLAIN = settings(deadline=None)

UNITS = {
    0.001: ["ms"],
    1.0: ["s", "sec", "secs", "second", "seconds"],
    60.0: ["m", "min", "mins", "minute", "minutes"],
    3600.0: ["h", "hour", "hours"],
    86400.0: ["d", "day", "days"],
}
SPELLINGS = [(unit, length) for length, units in UNITS.items() for unit in units]
blanks = st.text(" \t", max_size=2)


@pytest.mark.parametrize(("unit", "length"), SPELLINGS)
def test_a_unit_alone_is_one_of_it(unit: str, length: float) -> None:
    """A unit without a number is one of it, in either case of its letters."""
    assert unit_seconds(unit) == unit_seconds(unit.upper()) == length


@PLAIN
@given(
    count=st.decimals(min_value=0, max_value=10**6, places=3),
    spelling=st.sampled_from(SPELLINGS),
    gaps=st.tuples(blanks, blanks, blanks),
)
def test_what_is_written_is_read(
    count: Any, spelling: tuple[str, float], gaps: tuple[str, str, str]
) -> None:
    """A number and a unit are read as their product, wherever blanks stand."""
    unit, length = spelling
    before, between, after = gaps
    assert unit_seconds(f"{before}{count:f}{between}{unit}{after}") == float(count) * length


@PLAIN
@given(value=st.floats(min_value=1e-6, max_value=1e6))
def test_numbers_and_timedeltas_are_seconds(value: float) -> None:
    """A number is seconds already, and a timedelta is as long as it says."""
    assert seconds(value, name="timeout") == value
    delta = timedelta(seconds=value)
    assert seconds(delta, name="timeout", zero=True) == delta.total_seconds()


@pytest.mark.parametrize(
    "text", ["", "5", "five s", "s 5", "1 fortnight", "-1 s", "1,5 s", "5 min 3 s", "1e3 s", "ß"]
)
def test_a_text_that_is_no_duration_is_none(text: str) -> None:
    """Whatever cannot be read for certain is not guessed at."""
    assert unit_seconds(text) is None


@pytest.mark.parametrize(
    "value", ["soon", math.nan, math.inf, -math.inf, None, True, [1], b"1 s", "9" * 400 + " s"]
)
def test_what_is_no_duration_is_refused_by_name(value: Any) -> None:
    """The error names the option, repeats what was given and shows what to write."""
    with pytest.raises(ConfigurationError, match=r"^timeout=.* is not a duration: write seconds"):
        seconds(value, name="timeout")


@pytest.mark.parametrize("value", [-1, -0.001, timedelta(seconds=-1)])
@pytest.mark.parametrize(("zero", "least"), [(False, "more than zero"), (True, "zero or more")])
def test_a_negative_duration_is_refused(value: Any, least: str, *, zero: bool) -> None:
    """Less than nothing is never a duration."""
    with pytest.raises(ConfigurationError, match=f"must be {least}"):
        seconds(value, name="timeout", zero=zero)


@pytest.mark.parametrize("value", [0, 0.0, "0 s", timedelta(0)])
def test_zero_is_a_duration_only_where_it_may_be(value: Any) -> None:
    """Zero seconds are refused unless the option allows them."""
    assert seconds(value, name="base_delay", zero=True) == 0.0
    with pytest.raises(ConfigurationError, match="more than zero"):
        seconds(value, name="timeout")
