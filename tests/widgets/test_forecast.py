from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.forecast import seconds_left, time_left
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
        BREAKER_OPEN,
        replace(BREAKER_OPEN, rate_now=50.0),
        replace(BREAKER_OPEN, throughput=(*BREAKER_OPEN.throughput, 0, 0, 0)),
        PAUSE_ASKED_FOR,
        BACKING_OFF,
    ],
)
def test_a_wait_comes_on_top(snapshot: Snapshot) -> None:
    """How long the work will take after a wait is what is said, from the pace before it."""
    assert said(snapshot) in ("about 10 s left after the wait", "about 15 s left after the wait")


def test_a_wait_does_not_change_what_comes_after_it() -> None:
    """However long it has gone on, what is left to do will take as long as before."""
    now = replace(PAUSE_ASKED_FOR, elapsed_s=47.0, throughput=(50,) * 47)
    later = replace(now, elapsed_s=77.5, throughput=(*(50,) * 30, *(0,) * 30))
    before, after = seconds_left(now), seconds_left(later)
    assert before is not None
    assert after is not None
    assert before.low == pytest.approx(after.low, rel=0.01)
    assert before.high == pytest.approx(after.high, rel=0.01)


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


def _at(done: int, total: int, pace: float) -> Snapshot:
    """A run at a constant pace, after so many items."""
    elapsed_s = done / pace
    whole = int(elapsed_s)
    # The counts of whole items in each second.
    ends = [int(pace * second) for second in range(whole + 1)]
    counts = (*(b - a for a, b in pairwise(ends)), done - ends[-1])
    return Snapshot(
        RunState.RUNNING,
        total,
        ok=done,
        in_flight=1,
        elapsed_s=elapsed_s,
        rate_now=sum(counts[-4:]) / (elapsed_s - max(0, whole - 3)),
        throughput=counts[-60:],
    )


_PACES = st.sampled_from([0.5, 1.0, 7.0, 50.0, 1_000.0])


@given(_PACES, st.integers(5, 1_000), st.integers(1, 100_000))
def test_a_constant_pace_is_found(pace: float, done: int, to_do: int) -> None:
    """The figure in the middle is what it will take, the truth is in the range, and it is one."""
    snapshot = _at(done, done + to_do, pace)
    assume(snapshot.elapsed_s >= 1)
    left = seconds_left(snapshot)
    assert left is not None
    assert left.low <= to_do / pace <= left.high
    # The counts are of whole items, and so are the intervals of time.
    assert left.middle == pytest.approx(to_do / pace, rel=2.5 / min(done, max(50, 3 * pace)))


@given(_PACES, st.integers(5, 500), st.integers(1, 500), st.integers(1, 5_000))
def test_it_shrinks_as_the_run_goes_on(pace: float, done: int, more: int, to_do: int) -> None:
    """At a constant pace the end comes nearer, and is known better."""
    total = done + more + to_do
    early, late = _at(done, total, pace), _at(done + more, total, pace)
    assume(early.elapsed_s >= 1)
    before, after = seconds_left(early), seconds_left(late)
    assert before is not None
    assert after is not None
    tolerance = 1 + 5 / min(done, max(50, 3 * pace))
    assert after.high <= before.high * tolerance
    assert after.high / after.low <= before.high / before.low * tolerance**2


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=60),
    st.floats(0, 1_000),
    st.floats(0, 1),
    st.integers(1, 10**6),
    st.sampled_from([None, "server", "breaker", "limit", "backoff"]),
)
def test_the_low_end_is_below_the_high_one(
    counts: list[int], rate_now: float, part: float, to_do: int, waiting_for: str | None
) -> None:
    """Whatever the course of a run, its range is one, and both ends are times."""
    done = sum(counts)
    snapshot = Snapshot(
        RunState.RUNNING,
        done + to_do,
        ok=done,
        elapsed_s=len(counts) - 1 + part,
        rate_now=rate_now,
        throughput=tuple(counts),
        waiting_for=waiting_for,
    )
    left = seconds_left(snapshot)
    if left is not None:
        assert 0 < left.low <= left.middle <= left.high < math.inf
    assert said(snapshot)


def test_a_run_that_cannot_be_paid_for_ends_earlier() -> None:
    """Where the money ends before the items do, that is when the run will end."""
    dear = replace(PACED, spent=4.8)
    assert said(dear) == "a few seconds until max_cost"
    assert said(PACED) == "about 15 s left"
    assert said(replace(dear, max_cost=None)) == "about 15 s left"
    assert said(replace(dear, spent=5.2)) == "a few seconds until max_cost"
