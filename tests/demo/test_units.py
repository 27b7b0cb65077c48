from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.demo.units import Pace, pace
from notebook_kit.errors import ConfigurationError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("200/s", Pace(200, 1.0)),
        ("500 / min", Pace(500, 60.0)),
        ("1000/h", Pace(1000, 3600.0)),
        (5, Pace(5, 1.0)),
        (Pace(3, 60.0), Pace(3, 60.0)),
        (None, None),
    ],
)
def test_paces_are_read_as_people_write_them(written: Any, expected: Pace | None) -> None:
    """A text names its period, a number is so many a second, and None is no limit."""
    assert pace(written, name="rate_limit") == expected


@pytest.mark.parametrize("written", ["fast", "0/s", 0, -3, float("nan"), True, [], "5/fortnight"])
def test_a_pace_that_cannot_be_read_is_refused_by_name(written: Any) -> None:
    """The error names the option, shows what was given and says what to write."""
    with pytest.raises(ConfigurationError, match=r"rate_limit=.*'200/s'"):
        pace(written, name="rate_limit")


def test_a_pace_of_an_odd_period_is_refused() -> None:
    """Only periods that can be written as text exist, so that every pace can be shown."""
    with pytest.raises(ConfigurationError, match="per_s"):
        Pace(10, 7.0)


@pytest.mark.parametrize("text", ["200/s", "500/min", "10000000/h"])
def test_a_pace_is_shown_as_it_is_written(text: str) -> None:
    """What a pace shows can be read again, large numbers included."""
    assert str(pace(text, name="rate_limit")) == text
