"""The retry policy of a run, with what it has to remember of each item."""

from __future__ import annotations

import math
from typing import Any

from notebook_kit.policies import Failure, Retry
from notebook_kit.scheduling.retries import Retries
from tests.scheduling.parts import BAD, LOST, REFUSED, ledger_of


def retries_of(count: int = 1, *, safe: bool = True, **policy: Any) -> Retries:
    """Return retries of items that were sent once each, with the longest waits."""
    ledger = ledger_of(count)
    for index in range(count):
        ledger.attempts[index] = 1
    retry = Retry(**{"base_delay": 1.0, **policy})
    return Retries(retry, ledger, safe=safe, draw=lambda: 1.0)


def delay(
    retries: Retries,
    index: int = 0,
    failure: Failure = LOST,
    *,
    excused: bool = False,
    now: float = 0.0,
    until: float = math.inf,
) -> float | None:
    return retries.delay(index, failure, excused=excused, now=now, until=until)


def test_the_wait_grows_with_the_tries_that_are_written_down() -> None:
    """Until there are as many as may be."""
    retries = retries_of(max_attempts=3)
    assert delay(retries) == 1.0
    retries._ledger.attempts[0] = 2
    assert delay(retries) == 2.0
    retries._ledger.attempts[0] = 3
    assert delay(retries) is None


def test_only_what_can_heal_is_tried_again_and_only_if_that_is_safe() -> None:
    """What the policy says of a failure holds."""
    assert delay(retries_of(), failure=BAD) is None
    assert delay(retries_of(safe=False)) is None
    assert delay(retries_of(safe=False), failure=REFUSED) == 6.0


def test_what_is_held_against_the_server_has_an_allowance_of_its_own() -> None:
    """Refusals and probes that fail cost the item no try, but there is an end to them."""
    retries = retries_of(max_attempts=2, max_refusals=2)
    ledger = retries._ledger
    assert delay(retries, excused=True) is not None
    ledger.attempts[0] = 2
    assert delay(retries, excused=True) is not None
    ledger.attempts[0] = 3
    assert delay(retries, excused=False) is not None
    ledger.attempts[0] = 4
    assert delay(retries, excused=False) is None
    ledger.attempts[0] = 3
    assert delay(retries, excused=True) is None


def test_each_item_has_its_own_refusals() -> None:
    """And they are forgotten when it has ended."""
    retries = retries_of(2, max_refusals=1)
    assert delay(retries, 0, excused=True) is not None
    assert delay(retries, 1, excused=True) is not None
    assert delay(retries, 0, excused=True) is None
    retries.ended(0)
    assert not retries._refusals.keys() - {1}


def test_no_attempt_starts_when_the_item_s_time_is_over() -> None:
    """Not at that very moment either."""
    assert delay(retries_of(), now=5.0, until=6.5) == 1.0
    assert delay(retries_of(), now=5.0, until=6.0) is None


def test_the_deadline_counts_from_the_first_attempt() -> None:
    """Which began as long before its failure as it took; ended items are forgotten."""
    retries = retries_of(deadline=10.0, max_attempts=9)
    retries._ledger.network[0] = 4.0
    assert retries.has_deadline
    assert delay(retries, now=104.0) == 1.0
    retries._ledger.network[0] = 5.0
    assert delay(retries, now=109.0) == 1.0
    assert delay(retries, now=109.1) is None
    retries.ended(0)
    assert not retries._first_sent


def test_the_budget_is_a_share_of_first_attempts() -> None:
    """Ten are free; a second try is no first attempt, and what is refused costs nothing."""
    retries = retries_of(40, budget=0.5)
    assert retries.has_budget
    ledger = retries._ledger
    for index in range(20):
        ledger.attempts[index] = 0
        retries.begun(index)
        ledger.attempts[index] = 1
        retries.begun(index)
    assert all(delay(retries, index) is not None for index in range(10))
    assert delay(retries, 10) is None
    assert delay(retries, 11, failure=REFUSED, excused=True) is not None
    ledger.attempts[20:22] = type(ledger.attempts)("i", [0, 0])
    retries.begun(20)
    retries.begun(21)
    assert delay(retries, 10) is not None
    assert delay(retries, 12) is None


def test_a_retry_that_is_not_made_takes_nothing_out_of_the_budget() -> None:
    """Neither one that cannot help nor one that would come too late."""
    retries = retries_of(30, budget=0.001)
    for index in range(20):
        assert delay(retries, index, failure=BAD) is None
        assert delay(retries, index, until=0.5) is None
    assert sum(delay(retries, index) is not None for index in range(20)) == 10


def test_a_plain_policy_has_nothing_to_be_told() -> None:
    """So that a run of a million items is not slowed down for it."""
    retries = retries_of()
    assert (retries.has_budget, retries.has_deadline) == (False, False)
    retries.begun(0)
    retries.ended(0)
    assert delay(retries, now=1e9) == 1.0
    assert not retries._first_sent
