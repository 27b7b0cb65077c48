"""Limits whose answers tell what was really used: what is granted is corrected afterwards."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.limits import Limits
from notebook_kit.policies.rate import Rate


def tokens(answer: dict[str, Any]) -> Any:
    """Return what an answer says was used of a limit of tokens."""
    return answer["tokens"]


def test_limits_are_adjustable_where_some_rate_has_a_usage() -> None:
    """Who asks can tell at once whether there will be anything to correct."""
    assert not Limits().adjustable
    assert not Limits([Rate(5), Rate(100, weight=len)]).adjustable
    assert Limits([Rate(5), Rate(100, usage=tokens)]).adjustable


def test_what_is_taken_is_noted() -> None:
    """One grant for each rate, when the permit is taken, and none when it is not."""
    limits = Limits([Rate(1, burst=True), Rate(100, burst=True, weight=len, usage=tokens)])
    grants: list[Any] = []
    assert limits.take_or_wait(0.0, (1.0, 40.0), grants=grants) == 0.0
    assert [grant.meter for grant in grants] == [rate.meter for rate in limits.rates]
    assert limits.take_or_wait(0.1, (1.0, 40.0), grants=grants) == 1.01
    assert len(grants) == 2


def test_who_notes_nothing_is_charged_the_estimate() -> None:
    """Without a list for the grants a rate with a usage is a rate like any other."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    assert [limits.take_or_wait(0.0, (5.0,)) for _ in range(3)] == [0.0, 0.0, 1.01]


def test_each_rate_is_corrected_by_its_own_usage() -> None:
    """Two limits that count different things of one answer get each what is theirs."""
    words = Rate(100, burst=True, usage=lambda answer: answer["words"])
    limits = Limits([words, Rate(1000, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (100.0, 1000.0), grants=grants)
    assert limits.used(0.5, grants, {"words": 20, "tokens": 700})
    assert Limits([words]).take_or_wait(0.5, (81.0,)) == 1.01
    assert limits.take_or_wait(0.5, (80.0, 301.0)) == 1.01
    assert limits.take_or_wait(0.5, (80.0, 300.0)) == 0.5


def test_a_debt_is_charged_and_gives_nothing_back() -> None:
    """What was too little holds up the next, and nobody is told to ask again."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (1.0,), grants=grants)
    assert not limits.used(0.5, grants, {"tokens": 25})
    assert limits.take_or_wait(0.5, (1.0,)) == 1.01


def test_an_answer_that_does_not_tell_leaves_the_estimate() -> None:
    """None is not nothing: the estimate stays."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0,), grants=grants)
    assert not limits.used(0.5, grants, {"tokens": None})
    assert limits.take_or_wait(0.5, (1.0,)) == 1.01


@pytest.mark.parametrize("used", [4, 4.0, np.int64(4), np.float32(4)])
def test_numbers_of_any_kind_are_counted(used: Any) -> None:
    """What an answer tells may be numpy's number as well."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0,), grants=grants)
    assert limits.used(0.5, grants, {"tokens": used})
    assert limits.take_or_wait(0.5, (6.0,)) == 0.5


@pytest.mark.parametrize("used", [-1, math.nan, math.inf, 10**400, "12", True, [12]])
def test_a_usage_must_be_a_number_that_can_be_counted(used: Any) -> None:
    """What a usage function gives is checked, the error teaches, and the estimate stays."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0,), grants=grants)
    expected = r"^usage gave .* for an answer; it must be a number of zero or more, or None where"
    with pytest.raises(ConfigurationError, match=expected):
        limits.used(0.5, grants, {"tokens": used})
    assert limits.take_or_wait(0.5, (1.0,)) == 1.01


def test_what_a_usage_function_raises_goes_to_the_caller_and_nothing_is_corrected() -> None:
    """The error of a user's function is not dressed up, and no rate is corrected by half."""
    good, bad = Rate(10, burst=True, usage=lambda _: 0), Rate(10, burst=True, usage=tokens)
    limits = Limits([good, bad])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0, 10.0), grants=grants)
    with pytest.raises(KeyError, match="tokens"):
        limits.used(0.5, grants, {})
    assert Limits([good]).take_or_wait(0.5, (1.0,)) == 1.01


def test_a_usage_function_may_use_limits_itself() -> None:
    """It is called while no lock is held, so whatever it does cannot stand still."""
    other = Limits([Rate(1)])
    limits = Limits([Rate(10, usage=lambda _: other.take_or_wait(0.0, (1.0,)))])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0,), grants=grants)
    thread = threading.Thread(target=limits.used, args=(0.0, grants, None), daemon=True)
    thread.start()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_what_was_granted_before_the_limits_changed_is_corrected_where_it_was_taken() -> None:
    """A run whose rate is replaced still gives back what it took of the one it shares."""
    shared = Rate(10, burst=True, usage=tokens)
    grants: list[Any] = []
    Limits([shared]).take_or_wait(0.0, (10.0,), grants=grants)
    assert Limits([Rate(1)]).used(0.5, grants, {"tokens": 2})
    assert Limits([shared]).take_or_wait(0.5, (8.0,)) == 0.5


def test_who_waits_goes_as_soon_as_something_is_given_back() -> None:
    """A ticket that asks again after a refund is granted at once, and the line moves up."""
    limits = Limits([Rate(10, burst=True, usage=tokens)])
    grants: list[Any] = []
    limits.take_or_wait(0.0, (10.0,), grants=grants)
    assert limits.take_or_wait(0.1, (5.0,), "first") == 1.01
    assert limits.take_or_wait(0.1, (5.0,), "second") == 1.01
    assert limits.used(0.2, grants, {"tokens": 3})
    assert limits.take_or_wait(0.2, (5.0,), "second") == 1.01
    assert limits.take_or_wait(0.2, (5.0,), "first") == 0.2
    assert limits.take_or_wait(0.2, (2.0,), "third") > 0.2
    assert limits.take_or_wait(1.01, (5.0,), "second") == 1.01


def test_threads_that_correct_what_they_took_lose_nothing() -> None:
    """Eight threads that take and give back at once leave the window as full as they used it."""
    rate = Rate(10_000, per="hour", burst=True, usage=float)
    start = threading.Barrier(8)

    def use() -> None:
        limits = Limits([rate])
        start.wait(timeout=10)
        for _ in range(200):
            grants: list[Any] = []
            limits.take_or_wait(1.0, (6.0,), grants=grants)
            limits.used(1.0, grants, 2)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    left = 10_000 - 8 * 200 * 2.0
    assert Limits([rate]).take_or_wait(1.0, (left + 1,)) > 1.0
    assert Limits([rate]).take_or_wait(1.0, (left,)) == 1.0
