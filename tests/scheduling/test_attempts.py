from __future__ import annotations

import random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from notebook_kit.errors import ServerError
from notebook_kit.policies import classify
from notebook_kit.scheduling import Ledger, Source, Status
from notebook_kit.scheduling.attempt_log import AttemptLog, Next
from notebook_kit.scheduling.attempts import Attempt, Came, attempts_of, due_at
from tests.scheduling.cases import random_case
from tests.scheduling.watched import WatchedRun, WatchedServer


@pytest.fixture
def ledger() -> Ledger:
    """A ledger of one item that left the input at 10."""
    made = Ledger()
    made.grow(1)
    made.left[0] = 10.0
    return made


def fail(
    ledger: Ledger,
    started: float,
    ended: float,
    *,
    delay_s: float = 0.0,
    then: Next | None = None,
    counted_s: float | None = None,
) -> None:
    """Count an attempt that failed, and write it into the log."""
    spent = ended - started if counted_s is None else counted_s
    ledger.attempts[0] += 1
    ledger.network[0] += spent
    ledger.backoff[0] += delay_s
    ledger.log.failed(
        0,
        classify(ServerError("down", status_code=503)),
        number=ledger.attempts[0],
        started=started,
        ended=ended,
        network_s=spent,
        delay_s=delay_s,
        then=then,
    )


def answer(ledger: Ledger, started: float, ended: float, source: Source = Source.NETWORK) -> None:
    ledger.answered(0, ended, ended - started, "yes", 200, source)


def test_one_attempt_is_told_by_the_ledger_alone(ledger: Ledger) -> None:
    """An item that succeeds at once has no row in the log, and one attempt all the same."""
    answer(ledger, 11.0, 12.5)
    assert len(ledger.log) == 0
    assert attempts_of(ledger, 0) == [
        Attempt(1, Came.ANSWERED, 11.0, 12.5, waited_s=1.0, status_code=200)
    ]


def test_an_item_that_was_not_begun_has_no_attempt(ledger: Ledger) -> None:
    """Before its first attempt there is nothing to tell, and nothing that is due."""
    assert attempts_of(ledger, 0) == []
    assert due_at(ledger, 0) is None


def test_retries_with_what_they_waited_for(ledger: Ledger) -> None:
    """Each attempt knows its pause, and how long it was held back beyond that."""
    fail(ledger, 10.0, 11.0, delay_s=2.0)
    fail(ledger, 13.5, 14.0, delay_s=1.0)
    answer(ledger, 15.0, 16.0)
    first, second, third = attempts_of(ledger, 0)
    assert (first.came, first.error_type, first.status_code) == (Came.FAILED, "ServerError", 503)
    assert (first.waited_s, first.backoff_s, first.why) == (0.0, 0.0, "")
    assert (second.waited_s, second.backoff_s, second.why) == (0.5, 2.0, "backoff")
    assert (third.started, third.ended) == (15.0, 16.0)
    assert (third.waited_s, third.backoff_s, third.came) == (0.0, 1.0, Came.ANSWERED)
    assert third.network_s == 1.0


def test_the_attempt_under_way_has_no_end(ledger: Ledger) -> None:
    """Of an item in flight the last attempt is the one that was begun."""
    fail(ledger, 10.0, 11.0, delay_s=2.0)
    *_, last = attempts_of(ledger, 0, begun=13.0)
    assert last == Attempt(2, Came.UNDER_WAY, 13.0, None, 0.0, 2.0, "backoff")
    assert last.network_s is None


def test_an_item_that_waits_to_be_tried_again_is_due(ledger: Ledger) -> None:
    """Between two attempts there is none under way, and the next is due after the pause."""
    fail(ledger, 10.0, 11.0, delay_s=2.5)
    assert [attempt.number for attempt in attempts_of(ledger, 0)] == [1]
    assert due_at(ledger, 0) == 13.5


@pytest.mark.parametrize(
    ("status", "came"),
    [
        (Status.FAILED, Came.FAILED),
        (Status.TIMEOUT, Came.FAILED),
        (Status.CANCELLED, Came.CUT),
    ],
)
def test_a_last_attempt_that_did_not_go_well(ledger: Ledger, status: Status, came: Came) -> None:
    """How the item ended says what came of its last attempt."""
    ledger.attempts[0], ledger.network[0] = 1, 2.0
    ledger.status_code[0] = 500
    ledger.settle(0, status, now=12.0, error=ValueError("no"))
    (attempt,) = attempts_of(ledger, 0)
    assert (attempt.came, attempt.error_type, attempt.status_code) == (came, "ValueError", 500)
    assert (attempt.started, attempt.ended) == (10.0, 12.0)


def test_an_item_that_ended_while_it_waited_has_no_further_attempt(ledger: Ledger) -> None:
    """Cancelled between two attempts, an item has those that were made."""
    fail(ledger, 10.0, 11.0, delay_s=9.0)
    ledger.settle(0, Status.CANCELLED, now=12.0)
    assert [attempt.number for attempt in attempts_of(ledger, 0)] == [1]


def test_a_fallback_is_an_attempt_of_its_own(ledger: Ledger) -> None:
    """What was given in the place of an answer came after the attempt that failed."""
    fail(ledger, 10.0, 11.0, then=Next.FALLBACK)
    answer(ledger, 11.0, 11.5, Source.FALLBACK)
    _, last = attempts_of(ledger, 0)
    assert (last.came, last.why, last.backoff_s) == (Came.FALLBACK, "fallback", 0.0)


def test_the_slower_of_two_attempts_stands_beside_the_other(ledger: Ledger) -> None:
    """The second attempt of a late call that was cut is told with its own times."""
    answer(ledger, 10.0, 14.0)
    ledger.attempts[0] += 1
    ledger.log.second_cut(0, number=2, started=12.0, ended=14.0)
    first, second = attempts_of(ledger, 0)
    assert (first.number, first.came, first.started) == (1, Came.ANSWERED, 10.0)
    assert (second.number, second.came, second.why) == (2, Came.OVERTAKEN, "second")


def test_the_first_of_two_fails_and_the_second_answers(ledger: Ledger) -> None:
    """Of two at once the time that both took is counted once, and each keeps its own."""
    fail(ledger, 10.0, 13.0, then=Next.SECOND, counted_s=2.0)
    answer(ledger, 12.0, 15.0)
    first, second = attempts_of(ledger, 0)
    assert (first.started, first.ended) == (10.0, 13.0)
    assert (second.started, second.ended, second.why) == (12.0, 15.0, "second")
    assert (second.waited_s, second.backoff_s) == (0.0, 0.0)


def test_without_all_rows_the_last_attempt_has_no_beginning(ledger: Ledger) -> None:
    """Where the log was full, nobody can tell the share of the last attempt."""
    ledger.log = AttemptLog(most=1)
    fail(ledger, 10.0, 11.0, delay_s=1.0)
    fail(ledger, 12.0, 13.0, delay_s=1.0)
    answer(ledger, 14.0, 15.0)
    first, last = attempts_of(ledger, 0)
    assert (first.number, last.number) == (1, 3)
    assert (last.started, last.ended, last.network_s) == (None, 15.0, None)
    assert ledger.log.dropped == 1


def test_an_item_that_never_left_the_input_has_waited_for_nothing() -> None:
    """Without a time at which it left the input no wait can be told."""
    ledger = Ledger()
    ledger.grow(1)
    (attempt,) = attempts_of(ledger, 0, begun=3.0)
    assert attempt.waited_s == 0.0


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_whatever_happens_each_attempt_is_told_once(seed: int) -> None:
    """In random runs the attempts of an item are as many as were counted, one after the other."""
    chance = random.Random(seed)
    case = random_case(chance, most=12)
    note(repr(case))
    servers = [WatchedServer(case.breaker) for _ in range(case.servers)]
    scheduler = case.scheduler(list(servers), random.Random(seed).random)
    run = WatchedRun(scheduler, case, case=case, servers=servers)
    run.run()
    ledger = run.ledger
    for index in range(len(ledger)):
        told = attempts_of(ledger, index)
        assert [attempt.number for attempt in told] == [*range(1, ledger.attempts[index] + 1)]
        for attempt in told:
            assert attempt.started is not None
            assert attempt.ended is not None
            assert ledger.left[index] <= attempt.started + 1e-6
            assert attempt.started <= attempt.ended + 1e-6 <= ledger.settled[index] + 2e-6
            assert attempt.waited_s >= 0
            assert attempt.backoff_s >= 0
