from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets import words
from tests.widgets.states import (
    ALL_FAILED,
    BACKING_OFF,
    CANCELLED,
    DONE,
    DONE_WITH_ERRORS,
    EMPTY,
    JUST_STARTED,
    PAUSED,
    RUNNING,
    STATES,
    UNKNOWN_TOTAL,
)


@pytest.mark.parametrize("snapshot", STATES.values(), ids=STATES)
def test_parts_add_up_to_what_is_done(snapshot: Snapshot) -> None:
    """Every item that has ended is counted in one part and in one only."""
    assert sum(part.number for part in words.parts(snapshot)) == snapshot.done


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_a_word(state: RunState) -> None:
    """No state of a run is without a word."""
    assert words.state_word(Snapshot(state, 3, ok=1))


def test_the_end_says_whether_all_went_well() -> None:
    """A run that is done is told apart by what failed in it."""
    said = [words.state_word(snapshot) for snapshot in (DONE, DONE_WITH_ERRORS, ALL_FAILED)]
    assert said == ["Done", "Done, with errors", "Done, all failed"]


def test_items_that_were_cut_off_are_not_progress() -> None:
    """After a cancellation the progress stands where it stood."""
    assert words.progress(CANCELLED) == "2,310 of 3,000"
    assert words.share(CANCELLED).startswith("77")


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (DONE, ""),
        (PAUSED, "stands still"),
        (UNKNOWN_TOTAL, "time left unknown"),
        (JUST_STARTED, "estimating time left"),
        (BACKING_OFF, "estimating time left"),
        (replace(RUNNING, ok=2_988), "finishing"),
    ],
)
def test_time_left_is_not_guessed(snapshot: Snapshot, said: str) -> None:
    """Where nobody can tell how long it takes, no time is given."""
    assert words.time_left(snapshot) == said


def test_time_left_is_an_estimate() -> None:
    """At a known pace the time left is said, as roughly as it is known."""
    assert words.time_left(RUNNING).replace("\N{NO-BREAK SPACE}", " ") == "about 15 s left"


@pytest.mark.parametrize("reason", ["limit", "backoff", "input", "pause"])
def test_every_reason_to_wait_has_words(reason: str) -> None:
    """Why nothing more is started is always said while the run goes on, and never after it."""
    assert words.waiting(replace(RUNNING, waiting_for=reason))
    assert not words.waiting(replace(DONE, waiting_for=reason))


def test_average_leaves_out_what_needed_no_work() -> None:
    """Reused answers do not make the average faster than the server is."""
    snapshot = Snapshot(RunState.RUNNING, 200, ok=110, reused=100, elapsed_s=10.0)
    assert words.average_rate(snapshot) == 1.0
    assert words.average_rate(EMPTY) == 0.0


def test_errors_come_in_an_order_that_does_not_depend_on_chance() -> None:
    """Kinds that are as frequent are in the order of their names."""
    kinds = [group.kind for group in words.groups_in_order(DONE_WITH_ERRORS)]
    assert kinds[-2:] == ["APIError 418", "ConnectionFailed"]
