"""Rates: read, written and refused."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.rate import Rate, parse_rates

PLAIN = settings(deadline=None)

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
    assert repr(Rate(5, usage=len)) == "Rate(5, per=1.0, usage=...)"


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


@pytest.mark.parametrize(
    "amount", [0, -1, math.nan, math.inf, True, "50", None, 10**400, -(10**400), np.int64(0), 5j]
)
def test_an_amount_must_be_a_number_above_zero(amount: Any) -> None:
    """Anything else is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match=r"^A rate's amount must be a number above zero"):
        Rate(amount)


@pytest.mark.parametrize(
    "per", [0, -1, math.nan, None, True, "0 s", "soon", "", "9" * 400 + " s", 10**400]
)
def test_a_window_must_be_a_length_of_time(per: Any) -> None:
    """A window of no length, or one that cannot be read, is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match=r"^per="):
        Rate(5, per=per)


def test_a_weight_must_be_a_function() -> None:
    """A weight that is no function is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match="must be a function of the item"):
        Rate(5, weight=3)  # type: ignore[arg-type]


def test_a_usage_must_be_a_function() -> None:
    """A usage that is no function is refused when the rate is made."""
    with pytest.raises(ConfigurationError, match=r"^usage='tokens' must be a function of the answ"):
        Rate(5, usage="tokens")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "plain"),
    [(np.int64(50), 50), (np.float32(2.5), 2.5), (np.float64(50), 50.0), (Fraction(1, 2), 0.5)],
)
def test_numbers_of_other_kinds_become_plain_ones(amount: Any, plain: float) -> None:
    """What comes out of an array or a column works, and is shown as a plain number."""
    rate = Rate(amount, per=np.int64(5))  # type: ignore[arg-type]
    assert (rate.amount, type(rate.amount)) == (plain, type(plain))
    assert repr(rate) == f"Rate({plain!r}, per=5.0)"


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


@pytest.mark.parametrize("usage", [None, len])
def test_rates_can_be_copied_and_pickled(usage: Any) -> None:
    """A copy in another place says the same; what was used of it goes along."""
    rate = Rate(5, per="min", burst=True, usage=usage)
    rate.meter.take(1.0, 5.0)
    pickled = pickle.loads(pickle.dumps(rate))  # noqa: S301 - its own
    for again in (pickled, copy.deepcopy(rate)):
        assert repr(again) == repr(rate)
        assert again.meter.earliest(1.0, 1.0) == 61.6
