"""The tries of one call, without any time passing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.decorators.tries import Tries
from notebook_kit.errors import APIError, RateLimited, ServerError, UnwantedAnswer
from notebook_kit.policies import Retry
from notebook_kit.policies.retry_budget import RetryBudget


def tries(policy: Retry, budget: RetryBudget | None = None) -> Tries:
    return Tries(policy, budget, 0.0, lambda: 1.0)


def test_waits_grow_until_it_gives_up() -> None:
    """As the policy says: so many tries in all."""
    one = tries(Retry(max_attempts=3, base_delay=1))
    assert [one.failed(TimeoutError(), now) for now in (0.0, 1.0, 3.0)] == [1.0, 2.0, None]


def test_what_does_not_pass_is_not_tried_again() -> None:
    """An error of the user's own code, or a 404, ends it at once."""
    for error in (ValueError(), APIError(status_code=404)):
        assert tries(Retry()).failed(error, 0.0) is None


def test_refusals_are_counted_apart() -> None:
    """A 429 takes nothing from the attempts, and has an allowance of its own."""
    one = tries(Retry(max_attempts=2, base_delay=1, max_refusals=3))
    refused = RateLimited(status_code=429, retry_after_s=5.0)
    assert [one.failed(refused, 0.0) for _ in range(3)] == [6.0, 6.0, 6.0]
    assert one.failed(TimeoutError(), 0.0) is not None
    assert one.failed(TimeoutError(), 0.0) is None
    other = tries(Retry(max_refusals=0))
    assert other.failed(refused, 0.0) is None


def test_the_deadline_is_over_all_tries() -> None:
    """No try starts later than that after the first."""
    one = tries(Retry(max_attempts=100, base_delay=4, factor=1, deadline=10))
    assert one.failed(TimeoutError(), 5.0) == 4.0
    assert one.failed(TimeoutError(), 7.0) is None


def test_the_budget_is_shared() -> None:
    """When the calls of a function have spent it, none is tried again; refusals are free."""
    policy = Retry(max_attempts=100, base_delay=1, budget=0.1)
    budget = RetryBudget.of(policy)
    first, second = tries(policy, budget), tries(policy, budget)
    assert all(first.failed(TimeoutError(), 0.0) for _ in range(10))
    assert second.failed(TimeoutError(), 0.0) is None
    refused = RateLimited(status_code=429)
    assert tries(policy, budget).failed(refused, 0.0) is not None


def test_the_error_says_how_often_it_was_tried() -> None:
    """In a note, and where it has a place for it; the same object is not noted twice."""
    error = ServerError("busy", status_code=503)
    for _ in range(2):
        one = tries(Retry(max_attempts=2, base_delay=1))
        one.failed(error, 0.5)
        assert one.failed(error, 2.25) is None
        assert error.__notes__ == ["notebook_kit.retry: 2 attempts in 2.25 s, then given up."]
    assert (error.attempts, error.elapsed_s) == (2, 2.25)
    other = ValueError("no")
    other.add_note("mine")
    tries(Retry()).failed(other, 0.0)
    assert other.__notes__ == ["mine", "notebook_kit.retry: 1 attempt in 0 s, then given up."]


def test_an_error_that_takes_no_note() -> None:
    """It is none the worse for it."""

    class Frozen(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    assert tries(Retry()).failed(Frozen(), 0.0) is None


def test_answers_that_are_not_wanted() -> None:
    """The error that stands for one is tried again, carries it, and shows no more than a line."""
    one = tries(Retry(max_attempts=2, base_delay=1, retry_value=lambda value: value != "done"))
    assert one.answered("done", 0.0) is None
    assert one.answered("pending " * 100, 0.0) == 1.0
    with pytest.raises(UnwantedAnswer) as raised:
        one.answered("pending " * 100, 1.0)
    error = raised.value
    assert error.value.startswith("pending pending")
    assert len(str(error)) < 150
    assert (error.attempts, error.elapsed_s) == (2, 1.0)


def test_what_a_predicate_raises_is_raised() -> None:
    """A mistake in retry_if or retry_value is not hidden."""
    with pytest.raises(ZeroDivisionError):
        tries(Retry(retry_if=lambda _: bool(1 / 0))).failed(TimeoutError(), 0.0)
    with pytest.raises(ZeroDivisionError):
        tries(Retry(retry_value=lambda _: bool(1 / 0))).answered(1, 0.0)


@settings(deadline=None)
@given(
    st.integers(min_value=1, max_value=6),
    st.integers(min_value=0, max_value=6),
    st.lists(st.sampled_from(["late", "refused", "broken"]), min_size=1, max_size=30),
)
def test_there_are_never_more_tries_than_the_policy_allows(
    max_attempts: int, max_refusals: int, ends: list[str]
) -> None:
    """Whatever happens in whatever order, and a fault of one's own ends it at once."""
    one = tries(Retry(max_attempts=max_attempts, max_refusals=max_refusals))
    errors = {
        "late": TimeoutError(),
        "refused": RateLimited(status_code=429),
        "broken": ValueError(),
    }
    made = []
    for end in ends:
        made.append(end)
        if one.failed(errors[end], 0.0) is None:
            break
    assert made.count("refused") <= max_refusals + 1
    assert len(made) - made.count("refused") <= max_attempts
    assert made.count("broken") <= 1
