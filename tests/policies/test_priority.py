"""Priorities: how they are written, and which item goes first."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.priority import Order, Priority, rank

NOT_A_NUMBER = [True, np.True_, math.nan, np.nan, pd.NA, None, "3", math.inf, -math.inf]
NOT_A_NUMBER += [Decimal("NaN"), Decimal("sNaN"), 10**400, 1j, [1], np.float64("nan")]


def test_the_critical_goes_first_and_the_low_last() -> None:
    """Sorted, priorities stand in the order in which they go."""
    assert [one.name for one in sorted(Priority)] == ["CRITICAL", "HIGH", "NORMAL", "LOW"]


@pytest.mark.parametrize("one", Priority)
@pytest.mark.parametrize("write", [str.lower, str.upper, str.title, " {} ".format, np.str_])
def test_a_priority_is_read_from_its_name(one: Priority, write: Any) -> None:
    """The name may be written in any case, with space around it, and as numpy's text."""
    assert Priority.of(write(one.name)) is one
    assert Priority.of(one) is one


@pytest.mark.parametrize("value", [0, 3, 1.0, np.int64(2), Decimal(1)])
def test_a_plain_number_is_refused_and_told_what_it_lacks(value: object) -> None:
    """Whether 1 is the most or the least urgent is not to be guessed."""
    with pytest.raises(ConfigurationError, match="order='high_first' or order='low_first'"):
        Priority.of(value)


@pytest.mark.parametrize("value", [None, math.nan, np.nan])
def test_what_is_missing_is_normal(value: object) -> None:
    """A column of priorities may have gaps."""
    assert Priority.of(value) is Priority.NORMAL


@pytest.mark.parametrize("value", ["urgent", "", "0", True, object()])
def test_what_is_no_priority_is_refused_with_the_names_there_are(value: object) -> None:
    """Anything else is told how to be written."""
    with pytest.raises(ConfigurationError, match=r"nk\.Priority\.HIGH or 'high'"):
        Priority.of(value)


@given(st.sampled_from(Priority), st.sampled_from(Priority))
def test_ranks_of_priorities_stand_as_priorities_do(one: Priority, other: Priority) -> None:
    """Without an order, a rank is that of the priority or of its name."""
    assert (rank(one) < rank(other.name)) == (one < other)


@given(st.floats(-1e300, 1e300), st.integers(-(10**300), 10**300))
def test_an_order_says_how_plain_numbers_are_read(one: float, other: int) -> None:
    """`high_first` lets the higher number go first, `low_first` the lower."""
    assert (rank(one, "high_first") < rank(other, "high_first")) == (one > float(other))
    assert (rank(one, "low_first") < rank(other, "low_first")) == (one < float(other))


@pytest.mark.parametrize(
    "value", [2, 2.0, np.int8(2), np.float32(2), np.uint64(2), Decimal(2), Fraction(2)]
)
def test_any_kind_of_number_can_be_ranked(value: object) -> None:
    """Numbers of numpy, decimals and fractions are numbers."""
    assert rank(value, "high_first") == -2.0
    assert rank(value, "low_first") == 2.0
    assert type(rank(value, "low_first")) is float


@pytest.mark.parametrize("order", ["high_first", "low_first"])
@pytest.mark.parametrize("value", [*NOT_A_NUMBER, "high", Priority.HIGH])
def test_what_is_not_finite_or_no_number_has_no_place_in_an_order(
    value: object, order: Order
) -> None:
    """NaN, infinity, booleans, texts, numbers beyond a float and priorities are refused."""
    with pytest.raises(ConfigurationError, match="is not a finite number"):
        rank(value, order)


@pytest.mark.parametrize("order", ["highest", "", 1, True, ["high_first"]])
def test_an_unknown_order_is_refused_with_the_two_there_are(order: Any) -> None:
    """A slip in the order is told what may be written."""
    with pytest.raises(ConfigurationError, match="'high_first' or 'low_first'"):
        rank(1, order)
