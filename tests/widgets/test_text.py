from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets import render_text
from tests.widgets.states import (
    CANCELLED,
    DONE,
    DONE_WITH_ERRORS,
    EMPTY,
    ENDING,
    HOSTILE_TEXT,
    OUTAGE,
    PACED,
    PAUSED,
    PILOT_DONE,
    RUNNING,
    STATES,
    STOPPED_BY_COST,
    STOPPED_BY_ERRORS,
    UNKNOWN_TOTAL,
    UNSTEADY,
)

LIVE = {name: it for name, it in STATES.items() if not it.state.ended and it.waiting_for != "pilot"}


def text(snapshot: Snapshot, *, static: bool = False) -> str:
    return render_text(snapshot, static=static).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("snapshot", LIVE.values(), ids=LIVE)
def test_a_live_run_is_one_line(snapshot: Snapshot) -> None:
    """As long as the run goes on its text can be written over itself."""
    assert "\n" not in text(snapshot)


def test_the_line_has_the_counts_and_the_pace() -> None:
    """One line tells state, name, progress, fate, load, pace, time and the reason to wait."""
    assert text(RUNNING) == (
        "Running (users): 2,310 of 3,000 (77 %) · 2,258 ok · 40 reused · 12 failed · "
        "10 in flight · 680 to do · 50.2/s · 46 s · about 15 s left · held back by the rate limit"
    )


def test_an_uncertain_end_is_a_range() -> None:
    """The line of a terminal promises no more than the panel."""
    assert " · 3 to 18 min left" in text(UNSTEADY)


def test_an_unknown_end_is_called_unknown() -> None:
    """Without a total there is no share and no time left."""
    assert "2,298 items so far" in text(UNKNOWN_TOTAL)
    assert "%" not in text(UNKNOWN_TOTAL)
    assert "time left unknown" in text(UNKNOWN_TOTAL)


def test_a_pause_is_said_once() -> None:
    """A paused run stands still, and that is reason enough."""
    assert text(PAUSED).endswith("stands still")


def test_the_summary_lists_errors_with_advice() -> None:
    """At the end each kind of error has its count, an example and what to do."""
    lines = text(DONE_WITH_ERRORS).split("\n")
    assert lines[0].startswith("Done, with errors (users): 3,000 of 3,000 · 2,917 ok")
    assert lines[1] == "  21 × NotFound 404: GET https://api.example.com/users/204 answered 404"
    assert lines[2].strip() == (
        "Nothing is there: check the path and the values that fill it. "
        "run.inspect(204) shows the first."
    )
    assert lines[-1] == "  and 1 error of 1 other kind"


def test_the_line_tells_what_was_spent() -> None:
    """With a limit as a part of it; the words of the server come at the end."""
    assert "· 0.42 of 5 spent · 50.2/s ·" in text(PACED)
    assert text(PACED).endswith("· at most 87/s, as the server bears")
    assert "· 0.42 spent · 50.2/s ·" in text(replace(PACED, max_cost=None))


def test_an_ending_run_says_so() -> None:
    """The line tells what it is still waiting for."""
    assert text(ENDING).startswith("Ending (users): 2,310 of 3,000 (77 %)")
    assert text(ENDING).endswith("finishing · calls in flight come to their end")


@pytest.mark.parametrize("static", [False, True])
def test_a_run_that_was_stopped_says_why(*, static: bool) -> None:
    """The reason stands before the errors, also where nobody watches; the cost is in the line."""
    lines = text(STOPPED_BY_ERRORS, static=static).split("\n")
    assert lines[0].startswith("Stopped early (users): 2,310 of 3,000 · 2,258 ok · 40 reused")
    assert lines[0].endswith("690 skipped") is static
    assert (
        lines[1]
        == "  12 items failed, and max_errors=11. run.retry_failed() goes on with the rest."
    )
    assert lines[2].startswith("  8 × RateLimited 429")
    by_cost = text(STOPPED_BY_COST, static=static)
    assert "\n  4.993 of max_cost=5 is spent, and the next call could cost more" in by_cost
    assert ("4.99 of 5 spent" in by_cost) is not static


def test_a_run_that_was_broken_off_says_how_to_go_on() -> None:
    """One line after the counts, and none of the notices that have nothing to do with the end."""
    lines = text(replace(CANCELLED, notices=("max_concurrency=5 was lowered.",))).split("\n")
    assert lines[1] == "  run.retry_failed() goes on with the rest."
    assert lines[2].startswith("  8 × RateLimited 429")


@pytest.mark.parametrize("static", [False, True])
def test_what_was_lost_is_told_in_text(*, static: bool) -> None:
    """A line each, whether the run was done, stopped or stands at its pilot; no other notice."""
    lost, other = "Answers are not kept.", "max_concurrency=5 was lowered."
    for state in (DONE, STOPPED_BY_ERRORS, PILOT_DONE):
        told = replace(state, notices=(other, lost, *state.notices), warnings=(lost,))
        lines = text(told, static=static).split("\n")
        assert lines[1] == f"  ! {lost}"
        assert sum(other in line for line in lines) == (state is STOPPED_BY_ERRORS)
        assert text(replace(told, warnings=()), static=static).count("!") == 0


def test_nothing_to_do_reads_well() -> None:
    """A run without items says so."""
    assert text(EMPTY) == "Done: nothing to do: 0 items · <0.1 s"


def test_text_from_outside_cannot_command_the_terminal() -> None:
    """Escape sequences in names and errors are not passed on."""
    ended = replace(HOSTILE_TEXT, state=RunState.DONE)
    for shown in (render_text(HOSTILE_TEXT), render_text(ended)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert max(map(len, shown.split("\n"))) < 400


def test_static_text_is_the_same_for_the_same_work() -> None:
    """Times, pace, examples and attempts do not show in static text."""
    other = replace(
        DONE_WITH_ERRORS,
        elapsed_s=1.0,
        attempts=1,
        throughput=(1, 2),
        latency_s=None,
        errors=tuple(
            replace(group, example="other", position=1)
            for group in reversed(DONE_WITH_ERRORS.errors)
        ),
    )
    assert text(other, static=True) == text(DONE_WITH_ERRORS, static=True)
    assert text(DONE, static=True) == "Done (users): 3,000 of 3,000 · 2,960 ok · 40 reused"


def test_static_text_of_a_live_run_has_no_counts() -> None:
    """How far a run is differs every time, so it is left out."""
    assert text(RUNNING, static=True) == "Running (users): under way, 3,000 items"
    assert text(UNKNOWN_TOTAL, static=True) == "Running: under way"


def test_the_line_says_what_rows_that_are_tried_again_have_failed_with() -> None:
    """The most frequent kind is named."""
    assert "14 to try again after ServerError 503 and others" in render_text(OUTAGE)
    assert "14 to try again · " in render_text(replace(OUTAGE, trying=()))
