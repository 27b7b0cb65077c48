"""One meter: what it grants and when, and the line of those who share it."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notebook_kit.policies.rate import Rate
from notebook_kit.policies.rate_meter import RateMeter

PLAIN = settings(deadline=None)
THOROUGH = settings(deadline=None, max_examples=300)


# What a meter grants


def grants(rate: Rate, weights: list[float], start: float = 0.0) -> list[float]:
    """Ask eagerly, always at the very time that was told, and return the times of the grants."""
    times, now = [], start
    for weight in weights:
        asked = 0
        while (at := rate.meter.earliest(now, weight)) > now:
            now = at
            asked += 1
            assert asked <= 3, "told to come back again and again"
        rate.meter.take(now, weight)
        times.append(now)
    return times


def most_in_any_window(times: list[float], weights: list[float], length: float) -> float:
    """Return the most weight that a half-open window holds, laid so that it begins at a grant."""
    most = used = 0.0
    last = 0
    for first, begin in enumerate(times):
        while last < len(times) and times[last] < begin + length:
            used += weights[last]
            last += 1
        most = max(most, used)
        used -= weights[first]
    return most


rates = st.builds(
    Rate,
    st.one_of(st.integers(1, 30), st.integers(5, 300).map(lambda tenths: tenths / 10)),
    per=st.sampled_from([0.01, 0.3, 1.0, 60.0, 3600.0]),
    burst=st.booleans(),
)


@THOROUGH
@given(rate=rates, count=st.integers(1, 120), start=st.floats(0, 1e6))
def test_no_window_holds_more_than_the_rate_however_eager_the_caller(
    rate: Rate, count: int, start: float
) -> None:
    """Asked as eagerly as can be, no window of its length, wherever it is laid, holds more."""
    assume(rate.amount >= 1)
    times = grants(rate, [1.0] * count, start)
    most = most_in_any_window(times, [1.0] * count, float(rate.per))  # type: ignore[arg-type]
    assert most <= rate.amount


@THOROUGH
@given(
    rate=rates, gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 3)), min_size=1, max_size=100)
)
def test_no_window_holds_more_whenever_the_caller_comes(rate: Rate, gaps: list[float]) -> None:
    """Asked at any times, in and out of rhythm with the window, no window holds more."""
    now, taken = 0.0, []
    for gap in gaps:
        now += gap * float(rate.per) / 4  # type: ignore[arg-type]
        if rate.meter.earliest(now, 1.0) <= now:
            rate.meter.take(now, 1.0)
            taken.append(now)
    most = most_in_any_window(taken, [1.0] * len(taken), float(rate.per))  # type: ignore[arg-type]
    assert most <= max(rate.amount, 1)


@PLAIN
@given(rate=rates, count=st.integers(1, 150))
def test_an_eager_caller_gets_nearly_all_of_the_rate(rate: Rate, count: int) -> None:
    """The time for so many is within two hundredths of the ideal, and never before it.

    Only a window of a few milliseconds costs more, because delays on the way are as long.
    """
    assume(rate.amount >= 1)
    per, whole = float(rate.per), math.floor(rate.amount)  # type: ignore[arg-type]
    last = grants(rate, [1.0] * count)[-1]
    # At most so many fit into a window, so the last one is in the window of this number.
    windows = (count - 1) // whole
    assert last >= windows * per
    ideal = windows * per if rate.burst else (count - 1) * per / rate.amount
    slack = per / whole if rate.amount != whole else 0.0
    most = 1.02 if per > 0.25 else 1.1
    assert last <= most * ideal + windows * slack + 1e-6


@PLAIN
@given(amount=st.integers(1, 50), per=st.sampled_from([1.0, 60.0]), count=st.integers(2, 60))
def test_a_pace_is_even_and_a_burst_is_at_once(amount: int, per: float, count: int) -> None:
    """Paced, the calls of a window are spread over it; as a burst, all of them go at once."""
    assume(count <= amount)
    assert grants(Rate(amount, per=per, burst=True), [1.0] * count)[-1] == 0.0
    paced = grants(Rate(amount, per=per), [1.0] * count)
    interval = per / amount
    assert paced == pytest.approx([position * interval for position in range(count)])


def at_once(meter: RateMeter, now: float) -> int:
    """Take as much as may go at this time, and return how much that was."""
    count = 0
    while meter.earliest(now, 1.0, "caller") <= now:
        meter.take(now, 1.0, "caller")
        count += 1
    return count


@pytest.mark.parametrize("late_ms", [0, 1, 10, 40])
def test_a_late_caller_catches_up(late_ms: int) -> None:
    """What a timer's jitter cost is made good: as many go at once as should have gone by then."""
    meter = RateMeter(Rate(1000))
    meter.take(0.0, 1.0)
    now = 0.0015 + late_ms / 1000
    assert at_once(meter, now) == 1 + late_ms
    assert meter.earliest(now, 1.0) == pytest.approx(now + 0.0005)


def test_who_waited_and_comes_very_late_catches_up_a_little_and_not_more() -> None:
    """After a delay the pace allows what fits into a twentieth of a second, not a whole window."""
    meter = RateMeter(Rate(100))
    meter.take(0.0, 1.0)
    meter.wait("caller", 1.0, until=0.3)
    assert at_once(meter, 50.0) == 6


def test_after_a_rest_nobody_catches_up() -> None:
    """The first call of all, and the first after nobody wanted anything, begin an even pace."""
    meter = RateMeter(Rate(100))
    assert at_once(meter, 0.0) == 1
    assert at_once(meter, 50.0) == 1
    assert meter.earliest(50.0, 1.0) == pytest.approx(50.01)


@pytest.mark.parametrize(
    ("per", "stretched"),
    [(3600.0, 3636.0), (1.0, 1.01), (0.5, 0.505), (0.1, 0.105), (0.01, 0.011)],
)
def test_a_window_is_a_little_longer_than_it_says(per: float, stretched: float) -> None:
    """By a hundredth, by five milliseconds at least, and never by more than a tenth."""
    meter = RateMeter(Rate(1, per=per, burst=True))
    meter.take(0.0, 1.0)
    assert meter.earliest(0.0, 1.0) == pytest.approx(stretched)


@THOROUGH
@given(
    rate=rates,
    weights=st.lists(st.one_of(st.integers(0, 40), st.floats(0, 40)), min_size=1, max_size=60),
)
def test_weights_are_what_is_counted(rate: Rate, weights: list[float]) -> None:
    """No window holds more weight than the rate, but for items that alone weigh more."""
    times = grants(rate, weights)
    light = [weight if weight <= rate.amount else 0.0 for weight in weights]
    most = most_in_any_window(times, light, float(rate.per))  # type: ignore[arg-type]
    assert most <= rate.amount * (1 + 1e-9) + 1e-6


def test_an_item_heavier_than_the_window_goes_when_the_window_is_empty() -> None:
    """It is not refused for ever: it waits for an empty window and fills it alone."""
    for burst in (True, False):
        rate = Rate(10, per="s", burst=burst)
        first, heavy, after = grants(rate, [3.0, 25.0, 1.0])
        assert first == 0.0
        assert heavy == pytest.approx(1.01)
        assert after >= heavy + 1.01


def test_items_without_weight_use_nothing_up() -> None:
    """Any number of items of weight zero leave the whole window to the others."""
    assert set(grants(Rate(1, burst=True), [0.0] * 100 + [1.0])) == {0.0}


def test_what_has_left_the_window_is_forgotten() -> None:
    """However long a run is, a meter keeps one window of stamps."""
    rate = Rate(10, per="s", burst=True)
    for second in range(1000):
        grants(rate, [1.0] * 10, start=second * 2.0)
    assert len(rate.meter._stamps) == 10


# The line of those who share a meter


def test_a_newcomer_leaves_enough_for_who_waits() -> None:
    """Who waits for the whole window is not overtaken by who needs little of it."""
    meter = RateMeter(Rate(10, per="s", burst=True))
    meter.take(0.0, 1.0)
    assert meter.earliest(0.5, 10.0, "heavy") == 1.01
    meter.wait("heavy", 10.0, until=1.3)
    assert meter.earliest(0.5, 1.0, "light") > 1.01
    assert meter.earliest(1.01, 10.0, "heavy") == 1.01
    meter.take(1.01, 10.0, "heavy")
    assert meter.earliest(1.01, 1.0, "light") == pytest.approx(2.02)


def test_a_newcomer_goes_first_where_that_delays_nobody() -> None:
    """What is left beside those who wait may be taken at once."""
    meter = RateMeter(Rate(10, per="s", burst=True))
    meter.take(0.0, 5.0)
    meter.wait("heavy", 3.0, until=1.3)
    assert meter.earliest(0.5, 2.0, "light") == 0.5
    assert meter.earliest(0.5, 3.0, "less light") > 0.5


def test_who_does_not_come_loses_its_place() -> None:
    """A place is kept until its time, so that one who is gone holds nobody up for long."""
    meter = RateMeter(Rate(1, per="s", burst=True))
    meter.wait("gone", 1.0, until=1.0)
    assert meter.earliest(1.0, 1.0, "next") > 1.0
    assert meter.earliest(1.1, 1.0, "next") == 1.1


def test_who_stands_behind_one_who_does_not_come_goes_first() -> None:
    """The next in line need not wait for an absent one, whose place is gone after the grant."""
    meter = RateMeter(Rate(10, per="s", burst=True))
    meter.wait("absent", 10.0, until=1.0)
    meter.wait("next", 10.0, until=9.0)
    assert meter.earliest(1.0, 10.0, "next") > 1.0
    assert meter.earliest(1.1, 10.0, "next") == 1.1
    assert list(meter._line) == ["absent", "next"]
    meter.take(1.1, 10.0, "next")
    assert not meter._line


def test_who_asks_again_keeps_its_place_in_the_line() -> None:
    """A ticket that asks again, with another weight, stays where it stood."""
    meter = RateMeter(Rate(10, per="s", burst=True))
    meter.take(0.0, 10.0)
    meter.wait("first", 2.0, until=9.0)
    meter.wait("second", 3.0, until=9.0)
    meter.wait("first", 9.0, until=9.0)
    assert meter.earliest(0.0, 9.0, "first") == 1.01
    assert meter.earliest(0.0, 3.0, "second") == pytest.approx(2.02)
    meter.leave("first")
    assert meter.earliest(0.0, 3.0, "second") == 1.01
