"""When a run ends before its input does."""

from __future__ import annotations

import pytest

from notebook_kit.errors import AuthenticationError
from notebook_kit.policies import Budget, FailFast, classify
from notebook_kit.scheduling import Endings, StopKind
from tests.scheduling.parts import BAD

REJECTED = classify(AuthenticationError("wrong key", status_code=401))


def test_without_limits_no_failure_is_too_many() -> None:
    """A run goes on to the end of its input, whatever becomes of its items."""
    endings = Endings()
    assert endings.failed(REJECTED, errors=10**6, ok=0) is None
    assert endings.too_many(10**6) is None
    assert endings.out_of_budget(10**6) is None


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (0, "1 item failed, and max_errors=0."),
        (1_999, "2,000 items failed, and max_errors=1999."),
    ],
)
def test_one_error_more_than_allowed_is_too_many(allowed: int, said: str) -> None:
    """As many as are allowed are not, and the reason names both numbers."""
    endings = Endings(max_errors=allowed)
    assert endings.failed(BAD, errors=allowed, ok=5) is None
    stop = endings.failed(BAD, errors=allowed + 1, ok=5)
    assert stop is not None
    assert (stop.kind, stop.reason) == (StopKind.ERRORS, said)


def test_what_will_not_go_away_ends_the_run_before_its_errors_are_too_many() -> None:
    """Three items with a key that is not accepted are enough; the reason is that of the errors."""
    endings = Endings(max_errors=100, fail_fast=FailFast())
    stops = [endings.failed(REJECTED, errors=count, ok=0) for count in (1, 2, 3)]
    assert stops[:2] == [None, None]
    assert stops[2] is not None
    assert stops[2].kind is StopKind.ERRORS
    assert "does not accept the key" in stops[2].reason


def test_good_ends_in_between_are_told_of() -> None:
    """A run in which some items end well has a key that is good."""
    endings = Endings(fail_fast=FailFast())
    for ok in range(6):
        assert endings.failed(REJECTED, errors=ok + 1, ok=ok) is None
    assert endings.failed(REJECTED, errors=7, ok=5) is None
    assert endings.failed(REJECTED, errors=8, ok=5) is not None


def test_errors_are_counted_also_where_others_would_not_end_the_run() -> None:
    """Both are looked at."""
    endings = Endings(max_errors=1, fail_fast=FailFast())
    assert endings.failed(BAD, errors=1, ok=0) is None
    assert endings.failed(BAD, errors=2, ok=0) is not None


def test_nothing_starts_that_could_cost_more_than_is_left() -> None:
    """All who are under way count as the dearest so far; the reason says what is spent of what."""
    budget = Budget(1.0)
    endings = Endings(budget=budget)
    assert endings.budget is budget
    budget.add(0.25)
    assert endings.out_of_budget(2) is None
    stop = endings.out_of_budget(3)
    assert stop is not None
    assert stop.kind is StopKind.COST
    assert stop.reason.startswith("0.25 of max_cost=1 is spent")
