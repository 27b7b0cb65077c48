"""When a late attempt is made once more, and what comes before it."""

from __future__ import annotations

from notebook_kit.policies import Breaker, Hedge, Limits, Rate, Retry, Server
from notebook_kit.scheduling import WAIT
from tests.scheduling.parts import BAD, LOST, REFUSED, asked, budget_of, scheduler_of, statuses

HEDGE = Hedge(after=2.0, max_share=1.0)


def test_a_late_attempt_is_made_once_more_when_nobody_else_is_held() -> None:
    """The time is known at which it will be late; both have to fail before the item is."""
    scheduler = scheduler_of(1, hedge=HEDGE)
    assert asked(scheduler, [0.0, 1.0]) == [0, WAIT]
    assert scheduler.wake_at == 2.0
    assert asked(scheduler, [2.0]) == [0]
    assert scheduler.failed(0, 3.0, BAD)
    assert statuses(scheduler) == ["cancelled"], "it has not ended"
    assert not scheduler.failed(0, 4.0, BAD)
    assert statuses(scheduler) == ["failed"]


def test_who_is_held_goes_before_a_second_attempt() -> None:
    """Which could be done without."""
    scheduler = scheduler_of(
        2, hedge=HEDGE, limits=Limits([Rate(1, per=9.0, burst=True)]), max_concurrency=9
    )
    assert asked(scheduler, [0.0, 1.0, 3.0]) == [0, WAIT, WAIT]
    assert scheduler.next(9.1) == 1


def test_a_second_attempt_has_to_be_paid_for() -> None:
    """Where there is too little for two, there is one; nobody wakes for nothing."""
    scheduler = scheduler_of(1, hedge=HEDGE, endings=budget_of(2.0, spent=1.0))
    assert asked(scheduler, [0.0, 3.0]) == [0, WAIT]
    assert scheduler.wake_at is None
    rich = scheduler_of(1, hedge=HEDGE, endings=budget_of(3.0, spent=1.0))
    assert asked(rich, [0.0, 3.0]) == [0, 0]


def test_the_time_to_look_again_is_never_that_of_an_attempt_that_has_ended() -> None:
    """The next that can be late is another one, and whoever asks twice is told the same."""
    servers = [Server(Breaker(failure_threshold=1)), Server()]
    scheduler = scheduler_of(
        3,
        max_concurrency=9,
        retry=Retry.of(None),
        hedge=HEDGE,
        server_of=lambda index: servers[index % 2],
        several_servers=True,
        limits=Limits([Rate(1, burst=True)]),
    )
    assert asked(scheduler, [0.0, 0.0, 1.01, 1.01]) == [0, WAIT, 1, WAIT]
    assert not scheduler.failed(0, 2.01, LOST)
    # The item that was held has to wait for the first server; the second attempt of 1 is next.
    assert (scheduler.next(2.01), scheduler.wake_at) == (WAIT, 3.01)


def test_a_refusal_of_one_of_two_attempts_costs_the_item_no_try() -> None:
    """Refusals are counted apart, also while another attempt is under way."""
    scheduler = scheduler_of(1, hedge=HEDGE, retry=Retry(max_attempts=2, base_delay=1.0))
    assert asked(scheduler, [0.0, 2.0]) == [0, 0]
    assert scheduler.failed(0, 3.0, REFUSED)
    assert scheduler.failed(0, 4.0, LOST)
