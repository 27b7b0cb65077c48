"""What a server says that it will still let in: when it matters, and what is made of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.policies.allowance import Allowance
from notebook_kit.policies.hints import RateHint
from tests.policies.servers import (
    FixedWindow,
    Server,
    SlidingWindow,
    TokenBucket,
    nothing,
    run_batch,
    whole_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Caller:
    """Keeps an allowance as `ServerPace` does."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.allowance = Allowance(self.starts)
        self.under_way = 0

    def start(self, now: float, times: int = 1) -> None:
        for _ in range(times):
            self.starts.append(now)
            self.under_way += 1
            self.allowance.started(now)

    def hear(self, now: float, *said: Any, sent: float | None = None, **more: Any) -> float:
        """Hear of an answer that took a tenth of a second; return when one may start."""
        self.under_way -= 1
        sent = now - 0.1 if sent is None else sent
        hint = RateHint(*said, **more)
        self.allowance.heard(now, sent=sent, hint=hint, under_way=self.under_way)
        return self.allowance.earliest(now)


# Windows


@pytest.mark.parametrize(
    ("limit", "remaining", "reset_s"),
    [(100, 99, 1.0), (100, 11, 1.0), (5_000, 4_000, 3_000.0), (None, 5, 60.0), (10, 1, 60.0)],
)
def test_plenty_has_no_influence(limit: float | None, remaining: float, reset_s: float) -> None:
    """With a tenth of the limit or more left, nobody is slowed down."""
    caller = Caller()
    caller.start(9.9)
    assert caller.hear(10.0, limit, remaining, reset_s) == 10.0


def test_what_is_plenty_may_be_sent_at_once() -> None:
    """Down to the last tenth there is no spacing; then there is."""
    caller = Caller()
    caller.hear(10.0, 100, 50, 5.0)
    caller.start(10.0, times=40)
    assert caller.allowance.earliest(10.0) == 10.0
    caller.start(10.0)
    assert caller.allowance.earliest(10.0) == 10.5


def test_nobody_starts_before_the_reset_when_nothing_is_left() -> None:
    """That holds however far away it is, and ends by itself."""
    caller = Caller()
    assert caller.hear(10.0, 5_000, 0, 3_000.0) == 3_010.0
    assert caller.allowance.used_up_until == 3_010.0
    caller.start(20.0)
    assert caller.allowance.earliest(20.0) == 3_010.0
    assert caller.allowance.earliest(3_010.0) == 3_010.0
    assert caller.allowance.earliest(3_011.0) == 3_011.0


def test_the_last_tenth_is_spread_over_the_time_until_the_reset() -> None:
    """Ten of a hundred are spread over two seconds, one after the other."""
    caller = Caller()
    caller.start(9.9)
    assert caller.hear(10.0, 100, 9, 2.0) == pytest.approx(10.1)
    caller.start(10.1)
    assert caller.allowance.earliest(10.1) == pytest.approx(10.3)
    caller.start(11.9)
    assert caller.allowance.earliest(11.9) == 12.0


def test_it_is_spread_over_ten_seconds_at_most() -> None:
    """Who needs a few of the last tenth of an hour's limit need not wait for it."""
    caller = Caller()
    caller.start(9.9)
    caller.hear(10.0, 5_000, 499, 3_000.0)
    caller.start(10.0)
    assert caller.allowance.earliest(10.0) == pytest.approx(10.02)


def test_what_is_under_way_counts() -> None:
    """What was sent after the attempt that the hint came with is taken off what is left."""
    caller = Caller()
    caller.start(9.0)
    caller.start(9.5, times=8)
    assert caller.hear(10.0, 10, 9, 4.0, sent=9.0) == 10.0
    caller.start(10.0)
    caller.start(10.0)
    assert caller.allowance.earliest(10.0) > 10.0
    late = Caller()
    late.start(9.0)
    late.start(9.5, times=9)
    assert late.hear(10.0, 10, 9, 4.0, sent=9.0) > 10.0


def test_what_was_answered_counts_no_more() -> None:
    """An attempt that is over has been counted by the server, whenever it was sent."""
    caller = Caller()
    caller.start(9.0, times=3)
    caller.start(9.5, times=30)
    caller.under_way = 1
    assert caller.hear(10.0, 10, 5, 4.0, sent=9.0) == 10.0


def test_without_a_limit_as_many_as_are_under_way_are_few() -> None:
    """Where the limit is not told, it is low when the next round of attempts could use it up."""
    caller = Caller()
    caller.start(9.0)
    caller.start(9.5, times=8)
    assert caller.hear(10.0, None, 20, 4.0, sent=9.0) == 10.0
    caller.start(10.0)
    caller.start(10.01)
    assert caller.hear(10.1, None, 3, 4.0, sent=9.6) > 10.1


def test_the_newest_attempt_knows_best() -> None:
    """Answers overtake each other: what an older attempt was told is out of date."""
    caller = Caller()
    assert caller.hear(10.0, 100, 0, 5.0, sent=9.9) == 15.0
    assert caller.hear(10.1, 100, 60, 5.0, sent=9.8) == 15.0
    assert caller.hear(10.2, 100, 1, 5.0, sent=9.9) == 15.0
    assert caller.hear(15.1, 100, 99, 5.0, sent=15.0) == 15.1
    assert caller.hear(15.2, 100, 0, 5.0, sent=9.95) == 15.2


@pytest.mark.parametrize("remaining", [None, math.nan, math.inf, -1.0])
def test_what_says_nothing_changes_nothing(remaining: float | None) -> None:
    """Without a number of what is left, the last hint holds."""
    caller = Caller()
    assert caller.hear(10.0, 100, 0, 5.0) == 15.0
    assert caller.hear(10.1, 100, remaining, 5.0) == 15.0


@pytest.mark.parametrize("reset_s", [None, math.nan, math.inf, 0.0, -1.0, 86_401.0])
def test_a_reset_that_is_none_holds_up_nobody(reset_s: float | None) -> None:
    """Nobody waits for a time that is not told, is past, or is days away."""
    assert Caller().hear(10.0, 100, 0, reset_s) == 10.0


# Buckets


def test_a_bucket_is_used_as_fast_as_it_fills() -> None:
    """Its filling shows in what is missing and how long that takes."""
    caller = Caller()
    caller.start(9.9)
    assert caller.hear(10.0, 100, 4, 9.6, refills=True) == 10.0
    caller.start(10.0)
    assert caller.allowance.earliest(10.0) == pytest.approx(10.1)
    empty = Caller()
    assert empty.hear(10.0, 100, 0, 10.0, refills=True) == pytest.approx(10.1)
    assert empty.allowance.used_up_until == pytest.approx(10.1)


def test_those_under_way_are_served_first() -> None:
    """What was sent already will take the next that come in."""
    caller = Caller()
    caller.start(9.0)
    caller.start(9.5, times=5)
    assert caller.hear(10.0, 100, 0, 10.0, sent=9.0, refills=True) == pytest.approx(10.6)


@pytest.mark.parametrize(("limit", "remaining"), [(None, 0), (100, 97), (10, 8)])
def test_a_bucket_that_tells_too_little_has_no_influence(
    limit: float | None, remaining: float
) -> None:
    """Of a few missing ones, or where nobody knows how many, no filling can be told."""
    caller = Caller()
    caller.start(9.9, times=200)
    assert caller.hear(10.0, limit, remaining, 1.0, refills=True, sent=9.0) == 10.0


# What is not counted in requests


def test_of_other_units_only_what_is_used_up_is_known() -> None:
    """What one request takes of a limit of tokens is not known."""
    assert Caller().hear(10.0, 1_000, 1, 60.0, unit="tokens") == 10.0
    assert Caller().hear(10.0, 1_000, 0, 60.0, unit="tokens") == 70.0
    assert Caller().hear(10.0, 1_000, 0, 60.0, unit="tokens", refills=True) == 16.0


# Against servers


@pytest.mark.parametrize("latency", [(0.005, 0.02), (0.5, 1.5)])
@pytest.mark.parametrize(
    ("make", "items", "seconds"),
    [
        (lambda: FixedWindow(100.0), 3_000, 31.0),
        (lambda: TokenBucket(100.0, 100), 3_000, 31.0),
        (lambda: FixedWindow(500 / 60, period=60.0), 1_400, 130.0),
        (lambda: FixedWindow(5_000 / 3_600, period=3_600.0), 4_400, 1.0),
        (lambda: FixedWindow(5_000 / 3_600, period=3_600.0), 4_990, 12.0),
    ],
)
def test_a_server_that_tells_refuses_hardly_anything(
    make: Callable[[], Server], items: int, seconds: float, latency: tuple[float, float]
) -> None:
    """It is not even stormed at first, and no time is lost."""
    figures = run_batch(make(), items=items, latency=latency, hints=True)
    fastest = items * latency[1] / 64
    assert figures.share_refused() <= 0.01
    assert figures.ended <= seconds + fastest


@pytest.mark.parametrize("says", [whole_seconds, nothing])
@pytest.mark.parametrize("make", [lambda: SlidingWindow(100.0), lambda: TokenBucket(100.0, 10)])
def test_what_is_told_in_another_sense_does_little_harm(
    make: Callable[[], Server], says: Callable[[float, float], float | None]
) -> None:
    """A window that slides has no reset, and a small bucket hardly anything to tell."""
    figures = run_batch(make(), items=3_000, says=says, hints=True)
    assert figures.share_refused(1.0) <= 0.02
    assert figures.ended <= 1.25 * 30.0
