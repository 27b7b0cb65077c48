"""What follows from the numbers of a snapshot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.scheduling.amounts import (
    average_rate,
    cost_of_one,
    finished,
    is_ending,
    is_held_up,
    untouched,
)

RUNNING = Snapshot(
    RunState.RUNNING, 100, ok=30, failed=2, in_flight=5, backing_off=3, elapsed_s=4.0, rate_now=8.0
)


def test_all_the_counts_add_up() -> None:
    """What has ended, what is under way or waits, and what has not been touched."""
    assert untouched(RUNNING) == 60
    assert untouched(replace(RUNNING, total=None)) is None
    assert untouched(replace(RUNNING, total=33)) == 0


def test_only_what_came_to_an_end_of_its_own_is_finished() -> None:
    """Items that never had the chance are done and not finished, and are no part of the pace."""
    cut = replace(RUNNING, cancelled=10, skipped=1, reused=12)
    assert finished(cut) == 32
    assert average_rate(cut) == 5.0
    assert average_rate(replace(cut, elapsed_s=0.0)) == 0.0
    assert average_rate(replace(cut, ok=10, failed=2)) == 0.0


def test_a_run_that_starts_nothing_more_is_ending() -> None:
    """As soon as the rest is settled, until it has ended."""
    ending = replace(RUNNING, cancelled=60)
    assert is_ending(ending)
    assert not is_ending(RUNNING)
    assert not is_ending(replace(RUNNING, cancelled=59))
    assert not is_ending(replace(ending, state=RunState.CANCELLED))


@pytest.mark.parametrize(
    ("snapshot", "held_up"),
    [
        (replace(RUNNING, waiting_for="breaker"), True),
        (replace(RUNNING, waiting_for="breaker", state=RunState.PAUSED), False),
        (replace(RUNNING, waiting_for="breaker", cancelled=60), False),
        (replace(RUNNING, waiting_for="server"), False),
        (replace(RUNNING, waiting_for="server", in_flight=0), False),
        (replace(RUNNING, waiting_for="server", in_flight=0, rate_now=0.0), True),
        (replace(RUNNING, waiting_for="limit", in_flight=0, rate_now=0.0), False),
    ],
)
def test_a_server_that_holds_a_run_up(snapshot: Snapshot, held_up: bool) -> None:  # noqa: FBT001
    """It is down, or wants to be left alone for longer than its pace asks for."""
    assert is_held_up(snapshot) is held_up


def test_what_one_has_cost() -> None:
    """As soon as enough were paid for; reused ones were not."""
    assert cost_of_one(RUNNING) == 0.0
    assert cost_of_one(replace(RUNNING, spent=6.4)) == 0.2
    assert cost_of_one(replace(RUNNING, spent=6.4, reused=23)) == 0.0
