from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets import error_words, words
from tests.widgets.states import (
    ALL_FAILED,
    BREAKER_OPEN,
    CANCELLED,
    COUNTED,
    DONE,
    DONE_WITH_ERRORS,
    EMPTY,
    ENDING,
    HOSTILE_TEXT,
    INPUT_BROKE,
    JUST_STARTED,
    LOST,
    NEARLY_SPENT,
    PACED,
    PAUSE_ASKED_FOR,
    RUNNING,
    STATES,
    STOPPED_BY_COST,
    STOPPED_BY_ERRORS,
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


@pytest.mark.parametrize("snapshot", [CANCELLED, ENDING, STOPPED_BY_ERRORS])
def test_items_that_were_never_done_are_not_progress(snapshot: Snapshot) -> None:
    """Cancelled or skipped, they leave the progress where it stood."""
    assert words.progress(snapshot) == "2,310 of 3,000"
    assert words.share(snapshot).startswith("77")


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED])
def test_a_run_that_takes_nothing_more_is_ending(state: RunState) -> None:
    """What is in flight comes to its end; until then the run is neither running nor ended."""
    ending = replace(ENDING, state=state)
    assert words.state_word(ending) == "Ending"
    assert words.waiting(ending) == "calls in flight come to their end"
    assert words.state_word(replace(ending, state=RunState.CANCELLED)) == "Cancelled"
    # As long as there is something to start, it is not ending.
    assert words.state_word(replace(RUNNING, skipped=5)) == "Running"


def test_a_run_that_a_limit_ended_is_stopped() -> None:
    """It is neither done, nor cancelled by anybody."""
    assert words.state_word(STOPPED_BY_COST) == "Stopped early"


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (BREAKER_OPEN, "Waiting"),
        (replace(BREAKER_OPEN, in_flight=1), "Waiting"),
        (PAUSE_ASKED_FOR, "Waiting"),
        # A pace that the server bears is no standstill, even when nothing is in flight just now.
        (replace(PAUSE_ASKED_FOR, rate_now=4.0), "Running"),
        (replace(PAUSE_ASKED_FOR, in_flight=1), "Running"),
        (PACED, "Running"),
        (replace(BREAKER_OPEN, state=RunState.PAUSED), "Paused"),
        (replace(ENDING, waiting_for="breaker"), "Ending"),
    ],
)
def test_a_run_that_the_server_holds_up_waits(snapshot: Snapshot, said: str) -> None:
    """While a server is down, or wants to be left alone for long, the run is not called running."""
    assert words.state_word(snapshot) == said
    assert words.is_held_up(snapshot) is (said == "Waiting")


def test_an_input_that_broke_is_no_whole() -> None:
    """How many there would have been nobody knows, so what came is not called all there is."""
    assert words.progress(INPUT_BROKE) == "30 items"
    assert words.share(INPUT_BROKE) == ""
    assert words.explanations(INPUT_BROKE) == [
        "The input broke off here: waiting for the run raises an error that says why."
    ]


GO_ON = "run.retry_failed() goes on with the rest."


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (STOPPED_BY_ERRORS, [f"12 items failed, and max_errors=11. {GO_ON}"]),
        (CANCELLED, [GO_ON]),
        (replace(CANCELLED, notices=("It was slow.",)), ["It was slow.", GO_ON]),
        # Who has said it already need not be followed by the same.
        (replace(CANCELLED, notices=(f"Stopped. nk.last_{GO_ON}",)), [f"Stopped. nk.last_{GO_ON}"]),
        (replace(STOPPED_BY_ERRORS, notices=("Run again.",)), ["Run again."]),
        # Nothing is left that could be gone on with.
        (replace(CANCELLED, failed=0, cancelled=0, total=2_298), []),
        (DONE_WITH_ERRORS, []),
        (RUNNING, []),
        (LOST, ["It goes on in the process that this one was forked from."]),
    ],
)
def test_a_run_that_was_broken_off_says_how_to_go_on(snapshot: Snapshot, said: list[str]) -> None:
    """Why it was stopped and how to go on is one line; who can't go on is told nothing."""
    assert words.explanations(snapshot) == said


LOST_ROWS = "Answers that hold a Foo are not kept."


def test_a_warning_is_not_pushed_out_by_what_came_after_it() -> None:
    """Of many notices the newest few are told, and the warnings among them however old."""
    notices = (LOST_ROWS, *map(str, range(9)))
    told = words.explanations(replace(DONE, notices=notices, warnings=(LOST_ROWS,)))
    assert told == [LOST_ROWS, "6", "7", "8"]
    several = tuple(f"{number} lost" for number in range(9))
    told = words.explanations(replace(DONE, notices=(*several, "x"), warnings=several))
    assert told == list(several[-4:])


def test_why_a_run_was_stopped_stands_after_what_was_lost() -> None:
    """Whatever went wrong when it ended, the reason comes last and says how to go on."""
    (reason,) = STOPPED_BY_ERRORS.notices
    for lost in ((LOST_ROWS,), tuple(f"{number} lost" for number in range(9))):
        stopped = replace(STOPPED_BY_ERRORS, notices=(reason, *lost), warnings=lost)
        assert words.explanations(stopped) == [*lost[-4:], f"{reason} {GO_ON}"]


def test_a_long_reason_is_told_in_full() -> None:
    """What stopped a run is not cut in the middle, and not endless either."""
    reason = "The server does not accept the key. " * 12
    (told,) = words.explanations(replace(STOPPED_BY_ERRORS, notices=(reason,)))
    assert told == f"{reason}{GO_ON}"
    (cut,) = words.explanations(replace(STOPPED_BY_ERRORS, notices=("no " * 900,)))
    assert len(cut) < 600
    assert cut.endswith(f"… {GO_ON}")


def test_what_is_known_of_the_server_is_said() -> None:
    """Its own words go before the general ones, and come where nothing else holds up the run."""
    assert words.waiting(PACED) == "at most 87/s, as the server bears"
    assert (
        words.waiting(BREAKER_OPEN) == "the server keeps failing, next try in 12\N{NO-BREAK SPACE}s"
    )
    assert words.waiting(replace(PACED, waiting_for=None)) == "at most 87/s, as the server bears"
    assert words.waiting(replace(PACED, waiting_for="budget")) == "waiting for costs to come in"
    assert "\u202e" not in words.waiting(HOSTILE_TEXT)


def test_spending_is_told_with_its_limit() -> None:
    """With a limit as a part of it, without one as a sum; nothing where nobody counts."""
    assert words.spending(PACED) == "0.42 of 5"
    assert words.spending(replace(PACED, max_cost=None)) == "0.42 spent"
    assert words.spending(replace(PACED, spent=0.0, max_cost=2.5)) == "0 of 2.5"
    assert words.spending(replace(PACED, max_cost=1e6)) == "0.42 of 1,000,000"
    assert words.spending(RUNNING) == ""


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (PACED, "about 0.55 for all"),
        (replace(PACED, max_cost=None), "about 0.55 for all"),
        (NEARLY_SPENT, "about 6.38 would be needed"),
        (COUNTED, "about 0.42 an item"),
        (STOPPED_BY_COST, "about 0.0022 an item"),
        (replace(ENDING, spent=1.0), ""),
        (replace(UNKNOWN_TOTAL, spent=1.0), ""),
        (replace(JUST_STARTED, spent=0.01, ok=9), ""),
        (replace(PACED, spent=0.0), ""),
        (RUNNING, ""),
    ],
)
def test_the_outlook_is_what_all_would_cost(snapshot: Snapshot, said: str) -> None:
    """While it runs what is to be paid in all, then what one item was; no guess from a few."""
    assert words.outlook(snapshot) == said


@pytest.mark.parametrize("amount", [1e-30, 1e-7, 0.5, 99.999, 999.999, 1e15])
def test_sums_of_money_are_short(amount: float) -> None:
    """No sum is written with an exponent, or longer than a cell is wide."""
    assert "e" not in words.money(amount)
    assert len(words.money(amount)) < 24


def test_a_number_that_is_found_by_itself_says_so() -> None:
    """The number is there all the same."""
    assert words.at_once(PACED) == "auto: 17"
    assert words.at_once(RUNNING) == "10"


@pytest.mark.parametrize(
    "reason", ["limit", "backoff", "input", "pause", "server", "breaker", "budget"]
)
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
    kinds = [group.kind for group in error_words.groups_in_order(DONE_WITH_ERRORS)]
    assert kinds[-2:] == ["APIError 418", "ConnectionFailed"]
