"""Options of policies that do not exist, and options without their names."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

import notebook_kit as nk

MISSPELT = [
    (nk.Retry, {"max_attempt": 3}, "max_attempts"),
    (nk.Rate, {"amont": 3}, "amount"),
    (nk.Cache, {"ttl": "5 min", "stael": "1 day"}, "stale"),
    (nk.Fallback, {"base_ur": "http://host"}, "base_url"),
    (nk.Breaker, {"reset_timeot": 3}, "reset_timeout"),
    (nk.Hedge, {"quantil": 0.9}, "quantile"),
]


@pytest.mark.parametrize(("policy", "options", "meant"), MISSPELT)
def test_a_misspelt_option_names_the_one_meant(policy: Any, options: Any, meant: str) -> None:
    """The error says what there is not, what is close to it, and all that there is."""
    with pytest.raises(nk.ConfigurationError, match=f"Did you mean '{meant}'\\?") as caught:
        policy(**options)
    said = str(caught.value)
    assert said.startswith(f"nk.{policy.__name__} has no option ")
    assert all(name in said for name in inspect.signature(policy).parameters)


@pytest.mark.parametrize("policy", [nk.Retry, nk.Fallback, nk.Breaker, nk.Hedge])
def test_an_option_without_its_name(policy: Any) -> None:
    """Policies whose options have names only say so, with the first of them."""
    first = next(iter(inspect.signature(policy).parameters))
    with pytest.raises(nk.ConfigurationError, match=f"write nk.{policy.__name__}\\({first}="):
        policy(5)


def test_what_must_be_given_is_named() -> None:
    """A cache without a time and a rate without an amount say what is missing."""
    with pytest.raises(nk.ConfigurationError, match=r"nk\.Cache: missing .* 'ttl'"):
        nk.Cache()  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match=r"nk\.Rate: missing .* 'amount'"):
        nk.Rate()  # type: ignore[call-arg]


def test_a_change_of_a_policy_is_checked_too() -> None:
    """`dataclasses.replace` explains a misspelt option in the same way."""
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'budget'"):
        dataclasses.replace(nk.Retry(), budgt=0.2)  # type: ignore[call-arg]


def test_policies_stay_plain_values() -> None:
    """They are copied, pickled and compared as before."""
    retry = nk.Retry(max_attempts=5)
    assert pickle.loads(pickle.dumps(retry)) == copy.copy(retry) == retry  # noqa: S301 - our own
    assert dataclasses.replace(retry, max_attempts=6).max_attempts == 6
