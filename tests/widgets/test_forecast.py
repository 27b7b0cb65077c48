from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.forecast import time_left
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
)


def said(snapshot: Snapshot) -> str:
    return time_left(snapshot).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (DONE, ""),
        (PAUSED, "stands still"),
        (UNKNOWN_TOTAL, "time left unknown"),
        (JUST_STARTED, "estimating time left"),
        (BACKING_OFF, "estimating time left"),
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
        # The pace of the seconds before it opened promises nothing.
        replace(BREAKER_OPEN, rate_now=50.0),
        replace(BREAKER_OPEN, in_flight=1),
        PAUSE_ASKED_FOR,
        replace(NEARLY_SPENT, waiting_for="budget"),
    ],
)
def test_nothing_is_promised_for_others(snapshot: Snapshot) -> None:
    """When a server is back, or what calls will have cost, is not for us to say."""
    assert said(snapshot) == "time left unknown"


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
        assert said(replace(steady, rate_now=rate_now)) == "about 1 min 20 s left"
    assert said(SLOW) == "about 1 h left"


def test_a_run_that_cannot_be_paid_for_ends_earlier() -> None:
    """Where the money ends before the items do, that is when the run will end."""
    dear = replace(PACED, spent=4.8)
    assert said(dear) == "a few seconds until max_cost"
    assert said(PACED) == "about 15 s left"
    assert said(replace(dear, max_cost=None)) == "about 15 s left"
    assert said(replace(dear, spent=5.2)) == "a few seconds until max_cost"
