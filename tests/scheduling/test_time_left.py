"""The time to the end of a run: between what it is, and what is in it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.scheduling.time_left import affordable, seconds_left, waits

#: Half of it is done, at a constant pace.
STEADY = Snapshot(
    RunState.RUNNING,
    6_000,
    ok=3_000,
    in_flight=10,
    elapsed_s=60.5,
    rate_now=50.0,
    throughput=(50,) * 60,
)


def _waiting(**numbers: Any) -> Snapshot:
    """A run that a server has told to wait."""
    given = {"rate_now": 0.0, "in_flight": 0, "waiting_for": "server", **numbers}
    return replace(STEADY, **given)


@pytest.mark.parametrize(
    "snapshot",
    [
        replace(STEADY, state=RunState.PAUSED),
        replace(STEADY, state=RunState.DONE),
        replace(STEADY, total=None),
        replace(STEADY, ok=4),
        replace(STEADY, ok=3_000, reused=2_996),
        replace(STEADY, elapsed_s=0.9),
        replace(STEADY, waiting_for="budget"),
        replace(STEADY, ok=0, skipped=3_000, rate_now=0.0, throughput=()),
        replace(STEADY, ok=5, elapsed_s=math.inf, rate_now=0.0, throughput=()),
    ],
)
def test_nobody_can_tell(snapshot: Snapshot) -> None:
    """Where there is no end, no pace or too little to go by, there is no range."""
    assert seconds_left(snapshot) is None
    assert snapshot.eta_range_s is None


def test_a_constant_pace_has_a_narrow_range() -> None:
    """3,000 items at 50 a second take a minute, by one way of counting or the other."""
    left = seconds_left(STEADY)
    assert left is not None
    assert left.low < 60 < left.high
    assert left.middle == pytest.approx(60, rel=0.02)
    assert not left.is_uncertain
    assert STEADY.eta_range_s == (left.low, left.high)
    assert STEADY.eta_s == 60.0


def test_two_paces_make_a_wide_range() -> None:
    """What goes slowly lately may go on so, or as before."""
    slower = replace(STEADY, rate_now=17.0, throughput=(*(60,) * 47, *(17,) * 13))
    left = seconds_left(slower)
    assert left is not None
    assert left.is_uncertain


def test_a_known_wait_is_in_the_range_and_an_unknown_one_is_not() -> None:
    """Both ends are later by the wait, and so is the middle; a run that works on has none."""
    unknown, known = seconds_left(_waiting()), seconds_left(_waiting(wait_s=120.0))
    assert unknown is not None
    assert known is not None
    assert (known.low, known.high) == pytest.approx((unknown.low + 120, unknown.high + 120))
    assert known.middle == pytest.approx(unknown.middle + 120)
    assert (known.wait_s, unknown.wait_s) == (120.0, 0.0)
    # It has just begun: what was before it still counts as the present pace.
    begun = seconds_left(_waiting(wait_s=120.0, rate_now=30.0))
    assert begun == known
    # Spread as the server bears it, something ends all the time: that is a pace and no wait.
    paced = replace(STEADY, waiting_for="server")
    assert seconds_left(paced) == seconds_left(STEADY)


def test_what_counts_as_a_wait() -> None:
    """Nothing is under way and nothing ends, but for a limit of the run's own; or a breaker."""
    assert waits(_waiting())
    assert waits(_waiting(waiting_for="backoff"))
    assert waits(_waiting(waiting_for="breaker", rate_now=3.0))
    assert waits(_waiting(wait_s=3.0, rate_now=3.0))
    assert not waits(_waiting(rate_now=3.0))
    assert not waits(_waiting(waiting_for="limit"))
    assert not waits(_waiting(in_flight=1))
    assert not waits(STEADY)


def test_a_run_that_cannot_be_paid_for_ends_when_the_money_does() -> None:
    """Of what is left as many items as can be paid for; where nobody counts, all."""
    assert affordable(STEADY) == math.inf
    assert affordable(replace(STEADY, spent=3.0)) == math.inf
    assert affordable(replace(STEADY, ok=5, spent=3.0, max_cost=4.0)) == math.inf
    dear = replace(STEADY, spent=3.0, max_cost=3.5)
    assert affordable(dear) == pytest.approx(500)
    assert affordable(replace(dear, spent=4.0)) == 0
    left = seconds_left(dear)
    assert left is not None
    assert left.low < 10 < left.high


def test_a_wait_does_not_change_what_comes_after_it() -> None:
    """However long it has gone on, what is left to do will take as long as before."""
    now = _waiting(elapsed_s=47.0, throughput=(50,) * 47)
    later = replace(now, elapsed_s=77.5, throughput=(*(50,) * 30, *(0,) * 30))
    before, after = seconds_left(now), seconds_left(later)
    assert before is not None
    assert after is not None
    assert before.low == pytest.approx(after.low, rel=0.01)
    assert before.high == pytest.approx(after.high, rel=0.01)


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
    st.tuples(
        st.sampled_from([None, "server", "breaker", "limit", "backoff"]),
        st.none() | st.floats(0, 1e5),
    ),
)
def test_the_low_end_is_below_the_high_one(
    counts: list[int],
    rate_now: float,
    part: float,
    to_do: int,
    waiting: tuple[str | None, float | None],
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
        waiting_for=waiting[0],
        wait_s=waiting[1],
    )
    left = seconds_left(snapshot)
    if left is not None:
        assert 0 < left.low <= left.high < math.inf
        # The wait may be so long that what comes after it is lost in rounding.
        assert left.low <= left.middle * 1.000001
        assert left.middle <= left.high * 1.000001
        assert snapshot.eta_range_s == (left.low, left.high)
