"""A retry policy with its budget."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest

from notebook_kit.errors import APIError, RateLimited, ServerError
from notebook_kit.policies import Failure, FailureKind, Retry, classify
from notebook_kit.policies.retry_budget import RetryBudget
from notebook_kit.policies.retry_rule import RetryRule

LATE = Failure(FailureKind.TIMEOUT, TimeoutError())
WRONG = Failure(FailureKind.OTHER, ValueError())


def delay(rule: RetryRule, failure: Failure = LATE, **options: Any) -> float | None:
    given = {"attempts": 1, "refusals": 0, "excused": False, **options}
    return rule.delay(failure, **given)


def test_the_policy_decides() -> None:
    """How long, how often, of what, and whether it is safe."""
    rule = RetryRule(Retry(base_delay=1, deadline=10), None, safe=True, draw=lambda: 1.0)
    assert [delay(rule, attempts=made) for made in (1, 2, 3)] == [1.0, 2.0, None]
    assert delay(rule, attempts=3, refusals=1) == 4.0
    assert delay(rule, WRONG) is None
    assert delay(rule, elapsed_s=9.5) is None
    unsafe = RetryRule(Retry(base_delay=1), None, safe=False, draw=lambda: 1.0)
    assert delay(unsafe) is None


@pytest.mark.parametrize(("left_s", "wait_s"), [(1.0, None), (1.01, 1.0), (math.inf, 1.0)])
def test_no_try_starts_when_the_time_is_over(left_s: float, wait_s: float | None) -> None:
    """Nor at its very end; and nothing is spent on it."""
    budget = RetryBudget(0.1)
    rule = RetryRule(Retry(base_delay=1), budget, safe=True, draw=lambda: 1.0)
    assert delay(rule, left_s=left_s) == wait_s
    assert sum(budget.spend() for _ in range(20)) == (10 if wait_s is None else 9)


def test_what_is_excused_spends_nothing() -> None:
    """It has an allowance of its own; what is not tried again spends nothing either."""
    rule = RetryRule(Retry(base_delay=1), RetryBudget(0.1), safe=True, draw=lambda: 1.0)
    for _ in range(20):
        assert delay(rule, excused=True) == 1.0
        assert delay(rule, WRONG) is None
    assert [delay(rule) for _ in range(11)] == [1.0] * 10 + [None]
    assert delay(rule, excused=True) == 1.0


def test_what_a_predicate_raises_is_raised() -> None:
    """And nothing is spent."""
    budget = RetryBudget(0.1)
    policy = Retry(retry_if=lambda _: bool(1 / 0))
    with pytest.raises(ZeroDivisionError):
        delay(RetryRule(policy, budget, safe=True, draw=lambda: 1.0))
    assert sum(budget.spend() for _ in range(20)) == 10


@pytest.mark.parametrize(
    ("error", "retry", "is_told"),
    [
        (RateLimited("It answered 429.", status_code=429, retry_after_s=3600), Retry(), True),
        (ServerError("It answered 503.", status_code=503, retry_after_s=3600), Retry(), True),
        (RateLimited("It answered 429.", status_code=429, retry_after_s=300), Retry(), False),
        (RateLimited("It answered 429.", status_code=429), Retry(), False),
        (RateLimited("It answered 429.", status_code=429, retry_after_s=3600), None, False),
        (ServerError("It answered 500.", status_code=500, retry_after_s=3600), Retry(), False),
    ],
)
def test_the_error_says_that_the_server_asks_for_more_than_is_waited(
    error: APIError, retry: Retry | None, *, is_told: bool
) -> None:
    """Unless nothing is waited for; also after pickling, and however often it is asked."""
    rule = RetryRule(Retry.of(retry), None, safe=True, draw=lambda: 1.0)
    said = str(error)
    for refusals in (0, 1):
        delay(rule, classify(error), refusals=refusals)
    asked = "; it asks to wait 1 h, which is longer than max_retry_after=5 min of the retry policy"
    assert str(error) == (said.removesuffix(".") + asked if is_told else said)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own


def test_the_error_of_another_library_is_left_as_it_is() -> None:
    """Only what is the kit's own is made to tell more."""
    error = Foreign("429")
    rule = RetryRule(Retry(), None, safe=True, draw=lambda: 1.0)
    assert delay(rule, Failure(FailureKind.STATUS, error, 429, 3600.0)) is None
    assert str(error) == "429"


class Foreign(Exception):
    """An error of another library."""
