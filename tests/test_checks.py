"""Checks of arguments: numbers of any kind, and names that nobody knows."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from notebook_kit.checks import number, refuse_unknown, whole_number
from notebook_kit.errors import ConfigurationError


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_a_whole_number_of_any_kind_becomes_an_int(value: Any) -> None:
    """Python's and numpy's whole numbers are taken, and come back as Python's."""
    plain = whole_number(value, name="max_attempts")
    assert (plain, type(plain)) == (3, int)


def test_a_whole_number_may_be_as_large_as_it_likes() -> None:
    """There is a least and no most: what cannot be a float is still a whole number."""
    assert whole_number(10**400, name="n") == 10**400


@pytest.mark.parametrize(
    "value", [0, -1, -(10**400), np.int64(0), True, np.True_, 3.0, np.float64(3), "3", None]
)
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    """The error names the option, what was given and what to write instead."""
    expected = r"^max_attempts=.* must be a whole number of 1 or more, such as 3\.$"
    with pytest.raises(ConfigurationError, match=expected):
        whole_number(value, name="max_attempts", example="3")


def test_the_least_is_for_the_caller_to_say() -> None:
    """Zero is allowed where the option allows it."""
    assert whole_number(0, name="retry", least=0) == 0
    with pytest.raises(ConfigurationError, match="retry=-1 must be a whole number of 0 or more"):
        whole_number(-1, name="retry", least=0)


@pytest.mark.parametrize(
    "value", [2, 2.0, np.int64(2), np.float32(2), np.float64(2), Fraction(4, 2)]
)
def test_a_number_of_any_kind_becomes_a_float(value: Any) -> None:
    """Python's and numpy's real numbers are taken, and come back as Python's floats."""
    plain = number(value)
    assert (plain, type(plain)) == (2.0, float)


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, math.inf, -math.inf, np.float64("nan"), np.float32("inf")),
        *(10**400, -(10**400), Fraction(10**400)),
        *(True, np.True_, "2", None, 2j, Decimal(2), np.array([2]), [2]),
    ],
)
def test_what_is_no_finite_number_is_none(value: Any) -> None:
    """Neither too large for a float, nor endless, nor a text, nor a truth, raises anything."""
    assert number(value) is None


def test_known_names_pass() -> None:
    """Nothing happens where every name is known."""
    refuse_unknown(["json"], {"method", "json"}, of="client.map")


def test_an_unknown_name_is_refused_with_what_is_close() -> None:
    """The error names it, what was probably meant, and all there are."""
    expected = r"^client\.map has no option 'jsn'\. Did you mean 'json'\? It takes json, method\.$"
    with pytest.raises(ConfigurationError, match=expected):
        refuse_unknown(["method", "jsn"], ["method", "json"], of="client.map")


def test_an_unknown_name_like_no_other_is_refused_without_a_guess() -> None:
    """Where nothing is close, only what there is is said."""
    with pytest.raises(ConfigurationError, match=r"no option 'xyzzy'\. It takes json, method\.$"):
        refuse_unknown(["xyzzy"], ["method", "json"], of="client.map")
