"""Checks of arguments: numbers of any kind, and names that nobody knows."""

from __future__ import annotations

import inspect
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from notebook_kit.checks import (
    number,
    refuse_unknown,
    teaches_arguments,
    teaches_options,
    whole_number,
)
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


@teaches_options
class Wait:
    """What a policy looks like."""

    def __init__(self, first: float, *, limit: float = 1.0, even: bool = False) -> None:
        if first < 0:
            message = "from inside"
            raise TypeError(message)
        self.kept = (first, limit, even)


@pytest.mark.parametrize(
    ("args", "options", "says"),
    [
        ((1,), {"limt": 2}, r"Wait has no option 'limt'\. Did you mean 'limit'\? It takes even, "),
        ((1,), {"zzz": 2}, r"Wait has no option 'zzz'\. It takes even, first, limit\.$"),
        ((1, 2), {}, r"takes only first without a name, .* 2 values: write Wait\(\.\.\., limit="),
        ((1, 2), {"limit": 3}, r"write Wait\(\.\.\., even=\.\.\.\)\.$"),
        ((1, 2), {"limit": 3, "even": True}, r"and was given 2 values\.$"),
        ((), {}, "Wait: missing a required argument: 'first'"),
        ((1,), {"first": 1}, "Wait: multiple values for argument 'first'"),
    ],
)
def test_options_that_do_not_fit(args: Any, options: Any, says: str) -> None:
    """The error names what was given and what to write, and hides the TypeError behind it."""
    with pytest.raises(ConfigurationError, match=says) as caught:
        Wait(*args, **options)
    assert caught.value.__suppress_context__


def test_options_that_fit_are_handed_on() -> None:
    """A class that teaches takes what it took before, and shows the same signature."""
    assert Wait(1, limit=2).kept == (1, 2, False)
    assert list(inspect.signature(Wait).parameters) == ["first", "limit", "even"]


def test_a_type_error_from_inside_stays() -> None:
    """What a constructor or a function raises itself is no mistake of who called it so."""

    @teaches_arguments("work")
    def work(text: str) -> int:
        return int(text)

    with pytest.raises(TypeError, match="from inside"):
        Wait(-1)
    with pytest.raises(TypeError, match="int"):
        work(None)  # type: ignore[arg-type]


def test_a_class_of_another_room_has_its_own_name() -> None:
    """What derives from a class of the package is not called as if it were of the package."""

    class Longer(Wait):
        pass

    with pytest.raises(ConfigurationError, match=r"^Longer has no option"):
        Longer(1, limt=2)  # type: ignore[call-arg]


def test_a_function_that_teaches() -> None:
    """A function gives the same errors, under the name that its users write."""

    @teaches_arguments("@nk.work")
    def work(*, speed: int = 1) -> int:
        return speed

    assert work(speed=3) == 3
    with pytest.raises(ConfigurationError, match=r"^@nk\.work has no option 'sped'\. Did you mean"):
        work(sped=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match=r"by name: write @nk\.work\(speed=\.\.\.\)"):
        work(3)  # type: ignore[call-arg]


def test_a_function_that_takes_nothing() -> None:
    """Where there is no option there is nothing to write instead."""

    @teaches_arguments("rest")
    def rest() -> None: ...

    with pytest.raises(ConfigurationError, match=r"^rest takes its options by name\.$"):
        rest(1)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match=r"^rest has no option 'x'\.$"):
        rest(x=1)  # type: ignore[call-arg]
