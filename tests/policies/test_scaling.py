from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.policies.scaling import at_pace, scaled


@given(
    st.floats(1e-6, 1e6),
    st.sampled_from([0.5, 0.9, 0.99, 1.001, 1.1, 2.0]),
)
def test_each_step_goes_the_way_it_is_asked(amount: float, factor: float) -> None:
    """However odd the amount, a factor above one makes it more, one below makes it less."""
    new = scaled(nk.Rate(amount), factor).amount
    assert new > 0
    assert (new > amount) == (factor > 1) or math.isclose(new, amount, rel_tol=0.05)


@pytest.mark.parametrize(
    ("amount", "factor", "expected"),
    [(50, 1.1, 55), (45, 1.1, 50), (10, 1.01, 11), (11, 0.99, 10), (1, 1.1, 1.1), (3, 0.9, 2.7)],
)
def test_the_numbers_are_those_that_people_write(
    amount: float, factor: float, expected: float
) -> None:
    """From ten on they are whole; a step is one at least."""
    assert scaled(nk.Rate(amount), factor).amount == expected


def test_small_amounts_move_by_a_tenth_at_least() -> None:
    """Where rounding would swallow the step, it is a tenth of the amount."""
    assert scaled(nk.Rate(2.0), 1.001).amount == pytest.approx(2.2)


def test_a_factor_of_one_changes_nothing() -> None:
    """The same amount comes out."""
    assert scaled(nk.Rate(20), 1).amount == 20


def test_what_a_rate_weighs_and_how_it_bursts_stays() -> None:
    """Only the amount is another."""
    rate = nk.Rate(100, per="min", weight=len, burst=True, usage=len)
    new = scaled(rate, 2)
    assert (new.per, new.weight, new.burst, new.usage) == (60.0, len, True, len)


def test_what_was_let_through_counts_on() -> None:
    """A click does not open the window anew: the new rate grants only what is more."""
    rate = nk.Rate(10, per="s", burst=True)
    rate.meter.take(0.0, 6.0)
    rate.meter.take(0.0, 4.0, keep=True)
    new = scaled(rate, 1.2)
    assert new.meter.earliest(0.0, 2.0) == 0.0
    new.meter.take(0.0, 2.0)
    assert new.meter.earliest(0.0, 1.0) == pytest.approx(1.01)


@pytest.mark.parametrize(
    ("pace", "factor", "words"), [(52.3, 0.9, "47/s"), (0.2, 1.0, "12/min"), (1.5, 1.0, "1.5/s")]
)
def test_a_rate_can_be_made_of_a_pace(pace: float, factor: float, words: str) -> None:
    """It is written per second, or per minute where that is less than one."""
    assert str(at_pace(pace, factor)) == words


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_other_factors_are_refused(factor: float) -> None:
    """The error says what to write."""
    with pytest.raises(nk.ConfigurationError, match=r"factor=.* such as"):
        scaled(nk.Rate(1), factor)
    with pytest.raises(nk.ConfigurationError, match="per_second="):
        at_pace(factor)
