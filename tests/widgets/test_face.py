from __future__ import annotations

import re
from dataclasses import replace

import pytest

from notebook_kit.scheduling import ErrorGroup, RunState, Snapshot
from notebook_kit.widgets import render_face
from tests.widgets.fakes import Element, parse
from tests.widgets.states import (
    BREAKER_OPEN,
    DONE,
    DONE_WITH_ERRORS,
    HOSTILE,
    HOSTILE_TEXT,
    LONG_ERROR,
    OUTAGE,
    PACED,
    RUNNING,
    STATES,
    STOPPED_BY_COST,
    UNKNOWN_TOTAL,
)

every_state = pytest.mark.parametrize("snapshot", STATES.values(), ids=STATES)
either_way = pytest.mark.parametrize("static", [False, True], ids=["live", "static"])


def face(snapshot: Snapshot, *, static: bool = False) -> Element:
    return parse(render_face(snapshot, static=static)).one(".nbk")


@every_state
@either_way
def test_every_face_is_well_formed_and_without_script(snapshot: Snapshot, *, static: bool) -> None:
    """Elements nest, none is a script, none has a handler, nothing is loaded from elsewhere."""
    found = list(face(snapshot, static=static))
    assert not {element.tag for element in found} & {"script", "iframe", "img", "link", "a"}
    for element in found:
        assert not [name for name in element.attributes if name.startswith("on")]
        assert not {"src", "href", "id"} & element.attributes.keys()


def test_dollars_are_no_formula() -> None:
    """A front end that sets formulas leaves the names and errors of a face as they are."""
    assert "mathjax_ignore" in (face(RUNNING).attributes["class"] or "").split()


@every_state
@either_way
def test_a_face_is_small(snapshot: Snapshot, *, static: bool) -> None:
    """A face travels eight times a second, so it stays small whatever it says."""
    assert len(render_face(snapshot, static=static)) < 16_000


@pytest.mark.parametrize("place", ["name", "rate", "kind", "example", "notice", "reason", "server"])
def test_foreign_text_is_escaped(place: str) -> None:
    """Markup in a name, a limit, an error or a notice is shown and not obeyed."""
    group = ErrorGroup("KeyError", 3, "example", 0)
    snapshot = {
        "name": replace(RUNNING, name=HOSTILE),
        "rate": replace(RUNNING, rate=HOSTILE),
        "kind": replace(RUNNING, errors=(replace(group, kind=HOSTILE),)),
        "example": replace(RUNNING, errors=(replace(group, example=HOSTILE),)),
        "notice": replace(RUNNING, notices=(HOSTILE,)),
        "reason": replace(STOPPED_BY_COST, notices=(HOSTILE,)),
        "server": replace(PACED, server=HOSTILE),
    }[place]
    page = render_face(snapshot)
    assert "<script" not in page
    assert HOSTILE in face(snapshot).text


def test_foreign_text_cannot_turn_the_writing_around() -> None:
    """Characters that change the direction of what follows are replaced."""
    assert "\u202e" not in render_face(HOSTILE_TEXT)


def test_a_long_error_is_cut() -> None:
    """An error of five thousand characters takes a few lines."""
    page = face(HOSTILE_TEXT)
    assert len(LONG_ERROR) > 5_000
    assert max(len(example.text) for example in page.all(".nbk-example")) <= 220


@every_state
def test_the_bar_speaks(snapshot: Snapshot) -> None:
    """The bar is a progress bar for a screen reader; without a known end it has no value."""
    bar = face(snapshot).one(".nbk-bar").attributes
    assert bar["role"] == "progressbar"
    assert bar["aria-label"]
    assert bar["aria-valuetext"]
    if snapshot.total is None:
        assert "aria-valuenow" not in bar
        return
    now, most = int(str(bar["aria-valuenow"])), int(str(bar["aria-valuemax"]))
    assert 0 <= now <= most


@every_state
def test_the_bar_is_as_long_as_the_work(snapshot: Snapshot) -> None:
    """The pieces of the bar, counted together, are all the items there are."""
    pieces = face(snapshot).one(".nbk-bar").all(".nbk-part")
    sizes = [float(str(piece.attributes["style"]).removeprefix("flex-grow:")) for piece in pieces]
    if snapshot.total is None:
        assert pieces[-1].attributes["class"] == "nbk-part nbk-open"
    else:
        assert sum(sizes) == snapshot.total


@every_state
def test_every_colour_has_its_words(snapshot: Snapshot) -> None:
    """No part of the bar is told by its look alone: the counts beside it name each look."""
    page = face(snapshot)
    looks = {str(piece.attributes["class"]).split("-")[-1] for piece in page.all(".nbk-part")}
    keys = {
        str(key.one(".nbk-swatch").attributes["class"]).split("-")[-1]: key.text
        for key in page.all(".nbk-key")
    }
    assert looks - {"open"} <= keys.keys()
    assert all(any(letter.isalpha() for letter in text) for text in keys.values())


def test_more_attempts_than_items_do_not_stretch_the_bar() -> None:
    """Second tries that overlap the first are not items of their own."""
    snapshot = Snapshot(RunState.RUNNING, 10, ok=8, in_flight=5)
    sizes = [piece.attributes["style"] for piece in face(snapshot).all(".nbk-part")]
    assert sizes == ["flex-grow:8", "flex-grow:2", "flex-grow:0"]


def test_the_counts_are_those_of_the_run() -> None:
    """Progress and parts are given with separators of thousands."""
    page = face(RUNNING)
    assert page.one(".nbk-amount").text.startswith("2,310 of 3,000")
    assert [key.text for key in page.all(".nbk-key")] == [
        "2,258 ok",
        "40 reused",
        "12 failed",
        "10 in flight",
        "680 to do",
    ]


def test_the_face_says_why_it_waits() -> None:
    """The reason that nothing more is started stands beside the load."""
    assert "held back by the rate limit" in face(RUNNING).text
    assert "waiting for more input" in face(UNKNOWN_TOTAL).text


def test_each_kind_of_error_has_count_example_and_advice() -> None:
    """The four most frequent kinds are told; the rest are counted."""
    groups = face(DONE_WITH_ERRORS).one(".nbk-list")
    assert [count.text.split()[0] for count in groups.all(".nbk-count")] == [
        "21",
        "12",
        "6",
        "2",
        "2",
    ]
    assert "users/204 answered 404" in groups.text
    assert "check the path" in groups.text
    assert "of 2 other kinds" in groups.text


@pytest.mark.parametrize(
    "change",
    [
        {"elapsed_s": 1.0},
        {"attempts": 1, "max_concurrency": 99},
        {"latency_s": None, "throughput": ()},
        {"notices": ("took 1.2 s",)},
        {"errors": tuple(replace(g, example="x", position=9) for g in DONE_WITH_ERRORS.errors)},
    ],
    ids=["time", "load", "charts", "notices", "examples"],
)
def test_a_static_face_is_the_same_for_the_same_work(change: dict[str, object]) -> None:
    """What differs from one execution to the next leaves no trace in a static face."""
    changed = replace(DONE_WITH_ERRORS, **change)  # type: ignore[arg-type]
    assert render_face(changed) != render_face(DONE_WITH_ERRORS)
    assert render_face(changed, static=True) == render_face(DONE_WITH_ERRORS, static=True)


@either_way
def test_what_was_lost_is_a_warning_and_stays(*, static: bool) -> None:
    """It has the sign of a warning, in a stored output too; another notice has not."""
    lost, other = "Answers are not kept.", "max_concurrency=5 was lowered."
    told = replace(DONE, notices=(other, lost), warnings=(lost,))
    entries = face(told, static=static).all(".nbk-entry")
    said = {one: [it for it in entries if one in it.text] for one in (lost, other)}
    assert [bool(it.all(".nbk-urgent")) for it in said[lost]] == [True]
    assert [bool(it.all(".nbk-urgent")) for it in said[other]] == ([] if static else [False])


def test_a_static_face_of_a_live_run_has_no_counts() -> None:
    """How far a run is differs every time; how much there is to do does not."""
    later = replace(RUNNING, ok=2_900)
    assert render_face(later, static=True) == render_face(RUNNING, static=True)
    assert "3,000 items" in face(RUNNING, static=True).text


@either_way
def test_a_face_says_why_the_run_was_stopped(*, static: bool) -> None:
    """The reason stands right under the counts, once, also in a stored output."""
    page = face(STOPPED_BY_COST, static=static)
    assert page.text.count("4.993 of max_cost=5 is spent") == 1
    (reason,) = [entry for entry in page.all(".nbk-entry") if entry.all(".nbk-urgent")]
    assert reason.text.endswith("more than is left. run.retry_failed() goes on with the rest.")
    lists = [part for part in page.children if isinstance(part, Element)]
    looks = [str(part.attributes.get("class")) for part in lists]
    assert looks.index("nbk-list") == looks.index("nbk-keys") + 1


def test_a_run_that_is_held_up_has_a_face_of_its_own() -> None:
    """A server that is down is seen in the first line, and that the wait is reckoned with."""
    first = face(BREAKER_OPEN).all(".nbk-row")[0]
    assert first.text.startswith("Waiting · users")
    assert first.text.endswith("left with the wait")
    assert "--nbk-slow" in str(first.one("path").attributes["style"])
    assert "the server keeps failing, next try in 12\N{NO-BREAK SPACE}s" in face(BREAKER_OPEN).text


def test_four_cells_are_two_rows_of_two_where_there_is_no_room_for_four() -> None:
    """With the cost there is a fourth cell, which must not stand alone."""
    assert "nbk-four" in str(face(PACED).one(".nbk-cells").attributes["class"])
    assert "nbk-four" not in str(face(RUNNING).one(".nbk-cells").attributes["class"])


def test_room_for_charts_is_kept() -> None:
    """Before there is anything to draw, the room for it is there, so that the page stays calm."""
    early = Snapshot(RunState.RUNNING, 100, in_flight=3)
    assert len(face(early).all(".nbk-room")) == 2


def test_words_stay_apart_where_the_style_is_removed() -> None:
    """Without its style sheet, as in a notebook that is not trusted, the face is readable text."""
    rows = [row.text for row in face(RUNNING).all(".nbk-row")]
    assert rows[0].startswith("Running · users · 46")
    assert face(RUNNING).one(".nbk-keys").text.count(" · ") == 4


#: Where a line may not end: between a number and its unit.
_BREAKABLE = re.compile(r"\d (?:ms|s|min|h|d|kB|MB|GB|%)(?!\w)")


@every_state
def test_a_number_and_its_unit_stay_on_one_line(snapshot: Snapshot) -> None:
    """However narrow the panel, no line ends between the two; examples are others' words."""
    shown = face(snapshot)
    for example in shown.all(".nbk-example"):
        example.children.clear()
    assert not _BREAKABLE.findall(shown.text)


def test_what_rows_that_are_tried_again_have_failed_with_is_shown() -> None:
    """Kind, count and one example of each, as of errors, marked as not the end."""
    lists = {it.attributes["aria-label"]: it for it in face(OUTAGE).all(".nbk-list")}
    again = lists["To be tried again"]
    first, second, rest = again.all(".nbk-entry")
    assert first.text.startswith("9")
    assert "ServerError 503 · to be tried again" in first.text
    assert "GET https://api.example.com/1 answered 503" in first.text
    assert "ConnectionFailed" in second.text
    assert "to be tried again after 1 other kind" in rest.text
    assert rest.text.startswith("2")
    assert "to be tried again" not in str(render_face(replace(OUTAGE, state=RunState.CANCELLED)))
    assert "ServerError" not in str(render_face(OUTAGE, static=True))
