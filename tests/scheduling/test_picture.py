"""The picture of a run at one moment."""

from __future__ import annotations

from typing import Any

from notebook_kit.policies import (
    AutoConcurrency,
    Breaker,
    Budget,
    Hedge,
    Limits,
    Rate,
    Retry,
    Server,
)
from notebook_kit.scheduling import (
    Endings,
    Ledger,
    Plan,
    RunState,
    Scheduler,
    Snapshot,
    Source,
    Terms,
    take_snapshot,
)
from tests.scheduling.parts import BAD, LOST, SLOW


def scheduler_of(count: int, *, input_open: bool = False, **terms: Any) -> Scheduler:
    scheduler = Scheduler(
        Ledger(), max_concurrency=9, start=100.0, terms=Terms(draw=lambda: 1.0, **terms)
    )
    scheduler.add(count)
    if not input_open:
        scheduler.end_of_input()
    return scheduler


def picture(
    scheduler: Scheduler,
    *,
    plan: Plan | None = None,
    state: RunState = RunState.RUNNING,
    now: float = 102.0,
) -> Snapshot:
    return take_snapshot(scheduler, plan or Plan([]), state=state, started=100.0, now=now)


def start(scheduler: Scheduler, count: int, now: float = 100.0) -> None:
    for _ in range(count):
        assert scheduler.next(now) >= 0


def test_each_item_is_counted_by_how_it_ended() -> None:
    """Those under way and those that wait for another try too."""
    scheduler = scheduler_of(8, retry=Retry(base_delay=1.0))
    scheduler.ledger.reuse(7, "known", source=Source.CHECKPOINT, status_code=200, now=100.0)
    start(scheduler, 6)
    scheduler.succeeded(0, 101.0, "answer")
    scheduler.failed(1, 101.0, BAD)
    scheduler.failed(2, 101.0, LOST)
    seen = picture(scheduler)
    assert (seen.ok, seen.failed, seen.reused) == (2, 1, 1)
    assert (seen.in_flight, seen.backing_off, seen.attempts) == (3, 1, 3)
    assert (seen.total, seen.done, seen.to_do) == (8, 3, 5)
    assert seen.elapsed_s == 2.0
    assert sum(seen.throughput) == 2
    assert seen.latency_s is not None
    assert sum(seen.latency_counts) == len([0, 1, 2])
    assert len(seen.latency_edges) == len(seen.latency_counts) + 1
    assert [(group.kind, group.position) for group in seen.errors] == [("ValueError", 1)]


def test_ends_that_are_no_answers_are_told_apart() -> None:
    """Time limits, cancelled items and skipped ones each have a number."""
    cancelled = scheduler_of(3)
    start(cancelled, 1)
    cancelled.failed(0, 101.0, SLOW)
    cancelled.cancel(101.0)
    seen = picture(cancelled)
    assert (seen.timeout, seen.cancelled, seen.skipped) == (1, 2, 0)
    expired = scheduler_of(3)
    start(expired, 1)
    expired.expire(101.0, "Not done within batch_timeout.")
    seen = picture(expired)
    assert (seen.timeout, seen.cancelled, seen.skipped) == (1, 0, 2)


def test_the_total_is_the_plan_s_until_the_input_has_ended() -> None:
    """Then it is what has come; an input without a known end has none before."""
    scheduler = scheduler_of(2, input_open=True)
    assert picture(scheduler, plan=Plan(iter("abc"))).total is None
    assert picture(scheduler, plan=Plan(range(5))).total == 5
    scheduler.end_of_input()
    assert picture(scheduler, plan=Plan(iter("abc"))).total == 2


def test_what_paces_a_run_is_shown() -> None:
    """Its rates in words, how many at once, and whether that is found or set."""
    plain = picture(scheduler_of(1))
    assert (plain.rate, plain.max_concurrency, plain.auto) == (None, 9, False)
    paced = scheduler_of(
        1,
        limits=Limits([Rate(5), Rate(100, per="min")]),
        auto=AutoConcurrency(start=3),
    )
    seen = picture(paced)
    assert seen.rate == " and ".join(str(rate) for rate in paced.limits.rates)
    assert (seen.max_concurrency, seen.auto) == (3, True)
    paced.max_concurrency = 4
    assert (picture(paced).max_concurrency, picture(paced).auto) == (4, False)


def test_both_attempts_of_an_item_are_in_flight() -> None:
    """A second one is one more for the server to bear."""
    scheduler = scheduler_of(1, hedge=Hedge(after=1.0, max_share=1.0))
    start(scheduler, 1)
    assert scheduler.next(101.5) == 0
    assert picture(scheduler).in_flight == 2


def test_what_holds_a_run_up_is_shown_until_it_has_ended() -> None:
    """Why nothing starts, and what the server has to do with it."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=30.0))
    scheduler = scheduler_of(2, server_of=lambda _: server, retry=Retry())
    start(scheduler, 1)
    scheduler.failed(0, 101.0, LOST)
    scheduler.next(101.0)
    seen = picture(scheduler, now=101.0)
    assert (seen.waiting_for, seen.server) == (
        "breaker",
        "the server keeps failing, next try in 30\xa0s",
    )
    assert seen.wait_s == 30.0
    assert picture(scheduler, now=140.0).wait_s is None
    ended = picture(scheduler, state=RunState.CANCELLED, now=101.0)
    assert (ended.waiting_for, ended.server, ended.wait_s) == (None, None, None)


def test_a_wait_that_nobody_knows_is_not_told() -> None:
    """While the probe is under way, where another server may be ready, or for anything else."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=30.0))
    for several in (False, True):
        scheduler = scheduler_of(
            3, server_of=lambda _: server, several_servers=several, retry=Retry(base_delay=50.0)
        )
        assert picture(scheduler).wait_s is None
        start(scheduler, 1)
        scheduler.failed(0, 101.0, LOST)
        scheduler.next(101.0)
        if several:
            assert picture(scheduler, now=101.0).wait_s is None
        else:
            assert picture(scheduler, now=111.0).wait_s == 20.0
            assert scheduler.next(131.0) == 1
            assert scheduler.next(131.0) < 0
            assert picture(scheduler, now=131.0).waiting_for == "breaker"
            assert picture(scheduler, now=131.0).wait_s is None
        server.succeeded(140.0, sent=131.0)


def test_money_is_shown_where_somebody_counts() -> None:
    """What is spent, of how much."""
    budget = Budget(5.0)
    budget.add(1.5)
    counted = picture(scheduler_of(1, endings=Endings(budget=budget)))
    assert (counted.spent, counted.max_cost) == (1.5, 5.0)
    plain = picture(scheduler_of(1))
    assert (plain.spent, plain.max_cost) == (None, None)


def test_state_name_and_notices_are_passed_on() -> None:
    """What the scheduler does not know comes from who asks."""
    seen = take_snapshot(
        scheduler_of(1),
        Plan([], name="names"),
        state=RunState.PAUSED,
        started=100.0,
        now=100.0,
        notices=(text for text in ("one", "two")),
    )
    assert (seen.state, seen.name, seen.notices) == (RunState.PAUSED, "names", ("one", "two"))


def test_what_waits_for_another_try_is_told_by_its_last_error() -> None:
    """Whoever is tried again, or has ended, is in it no more."""
    scheduler = scheduler_of(4, retry=Retry(base_delay=1.0))
    start(scheduler, 4)
    scheduler.failed(0, 100.5, LOST)
    scheduler.failed(1, 100.6, LOST)
    scheduler.failed(2, 100.7, SLOW)
    seen = picture(scheduler)
    lost, slow = type(LOST.error).__name__, type(SLOW.error).__name__
    assert [(it.kind, it.count, it.position) for it in seen.trying] == [(lost, 2, 0), (slow, 1, 2)]
    assert seen.trying[0].example == str(LOST.error)
    assert scheduler.next(103.0) == 0
    scheduler.succeeded(3, 103.0, "answer")
    assert [(it.kind, it.count) for it in picture(scheduler).trying] == [(lost, 1), (slow, 1)]
    scheduler.cancel(103.5)
    assert picture(scheduler).trying == ()


def test_what_ended_while_it_waited_is_an_error_and_no_try() -> None:
    """Its time is over before its turn comes."""
    scheduler = scheduler_of(1, retry=Retry(base_delay=1.0), item_timeout_s=3.0)
    start(scheduler, 1)
    scheduler.failed(0, 100.5, LOST)
    assert len(picture(scheduler).trying) == 1
    scheduler.next(200.0)
    seen = picture(scheduler, now=200.0)
    assert (seen.trying, seen.timeout) == ((), 1)
