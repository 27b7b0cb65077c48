"""What the rest of a run will take, guessed from a few of its items."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.scheduling.forecast import (
    Forecast,
    Range,
    Sample,
    Spread,
    _student,
    forecast,
)

seconds = st.floats(0.0, 1e4)
values = st.lists(seconds, min_size=1, max_size=30)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Return what some items have brought."""
    times = draw(values)
    costs = draw(st.none() | st.lists(seconds, min_size=len(times), max_size=len(times)))
    failed = draw(st.integers(0, len(times)))
    cost = None if costs is None else Spread.of(costs)
    return Sample(len(times), failed, Spread.of(times), cost)


def guess(sample: Sample, **given: float) -> Forecast:
    wanted = {"items_left": 980, "max_concurrency": 10, **given}
    return forecast(sample, **wanted)  # type: ignore[arg-type]  # as given


def ranges(made: Forecast) -> list[Range]:
    return [it for it in (made.time_s, made.cost, made.failed_share, made.failed) if it is not None]


@given(samples(), st.integers(0, 10_000), st.integers(1, 200), st.floats(0, 10))
def test_a_range_contains_what_is_expected(
    sample: Sample, left: int, most: int, pace_s: float
) -> None:
    """Low, expected and high are in order and none is below zero; a share is never above one."""
    made = forecast(sample, items_left=left, max_concurrency=most, pace_s=pace_s)
    assert made.sample == sample.items
    for found in ranges(made):
        assert 0 <= found.low <= found.expected <= found.high < math.inf
    assert made.failed_share.high <= 1
    assert made.failed_share.expected == sample.failed / sample.items


@given(values, st.integers(0, 100), st.integers(2, 5))
def test_fewer_items_make_a_wider_range(times: list[float], share: int, times_more: int) -> None:
    """The same values seen several times over leave less room for doubt."""
    failed = len(times) * share // 100
    few = guess(Sample(len(times), failed, Spread.of(times), Spread.of(times)))
    seen = times * times_more
    many = guess(Sample(len(seen), failed * times_more, Spread.of(seen), Spread.of(seen)))
    for narrow, wide in zip(ranges(many), ranges(few), strict=True):
        assert narrow.low >= wide.low - 1e-6 * (1 + abs(wide.low))
        assert narrow.high <= wide.high + 1e-6 * (1 + abs(wide.high))


@given(st.integers(1, 500))
def test_no_failure_so_far_does_not_mean_none_to_come(items: int) -> None:
    """With 0 or all of n failed one end of the range is that, and the other is not."""
    none = guess(Sample(items, 0, Spread(1.0, 0.0))).failed_share
    assert (none.low, none.expected) == (0.0, 0.0)
    assert none.high > 0
    everyone = guess(Sample(items, items, Spread(1.0, 0.0))).failed_share
    assert (everyone.expected, everyone.high) == (1.0, 1.0)
    assert everyone.low < 1
    assert everyone.low == pytest.approx(1 - none.high)


def test_the_share_of_failures_is_wilson_s_interval() -> None:
    """For 1 of 20 it is what tables of that interval say."""
    share = guess(Sample(20, 1, Spread(1.0, 0.0))).failed_share
    assert share == pytest.approx((0.00888, 0.05, 0.23613), abs=1e-4)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062), (10, 2.2281), (11, 2.2010), (15, 2.1314), (30, 2.0423), (200, 1.9719)],
)
def test_student_s_quantile(degrees: int, quantile: float) -> None:
    """The quantiles are those of the tables."""
    assert _student(degrees) == pytest.approx(quantile, abs=2e-4)


def test_time_and_cost_are_a_prediction_for_so_many_more() -> None:
    """The doubt about the mean and the spread of what is to come both count."""
    made = guess(Sample(4, 0, Spread(2.0, 1.0), Spread(0.5, 0.04)), items_left=100)
    half = 3.1824 * math.sqrt(1 / 4 + 1 / 100)
    assert made.time_s == pytest.approx((10 * (2 - half), 20.0, 10 * (2 + half)))
    half *= 0.2
    assert made.cost == pytest.approx((max(0.0, 100 * (0.5 - half)), 50.0, 100 * (0.5 + half)))


def test_a_limit_on_the_rate_is_the_least_that_it_takes() -> None:
    """However fast calls are, a rate of ten a second lets 980 items take 98 seconds."""
    made = guess(Sample(20, 0, Spread(0.1, 0.0)), pace_s=0.1)
    assert made.time_s == pytest.approx((98.0, 98.0, 98.0))


def test_fewer_items_than_may_be_under_way_take_as_long_as_one() -> None:
    """Three more items at ten at once are one round of calls."""
    assert guess(Sample(20, 0, Spread(2.0, 0.0)), items_left=3).time_s == (2.0, 2.0, 2.0)


def test_nothing_left_takes_nothing() -> None:
    """A run that is done has nothing to come."""
    made = guess(Sample(20, 3, Spread(2.0, 1.0), Spread(1.0, 1.0)), items_left=0)
    assert made.time_s == made.cost == made.failed == (0.0, 0.0, 0.0)


def test_of_an_unknown_number_only_the_share_of_failures_is_known() -> None:
    """Nobody can say how long the rest of an endless input takes."""
    made = forecast(
        Sample(20, 1, Spread(1.0, 0.0), Spread(1.0, 0.0)), items_left=None, max_concurrency=1
    )
    assert (made.items_left, made.time_s, made.cost, made.failed) == (None, None, None, None)
    assert repr(made) == "<Forecast for the rest, a guess from 20 items: 5% (1% to 24%) failed>"


def test_of_one_item_nobody_knows_how_much_others_differ() -> None:
    """The variance of a single value is taken to be its square, so the range is very wide."""
    assert Spread.of([3.0]) == (3.0, 9.0)
    time_s = guess(Sample(1, 0, Spread.of([3.0]))).time_s
    assert time_s is not None
    assert (time_s.low, time_s.expected) == (0.0, 294.0)
    assert time_s.high > 10 * time_s.expected


def test_it_is_said_in_one_line() -> None:
    """Its repr says what it was made from, and each range."""
    made = guess(Sample(20, 1, Spread(0.5, 0.01), Spread(0.002, 1e-7)))
    assert repr(made) == (
        "<Forecast for 980 items, a guess from 20 items: 49 s (44 s to 53 s), "
        "cost 1.96 (1.81 to 2.11), 5% (1% to 24%) failed>"
    )
    assert "cost" not in repr(replace(made, cost=None))
