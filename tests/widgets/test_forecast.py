from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.forecast import time_left
from notebook_kit.widgets.time_range import range_in_words
from tests.widgets.states import (
    BACKING_OFF,
    BREAKER_OPEN,
    DONE,
    ENDING,
    JUST_STARTED,
    NEARLY_SPENT,
    PACED,
    PAUSE_ASKED_FOR,
    PAUSED,
    RUNNING,
    SLOW,
    UNKNOWN_TOTAL,
    UNSTEADY,
)

#: One attempt finds out whether the server is up again.
PROBING = replace(BREAKER_OPEN, wait_s=None)


def said(snapshot: Snapshot) -> str:
    return time_left(snapshot).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (DONE, ""),
        (PAUSED, "stands still"),
        (UNKNOWN_TOTAL, "time left unknown"),
        (JUST_STARTED, "time left not known yet"),
        (replace(RUNNING, ok=40, failed=4), "time left not known yet"),
        (replace(RUNNING, rate_now=0.0, throughput=(), elapsed_s=0.9), "time left not known yet"),
        (SLOW, "time left not known yet"),
        (replace(NEARLY_SPENT, waiting_for="budget"), "time left unknown"),
        (replace(RUNNING, ok=2_988), "finishing"),
        (ENDING, "finishing"),
        (replace(ENDING, state=RunState.PAUSED), "finishing"),
    ],
)
def test_time_left_is_not_guessed(snapshot: Snapshot, words: str) -> None:
    """Where nobody can tell how long it takes, no time is given."""
    assert said(snapshot) == words


@pytest.mark.parametrize(
    "snapshot",
    [
        PROBING,
        replace(PROBING, rate_now=50.0),
        replace(PROBING, throughput=(*PROBING.throughput, 0, 0, 0)),
        replace(PROBING, waiting_for="server"),
        BACKING_OFF,
    ],
)
def test_a_wait_comes_on_top(snapshot: Snapshot) -> None:
    """Where nobody knows how long it is: what is said is how long the work after it will take."""
    assert said(snapshot) in ("about 10 s left after the wait", "about 15 s left after the wait")


@pytest.mark.parametrize(
    ("wait_s", "words"),
    [
        (120.0, "about 2 min 10 s left with the wait"),
        (5.0, "about 15 s left with the wait"),
        (0.0, "about 10 s left after the wait"),
        (None, "about 10 s left after the wait"),
    ],
)
def test_a_wait_of_known_length_is_in_it(wait_s: float | None, words: str) -> None:
    """The server said how long it is to be left alone, so that the end is known."""
    assert said(replace(PAUSE_ASKED_FOR, wait_s=wait_s)) == words
    assert said(replace(BREAKER_OPEN, wait_s=wait_s)) == words


def test_a_range_with_a_wait_is_one() -> None:
    """Both ends are later by the wait; where that is most of it, one figure says enough."""
    waiting = replace(UNSTEADY, rate_now=0.0, in_flight=0, waiting_for="server")
    assert said(replace(waiting, wait_s=120.0)) == "5 to 20 min left with the wait"
    assert said(replace(waiting, wait_s=36_000.0)) == "about 10 h 10 min left with the wait"
    dear = replace(PACED, spent=4.8, rate_now=0.0, in_flight=0, wait_s=60.0)
    assert said(dear) == "about 1 min until max_cost with the wait"


def test_time_left_is_an_estimate() -> None:
    """At a known pace the time left is said, as roughly as it is known."""
    assert said(RUNNING) == "about 15 s left"
    assert said(replace(RUNNING, ok=2_900)) == "a few seconds left"


def test_a_slow_run_has_a_steady_estimate() -> None:
    """Between two of a few items it does not jump to and fro: more of the past counts."""
    slow = replace(
        RUNNING, total=100, ok=20, failed=0, reused=0, errors=(), rate="1/s", in_flight=0
    )
    steady = replace(slow, throughput=(1,) * 20 + (0,), elapsed_s=20.5)
    for rate_now in (0.0, 0.6, 1.3):
        assert said(replace(steady, rate_now=rate_now)) == "55 s to 2 min left"


def test_an_uncertain_time_is_a_range() -> None:
    """Where the pace of now and that of the last items differ, both ends are said."""
    assert said(UNSTEADY) == "3 to 18 min left"
    assert said(replace(UNSTEADY, rate_now=0.0, in_flight=0)) == "3 to 18 min left after the wait"
    steady = replace(UNSTEADY, rate_now=17.0, throughput=(17,) * 60)
    assert said(steady) == "about 3 min 50 s left"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.1, 4.9, ""),
        (2, 8, "up to 10 s"),
        (11, 26, "10 to 30 s"),
        (50, 89, "50 to 90 s"),
        (59, 91, "55 s to 2 min"),
        (61, 95, "1 to 2 min"),
        (50 * 60, 85 * 60, "50 to 85 min"),
        (50 * 60, 95 * 60, "50 min to 2 h"),
        (4_000, 200_000, "1 h to 3 d"),
        (100_000, 200_000, "1 to 3 d"),
    ],
)
def test_a_range_in_words(low: float, high: float, words: str) -> None:
    """Both ends are rounded outwards, each in the unit that it is read in."""
    assert range_in_words(low, high).replace("\N{NO-BREAK SPACE}", " ") == words


_UNIT_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


@given(st.floats(5, 1e6), st.floats(1.5, 100))
def test_a_range_in_words_holds_the_range(low: float, ratio: float) -> None:
    """What is said is never narrower than what is known."""
    said_low, _, said_high = range_in_words(low, low * ratio).partition(" to ")
    number, _, unit = said_high.partition("\N{NO-BREAK SPACE}")
    first, _, own_unit = said_low.partition("\N{NO-BREAK SPACE}")
    assert int(first) * _UNIT_S[own_unit or unit] <= low
    assert int(number) * _UNIT_S[unit] >= low * ratio
    assert int(first) > 0


def test_a_run_that_cannot_be_paid_for_ends_earlier() -> None:
    """Where the money ends before the items do, that is when the run will end."""
    dear = replace(PACED, spent=4.8)
    assert said(dear) == "a few seconds until max_cost"
    assert said(PACED) == "about 15 s left"
    assert said(replace(dear, max_cost=None)) == "about 15 s left"
    assert said(replace(dear, spent=5.2)) == "a few seconds until max_cost"
