"""The course of a run: how items come in, and how it is brought to an end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import Breaker, Hedge, Limits, Rate, Retry, Server
from notebook_kit.scheduling import (
    DONE,
    FEED,
    WAIT,
    Ledger,
    Scheduler,
    Status,
    Stop,
    StopKind,
    Terms,
)
from tests.scheduling.parts import BAD, LOST, asked, scheduler_of

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY = Retry(max_attempts=3, base_delay=4.0)
TOO_MANY = Stop(StopKind.ERRORS, "too many")


def course_of(
    count: int, *, input_open: bool = False, max_concurrency: int = 2, **terms: Any
) -> Scheduler:
    scheduler = Scheduler(
        Ledger(),
        max_concurrency=max_concurrency,
        start=0.0,
        terms=Terms(draw=lambda: 1.0, **terms),
    )
    scheduler.add(count)
    if not input_open:
        scheduler.end_of_input()
    return scheduler


def statuses(scheduler: Scheduler) -> list[str]:
    ledger = scheduler.ledger
    return [ledger.outcome(index, None).status for index in range(len(ledger))]


# Coming in


def test_a_run_without_terms_has_those_that_ask_for_nothing() -> None:
    """No ranks, no time limits, no concurrency that is found, nothing is tried again."""
    scheduler = Scheduler(Ledger(), max_concurrency=2, start=0.0)
    scheduler.add()
    assert scheduler.next(0.0) == 0
    assert not scheduler.failed(0, 1.0, LOST)
    assert not scheduler.has_deadlines
    assert not scheduler.reads_ahead
    assert scheduler.time_left(0, 1e9) == math.inf


def test_a_ranked_run_reads_ahead_as_far_as_it_may() -> None:
    """As many as are not started, as long as there may be more."""
    scheduler = course_of(0, input_open=True, rank=float, lookahead=3, max_concurrency=1)
    assert scheduler.reads_ahead
    assert scheduler.room == 3
    scheduler.add(2)
    assert scheduler.room == 1
    scheduler.add(5)
    assert scheduler.room == 0
    scheduler.end_of_input()
    assert scheduler.next(0.0) == 0
    assert scheduler.room == 0


def test_a_run_by_age_reads_nothing_ahead() -> None:
    """There is nothing to choose from."""
    assert course_of(0, input_open=True, lookahead=3).room == 0


def test_the_time_that_an_item_has_left_counts_from_its_leaving_the_input() -> None:
    """And it is its own."""
    scheduler = course_of(2, item_timeout_s=10.0)
    assert scheduler.has_deadlines
    assert asked(scheduler, [1.0, 3.0]) == [0, 1]
    assert [scheduler.time_left(index, 4.0) for index in range(2)] == [7.0, 9.0]


# Draining


def test_a_drained_run_lets_what_is_under_way_end() -> None:
    """Nothing more is started, failures are final, and what was not begun is skipped."""
    scheduler = course_of(4, retry=RETRY)
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    scheduler.drain(1.0, TOO_MANY)
    assert not scheduler.stopped
    assert scheduler.next(1.0) == WAIT
    scheduler.succeeded(0, 2.0, "answer")
    assert not scheduler.failed(1, 3.0, LOST)
    assert scheduler.next(3.0) == DONE
    assert statuses(scheduler) == ["ok", "failed", "skipped", "skipped"]
    assert scheduler.stop is TOO_MANY


def test_a_run_that_is_drained_by_its_user_is_cancelled() -> None:
    """For that is why."""
    scheduler = course_of(2, max_concurrency=1)
    scheduler.next(0.0)
    scheduler.drain(1.0)
    assert scheduler.stop == Stop(StopKind.CANCELLED)
    assert statuses(scheduler)[1] == "cancelled"


def test_who_waits_for_another_try_is_sent_home_with_the_time_it_waited() -> None:
    """Not with all that it would have waited."""
    scheduler = course_of(3, retry=RETRY, max_concurrency=1)
    scheduler.next(0.0)
    scheduler.failed(0, 1.0, LOST)
    scheduler.next(1.0)
    scheduler.drain(2.5, TOO_MANY)
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.status, outcome.backoff_s, outcome.elapsed_s) == ("skipped", 1.5, 2.5)
    assert scheduler.backing_off == 0


def test_who_is_held_by_a_limit_is_sent_home() -> None:
    """And makes way for others who share the limit."""
    rate = Rate(1, per=10.0, burst=True)
    scheduler = course_of(2, limits=Limits([rate]))
    other = course_of(1, limits=Limits([rate]))
    assert asked(scheduler, [0.0, 1.0]) == [0, WAIT]
    scheduler.drain(2.0, TOO_MANY)
    assert statuses(scheduler) == ["cancelled", "skipped"]
    assert scheduler.ledger.outcome(1, None).waited_s == pytest.approx(1.0)
    assert other.next(10.1) == 0


def test_equal_items_are_not_parted_by_the_end() -> None:
    """Who waits for the answer of one under way has it; the others are sent home."""
    scheduler = course_of(4, identify=[1, 1, 2, 1].__getitem__, max_concurrency=2)
    assert asked(scheduler, [0.0, 0.0, 0.0]) == [0, 2, WAIT]
    scheduler.succeeded(2, 0.5, "two")
    scheduler.next(0.5)
    scheduler.drain(1.0, TOO_MANY)
    scheduler.succeeded(0, 2.0, "one")
    assert statuses(scheduler) == ["ok"] * 4
    assert scheduler.ledger.values == ["one", "one", "two", "one"]
    assert scheduler.next(2.0) == DONE


def test_items_that_come_too_late_have_their_row() -> None:
    """As what was not begun; those that stay are not touched."""
    scheduler = course_of(1, input_open=True)
    scheduler.next(0.0)
    scheduler.drain(1.0, TOO_MANY)
    scheduler.add(2)
    assert statuses(scheduler)[1:] == ["skipped"] * 2
    scheduler.succeeded(0, 2.0, "answer")
    assert statuses(scheduler)[0] == "ok"
    assert scheduler.next(2.0) == DONE


@pytest.mark.parametrize(
    "end",
    [
        lambda run: run.drain(2.0),
        lambda run: run.cancel(2.0),
        lambda run: run.expire(2.0, "late"),
    ],
)
def test_a_run_that_has_ended_is_not_ended_for_a_reason(end: Callable[[Scheduler], None]) -> None:
    """Neither by its user nor by its time, when all is done."""
    scheduler = course_of(1)
    scheduler.next(0.0)
    scheduler.succeeded(0, 1.0, "answer")
    end(scheduler)
    assert scheduler.stop is None
    assert scheduler.next(2.0) == DONE


def test_the_first_reason_stays() -> None:
    """Whatever is said while what is under way ends."""
    scheduler = course_of(2, max_concurrency=1)
    scheduler.next(0.0)
    scheduler.drain(1.0, TOO_MANY)
    scheduler.drain(2.0)
    scheduler.cancel(3.0)
    assert scheduler.stop is TOO_MANY
    assert statuses(scheduler) == ["cancelled", "skipped"]
    assert scheduler.stopped


# Being cut off


def test_when_the_time_is_over_what_was_begun_timed_out() -> None:
    """With the reason as its error, and the rest was never begun: it is skipped."""
    scheduler = course_of(4, retry=RETRY)
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    scheduler.failed(1, 1.0, LOST)
    assert scheduler.next(1.0) == 2
    scheduler.expire(3.0, "Not done within batch_timeout.")
    assert scheduler.stopped
    assert scheduler.next(3.0) == DONE
    assert statuses(scheduler) == ["timeout", "skipped", "timeout", "skipped"]
    assert scheduler.stop == Stop(StopKind.TIME, "Not done within batch_timeout.")
    error = scheduler.ledger.errors[2]
    assert isinstance(error, RequestTimeout)
    assert str(error).startswith("Not done within batch_timeout.")
    assert (error.phase, error.attempts, error.elapsed_s) == ("batch", 1, 2.0)
    assert scheduler.settler.tally.groups()[0].count == 2


def test_a_cancelled_run_has_no_errors() -> None:
    """Nobody has failed."""
    scheduler = course_of(3)
    scheduler.next(0.0)
    scheduler.cancel(1.0)
    assert statuses(scheduler) == ["cancelled"] * 3
    assert not scheduler.ledger.errors
    assert scheduler.settler.tally.groups() == ()
    assert scheduler.stop == Stop(StopKind.CANCELLED)


# Who looks at what


def test_limits_that_are_set_hold_from_the_next_item_on() -> None:
    """Also where there were none, and those that are taken away no longer."""
    scheduler = course_of(9, max_concurrency=9)
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    scheduler.limits = Limits([Rate(1, per=10.0, burst=True)])
    assert asked(scheduler, [0.0, 0.0]) == [2, WAIT]
    scheduler.limits = Limits()
    assert asked(scheduler, [0.0, 0.0]) == [3, 4]


def test_limits_set_by_another_thread_meanwhile_are_not_overlooked() -> None:
    """They may come just while it is being found out what has to be looked at."""
    scheduler = course_of(3, max_concurrency=3)
    late = Limits([Rate(1, per=10.0, burst=True)])
    gate = type(scheduler.gate)
    look = gate.is_open

    class Interrupted(gate):  # type: ignore[valid-type, misc]
        @property
        def is_open(self) -> bool:
            seen = look.fget(self)  # type: ignore[attr-defined]
            if scheduler.limits is not late:
                scheduler.limits = late
            return bool(seen)

    scheduler.gate.__class__ = Interrupted
    scheduler.limits = Limits()
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]


@pytest.mark.parametrize(
    "terms",
    [
        {"limits": Limits([Rate(9)])},
        {"server_of": lambda _: Server(Breaker())},
        {"identify": int},
        {"item_timeout_s": 5.0},
        {"rank": float},
        {"retry": Retry(budget=0.5)},
        {"hedge": Hedge(after=1.0)},
    ],
)
def test_what_is_asked_for_is_looked_at(terms: dict[str, Any]) -> None:
    """A run with any of these options does not take the short way."""
    assert course_of(1)._plain
    assert not course_of(1, **terms)._plain


def test_nothing_is_sent_twice_that_is_not_safe() -> None:
    """Whatever was asked for."""
    hedge = Hedge(after=1.0, max_share=1.0)
    assert course_of(1, hedge=hedge).flight.hedger is not None
    assert course_of(1, hedge=hedge, safe=False).flight.hedger is None


def test_those_that_ended_aside_are_told_of() -> None:
    """Whoever has no attempt that ends would else be heard of by nobody."""

    def identify(index: int) -> int:
        return 1 // (1 - index)

    scheduler = course_of(2, identify=identify)
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    assert scheduler.aside == [1]
    assert scheduler.ledger.status[1] == Status.FAILED


def test_an_input_that_is_open_is_asked_until_the_run_ends() -> None:
    """Not after that."""
    scheduler = course_of(0, input_open=True)
    assert scheduler.next(0.0) == FEED
    scheduler.drain(1.0)
    assert not scheduler.input_open
    assert scheduler.next(1.0) == DONE


def test_retries_that_were_not_made_for_want_of_a_budget_are_counted() -> None:
    """Those that could not have helped are not among them."""
    scheduler = course_of(13, max_concurrency=13, retry=Retry(budget=0.1))
    asked(scheduler, [0.0] * 13)
    assert [scheduler.failed(index, 1.0, LOST) for index in range(12)] == [True] * 10 + [False] * 2
    assert not scheduler.failed(12, 1.0, BAD)
    assert scheduler.denied_retries == 2
    assert course_of(1, retry=RETRY).denied_retries == 0


def test_attempts_are_counted_as_they_end() -> None:
    """Good or bad."""
    scheduler = course_of(2)
    asked(scheduler, [0.0, 0.0])
    scheduler.succeeded(0, 1.0, "answer")
    assert scheduler.attempts == 1
    scheduler.failed(1, 1.0, BAD)
    assert scheduler.attempts == 2


def test_it_has_no_more_attributes_than_are_found_quickly() -> None:
    """Up to thirty share one table of names; one more made each item a twentieth dearer."""
    assert len(vars(scheduler_of(1))) <= 30


def test_without_a_pilot_nothing_is_held_back() -> None:
    """There is always room for more of the input, and no word to wait for."""
    scheduler = scheduler_of(1)
    assert not scheduler.has_enough
    scheduler.go_on()
    assert not scheduler.standing
