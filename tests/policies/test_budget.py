"""A limit of cost, held although costs are known only afterwards."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Budget


def test_calls_go_one_at_a_time_until_one_has_cost_anything() -> None:
    """A failure and an answer for nothing say nothing of what the next call may cost."""
    budget = Budget(1.0)
    for _ in range(3):
        assert budget.may_start(in_flight=0)
        assert not budget.may_start(in_flight=1)
        budget.add(0.0)
    budget.add(0.25)
    assert budget.may_start(in_flight=2)
    assert not budget.may_start(in_flight=3)


def test_nothing_starts_when_the_limit_is_reached() -> None:
    """What is spent and the dearest so far must fit in."""
    budget = Budget(1.0)
    budget.add(0.5)
    assert budget.may_start(in_flight=0)
    budget.add(0.5)
    assert not budget.may_start(in_flight=0)


def test_without_a_limit_it_only_counts() -> None:
    """Any number may be under way."""
    budget = Budget()
    budget.add(7)
    assert budget.may_start(in_flight=10_000)
    assert budget.spent == 7


def test_an_unknown_cost_is_that_of_the_dearest() -> None:
    """Who cannot say what a call has cost must not be able to spend more."""
    budget = Budget(10)
    budget.add(2)
    budget.add(3)
    budget.add_unknown()
    assert budget.spent == 8


@given(st.lists(st.floats(0, 1e6), max_size=200))
def test_many_small_costs_add_up(costs: list[float]) -> None:
    """The sum is as exact as a float can be, however many costs it is made of."""
    budget = Budget()
    for cost in costs:
        budget.add(cost)
    assert budget.spent == pytest.approx(math.fsum(costs), rel=1e-15, abs=0)


def test_a_million_tenths_are_a_hundred_thousand() -> None:
    """Plain sums are off in the sixth place by then."""
    budget = Budget()
    for _ in range(1_000_000):
        budget.add(0.1)
    assert budget.spent == 100_000


@pytest.mark.parametrize("cost", [-1, math.nan, math.inf, "much", None, True])
def test_a_cost_is_a_finite_number_of_zero_or_more(cost: object) -> None:
    """Anything else is an error that names it."""
    with pytest.raises(ConfigurationError, match="cost gave"):
        Budget().add(cost)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [-1, math.nan, "5"])
def test_a_limit_is_a_number_of_zero_or_more(limit: object) -> None:
    """Anything else is an error that names it."""
    with pytest.raises(ConfigurationError, match="max_cost"):
        Budget(limit)  # type: ignore[arg-type]
