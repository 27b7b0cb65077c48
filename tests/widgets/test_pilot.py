"""What is shown while a run stands at its pilot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.scheduling import Range, RunState, Snapshot
from notebook_kit.widgets import render_face, render_text, words
from notebook_kit.widgets.forecast import time_left
from notebook_kit.widgets.pilot import go_on_button, pilot, pilot_lines
from tests.widgets.states import PAUSED, PILOT_DONE, PILOT_OF_A_STREAM, RUNNING


def said(snapshot: Snapshot, *, static: bool = False) -> str:
    return str(pilot(snapshot, static=static)).replace("\N{NO-BREAK SPACE}", " ")


def lines(snapshot: Snapshot, *, static: bool = False) -> list[str]:
    told = pilot_lines(snapshot, static=static)
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in told]


def with_forecast(**ranges: Range | int | None) -> Snapshot:
    assert PILOT_DONE.forecast is not None
    return replace(PILOT_DONE, forecast=replace(PILOT_DONE.forecast, **ranges))  # type: ignore[arg-type]


def test_nothing_is_shown_of_a_run_without_a_pilot() -> None:
    """Neither while it goes on nor while it is merely paused."""
    for snapshot in (RUNNING, PAUSED):
        assert pilot(snapshot, static=False) is None
        assert pilot_lines(snapshot, static=False) == []
        assert "nbk-pilot" not in render_face(snapshot)


def test_each_guess_has_its_range_and_the_source_is_said() -> None:
    """Time, cost and failures of the rest, from how many items, and that it is a guess."""
    face = said(PILOT_DONE)
    assert "The other 980 items</b>, guessed from the 20 items of the pilot" in face
    for words_of_it in (
        "about 49 s",
        "38 s to 1 min",
        "about 2.02",
        "1.21 to 2.83",
        "about 49 (5 %)",
        "9 to 231, 1 % to 24 %",
        "95 of 100",
    ):
        assert words_of_it in face


def test_the_text_says_the_same_and_how_to_go_on() -> None:
    """A terminal shows two lines under the first."""
    first, second = lines(PILOT_DONE)
    assert first == (
        "  The other 980 items, guessed from 20 items: time about 49 s (38 s to 1 min); cost about "
        "2.02 (1.21 to 2.83), more than the 1.96 that max_cost leaves; failures about 49 (5 %) "
        "(9 to 231, 1 % to 24 %)"
    )
    assert second == "  run.go() goes on with the other 980, run.cancel() leaves it at that."
    assert render_text(PILOT_DONE).startswith("Pilot done (users): 20 of 1,000")
    assert render_text(PILOT_DONE).count("\n") == 2


def test_without_a_known_end_only_the_share_of_failures_is_told() -> None:
    """Nobody knows how many are left, so neither time nor cost is."""
    face = said(PILOT_OF_A_STREAM)
    assert "The rest, however many there are" in face
    assert "about 0 %" in face
    assert ">Time<" not in face
    assert ">Cost<" not in face
    assert lines(PILOT_OF_A_STREAM)[1].startswith("  run.go() goes on with the rest,")


@pytest.mark.parametrize(
    ("limit", "warning"),
    [
        (None, None),
        (9.0, None),
        (2.5, "perhaps more than the 2.46 that max_cost leaves"),
        (0.01, "more than the 0 that max_cost leaves"),
    ],
)
def test_it_warns_where_the_money_may_not_do(limit: float | None, warning: str | None) -> None:
    """Where the range reaches beyond what is left of max_cost, that is said."""
    face = said(replace(PILOT_DONE, max_cost=limit))
    assert ("max_cost leaves" in face) == (warning is not None)
    assert warning is None or warning in face


def test_the_stored_face_has_nothing_that_differs_each_time() -> None:
    """Times and costs are left out; the share of failures and the way on stay."""
    face = str(render_face(PILOT_DONE, static=True))
    assert "Failures" in face
    assert ">Time<" not in face
    assert ">Cost<" not in face
    assert "run.go() goes on with the other 980" in face
    assert "20</b> of 1,000" in face
    text = render_text(PILOT_DONE, static=True)
    assert "cost" not in text
    assert "failures about 49" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_way_on_is_said_once() -> None:
    """The notice of the run says it; where there is none the face does."""
    assert str(render_face(PILOT_DONE)).count("run.go()") == 1
    without = replace(PILOT_DONE, notices=())
    assert words.explanations(without) == [words.way_on_from_pilot(without)]


def test_small_shares_and_empty_ranges_can_be_drawn() -> None:
    """A share below one hundredth is not called none; nothing left is a range of nothing."""
    face = said(with_forecast(failed_share=Range(0.0, 0.001, 0.004)))
    assert "0 % to &lt;1 %" in face
    nothing = Range(0.0, 0.0, 0.0)
    assert "left:0.3%" in said(with_forecast(time_s=nothing, cost=nothing, items_left=0))


def test_words_of_the_state() -> None:
    """The head says that the pilot is done and what the run waits for."""
    assert words.state_word(PILOT_DONE) == "Pilot done"
    assert words.waiting(PILOT_DONE) == "waiting to be told to go on"
    assert time_left(PILOT_DONE) == "waits to be told to go on"
    assert time_left(PAUSED) == "stands still"
    assert not words.at_pilot(replace(PILOT_DONE, state=RunState.RUNNING))


def test_ends_that_are_equal_are_one_figure() -> None:
    """A range that is none is not written as one."""
    same = with_forecast(time_s=Range(3.9, 3.9, 3.9), cost=Range(0.7, 0.78, 0.78))
    told = lines(same)[0]
    assert "time about 3.9 s; cost about 0.78 (0.70 to 0.78);" in told
    assert said(same).count("3.9 s</") == 1


@pytest.mark.parametrize(("share", "figure"), [(0.998, ">99 %"), (0.978, "98 %"), (0.001, "<1 %")])
def test_a_share_is_rounded_to_no_end_that_it_has_not_reached(share: float, figure: str) -> None:
    """Nearly all is not all, and next to nothing is not nothing."""
    told = lines(with_forecast(failed_share=Range(share, share, share)))[0]
    assert f"({figure})" in told


def test_the_button_says_how_many_more() -> None:
    """Its tooltip does, so that it is as short as the button whose place it takes."""
    assert "the other 980 items" in go_on_button(PILOT_DONE)["tooltip"]
    assert go_on_button(PILOT_OF_A_STREAM)["description"] == "Go on"
