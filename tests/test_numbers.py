from __future__ import annotations

import pytest

from notebook_kit.numbers import duration, percent, rate, roughly, stretch, took

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 7, "0 %"),
        (1, 1_000_000, "<1 %"),
        (999_999, 1_000_000, ">99 %"),
        (7, 7, "100 %"),
        (20, 409, "5 %"),
        (9, 409, "2 %"),
        (400, 409, "98 %"),
    ],
)
def test_share_never_rounds_to_an_end_it_has_not_reached(part: int, whole: int, said: str) -> None:
    """A share is rounded; it is 0 % only for nothing and 100 % only for everything."""
    assert percent(part, whole) == said.replace(" ", SPACE)


def test_share_of_nothing_is_whole() -> None:
    """With nothing to do, all is done."""
    assert percent(0, 0) == f"100{SPACE}%"


@pytest.mark.parametrize("seconds", [0, 0.01, 9.99, 10, 59.9, 60, 3_599, 3_600, 86_399, 9e6])
def test_durations_are_short_at_every_size(seconds: float) -> None:
    """A duration has one or two units, however long it is."""
    for said in (duration(seconds), stretch(seconds), roughly(seconds), took(seconds)):
        assert 0 < len(said.split(SPACE)) <= 4
        assert "60 s" not in said.replace(SPACE, " ")


@pytest.mark.parametrize(
    ("per_second", "unit"), [(1e6, "/s"), (0.5, "/s"), (0.4, "/min"), (0.008, "/h")]
)
def test_rates_pick_a_unit_that_has_digits(per_second: float, unit: str) -> None:
    """A slow rate is given by the minute or by the hour, so that it is not 0.00."""
    assert rate(per_second).endswith(unit)
    assert not rate(per_second).startswith("0.0")
