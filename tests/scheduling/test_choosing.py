"""What a scheduler starts when options meet: users' functions, equal items, time, servers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import Breaker, Limits, Rate, Retry, Server
from notebook_kit.scheduling import (
    DONE,
    FEED,
    WAIT,
    Endings,
    Ledger,
    Scheduler,
    Status,
    Stop,
    StopKind,
    Terms,
)
from tests.scheduling.parts import BAD, LOST, REFUSED, asked, scheduler_of, statuses

if TYPE_CHECKING:
    from collections.abc import Callable


def interrupts(*_: object) -> Any:
    raise KeyboardInterrupt


# Functions of the user's


def test_what_the_predicate_raises_is_the_row_s_error() -> None:
    """The item is not tried again, and the others go on."""

    def retry_if(_: BaseException) -> bool:
        raise ZeroDivisionError

    scheduler = scheduler_of(2, retry=Retry(retry_if=retry_if))
    asked(scheduler, [0.0, 0.0])
    assert not scheduler.failed(0, 1.0, LOST)
    assert isinstance(scheduler.ledger.errors[0], ZeroDivisionError)
    scheduler.succeeded(1, 1.0, "answer")
    assert statuses(scheduler) == ["failed", "ok"]


def test_a_predicate_that_ends_the_run_ends_its_item_too() -> None:
    """As cancelled, however it decided."""

    def retry_if(_: BaseException) -> bool:
        scheduler.cancel(1.0)
        return True

    scheduler = scheduler_of(1, retry=Retry(retry_if=retry_if))
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, LOST)
    assert statuses(scheduler) == ["cancelled"]
    assert scheduler.backing_off == 0


def test_a_predicate_that_drains_the_run_sends_its_item_home() -> None:
    """There is no other try, as for all that are not under way."""

    def retry_if(_: BaseException) -> bool:
        scheduler.drain(1.0)
        return True

    scheduler = scheduler_of(2, max_concurrency=1, retry=Retry(retry_if=retry_if))
    scheduler.next(0.0)
    assert not scheduler.failed(0, 1.0, LOST)
    assert statuses(scheduler) == ["cancelled"] * 2
    assert scheduler.next(1.0) == DONE


@pytest.mark.parametrize("end", ["drain", "cancel"])
@pytest.mark.parametrize("function", ["retry_if", "identify", "weigh"])
def test_a_function_that_ends_the_run_with_the_last_item_ends_it(function: str, end: str) -> None:
    """Also where nothing else is left, and the reason is known."""

    def ends(_: Any) -> Any:
        getattr(scheduler, end)(1.0)
        return (1.0,)

    terms: dict[str, Any] = {function: ends, "limits": Limits([Rate(9)])}
    if function == "retry_if":
        terms = {"retry": Retry(retry_if=ends)}
    scheduler = scheduler_of(1, **terms)
    if scheduler.next(0.0) == 0:
        scheduler.failed(0, 1.0, LOST)
    assert scheduler.next(1.0) == DONE
    assert scheduler.stop == Stop(StopKind.CANCELLED)


def test_an_item_that_was_not_let_through_leaves_the_probe_of_another_alone() -> None:
    """A function that ends the run comes just after the probe was sent, which is still awaited."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=10.0))
    server.started(0.0)
    server.failed(0.0, LOST, sent=0.0)

    def identify(index: int) -> int:
        if index == 1:
            scheduler.drain(11.0)
        return index

    scheduler = scheduler_of(3, server_of=lambda _: server, identify=identify)
    assert asked(scheduler, [11.0, 11.0]) == [0, WAIT]
    assert server.earliest(11.0) == (math.inf, "breaker")


def test_an_interrupt_in_the_predicate_goes_on() -> None:
    """It is not the row's."""
    scheduler = scheduler_of(1, retry=Retry(retry_if=interrupts))
    scheduler.next(0.0)
    with pytest.raises(KeyboardInterrupt):
        scheduler.failed(0, 1.0, LOST)


@pytest.mark.parametrize("option", ["weigh", "identify", "rank"])
def test_an_interrupt_in_a_function_of_the_item_goes_on(option: str) -> None:
    """Whichever of them was asked."""
    terms: dict[str, Any] = {option: interrupts, "limits": Limits([Rate(9)])}
    with pytest.raises(KeyboardInterrupt):
        scheduler_of(1, **terms).next(0.0)


def test_an_item_that_cannot_be_ranked_fails_before_all_others() -> None:
    """With what was raised as its error, and nothing is sent for it."""
    scheduler = scheduler_of(3, rank=lambda index: 1 / (index - 1))
    assert scheduler.next(0.0) == 0
    assert isinstance(scheduler.ledger.errors[1], ZeroDivisionError)
    assert scheduler.ledger.attempts[1] == 0


def test_a_weight_function_that_ends_the_run_starts_nothing() -> None:
    """What was let through by then came to nothing: the server is told, the estimate stays."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=10.0))
    server.started(0.0)
    server.failed(0.0, LOST, sent=0.0)

    def weigh(_: int) -> tuple[float]:
        scheduler.cancel(11.0)
        return (1.0,)

    limits = Limits([Rate(9, usage=interrupts)])
    scheduler = scheduler_of(1, server_of=lambda _: server, weigh=weigh, limits=limits)
    assert scheduler.next(11.0) == DONE
    assert statuses(scheduler) == ["cancelled"]
    scheduler.gate.used(0, 12.0, "late")
    # The probe that was claimed for it is free for another run.
    assert server.earliest(11.0) == (11.0, "server")


def test_those_behind_an_item_that_is_withdrawn_while_it_is_held_go_on() -> None:
    """Its place is theirs, and nothing is started for it."""
    scheduler = scheduler_of(3, limits=Limits([Rate(1, burst=True)]))
    assert asked(scheduler, [0.0, 0.5]) == [0, WAIT]
    scheduler.ledger.settle(1, Status.CANCELLED, now=0.7)
    assert asked(scheduler, [0.8, 1.01]) == [WAIT, 2]


# Equal items


def test_equal_items_count_as_errors_too() -> None:
    """One that comes after an equal one failed may be one too many."""
    scheduler = scheduler_of(
        3, max_concurrency=1, identify=lambda _: "key", endings=Endings(max_errors=1)
    )
    assert scheduler.next(0.0) == 0
    assert not scheduler.failed(0, 1.0, BAD)
    assert scheduler.next(1.0) == DONE
    assert scheduler.stop is not None
    assert scheduler.stop.kind is StopKind.ERRORS
    assert statuses(scheduler) == ["failed", "failed", "skipped"]
    assert scheduler.aside == [1]


def test_an_equal_item_that_is_more_urgent_lends_its_rank() -> None:
    """The one that it waits for goes before others when it is tried again."""
    scheduler = scheduler_of(
        4,
        max_concurrency=1,
        identify=["a", "b", "c", "a"].__getitem__,
        rank=[3.0, 1.0, 2.0, 0.0].__getitem__,
        limits=Limits([Rate(1, per=2.0, burst=True)]),
    )
    assert asked(scheduler, [0.0]) == [3]
    scheduler.succeeded(3, 0.5, "answer")
    assert asked(scheduler, [0.5, 2.1]) == [WAIT, 1]
    scheduler.succeeded(1, 2.5, "answer")
    assert asked(scheduler, [4.2]) == [2]
    assert scheduler.ledger.values[0] is None
    scheduler.succeeded(2, 4.5, "answer")
    assert scheduler.next(4.5) == DONE
    assert scheduler.ledger.values == ["answer"] * 4


def test_an_equal_item_waits_no_longer_than_its_own_time() -> None:
    """Its time is over while the one that is sent for it backs off."""
    retry = Retry(max_attempts=3, base_delay=30.0)
    scheduler = scheduler_of(
        2, identify=lambda _: "key", item_timeout_s=20.0, max_concurrency=1, retry=retry
    )
    assert scheduler.next(0.0) == 0
    assert not scheduler.failed(0, 1.0, LOST)
    scheduler = scheduler_of(3, identify=lambda _: "key", item_timeout_s=20.0)
    assert asked(scheduler, [0.0, 5.0]) == [0, WAIT]
    assert (scheduler.wake_at, scheduler.next(25.0)) == (25.0, WAIT)
    assert scheduler.aside == [1, 2]
    assert isinstance(scheduler.ledger.errors[1], RequestTimeout)
    scheduler.succeeded(0, 26.0, "late")
    assert statuses(scheduler) == ["ok", "timeout", "timeout"]


# Time


def test_an_item_that_is_held_ends_when_its_time_is_over() -> None:
    """And others who share the limit need not wait for it."""
    rate = Rate(1, per=30.0, burst=True)
    scheduler = scheduler_of(2, limits=Limits([rate]), item_timeout_s=5.0)
    other = scheduler_of(1, limits=Limits([rate]))
    assert asked(scheduler, [0.0, 1.0]) == [0, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("limit", 6.0)
    assert scheduler.next(6.0) == WAIT
    assert statuses(scheduler)[1] == "timeout"
    assert scheduler.aside == [1]
    assert other.next(30.4) == 0


def test_an_item_whose_time_is_over_when_its_turn_comes_is_not_sent() -> None:
    """However short the time between."""
    scheduler = scheduler_of(1, item_timeout_s=5.0, retry=Retry(base_delay=0))
    scheduler.next(0.0)
    assert scheduler.failed(0, 4.0, LOST)
    assert scheduler.next(5.0) == DONE
    assert statuses(scheduler) == ["timeout"]


def test_a_time_that_the_clock_cannot_tell_is_over_at_once() -> None:
    """A clock of many seconds has no such small ones."""
    server = Server()
    scheduler = scheduler_of(1, item_timeout_s=1e-12, server_of=lambda _: server)
    assert scheduler.next(1e6) == DONE
    assert statuses(scheduler) == ["timeout"]
    assert server.pace._under_way == 0


def test_too_many_that_are_out_of_time_end_the_run() -> None:
    """Those that nobody was working on count too."""
    scheduler = scheduler_of(
        3,
        limits=Limits([Rate(1, per=30.0, burst=True)]),
        item_timeout_s=5.0,
        endings=Endings(max_errors=0),
    )
    assert asked(scheduler, [0.0, 1.0, 6.0]) == [0, WAIT, WAIT]
    assert scheduler.stop is not None
    assert statuses(scheduler)[1:] == ["timeout", "skipped"]


# Servers


def two_servers(**terms: Any) -> tuple[Scheduler, list[Server]]:
    """Return a run whose items go to two servers in turn."""
    servers = [Server(), Server()]
    terms.update(server_of=lambda index: servers[index % 2], several_servers=True)
    return scheduler_of(6, max_concurrency=9, **terms), servers


def test_items_for_other_servers_go_before_those_whose_server_asks_to_wait() -> None:
    """In the end all of them go, in order."""
    scheduler, _ = two_servers()
    assert scheduler.next(0.0) == 0
    assert scheduler.failed(0, 1.0, REFUSED)
    assert asked(scheduler, [1.0] * 4) == [1, 3, 5, WAIT]
    # The refused item backs off for a little longer.
    assert (scheduler.waiting_for, scheduler.wake_at) == ("backoff", 6.0)
    assert scheduler.next(6.0) == 2


def test_who_waits_for_a_server_alone_says_so() -> None:
    """Nobody backs off."""
    scheduler, servers = two_servers()
    servers[0].started(0.0)
    servers[0].failed(0.0, REFUSED, sent=0.0)
    assert asked(scheduler, [1.0] * 4) == [1, 3, 5, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("server", 5.0)
    assert scheduler.backing_off == 0


def test_with_one_server_nobody_overtakes() -> None:
    """All wait for the same."""
    server = Server()
    scheduler = scheduler_of(3, server_of=lambda _: server)
    scheduler.next(0.0)
    assert scheduler.failed(0, 1.0, REFUSED)
    assert asked(scheduler, [1.0, 2.0]) == [WAIT, WAIT]
    assert (scheduler.waiting_for, scheduler.wake_at) == ("server", 6.0)


def test_a_probe_in_vain_costs_the_item_no_try() -> None:
    """However often the server was looked at, each item has all of its own tries."""
    server = Server(Breaker(failure_threshold=1, reset_timeout=10.0))
    scheduler = scheduler_of(
        1, server_of=lambda _: server, retry=Retry(max_attempts=2, base_delay=0, max_refusals=5)
    )
    now, tries = 0.0, 0
    while tries < 5:
        assert scheduler.next(now) == 0
        tries += 1
        assert scheduler.failed(0, now, LOST)
        now += 10.0
    assert scheduler.next(now) == 0
    scheduler.succeeded(0, now, "back")
    assert statuses(scheduler) == ["ok"]


@pytest.mark.parametrize("several", [False, True])
def test_a_ranked_item_makes_way_while_it_waits(*, several: bool) -> None:
    """One that is more urgent and comes meanwhile is next."""
    server = Server()
    scheduler = Scheduler(
        Ledger(),
        max_concurrency=3,
        start=0.0,
        terms=Terms(
            rank=[1.0, 2.0, 0.0].__getitem__,
            lookahead=3,
            server_of=lambda _: server,
            several_servers=several,
        ),
    )
    scheduler.add(2)
    server.started(0.0)
    server.failed(0.0, REFUSED, sent=0.0)
    assert scheduler.next(1.0) == (FEED if several else WAIT)
    assert scheduler.wake_at == 5.0
    scheduler.add()
    assert scheduler.next(5.0) == 2


# After the end


@pytest.mark.parametrize(
    "end", [lambda run: run.cancel(1.0), lambda run: run.expire(1.0, "over"), lambda run: None]
)
def test_what_ends_twice_counts_once(end: Callable[[Scheduler], None]) -> None:
    """An answer that comes after the end is heard of no more."""
    scheduler = scheduler_of(1)
    scheduler.next(0.0)
    end(scheduler)
    scheduler.succeeded(0, 2.0, "first")
    before = statuses(scheduler)
    scheduler.succeeded(0, 3.0, "second")
    assert not scheduler.failed(0, 3.0, BAD)
    assert statuses(scheduler) == before
    assert scheduler.attempts == 1
    assert scheduler.ledger.values[0] in {"first", None}
