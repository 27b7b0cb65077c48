"""The retry budget: retries are a share of first attempts, with a floor."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies.retry import Retry
from notebook_kit.policies.retry_budget import RetryBudget

PLAIN = settings(deadline=None)


def spent_of(budget: RetryBudget, *, started: int, asked: int) -> int:
    for _ in range(started):
        budget.started()
    return sum(budget.spend() for _ in range(asked))


def test_ten_retries_are_always_allowed() -> None:
    """A short run can heal, even before its first item is counted."""
    assert spent_of(RetryBudget(0.001), started=0, asked=100) == 10
    assert spent_of(RetryBudget(0.001), started=100, asked=100) == 10


@PLAIN
@given(hundredths=st.integers(1, 300), started=st.integers(0, 1_000), asked=st.integers(0, 4_000))
@example(hundredths=29, started=100, asked=40)
def test_a_long_run_gets_its_share(hundredths: int, started: int, asked: int) -> None:
    """Of so many first attempts, exactly the share may be tried again, whatever floats say."""
    spent = spent_of(RetryBudget(hundredths / 100), started=started, asked=asked)
    assert spent == min(asked, max(10, hundredths * started // 100))


@PLAIN
@given(share=st.floats(0.01, 3), steps=st.lists(st.booleans(), max_size=400))
def test_never_more_than_the_share_at_any_time(share: float, steps: list[bool]) -> None:
    """However starts and retries follow each other, the bound holds after each of them."""
    budget, started, spent = RetryBudget(share), 0, 0
    for is_start in steps:
        if is_start:
            budget.started()
            started += 1
        else:
            spent += budget.spend()
        assert spent <= max(10, share * started + 1e-6)


def test_a_budget_grows_with_the_run() -> None:
    """What is refused now may be allowed later: being refused costs nothing."""
    budget = RetryBudget(0.5)
    assert spent_of(budget, started=20, asked=50) == 10
    assert spent_of(budget, started=2, asked=50) == 1


def test_the_budget_of_a_policy() -> None:
    """A policy without one has no state; one with it has a fresh state each time."""
    assert RetryBudget.of(Retry()) is None
    policy = Retry(budget=1)
    for _ in range(2):
        budget = RetryBudget.of(policy)
        assert budget is not None
        assert spent_of(budget, started=30, asked=50) == 30


@pytest.mark.parametrize("share", [0, -1, math.nan, math.inf, "0.2", True, None, [1]])
def test_a_share_is_a_number_above_zero(share: Any) -> None:
    """The error names the option and says what to write."""
    with pytest.raises(ConfigurationError, match=r"^budget=.* must be a number above zero.*0\.2"):
        RetryBudget(share)
