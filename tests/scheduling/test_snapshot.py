"""Snapshots: what can be told from the numbers of a moment."""

from __future__ import annotations

import dataclasses

import pytest

from notebook_kit.scheduling import RunState, Snapshot


def test_a_snapshot_does_not_change() -> None:
    """It can be handed to any thread."""
    snapshot = Snapshot(RunState.RUNNING, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.ok = 1  # type: ignore[misc]


def test_done_is_everything_that_has_ended() -> None:
    """However an item ended, it is done."""
    snapshot = Snapshot(
        RunState.RUNNING, 100, ok=1, failed=2, timeout=3, cancelled=4, skipped=5, in_flight=6
    )
    assert snapshot.done == 15
    assert snapshot.to_do == 85


@pytest.mark.parametrize(("total", "to_do"), [(None, None), (2, 0), (3, 0), (5, 2)])
def test_to_do_is_never_below_zero(total: int | None, to_do: int | None) -> None:
    """Numbers read while they change may not fit; a count below zero helps nobody."""
    assert Snapshot(RunState.RUNNING, total, ok=3).to_do == to_do


def test_the_time_to_the_end_is_what_is_left_over_the_pace() -> None:
    """85 items at 17 a second take five seconds."""
    assert Snapshot(RunState.RUNNING, 100, ok=15, rate_now=17.0).eta_s == 5.0


@pytest.mark.parametrize(
    "snapshot",
    [
        Snapshot(RunState.RUNNING, None, rate_now=1.0),
        Snapshot(RunState.RUNNING, 10, rate_now=0.0),
        Snapshot(RunState.PAUSED, 10, rate_now=1.0),
        Snapshot(RunState.DONE, 10, ok=10, rate_now=1.0),
    ],
)
def test_nobody_can_tell_the_end_of_what_has_none_or_stands_still(snapshot: Snapshot) -> None:
    """Without a total, a pace or progress there is no estimate."""
    assert snapshot.eta_s is None


def test_states_that_are_final() -> None:
    """Only a running or paused run may still change."""
    assert [state for state in RunState if not state.ended] == [RunState.RUNNING, RunState.PAUSED]
