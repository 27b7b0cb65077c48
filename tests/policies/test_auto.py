"""Concurrency that finds its own level, against servers that are only reckoned."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.errors import ConfigurationError
from notebook_kit.policies import Failure, FailureKind
from notebook_kit.policies.auto import AutoConcurrency
from tests.policies.load import (
    Batch,
    Crowded,
    Fixed,
    Flaky,
    Growing,
    Impatient,
    Queueing,
    Refusing,
    best_fixed,
    lognormal,
    steady,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.policies.load import Server

ITEMS = 3_000
ERROR = ValueError("of no meaning here")
LOST = Failure(FailureKind.TRANSPORT, ERROR)
TIMED_OUT = Failure(FailureKind.TIMEOUT, ERROR)
INVALID = Failure(FailureKind.INVALID, ERROR)
OTHER = Failure(FailureKind.OTHER, ERROR)


def status(code: int, **carried: Any) -> Failure:
    return Failure(FailureKind.STATUS, ERROR, code, **carried)


MANY, GATEWAY = status(429), status(504)

#: The three servers that it must suit, by how long one item takes when it is alone.
SERVERS: dict[str, Callable[[Callable[[], float]], Server]] = {
    "capacity 8": lambda takes: Queueing(8, takes),
    "capacity 64": lambda takes: Queueing(64, takes),
    "crowded": Crowded,
}


def level(batch: Batch) -> float:
    """Return what the limit was on average in the second half of a batch."""
    return statistics.fmean(batch.limits[len(batch.limits) // 2 :])


def rounds(auto: AutoConcurrency, count: int, takes: float = 1.0, start: float = 0.0) -> float:
    """Let so many rounds end well, in each as many attempts as are allowed; return the time."""
    now = start
    for _ in range(count):
        now += takes
        for _ in range(auto.limit):
            auto.finished(now, sent=now - takes, in_flight=auto.limit, failure=None)
    return now


# The best level


@pytest.mark.parametrize("seconds", [0.002, 0.02, 2.0])
@pytest.mark.parametrize("kind", SERVERS)
def test_it_comes_close_to_the_best_fixed_number(kind: str, seconds: float) -> None:
    """Settling included it gives 85 % of the best, and not with twice as many as that takes."""

    def server() -> Server:
        return SERVERS[kind](steady(seconds))

    fewest, best = best_fixed(server, ITEMS)
    batch = Batch(server(), AutoConcurrency(), ITEMS)
    assert batch.throughput >= 0.85 * best
    assert level(batch) <= 2 * fewest


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", SERVERS)
def test_latencies_that_scatter_do_not_mislead_it(kind: str, seed: int) -> None:
    """Latencies spread as a language model's are (sigma 0.5) cost it no more than that either."""

    def server() -> Server:
        return SERVERS[kind](lognormal(2.0, 0.5, seed))

    fewest, best = best_fixed(server, ITEMS)
    batch = Batch(server(), AutoConcurrency(), ITEMS)
    assert batch.throughput >= 0.85 * best
    assert level(batch) <= 2 * fewest


@pytest.mark.parametrize("capacity", [1, 2, 3, 20, 150])
def test_it_suits_servers_of_any_size(capacity: int) -> None:
    """Also where it begins far above or far below what the server serves at once."""
    batch = Batch(Queueing(capacity, steady(0.02)), AutoConcurrency(), 6_000)
    assert batch.throughput >= 0.85 * capacity / 0.02
    assert level(batch) <= 2 * capacity


def test_the_way_to_the_server_is_no_line() -> None:
    """Where answers travel as long as they are worked at, more are sent so that it is not idle."""
    batch = Batch(Queueing(16, steady(0.02), way=0.02), AutoConcurrency(), ITEMS)
    assert batch.throughput >= 0.9 * 16 / 0.02
    assert 32 <= level(batch) <= 64


def test_it_goes_as_high_as_it_may_where_nothing_waits() -> None:
    """A server that never lets anyone wait gets all that is allowed."""
    auto = AutoConcurrency(most=100)
    Batch(Queueing(1_000, steady(0.02)), auto, ITEMS)
    assert auto.limit == 100


# What changes


@pytest.mark.parametrize("sigma", [0.0, 0.2])
@pytest.mark.parametrize(("before", "after"), [(64, 8), (8, 64), (16, 64), (64, 30)])
def test_it_follows_a_capacity_that_changes(before: int, after: int, sigma: float) -> None:
    """When a server grows or shrinks in mid-run, the level is right again within 2,000 items."""
    server = Queueing(before, lognormal(0.02, sigma))
    at = {3_000: lambda: server.resize(after)}
    batch = Batch(server, AutoConcurrency(), 8_000, at=at)
    settled = statistics.fmean(batch.limits[5_000:])
    assert after <= settled <= 2 * after


@pytest.mark.parametrize("capacity", [8, 64])
@pytest.mark.parametrize("times", [1.5, 3.0, 0.33])
def test_heavier_or_lighter_items_are_no_line(capacity: int, times: float) -> None:
    """When items take longer or shorter from one on, the level stays or comes back."""
    server = Growing(lambda takes: Queueing(capacity, takes), steady(0.02), 4_000, times)
    batch = Batch(server, AutoConcurrency(), 8_000)
    assert batch.throughput >= 0.85 * capacity / (0.02 * (1.0 + times) / 2.0)
    assert level(batch) <= 2 * capacity


def test_first_requests_that_are_slow_do_not_end_the_doubling() -> None:
    """New connections take longer; that is over after a round, and no line."""

    class Cold(Queueing):
        """Takes three times as long for the first request at each place."""

        connected = 0

        def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
            ends, failure = super().take(now, under_way)
            if under_way > self.connected:
                self.connected = under_way
                ends += 0.1
            return ends, failure

    auto = AutoConcurrency()
    Batch(Cold(64, steady(0.05)), auto, 6_000)
    assert 64 <= auto.limit <= 128


def test_one_that_hangs_does_not_hold_up_the_first_round() -> None:
    """The limit rises though one of the first attempts never ends."""
    auto = AutoConcurrency()
    for now in range(1, 5):
        for _ in range(7):
            auto.finished(float(now), sent=now - 1.0, in_flight=8, failure=None)
    assert auto.limit > 8


# What holds back the client


@pytest.mark.parametrize(("a_second", "needed"), [(50, 1), (200, 4), (350, 7)])
def test_it_does_not_rise_where_a_rate_holds_the_client_back(a_second: int, needed: int) -> None:
    """With fewer under way than allowed, nothing is learnt that speaks for more."""
    auto = AutoConcurrency()
    batch = Batch(Queueing(64, steady(0.02)), auto, ITEMS, interval=1 / a_second)
    assert batch.throughput == pytest.approx(a_second, rel=0.02)
    assert needed <= 8
    assert auto.limit <= 2 * 8


def test_it_does_not_rise_while_few_are_under_way() -> None:
    """However fast answers come, two under way of eight allowed are no reason for nine."""
    auto = AutoConcurrency()
    for now in range(1, 1_000):
        auto.finished(float(now), sent=now - 1.0, in_flight=2, failure=None)
    assert auto.limit == 8


def test_attempts_that_end_together_were_under_way_together() -> None:
    """Where all end in one turn of a loop and count each other down, all the same it rises."""
    auto = AutoConcurrency()
    for now in range(1, 20):
        for in_flight in range(auto.limit, 0, -1):
            auto.finished(float(now), sent=now - 1.0, in_flight=in_flight, failure=None)
    assert auto.limit == 256


def test_bursts_with_pauses_between_them_are_no_reason_to_rise() -> None:
    """Where input comes eight at a time and seldom, more at once would do nothing."""
    auto = AutoConcurrency()
    for now in range(0, 5_000, 10):
        for in_flight in range(8, 0, -1):
            auto.finished(float(now), sent=now - 1.0, in_flight=in_flight, failure=None)
    assert auto.limit <= 16


# What is refused or lost


@pytest.mark.parametrize("allowed", [1, 4, 10, 40])
def test_it_stays_where_nothing_is_refused(allowed: int) -> None:
    """A server that answers 429 above so many at once is asked for about that many."""
    server = Refusing(allowed, steady(0.02))
    auto = AutoConcurrency()
    batch = Batch(server, auto, ITEMS)
    assert batch.throughput >= 0.85 * allowed / 0.02
    assert auto.limit <= allowed + 1
    assert server.refused <= 0.02 * ITEMS


def test_refusals_of_what_was_sent_together_cut_it_once() -> None:
    """One burst that is refused costs a quarter of the limit, not all of it."""
    auto = AutoConcurrency(start=100)
    for _ in range(100):
        auto.finished(1.0, sent=0.0, in_flight=100, failure=MANY)
    assert auto.limit == 75
    auto.finished(2.0, sent=1.0, in_flight=75, failure=status(503))
    assert auto.limit == 56


def test_a_refusal_is_remembered_for_a_while() -> None:
    """The limit nears the place of the refusal, waits, and only later goes beyond."""
    auto = AutoConcurrency(start=20)
    auto.finished(1.0, sent=0.0, in_flight=20, failure=MANY)
    now = rounds(auto, 40, start=2.0)
    assert 17 <= auto.limit < 20
    rounds(auto, 400, start=now)
    assert auto.limit > 100


def test_an_empty_account_is_no_reason_to_go_slower() -> None:
    """A 429 that says that nothing is left to spend has nothing to do with how many there are."""
    auto = AutoConcurrency()
    for now in range(1, 100):
        gone = status(429, quota_gone=True)
        auto.finished(float(now), sent=now - 1.0, in_flight=8, failure=gone)
    assert auto.limit == 8


@pytest.mark.parametrize("failure", [LOST, TIMED_OUT, GATEWAY])
def test_it_falls_to_the_least_while_everything_is_lost_and_comes_back(failure: Failure) -> None:
    """An outage brings it down; when answers come again, it rises again."""
    auto = AutoConcurrency(least=2)
    now = rounds(auto, 20)
    assert auto.limit > 100
    for _ in range(4_000):
        now += 1.0
        auto.finished(now, sent=now - 1.0, in_flight=auto.limit, failure=failure)
    assert auto.limit == 2
    rounds(auto, 200, start=now)
    assert auto.limit > 100


def test_an_outage_from_the_start_brings_it_down() -> None:
    """That also holds before anything was answered."""
    auto = AutoConcurrency()
    for now in range(1, 100):
        auto.finished(float(now), sent=now - 1.0, in_flight=auto.limit, failure=LOST)
    assert auto.limit == 1


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_losses_that_are_not_its_fault_do_not_bring_it_down(share: float) -> None:
    """Where attempts are lost however few there are, going lower would heal nothing."""
    auto = AutoConcurrency()
    batch = Batch(Flaky(Queueing(64, lognormal(0.02, 0.2)), share, LOST), auto, ITEMS)
    assert batch.throughput >= 0.8 * (1.0 - share) * 64 / 0.02
    assert level(batch) <= 2 * 64


def test_a_line_that_outlasts_the_patience_is_avoided() -> None:
    """Where waiting in line ends in a time limit, few attempts are lost to it."""
    server = Impatient(Queueing(10, steady(0.02)), 0.05)
    batch = Batch(server, AutoConcurrency(), ITEMS)
    assert server.given_up <= 0.05 * ITEMS
    assert batch.throughput >= 0.85 * 10 / 0.02
    assert level(batch) <= 2 * 10


# What says nothing, and what is as good as an answer


def test_what_was_never_sent_does_not_count() -> None:
    """Items that cannot be sent end at once; that is no latency."""
    auto = AutoConcurrency()
    for now in range(1_000):
        auto.finished(float(now), sent=float(now), in_flight=8, failure=INVALID)
    assert auto.limit == 8


@pytest.mark.parametrize("failure", [None, status(404), status(500), OTHER])
def test_any_answer_is_as_good_as_another(failure: Failure | None) -> None:
    """A 404, a 500 and an answer that cannot be read took as long as they took."""
    auto = AutoConcurrency()
    for now in range(1, 10):
        for _ in range(auto.limit):
            auto.finished(float(now), sent=now - 1.0, in_flight=auto.limit, failure=failure)
    assert auto.limit > 64


def test_a_clock_too_coarse_for_what_is_fast_is_no_trouble() -> None:
    """Attempts that seem to take no time at all let the limit rise."""
    auto = AutoConcurrency()
    for tick in range(50):
        for _ in range(auto.limit):
            auto.finished(tick / 64, sent=tick / 64, in_flight=auto.limit, failure=None)
    assert auto.limit == 256


# Bounds


def test_it_begins_between_its_bounds() -> None:
    """The start is brought between least and most, so that most=4 alone can be asked for."""
    assert AutoConcurrency().limit == 8
    assert AutoConcurrency(most=4).limit == 4
    assert AutoConcurrency(least=20).limit == 20


@pytest.mark.parametrize("name", ["start", "least", "most"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "8", None])
def test_bounds_that_are_no_numbers_are_refused(name: str, value: Any) -> None:
    """Each is a whole number of one or more."""
    with pytest.raises(ConfigurationError, match=name):
        AutoConcurrency(**{name: value})


def test_bounds_the_wrong_way_round_are_refused() -> None:
    """The most cannot be below the least."""
    with pytest.raises(ConfigurationError, match="the other way round"):
        AutoConcurrency(least=10, most=5)


def test_with_one_level_allowed_it_stays_there() -> None:
    """Where least and most are the same, there is nothing to find."""
    batch = Batch(Queueing(2, steady(0.02)), AutoConcurrency(least=6, most=6), 1_000)
    assert set(batch.limits) == {6}
    assert batch.throughput == Batch(Queueing(2, steady(0.02)), Fixed(6), 1_000).throughput


@settings(deadline=None, max_examples=200)
@given(
    least=st.integers(1, 20),
    room=st.integers(0, 200),
    ends=st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.001, 1.0]),
            st.sampled_from([0.0, 0.02, 1.0, 50.0]),
            st.sampled_from([None, None, None, None, LOST, TIMED_OUT, MANY, INVALID, OTHER]),
            st.integers(1, 40),
        ),
        max_size=60,
    ),
)
def test_the_limit_never_leaves_its_bounds(
    least: int, room: int, ends: list[tuple[float, float, Failure | None, int]]
) -> None:
    """Whatever happens and in whatever order, it is a whole number from least to most."""
    auto = AutoConcurrency(least=least, most=least + room)
    now = 0.0
    for passed, took, failure, times in ends:
        for _ in range(times):
            now += passed
            auto.finished(now, sent=now - took, in_flight=auto.limit, failure=failure)
            assert type(auto.limit) is int
            assert least <= auto.limit <= least + room
