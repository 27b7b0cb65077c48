"""The scheduler, one rule at a time; `test_simulation.py` has all of them at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import ServerError
from notebook_kit.policies import Failure, FailureKind, Limits, Rate, Retry, classify
from notebook_kit.scheduling import DONE, FEED, WAIT, Ledger, Scheduler, Source, Status, Terms

if TYPE_CHECKING:
    from collections.abc import Sequence

LOST = Failure(FailureKind.TRANSPORT, ConnectionError("reset"))
BAD = Failure(FailureKind.OTHER, ValueError("bad"))
NO_JITTER = Retry(max_attempts=3, base_delay=1, factor=2)


def scheduler_of(count: int, *, max_concurrency: int = 2, **options: Any) -> Scheduler:
    """Return a scheduler with all of its input; waits are as long as they may be."""
    options.setdefault("draw", lambda: 1.0)
    scheduler = Scheduler(
        Ledger(), max_concurrency=max_concurrency, start=0.0, terms=Terms(**options)
    )
    scheduler.add(count)
    scheduler.end_of_input()
    return scheduler


def asked(scheduler: Scheduler, times: Sequence[float]) -> list[int]:
    return [scheduler.next(time) for time in times]


# Starting


def test_an_empty_run_is_done_at_once() -> None:
    """Without items there is nothing to wait for."""
    assert scheduler_of(0).next(0.0) == DONE


def test_items_start_in_order_as_far_as_there_is_room() -> None:
    """No more than `max_concurrency` are under way, and the next starts when one has ended."""
    scheduler = scheduler_of(3)
    assert asked(scheduler, [0.0, 0.1, 0.2]) == [0, 1, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == (None, None)
    assert scheduler.begun == {0: 0.0, 1: 0.1}
    scheduler.succeeded(1, 0.5, "b")
    assert asked(scheduler, [0.5, 0.6]) == [2, WAIT]


def test_done_only_when_the_last_has_ended() -> None:
    """With nothing left to start, the answers still under way are waited for."""
    scheduler = scheduler_of(1)
    assert asked(scheduler, [0.0, 0.1]) == [0, WAIT]
    scheduler.succeeded(0, 1.0, None)
    assert scheduler.next(1.0) == DONE
    assert scheduler.ledger.done == 1


def test_concurrency_may_be_changed_while_it_runs() -> None:
    """Lowered, nothing starts until enough have ended; raised, more start at once."""
    scheduler = scheduler_of(9, max_concurrency=3)
    assert asked(scheduler, [0.0] * 4) == [0, 1, 2, WAIT]
    scheduler.max_concurrency = 1
    scheduler.succeeded(0, 1.0, None)
    scheduler.succeeded(1, 1.0, None)
    assert scheduler.next(1.0) == WAIT
    scheduler.max_concurrency = 4
    assert asked(scheduler, [1.0] * 4) == [3, 4, 5, WAIT]


def test_reused_items_are_passed_over() -> None:
    """An item that is settled before its turn is never started."""
    scheduler = scheduler_of(4)
    for index in (0, 2):
        scheduler.ledger.reuse(index, "known", source=Source.CHECKPOINT, status_code=200, now=0.0)
    assert asked(scheduler, [0.0] * 3) == [1, 3, WAIT]


# Input of unknown length


def test_the_input_is_asked_for_one_item_when_there_is_room() -> None:
    """FEED comes only while there is room, so that an endless input is not read ahead."""
    scheduler = Scheduler(Ledger(), max_concurrency=1, start=0.0)
    assert scheduler.next(0.0) == FEED
    assert (scheduler.waiting_for, scheduler.input_open) == ("input", True)
    scheduler.add()
    assert asked(scheduler, [1.0, 2.0]) == [0, WAIT]
    scheduler.succeeded(0, 3.0, None)
    assert scheduler.next(3.0) == FEED
    scheduler.end_of_input()
    assert scheduler.next(4.0) == DONE
    assert not scheduler.input_open


def test_a_second_try_does_not_wait_for_the_input() -> None:
    """While the input is awaited, the time of the next retry is known and kept."""
    scheduler = Scheduler(
        Ledger(), max_concurrency=2, start=0.0, terms=Terms(retry=NO_JITTER, draw=lambda: 1.0)
    )
    scheduler.add()
    assert scheduler.next(0.0) == 0
    scheduler.failed(0, 1.0, LOST)
    assert (scheduler.next(1.0), scheduler.wake_at) == (FEED, 2.0)
    assert scheduler.next(2.0) == 0


def test_an_item_that_comes_after_a_cancellation_is_cancelled() -> None:
    """What the input gives while the run is being cancelled has its row too."""
    scheduler = Scheduler(Ledger(), max_concurrency=1, start=0.0)
    assert scheduler.next(0.0) == FEED
    scheduler.cancel(1.0)
    scheduler.add(2)
    assert scheduler.ledger.counts[Status.CANCELLED] == scheduler.ledger.done == 2
    assert scheduler.next(2.0) == DONE


# Failing and trying again


def test_a_failure_that_may_heal_is_tried_again_after_its_wait() -> None:
    """The item keeps its place in no queue: due retries go before fresh items."""
    scheduler = scheduler_of(3, max_concurrency=1, retry=NO_JITTER)
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 0.5, LOST)
    assert scheduler.backing_off == 1
    assert scheduler.next(0.5) == 1
    scheduler.succeeded(1, 1.6, None)
    assert scheduler.next(1.6) == 0
    scheduler.succeeded(0, 2.0, "healed")
    outcome = scheduler.ledger.outcome(0, "item")
    assert (outcome.value, outcome.attempts, outcome.status) == ("healed", 2, "ok")
    assert outcome.backoff_s == 1.0
    assert outcome.network_s == pytest.approx(0.9)
    assert outcome.waited_s == pytest.approx(0.1)


def test_waiting_for_retries_only_says_until_when() -> None:
    """With nothing else to do, the earliest retry is when to look again."""
    scheduler = scheduler_of(2, retry=NO_JITTER)
    assert asked(scheduler, [0.0, 0.0]) == [0, 1]
    scheduler.failed(1, 1.0, LOST)
    assert (scheduler.next(1.0), scheduler.wake_at) == (WAIT, 2.0)
    scheduler.failed(0, 1.5, LOST)
    assert (scheduler.next(1.6), scheduler.wake_at) == (WAIT, 2.0)
    assert scheduler.waiting_for == "backoff"
    assert asked(scheduler, [2.0, 2.1]) == [1, WAIT]
    assert scheduler.wake_at == 2.5


def test_tries_end() -> None:
    """After `max_attempts` the failure is the row's, and its status and error are kept."""
    scheduler = scheduler_of(1, retry=NO_JITTER)
    broken = classify(ServerError("out of order", status_code=500))
    now, again = 0.0, True
    while again:
        assert scheduler.next(now) == 0
        again = scheduler.failed(0, now, broken)
        now += 10.0
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.status, outcome.status_code, outcome.attempts) == ("failed", 500, 3)
    assert outcome.error is broken.error
    assert scheduler.next(now) == DONE


def test_a_time_limit_is_a_status_of_its_own() -> None:
    """A timeout is told from other failures."""
    scheduler = scheduler_of(1)
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, classify(TimeoutError()))
    assert scheduler.ledger.outcome(0, None).status == "timeout"


def test_an_item_that_could_not_be_sent_was_not_tried() -> None:
    """INVALID counts no attempt, and no time on the network."""
    scheduler = scheduler_of(1)
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, Failure(FailureKind.INVALID, ValueError("..")))
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.attempts, outcome.network_s, scheduler.attempts) == (0, 0.0, 0)
    assert scheduler.tempo.latency() is None


def test_the_status_code_is_that_of_the_last_attempt() -> None:
    """An answer without a status does not keep the status of the failure before it."""
    scheduler = scheduler_of(1, retry=Retry(base_delay=0))
    scheduler.next(0.0)
    scheduler.failed(0, 1.0, Failure(FailureKind.STATUS, ValueError("busy"), 503))
    scheduler.next(1.0)
    scheduler.succeeded(0, 2.0, "healed", source=Source.FALLBACK)
    outcome = scheduler.ledger.outcome(0, None)
    assert (outcome.status_code, outcome.source) == (None, "fallback")


def test_unsafe_work_is_repeated_only_when_nothing_was_sent() -> None:
    """With `safe=False` a lost connection is final, one that was never made is not."""
    unsent = Failure(FailureKind.TRANSPORT, ConnectionError("refused"), maybe_sent=False)
    scheduler = scheduler_of(2, retry=Retry(), safe=False)
    asked(scheduler, [0.0, 0.0])
    assert not scheduler.failed(0, 1.0, LOST)
    assert scheduler.failed(1, 1.0, unsent)


def test_no_retry_is_the_default_and_waits_are_drawn_by_chance() -> None:
    """Without a policy nothing is repeated; without a `draw` the waits differ."""
    scheduler = scheduler_of(1)
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, LOST)
    waits = set()
    for _ in range(5):
        chance = Scheduler(Ledger(), max_concurrency=1, start=0.0, terms=Terms(retry=Retry()))
        chance.add()
        chance.next(0.0)
        chance.failed(0, 0.0, LOST)
        waits.add(chance.ledger.backoff[0])
    assert len(waits) == 5


# Pausing


def test_nothing_starts_while_paused() -> None:
    """What is under way may end, but nothing new and no retry begins until it goes on."""
    scheduler = scheduler_of(3, retry=NO_JITTER)
    asked(scheduler, [0.0, 0.0])
    scheduler.paused = True
    scheduler.succeeded(0, 1.0, None)
    scheduler.failed(1, 1.0, LOST)
    assert asked(scheduler, [1.0, 5.0]) == [WAIT, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("pause", None)
    scheduler.paused = False
    assert asked(scheduler, [6.0, 6.0]) == [1, 2]


def test_a_paused_run_with_nothing_left_ends() -> None:
    """When the last answers come during a pause, nobody has to resume to be done."""
    scheduler = scheduler_of(3)
    asked(scheduler, [0.0, 0.0])
    scheduler.ledger.reuse(2, "known", source=Source.CACHE, status_code=200, now=0.0)
    scheduler.paused = True
    scheduler.succeeded(0, 1.0, None)
    assert scheduler.next(1.0) == WAIT
    scheduler.succeeded(1, 2.0, None)
    assert scheduler.next(2.0) == DONE
    assert scheduler.waiting_for is None


def test_a_paused_run_keeps_what_a_limit_held_back() -> None:
    """An item that waited for a limit when the pause came is started after it."""
    scheduler = scheduler_of(2, limits=Limits([Rate(1, burst=True)]))
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.paused = True
    scheduler.succeeded(0, 0.5, None)
    assert asked(scheduler, [0.5, 9.0]) == [WAIT, WAIT]
    scheduler.paused = False
    assert scheduler.next(9.0) == 1


# Limits


def test_a_limit_says_when_to_look_again() -> None:
    """Refused by a limit, the item waits at the head; what comes later does not overtake it."""
    rate = Rate(10, burst=True, weight=lambda index: 9.0 if index == 1 else 1.0)
    limits = Limits([rate])
    scheduler = scheduler_of(3, max_concurrency=3, limits=limits, weigh=limits.weights)
    assert asked(scheduler, [0.0, 0.1, 0.2]) == [0, 1, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("limit", 1.01)
    assert asked(scheduler, [0.3, 1.01]) == [WAIT, 2]


def test_a_held_item_is_weighed_once() -> None:
    """A weight function is asked once per attempt, however often the limit is."""
    weighed = []

    def weigh(index: int) -> tuple[float]:
        weighed.append(index)
        return (1.0,)

    scheduler = scheduler_of(2, limits=Limits([Rate(1, burst=True)]), weigh=weigh)
    assert asked(scheduler, [0.0, 0.1, 0.2, 0.3, 1.5]) == [0, WAIT, WAIT, WAIT, 1]
    assert weighed == [0, 1]


def test_an_item_that_cannot_be_weighed_is_its_row_s_error() -> None:
    """The others go on; with nothing left after it, the run is done."""

    def weigh(index: int) -> tuple[float]:
        return (1.0 / (index % 2),)

    scheduler = scheduler_of(3, limits=Limits([Rate(100)]), weigh=weigh)
    assert asked(scheduler, [0.0, 0.1]) == [1, WAIT]
    scheduler.succeeded(1, 1.0, None)
    assert scheduler.next(1.0) == DONE
    outcome = scheduler.ledger.outcome(2, None)
    assert isinstance(outcome.error, ZeroDivisionError)
    assert (outcome.status, outcome.attempts) == ("failed", 0)
    assert scheduler.settler.tally.groups()[0].count == 2


def test_limits_without_a_weigher_count_calls() -> None:
    """Unless told how to weigh, every item counts as None does."""
    scheduler = scheduler_of(3, max_concurrency=3, limits=Limits([Rate(2, burst=True)]))
    assert asked(scheduler, [0.0] * 3) == [0, 1, WAIT]


@pytest.mark.parametrize("rates", [[], [Rate(100)], [Rate(100), Rate(50)]])
def test_limits_may_be_replaced_while_an_item_is_held(rates: list[Rate]) -> None:
    """The held item is weighed anew for the limits that hold now, and started once."""
    scheduler = scheduler_of(4, max_concurrency=4, limits=Limits([Rate(1, burst=True)]))
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    scheduler.limits = Limits(rates)
    assert asked(scheduler, [0.0, 0.1, 0.2, 0.3]) == [1, 2, 3, WAIT]


def test_a_held_item_that_the_new_limits_cannot_weigh_is_its_row_s_error() -> None:
    """The next item takes its turn."""
    scheduler = scheduler_of(3, max_concurrency=4, limits=Limits([Rate(1, burst=True)]))
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]
    bad = Rate(100, weight=lambda _: math.nan)
    scheduler.limits = Limits([bad])
    assert asked(scheduler, [0.0]) == [WAIT]
    assert [scheduler.ledger.outcome(index, None).status for index in (1, 2)] == ["failed"] * 2
    scheduler.succeeded(0, 1.0, None)
    assert scheduler.next(1.0) == DONE
    assert scheduler.settler.tally.groups()[0].count == 2


def test_limits_that_are_replaced_while_an_item_is_weighed_hold_at_once() -> None:
    """The weights are those of the limits that are asked, whoever changed them meanwhile."""
    scheduler = scheduler_of(2, limits=Limits([Rate(100), Rate(100)]))
    fewer = Limits([Rate(1, burst=True)])

    def weigh(_: int) -> list[float]:
        weights = [1.0] * len(scheduler.limits.rates)
        scheduler.limits = fewer
        return weights

    scheduler.gate._weigh = weigh
    assert asked(scheduler, [0.0, 0.0]) == [0, WAIT]


def test_runs_that_share_a_rate_take_turns() -> None:
    """Two runs with one rate get the same share, and together never more than it."""
    rate = Rate(10, burst=True)
    runs = [scheduler_of(30, max_concurrency=30, limits=Limits([rate])) for _ in range(2)]
    started: list[tuple[int, int]] = []
    now = 0.0
    while any(run.ledger.done < 30 for run in runs):
        for number, run in enumerate(runs):
            while (index := run.next(now)) >= 0:
                started.append((number, index))
                run.succeeded(index, now, None)
        now += 0.1
    first_window = [number for number, _ in started[:10]]
    assert first_window == [0] * 10
    later = [number for number, _ in started[10:40]]
    assert 10 <= later.count(1) <= 20
    assert now <= 6 * 1.01 + 0.5


@pytest.mark.parametrize("how", ["pause", "cancel", "replace"])
def test_a_run_that_stands_still_holds_up_no_other(how: str) -> None:
    """Its claim on a shared rate is given up when it is paused, cancelled or has other limits."""
    rate = Rate(10, burst=True, weight=lambda index: 10.0 if index else 1.0)

    def weigh(index: int) -> tuple[float, ...]:
        return heavy.limits.weights(index)

    heavy = scheduler_of(2, limits=Limits([rate]), weigh=weigh)
    other = scheduler_of(5, max_concurrency=9, limits=Limits([rate]), weigh=lambda _: (1.0,))
    assert asked(heavy, [0.0, 0.1]) == [0, WAIT]
    assert asked(other, [0.2]) == [WAIT]
    if how == "pause":
        heavy.paused = True
        heavy.next(0.3)
    elif how == "cancel":
        heavy.cancel(0.3)
    else:
        heavy.limits = Limits()
        heavy.next(0.3)
    assert asked(other, [0.4] * 5) == [0, 1, 2, 3, 4]


# Cancelling


def test_cancelling_settles_everything_and_ignores_what_comes_later() -> None:
    """Answered rows stay, the rest is cancelled, and a late answer changes nothing."""
    scheduler = scheduler_of(6, max_concurrency=3, retry=NO_JITTER)
    asked(scheduler, [0.0, 0.0, 0.0])
    scheduler.succeeded(0, 1.0, "kept")
    scheduler.failed(1, 1.0, LOST)
    scheduler.cancel(1.5)
    assert scheduler.stopped
    assert not scheduler.begun
    assert scheduler.backing_off == 0
    assert scheduler.next(1.5) == DONE
    scheduler.succeeded(2, 2.0, "late", status_code=200)
    assert not scheduler.failed(2, 2.0, BAD)
    outcomes = [scheduler.ledger.outcome(index, None) for index in range(6)]
    assert [it.status for it in outcomes] == ["ok"] + ["cancelled"] * 5
    assert [it.value for it in outcomes] == ["kept"] + [None] * 5
    assert [it.attempts for it in outcomes] == [1, 1, 1, 0, 0, 0]
    assert [it.network_s for it in outcomes] == [1.0, 1.0, 1.5, 0.0, 0.0, 0.0]
    assert [it.backoff_s for it in outcomes] == [0.0, 0.5, 0.0, 0.0, 0.0, 0.0]
    assert [it.elapsed_s for it in outcomes] == [1.0, 1.5, 1.5, 0.0, 0.0, 0.0]
    assert scheduler.attempts == 3


def test_cancelling_twice_is_cancelling_once() -> None:
    """A second cancellation, or one when all is done, changes nothing that is settled."""
    scheduler = scheduler_of(2)
    scheduler.next(0.0)
    scheduler.cancel(1.0)
    scheduler.cancel(5.0)
    assert scheduler.ledger.counts[Status.CANCELLED] == 2
    assert scheduler.ledger.outcome(0, None).elapsed_s == 1.0


def test_cancelling_while_an_item_is_held_by_a_limit() -> None:
    """The held item has left the input, and its wait is told."""
    scheduler = scheduler_of(2, limits=Limits([Rate(1, burst=True)]))
    assert asked(scheduler, [0.0, 0.2]) == [0, WAIT]
    scheduler.cancel(0.7)
    assert scheduler.ledger.outcome(1, None).waited_s == pytest.approx(0.5)
    assert scheduler.ledger.outcome(1, None).attempts == 0
