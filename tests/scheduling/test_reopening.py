"""Trying once more, in the same run, what has failed."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.errors import AuthenticationError
from notebook_kit.policies import FailFast, Limits, Rate, Retry, classify
from notebook_kit.policies.fallback import unavailable
from notebook_kit.scheduling import DONE, WAIT, Endings, NotRescued, Scheduler, Source, Status
from notebook_kit.scheduling.attempts import attempts_of
from notebook_kit.scheduling.line import NOBODY, Line
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.scheduling.ranked_line import RankedLine
from tests.scheduling.parts import (
    BAD,
    INVALID,
    LOST,
    SLOW,
    asked,
    ledger_of,
    scheduler_of,
    statuses,
)

ONCE = Retry(max_attempts=1)
TWICE = Retry(max_attempts=2, base_delay=1.0)


def reopen(scheduler: Scheduler, now: float) -> list[int]:
    failed = scheduler.failed_items
    scheduler.aside.clear()
    scheduler.reopen(failed, now)
    return failed


def failing(count: int = 3, **terms: Any) -> Scheduler:
    """Return one of which all items are under way and the second has failed."""
    scheduler = scheduler_of(count, **{"retry": ONCE, "max_concurrency": 9, **terms})
    assert asked(scheduler, [0.0] * count) == list(range(count))
    assert not scheduler.failed(1, 1.0, BAD)
    return scheduler


def test_what_failed_is_as_good_as_not_ended() -> None:
    """Counts, errors and groups go down, what was done stays, and it ends once more."""
    scheduler = failing()
    ledger = scheduler.ledger
    assert reopen(scheduler, 5.0) == [1]
    assert ledger.status[1] == UNSETTLED
    assert (ledger.counts[Status.FAILED], ledger.errors) == (0, {})
    assert scheduler.settler.tally.groups() == ()
    assert (ledger.attempts[1], ledger.network[1]) == (1, 1.0)
    assert scheduler.backing_off == 1
    assert asked(scheduler, [5.0]) == [1]
    scheduler.succeeded(1, 7.0, "well")
    outcome = ledger.outcome(1, None)
    assert (outcome.value, outcome.attempts, outcome.network_s) == ("well", 2, 3.0)
    assert outcome.elapsed_s == 7.0


def test_those_that_timed_out_are_tried_too_and_others_are_not() -> None:
    """Failed and timed out, in order; not what is under way, well or cancelled."""
    scheduler = failing(4)
    scheduler.succeeded(0, 1.0, None)
    assert not scheduler.failed(2, 1.0, SLOW)
    assert scheduler.failed_items == [1, 2]


def test_a_run_that_is_ending_tries_nothing_once_more() -> None:
    """What is skipped or cancelled with it must not begin again."""
    scheduler = failing()
    scheduler.drain(2.0)
    assert scheduler.failed_items == []


def test_it_has_all_its_tries_again() -> None:
    """Two tries, two more after that; the log has each, and why it was made."""
    scheduler = scheduler_of(1, retry=TWICE)
    now = 0.0
    for _ in range(2):
        assert asked(scheduler, [now]) == [0]
        assert scheduler.failed(0, now + 1, LOST)
        assert scheduler.wake_at is None
        assert asked(scheduler, [now + 2]) == [0]
        assert not scheduler.failed(0, now + 4, LOST)
        now += 10
        reopen(scheduler, now)
    ledger = scheduler.ledger
    assert (ledger.attempts[0], ledger.network[0], ledger.backoff[0]) == (4, 6.0, 2.0)
    found = attempts_of(ledger, 0)
    assert [(it.number, it.started, it.ended, it.why) for it in found] == [
        (1, 0.0, 1.0, ""),
        (2, 2.0, 4.0, "backoff"),
        (3, 10.0, 11.0, "reopened"),
        (4, 12.0, 14.0, "backoff"),
    ]
    assert found[2].backoff_s == 6.0


def test_its_deadline_of_all_tries_begins_anew() -> None:
    """Time that passed before it was tried once more does not count."""
    scheduler = scheduler_of(1, retry=Retry(max_attempts=5, base_delay=1.0, deadline=3.0))
    assert asked(scheduler, [0.0]) == [0]
    assert not scheduler.failed(0, 3.5, LOST)
    reopen(scheduler, 100.0)
    assert asked(scheduler, [100.0]) == [0]
    assert scheduler.failed(0, 100.5, LOST)


def test_its_first_new_try_is_no_retry_for_the_budget() -> None:
    """The budget of retries counts it as a first attempt."""
    scheduler = failing(retry=Retry(max_attempts=1, budget=0.5))
    budget = scheduler._retries._budget
    assert budget is not None
    assert budget._started == 3
    reopen(scheduler, 2.0)
    assert asked(scheduler, [2.0]) == [1]
    assert budget._started == 4


def test_its_time_counts_from_then_on() -> None:
    """An item_timeout begins anew, also where it passes while nobody works on the item."""
    scheduler = failing(item_timeout_s=5.0)
    reopen(scheduler, 100.0)
    assert scheduler.time_left(1, 101.0) == 4.0
    scheduler.max_concurrency = 2
    assert asked(scheduler, [104.0]) == [WAIT]
    assert scheduler.wake_at == 105.0
    asked(scheduler, [105.0])
    assert scheduler.ledger.status[1] == Status.TIMEOUT
    assert scheduler.aside == [1]


@pytest.mark.parametrize("rank", [None, float])
def test_one_whose_time_passed_while_it_waited_goes_once(rank: Any) -> None:
    """The place in the line that it had left behind is forgotten."""
    limits = Limits([Rate(1, per=100.0, burst=True)])
    scheduler = scheduler_of(
        2, retry=ONCE, item_timeout_s=5.0, limits=limits, rank=rank, max_concurrency=5
    )
    assert asked(scheduler, [0.0] * 2) == [0, WAIT]
    scheduler.succeeded(0, 1.0, None)
    asked(scheduler, [5.0])
    assert statuses(scheduler) == ["ok", "timeout"]
    reopen(scheduler, 6.0)
    scheduler.limits = Limits()
    assert asked(scheduler, [6.0] * 2) == [1, WAIT]
    scheduler.succeeded(1, 7.0, None)
    assert asked(scheduler, [7.0]) == [DONE]


def test_it_keeps_its_priority() -> None:
    """It goes where its rank puts it, not before everybody."""
    ranks = [0.0, 5.0, 3.0, 7.0]
    scheduler = scheduler_of(4, retry=ONCE, max_concurrency=1, rank=ranks.__getitem__)
    assert asked(scheduler, [0.0]) == [0]
    scheduler.failed(0, 1.0, BAD)
    assert asked(scheduler, [1.0]) == [2]
    scheduler.failed(2, 2.0, BAD)
    assert asked(scheduler, [2.0]) == [1]
    scheduler.failed(1, 3.0, BAD)
    reopen(scheduler, 4.0)
    for expected in (0, 2, 1, 3):
        assert asked(scheduler, [4.0]) == [expected]
        scheduler.succeeded(expected, 4.0, None)


def test_one_that_cannot_be_ranked_cannot_be_ranked_again() -> None:
    """It is its row's error once more."""

    def rank(_: int) -> float:
        message = "no rank"
        raise ValueError(message)

    scheduler = scheduler_of(1, retry=ONCE, rank=rank)
    for now in (1.0, 2.0):
        assert asked(scheduler, [now]) == [DONE]
        assert statuses(scheduler) == ["failed"]
        reopen(scheduler, now)


def test_twins_wait_for_it_again() -> None:
    """Who got its failure gets its answer; nothing is counted as reused that was not."""
    scheduler = scheduler_of(3, retry=ONCE, identify=lambda _: "same", max_concurrency=9)
    assert asked(scheduler, [0.0] * 2) == [0, WAIT]
    scheduler.failed(0, 1.0, BAD)
    assert statuses(scheduler) == ["failed"] * 3
    assert scheduler.ledger.reused == 2
    assert reopen(scheduler, 2.0) == [0, 1, 2]
    assert scheduler.ledger.reused == 0
    assert asked(scheduler, [2.0] * 2) == [0, WAIT]
    scheduler.succeeded(0, 3.0, "one")
    assert scheduler.ledger.values == ["one"] * 3
    assert asked(scheduler, [3.0]) == [DONE]
    assert scheduler.ledger.attempts.tolist() == [1 + 1, 0, 0]


def test_a_fallback_may_be_found_this_time() -> None:
    """What could not be rescued before is rescued when it fails once more."""
    scheduler = scheduler_of(1, retry=ONCE, rescues=unavailable)
    why = classify(NotRescued("nothing there"))
    assert asked(scheduler, [0.0]) == [0]
    for now in (1.0, 11.0):
        assert scheduler.failed(0, now, LOST)
        assert asked(scheduler, [now]) == [0]
        assert 0 in scheduler.rescues.under_way
        assert not scheduler.failed(0, now + 1, why)
        reopen(scheduler, now + 2)
        assert asked(scheduler, [now + 2]) == [0]
        assert 0 not in scheduler.rescues.under_way


def test_max_errors_counts_what_is_failed_now() -> None:
    """Two failed, one more is too many, but not after they are tried once more."""
    scheduler = failing(4, endings=Endings(max_errors=1))
    reopen(scheduler, 2.0)
    assert not scheduler.failed(0, 3.0, BAD)
    assert scheduler.stop is None
    assert not scheduler.failed(2, 3.0, BAD)
    assert scheduler.stop is not None


def test_fail_fast_begins_to_count_anew() -> None:
    """Two refused keys, put right meanwhile, do not make a third one the last straw."""
    refused = classify(AuthenticationError("wrong", status_code=401))
    scheduler = scheduler_of(
        4, retry=ONCE, max_concurrency=9, endings=Endings(fail_fast=FailFast())
    )
    asked(scheduler, [0.0] * 4)
    for index in (0, 1):
        scheduler.failed(index, 1.0, refused)
    reopen(scheduler, 2.0)
    scheduler.failed(2, 3.0, refused)
    assert scheduler.stop is None
    asked(scheduler, [3.0] * 2)
    for index in (0, 1):
        scheduler.failed(index, 4.0, refused)
    assert scheduler.stop is not None


def test_what_could_not_be_sent_leaves_no_attempt_behind() -> None:
    """An item that is invalid was not attempted, the second time neither."""
    scheduler = scheduler_of(1)
    for now in (0.0, 1.0):
        assert asked(scheduler, [now]) == [0]
        scheduler.failed(0, now, INVALID)
        reopen(scheduler, now)
    assert (scheduler.ledger.attempts[0], len(scheduler.ledger.log)) == (0, 0)


def test_failures_of_an_earlier_run_have_their_turn() -> None:
    """What a checkpoint says has failed has never left the input: it goes in its place, once."""
    for rank in (None, float):
        scheduler = scheduler_of(3, max_concurrency=9, rank=rank)
        scheduler.ledger.reuse(
            1,
            None,
            source=Source.CHECKPOINT,
            status_code=404,
            now=0.0,
            status=Status.FAILED,
            error=ValueError("old"),
        )
        assert reopen(scheduler, 1.0) == [1]
        assert scheduler.ledger.reused == 0
        assert asked(scheduler, [2.0] * 4) == [0, 1, 2, WAIT]
        assert scheduler.ledger.left[1] == 2.0


def test_of_what_was_not_logged_nothing_is_made_up() -> None:
    """Where the log was full nobody knows when the last attempt began."""
    scheduler = scheduler_of(1, retry=TWICE)
    scheduler.ledger.log.most = 0
    asked(scheduler, [0.0])
    scheduler.failed(0, 1.0, LOST)
    asked(scheduler, [5.0])
    scheduler.failed(0, 6.0, LOST)
    reopen(scheduler, 7.0)
    assert scheduler.ledger.log.dropped == 1


def test_it_stands_at_its_pilot_again() -> None:
    """What failed in the pilot is tried once more without the rest, and then it stands again."""
    scheduler = scheduler_of(4, retry=ONCE, pilot=2, sample=lambda at, n: at[:n])
    asked(scheduler, [0.0] * 2)
    scheduler.succeeded(0, 1.0, None)
    scheduler.failed(1, 1.0, BAD)
    assert asked(scheduler, [1.0]) == [WAIT]
    assert scheduler.standing
    reopen(scheduler, 2.0)
    assert not scheduler.standing
    assert asked(scheduler, [2.0] * 2) == [1, WAIT]
    scheduler.succeeded(1, 3.0, None)
    assert asked(scheduler, [3.0]) == [WAIT]
    assert scheduler.standing


def test_limits_hold_for_it() -> None:
    """It is let through like any other."""
    scheduler = scheduler_of(2, retry=ONCE, limits=Limits([Rate(1, per=10.0, burst=True)]))
    assert asked(scheduler, [0.0]) == [0]
    scheduler.failed(0, 1.0, BAD)
    reopen(scheduler, 2.0)
    assert asked(scheduler, [2.0]) == [WAIT]
    assert scheduler.waiting_for == "limit"


def test_a_line_forgets_what_they_waited_for() -> None:
    """Who was to go later goes at once, and only once."""
    ledger = ledger_of(2)
    line = Line(ledger)
    line.take(0.0)
    line.try_later(50.0, 0)
    line.defer(60.0, 0)
    assert line.come_again([0], 1.0) == set()
    assert (line.deferred, line.backing_off) == (0, 1)
    assert (line.take(1.0), line.take(1.0), line.take(99.0)) == (0, 1, NOBODY)


def test_a_ranked_line_forgets_it_too() -> None:
    """Who stood ready and ended meanwhile is not in it twice."""
    line = RankedLine(ledger_of(2), float)
    line.added(0)
    assert line.take(0.0) == 0
    line.put_back(0)
    assert line.come_again([0], 1.0) == set()
    assert [line.take(2.0) for _ in range(3)] == [0, 1, NOBODY]
