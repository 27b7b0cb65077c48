"""The time of each item, also of those that nobody is working on."""

from __future__ import annotations

import math

import pytest

from notebook_kit.scheduling import Status
from notebook_kit.scheduling.deadlines import Deadlines
from notebook_kit.scheduling.line import NOBODY
from tests.scheduling.parts import ledger_of


def deadlines_of(
    *left: float, under_way: set[int] | None = None, limit: float | None = 10.0
) -> Deadlines:
    ledger = ledger_of(len(left))
    for index, time in enumerate(left):
        ledger.left[index] = time
    return Deadlines(ledger, under_way or set(), limit)


def test_without_a_limit_no_time_is_over() -> None:
    """Nothing holds, and nobody is noted."""
    deadlines = deadlines_of(0.0, limit=None)
    deadlines.waits(0)
    assert not deadlines.hold
    assert deadlines.of(0) == math.inf
    assert deadlines.due is None
    assert deadlines.passed(1e9) == NOBODY


def test_an_item_s_time_counts_from_leaving_the_input() -> None:
    """Each has its own."""
    deadlines = deadlines_of(0.0, 3.5)
    assert deadlines.hold
    assert (deadlines.of(0), deadlines.of(1)) == (10.0, 13.5)


def test_the_first_whose_time_is_over_is_found() -> None:
    """Whatever the order in which they began to wait; at the very moment, not sooner."""
    deadlines = deadlines_of(2.0, 1.0)
    deadlines.waits(0)
    deadlines.waits(1)
    assert deadlines.due == 11.0
    assert (deadlines.passed(10.9), deadlines.passed(11.0)) == (NOBODY, 1)


def test_who_is_under_way_or_has_ended_is_not_looked_after() -> None:
    """Whoever makes the attempt cuts it in time."""
    under_way = {0}
    deadlines = deadlines_of(0.0, 0.0, 5.0, under_way=under_way)
    for index in range(3):
        deadlines.waits(index)
    deadlines._ledger.settle(1, Status.OK, now=1.0)
    assert deadlines.due == 15.0
    assert deadlines.passed(12.0) == NOBODY


def test_who_waits_again_is_looked_after_again() -> None:
    """After an attempt in between, and noted once however often it is said."""
    under_way = {0}
    deadlines = deadlines_of(0.0, under_way=under_way)
    deadlines.waits(0)
    assert deadlines.due is None
    under_way.clear()
    assert deadlines.due is None
    deadlines.waits(0)
    deadlines.waits(0)
    assert len(deadlines._queue) == 1
    assert deadlines.passed(10.0) == 0


def test_the_error_tells_limit_tries_and_time() -> None:
    """As one of the item, not of an attempt."""
    deadlines = deadlines_of(2.0)
    deadlines._ledger.attempts[0] = 3
    error = deadlines.error(0, 12.5)
    assert str(error).startswith("Not done within item_timeout=10 s.")
    assert (error.phase, error.attempts) == ("item", 3)
    assert error.elapsed_s == pytest.approx(10.5)
