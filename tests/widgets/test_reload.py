from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest

from notebook_kit.markup import element
from notebook_kit.widgets import reload
from notebook_kit.widgets.reload import AfterReload, _close_unseen, marked
from tests.widgets.test_panel import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.widgets.controls import ControlRow


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.run.end()
    made.settle()


@pytest.fixture
def after() -> AfterReload:
    return AfterReload(ipywidgets, "mark-1")


def _load_page(stage: Stage) -> Any:
    """Ask for the state of the panel's widgets, as a page does that was loaded again."""
    row = stage.panel._row
    assert row is not None
    row.after_reload.widget.send_state()
    return row


def test_nothing_is_needed_until_a_page_asks(after: AfterReload) -> None:
    """Opening, showing and changing a widget ask for nothing; a page that loads it does."""
    after.widget.value = "x"
    assert not after.is_needed
    assert after.widget.layout.display == "none"
    after.widget.get_state()
    assert after.is_needed


def test_the_old_face_is_hidden_by_its_mark_alone(after: AfterReload) -> None:
    """What is shown in its place does not carry the mark, or it would hide itself."""
    old = marked(element("p", "old"), "mark-1")
    assert old == '<div class="mark-1"><p>old</p></div>'
    after.show(element("p", "<b>"))
    assert after.widget.value == "<style>.mark-1 { display: none }</style><p>&lt;b&gt;</p>"
    assert after.widget.layout.display is None


def test_one_of_the_two_faces_can_be_seen_at_any_time(
    comm_messages: list[tuple[str, Any]], after: AfterReload
) -> None:
    """There is room for the new face before the old one is hidden."""
    comm_messages.clear()
    after.show(element("p", "new"))
    changed = [data["state"] for kind, data in comm_messages if kind == "comm_msg"]
    assert [*changed[0]] == ["display"]
    assert "display: none" in changed[1]["value"]


def test_the_face_goes_on_in_a_widget(stage: Stage, comm_messages: list[tuple[str, Any]]) -> None:
    """From then on face and row take turns, with two messages a turn at most."""
    stage.panel.appear()
    row = _load_page(stage)
    for step in range(1, 8):
        stage.run.change(ok=step * 100, max_concurrency=step, elapsed_s=step / 8)
        before = len(stage.sent) + len(comm_messages)
        stage.panel.refresh()
        # Once, the room for it is opened as well.
        assert len(stage.sent) + len(comm_messages) - before <= (3 if step == 1 else 2)
    assert "<b>700</b> of 1,000" in row.after_reload.widget.value
    assert row.pace.value == "6 at once"


def test_the_face_says_that_the_file_keeps_another(stage: Stage) -> None:
    """What a page shows after it was loaded again is not in its file, and a cell can put it in."""
    stage.panel.appear()
    row = _load_page(stage)
    for done in (1, 2):
        stage.run.change(ok=done)
        stage.panel.refresh()
    told = "its file keeps the face from before that: run in a cell puts this one into it."
    assert told in row.after_reload.widget.value
    faces = [it.data["text/html"] for it in stage.sent if it.data.get("text/html")]
    assert told not in "".join(faces)


def _until_alone(row: ControlRow) -> None:
    """Wait until the face is all that is left, which takes as long as a page needs to draw."""
    deadline = time.monotonic() + 20
    while list(row.box.children) != [row.after_reload.widget] or row.pause.comm is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_widgets_that_a_page_is_drawing_stay_for_that_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a run of milliseconds they would close meanwhile, of which the page complains."""
    monkeypatch.setattr(reload, "DRAWN_S", 60.0)
    stage.panel.appear()
    row = stage.panel._row
    assert row is not None
    stage.run.end()
    stage.settle()
    (emptied,) = {str(it.data) for it in stage.sent if not any(it.data.values())}
    assert emptied
    assert row.pause.comm is not None
    assert row.box.comm is not None


def test_a_page_that_is_loaded_as_the_run_ends_gets_the_end(stage: Stage) -> None:
    """It asks for its widgets when the run is over, and what it gets is the last face."""
    stage.panel.appear()
    row = stage.panel._row
    assert row is not None
    stage.run.end(ok=1_000)
    stage.settle()
    assert not row.after_reload.is_needed
    state = row.after_reload.widget.get_state()
    assert "<b>1,000</b> of 1,000" in state["value"]
    assert row.after_reload.widget.layout.display is None
    _until_alone(row)
    _close_unseen(row.box, row.after_reload)
    assert row.box.comm is not None


def test_what_no_page_asks_for_is_closed(stage: Stage) -> None:
    """When nobody has come, nothing of the row is left."""
    stage.panel.appear()
    row = stage.panel._row
    assert row is not None
    stage.run.end()
    stage.settle()
    assert row.box.comm is not None
    _close_unseen(row.box, row.after_reload)
    assert row.box.comm is None
    assert row.after_reload.widget.comm is None


def test_the_end_stays_on_the_page(stage: Stage) -> None:
    """The buttons go, the last face stays, because the page has no other one."""
    stage.panel.appear()
    row = _load_page(stage)
    stage.run.end(ok=1_000)
    stage.settle()
    _until_alone(row)
    assert "Done" in row.after_reload.widget.value
    assert row.pause.comm is None


def test_a_panel_that_is_hidden_is_not_shown_again(stage: Stage) -> None:
    """Another cell gets a panel of its own, whose face nothing hides."""
    stage.panel.appear()
    _load_page(stage)
    assert not stage.panel.appear_again(stage.panel._place)
