"""Rates: read, written and refused; what one meter grants, and when."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Rate, RateMeter, parse_rates

PLAIN = settings(deadline=None)
THOROUGH = settings(deadline=None, max_examples=300)

WINDOWS = {"s": 1.0, "sec": 1.0, "min": 60.0, "hour": 3600.0, "day": 86400.0, "5 s": 5.0}


# Reading and writing


@PLAIN
@given(
    amount=st.one_of(st.integers(1, 10**12), st.floats(0.001, 10**9)),
    per=st.one_of(
        st.sampled_from([1.0, 60.0, 3600.0, 86400.0]),
        st.floats(0.001, 10**7),
        st.integers(1, 10**6),
    ),
)
def test_a_rate_in_words_is_read_back_as_it_was(amount: float, per: float) -> None:
    """`str(rate)` loses nothing: parsed again it is the same amount in the same window."""
    rate = Rate(amount, per=per)
    again = Rate.parse(str(rate))
    assert (again.amount, again.per) == (amount, per)


@PLAIN
@given(amount=st.integers(1, 10**9), unit=st.sampled_from(sorted(WINDOWS)))
def test_amounts_may_be_grouped_by_thousands(amount: int, unit: str) -> None:
    """Commas and underscores between thousands are only there for the eye."""
    for written in (f"{amount}", f"{amount:,}", f"{amount:_}", f" {amount} "):
        rate = Rate.parse(f"{written}/ {unit}")
        assert (rate.amount, rate.per) == (amount, WINDOWS[unit])


def test_a_rate_in_words_is_short() -> None:
    """The usual windows are written as units, and large amounts in full."""
    assert str(Rate(50)) == "50/s"
    assert str(Rate(1_500_000, per="min")) == "1,500,000/min"
    assert str(Rate(1_234_567, per="hour")) == "1,234,567/hour"
    assert str(Rate(0.5, per="2 days")) == "0.5/172800 s"


def test_the_repr_is_what_to_type() -> None:
    """The repr shows amount, window, and what differs from the default."""
    assert repr(Rate(1_234_567, per="min")) == "Rate(1234567, per=60.0)"
    assert repr(Rate(5, weight=len, burst=True)) == "Rate(5, per=1.0, weight=..., burst=True)"


@pytest.mark.parametrize(
    "text",
    ["", "50", "50/", "/s", "0/s", "-5/s", "nan/s", "many/s", "50/fortnight", "50 per s", "1,5/s"],
)
def test_a_text_that_is_no_rate_is_refused(text: str) -> None:
    """What cannot be read is refused, a decimal comma too: it would be ten times as much."""
    with pytest.raises(ConfigurationError, match=r"^rate=.* cannot be read: write '50/s'"):
        Rate.parse(text)


@pytest.mark.parametrize("text", ["inf/s", "1e400/s"])
def test_an_endless_amount_is_refused(text: str) -> None:
    """A rate without an end is no rate."""
    with pytest.raises(ConfigurationError, match="must be a number above zero"):
        Rate.parse(text)


@pytest.mark.parametrize("amount", [0, -1, math.nan, math.inf, True, "50", None])
def test_an_amount_must_be_a_number_above_zero(amount: Any) -> None:
    """Anything else is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match=r"^A rate's amount must be a number above zero"):
        Rate(amount)


@pytest.mark.parametrize("per", [0, -1, math.nan, None, True, "0 s", "soon", "", "9" * 400 + " s"])
def test_a_window_must_be_a_length_of_time(per: Any) -> None:
    """A window of no length, or one that cannot be read, is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match=r"^per="):
        Rate(5, per=per)


def test_a_weight_must_be_a_function() -> None:
    """A weight that is no function is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match="must be a function of the item"):
        Rate(5, weight=3)  # type: ignore[arg-type]


def test_the_rate_option_takes_one_or_several() -> None:
    """None, a text, a rate and lists of them, nested too, become a tuple of rates."""
    rate = Rate(5)
    assert parse_rates(None) == ()
    assert parse_rates(rate) == (rate,)
    assert [str(one) for one in parse_rates("5/s")] == ["5/s"]
    nested: Any = ["50/s", (rate, "500/min")]
    several = parse_rates(nested)
    assert several[1] is rate
    assert [str(one) for one in several] == ["50/s", "5/s", "500/min"]


@pytest.mark.parametrize("value", [50, 5.0, {"50/s"}, b"50/s", ["50/s", 3]])
def test_the_rate_option_refuses_anything_else(value: Any) -> None:
    """A bare number has no window, so it is refused, in a list as well."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        parse_rates(value)


def test_one_rate_has_one_meter_and_equal_rates_have_two() -> None:
    """Sharing is by object: only the very same rate is shared."""
    rate = Rate(5)
    assert rate.meter is rate.meter
    assert rate != Rate(5)
    assert rate.meter is not Rate(5).meter


def test_rates_can_be_copied_and_pickled() -> None:
    """A copy in another place says the same; what was used of it goes along."""
    rate = Rate(5, per="min", burst=True)
    rate.meter.take(1.0, 5.0)
    pickled = pickle.loads(pickle.dumps(rate))  # noqa: S301 - its own
    for again in (pickled, copy.deepcopy(rate)):
        assert repr(again) == repr(rate)
        assert again.meter.earliest(1.0, 1.0) == 61.6


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
    """The time for so many is within two hundredths of the ideal, and never before it."""
    assume(rate.amount >= 1)
    per, whole = float(rate.per), math.floor(rate.amount)  # type: ignore[arg-type]
    last = grants(rate, [1.0] * count)[-1]
    # At most so many fit into a window, so the last one is in the window of this number.
    windows = (count - 1) // whole
    assert last >= windows * per
    ideal = windows * per if rate.burst else (count - 1) * per / rate.amount
    slack = per / whole if rate.amount != whole else 0.0
    assert last <= 1.02 * ideal + windows * slack + 1e-6


@PLAIN
@given(amount=st.integers(1, 50), per=st.sampled_from([1.0, 60.0]), count=st.integers(2, 60))
def test_a_pace_is_even_and_a_burst_is_at_once(amount: int, per: float, count: int) -> None:
    """Paced, the calls of a window are spread over it; as a burst, all of them go at once."""
    assume(count <= amount)
    assert grants(Rate(amount, per=per, burst=True), [1.0] * count)[-1] == 0.0
    paced = grants(Rate(amount, per=per), [1.0] * count)
    interval = per / amount
    for position, time in enumerate(paced):
        assert position * interval - 0.05 - 1e-9 <= time <= position * interval + 1e-9


def test_a_late_caller_catches_up_a_little_and_not_more() -> None:
    """After a rest the pace allows what fits into a twentieth of a second, not a whole window."""
    rate = Rate(100)
    grants(rate, [1.0])
    assert [time == 50.0 for time in grants(rate, [1.0] * 8, start=50.0)] == [True] * 6 + [
        False
    ] * 2


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
