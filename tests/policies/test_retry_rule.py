"""A retry policy with its budget."""

from __future__ import annotations

import math
from typing import Any

import pytest

from notebook_kit.policies import Failure, FailureKind, Retry
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
