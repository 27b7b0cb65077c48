from __future__ import annotations

import asyncio
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

import notebook_kit as nk
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets.inspector import InspectorView
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from notebook_kit.widgets.widget_output import WidgetOutput
from tests.widgets.fakes import FakeShell, Message
from tests.widgets.inspector.runs import HeldRun, ended_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.execution import Run

WIDGET = "application/vnd.jupyter.widget-view+json"


def wait_until(holds: Callable[[], bool]) -> None:
    """Look until it is so, for half a minute at most."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Stage:
    """An inspector in a cell of a fake kernel."""

    def __init__(self, run: Run, position: int | None = None, face_id: str | None = None) -> None:
        self.run = run
        self.shell = FakeShell()
        # Its turns are an hour apart: what is drawn is drawn by the test, or because it was poked.
        self.refresher = Refresher(interval_s=3_600)
        self.view = InspectorView(
            run.inspect(position), Place(self.shell), self.refresher, face_id=face_id
        )
        self.view.appear()

    @property
    def sent(self) -> list[Message]:
        return self.shell.display_pub.messages

    @property
    def face(self) -> str:
        """The text of the face as it is now."""
        faces = [it for it in self.sent if it.data.get("text/html")]
        return str(faces[-1].data["text/plain"])

    @property
    def row(self) -> Any:
        return self.view._row

    def click(self, name: str) -> None:
        self.row.buttons[name].click()

    def settle(self) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


@pytest.fixture
def stage(comm_messages: list[tuple[str, Any]]) -> Iterator[Stage]:
    made = Stage(ended_run())
    yield made
    made.view.end()
    made.settle()
    assert made.refresher.is_idle


def test_after_the_page_was_loaded_again_the_face_goes_on_in_a_widget(stage: Stage) -> None:
    """What is sent to its output does not reach such a page; nor can the row's be emptied there."""
    after = stage.row.after_reload
    stage.click("next_failure")
    assert after.widget.value == ""
    after.widget.get_state()
    stage.click("next_failure")
    assert "Item at position 8, 9 in all" in after.widget.value
    # The old one is hidden, the new one is not.
    assert "display: none" in after.widget.value
    assert after.widget.value.count("notebook_kit-") == 1
    stage.click("close")
    assert list(stage.row.box.children) == [after.widget]
    assert all(stage.row.buttons[name].comm is None for name in ("next", "close"))
    assert after.widget.comm is not None
    assert [it for it in stage.sent if not any(it.data.values())] == []


def test_face_and_row_are_two_outputs(stage: Stage) -> None:
    """The face comes first, with its text; then the buttons, in an output of their own."""
    face, row = stage.sent
    assert face.data.keys() == {"text/html", "text/plain"}
    assert WIDGET in row.data
    assert "text/html" not in row.data
    assert None not in (face.display_id, row.display_id)
    assert face.display_id != row.display_id
    assert stage.face.startswith("Item at position 2, 9 in all: failed")


def test_the_buttons_go_from_failure_to_failure(stage: Stage) -> None:
    """Next and previous failure replace the face in place; at the ends they can't be clicked."""
    assert stage.row.buttons["previous_failure"].disabled
    stage.click("next_failure")
    assert stage.face.startswith("Item at position 5, 9 in all: failed")
    assert stage.sent[-1].update
    assert stage.sent[-1].display_id == stage.sent[0].display_id
    stage.click("next_failure")
    assert stage.face.startswith("Item at position 8, 9 in all: failed")
    assert stage.row.buttons["next_failure"].disabled
    assert not stage.row.buttons["previous_failure"].disabled
    stage.click("next_failure")
    assert stage.face.startswith("Item at position 8, 9 in all")
    stage.click("previous_failure")
    assert stage.face.startswith("Item at position 5, 9 in all")


def test_the_buttons_go_from_item_to_item(stage: Stage) -> None:
    """Next and previous go through all items, and end where those end."""
    stage.click("next")
    assert stage.face.startswith("Item at position 3, 9 in all: done")
    for _ in range(3):
        stage.click("previous")
    assert stage.face.startswith("Item at position 0, 9 in all: done")
    assert stage.row.buttons["previous"].disabled
    stage.view.go(8)
    assert stage.row.buttons["next"].disabled


def test_a_number_jumps_there(stage: Stage) -> None:
    """What is typed into the box is gone to; and the box follows the buttons."""
    stage.row.number.value = 7
    assert stage.face.startswith("Item at position 7, 9 in all: done")
    stage.click("next")
    assert stage.row.number.value == 8
    assert len([it for it in stage.sent if it.update]) == 2


@pytest.mark.parametrize("number", [9, -1, 10**9])
def test_a_number_that_is_none_is_told(stage: Stage, number: int) -> None:
    """A position out of range leaves the item as it is, and says what there is."""
    stage.row.number.value = number
    assert stage.face.startswith("Item at position 2, 9 in all: failed")
    assert f"There is no item at position {number}: 9 have come so far." in stage.face
    assert stage.row.number.value == 2
    stage.click("next")
    assert "There is no item" not in stage.face


def test_close_takes_the_buttons_and_leaves_the_face(stage: Stage) -> None:
    """After Close no widget is left, the row is empty, and clicks do nothing more."""
    count = len(stage.sent)
    models = {it.model_id for it in (stage.row.box, *stage.row.box.children)}
    assert models <= set(widget_module._instances)
    stage.click("close")
    emptied = stage.sent[-1]
    assert (emptied.data, emptied.update) == ({"text/html": "", "text/plain": ""}, True)
    assert emptied.display_id == stage.sent[1].display_id
    assert len(stage.sent) == count + 1
    assert not models.intersection(widget_module._instances)
    stage.view.go(3)
    stage.view.end()
    assert len(stage.sent) == count + 1


def test_it_can_fill_outputs_that_are_there(comm_messages: list[tuple[str, Any]]) -> None:
    """Given an output, nothing is added: the face and the row replace what stands there."""
    stage = Stage(ended_run(), face_id="under-the-panel")
    face, row = stage.sent
    assert (face.display_id, face.update) == ("under-the-panel", True)
    assert (row.display_id, row.update) == ("under-the-panel-buttons", True)
    assert WIDGET in row.data
    stage.view.end()
    stage.settle()


def test_an_item_under_way_is_followed_to_its_end(comm_messages: list[tuple[str, Any]]) -> None:
    """The face of an item in flight changes by itself, ends with the item, and then rests."""
    held = HeldRun()
    stage = Stage(held.run, 0)
    assert stage.face.startswith("Item at position 0, 3 in all: in flight")
    before = len(stage.sent)
    assert stage.view.refresh()
    assert len(stage.sent) == before + 1, "time has passed"
    held.let()
    held.wait_for_the_next()
    assert stage.view.refresh()
    assert stage.face.startswith("Item at position 0, 3 in all: done")
    ended = len(stage.sent)
    assert stage.view.refresh()
    assert len(stage.sent) == ended, "nothing more becomes of it"
    stage.click("next")
    assert stage.face.startswith("Item at position 1, 3 in all: in flight")
    stage.click("next")
    assert stage.face.startswith("Item at position 2, 3 in all: waiting")
    held.end()
    stage.shell.display_pub.wait_for(
        lambda it: str(it.data.get("text/plain")).startswith("Item at position 2, 3 in all: done")
    )
    stage.settle()
    assert stage.refresher.is_idle
    assert not stage.row.buttons["previous"].disabled, "the buttons stay when the run has ended"
    stage.view.end()
    stage.settle()


def test_an_item_that_is_taken_up_again_is_followed(
    comm_messages: list[tuple[str, Any]],
) -> None:
    """Retry failed gives an item that had ended another attempt, and the inspector shows it."""
    gate = threading.Semaphore(0)

    def work(number: int) -> int:
        if number:
            assert gate.acquire(timeout=30)
            return number
        raise ValueError(number)

    run = nk.map(work, range(3), max_concurrency=1, retry=0, progress=False)
    wait_until(lambda: bool(run.snapshot().failed))
    stage = Stage(run, 0)
    assert "2  ValueError" not in stage.face
    run.retry_failed()
    gate.release()
    wait_until(lambda: run.outcome(0).attempts == 2)
    assert stage.view.refresh()
    assert "  2  ValueError" in stage.face
    gate.release(3)
    run.result(timeout=30)
    stage.view.end()
    stage.settle()


def test_closed_it_follows_nothing(comm_messages: list[tuple[str, Any]]) -> None:
    """An inspector that was closed during the run is drawn no more."""
    held = HeldRun()
    stage = Stage(held.run, 0)
    stage.click("close")
    count = len(stage.sent)
    assert not stage.view.refresh()
    held.end()
    stage.settle()
    assert len(stage.sent) == count
    assert stage.refresher.is_idle


def test_without_ipywidgets_there_is_the_face_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is missing but the buttons."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    stage = Stage(ended_run())
    (face,) = stage.sent
    assert "text/html" in face.data
    stage.view.go(3)
    assert stage.face.startswith("Item at position 3, 9 in all")
    stage.view.end()


def test_what_cannot_be_shown_is_told_to_the_log(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A click never raises into the kernel, whatever goes wrong with the showing."""
    stage.shell.display_pub.broken = OSError("the channel is closed")
    stage.click("next")
    assert "could not be shown" in caplog.text
    stage.shell.display_pub.broken = None


def test_a_row_that_cannot_be_shown_leaves_no_widget(
    comm_messages: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the second output fails, the buttons that were made for it are closed."""
    before = set(widget_module._instances)

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(WidgetOutput, "display", refuse)
    with pytest.raises(OSError):  # noqa: PT011 - nothing is said
        Stage(ended_run())
    assert set(widget_module._instances) == before


def test_buttons_that_cannot_be_taken_away_are_told_to_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Close never raises into the kernel, and what can be closed is closed."""
    models = {it.model_id for it in (stage.row.box, *stage.row.box.children)}
    stage.shell.display_pub.broken = OSError("the channel is closed")
    stage.click("close")
    assert "could not be taken away" in caplog.text
    assert not models.intersection(widget_module._instances)


def test_a_user_s_function_holds_up_nobody(comm_messages: list[tuple[str, Any]]) -> None:
    """While a click waits for the request of an item, the inspector can be drawn."""
    stage = Stage(ended_run())
    waiting, go = threading.Event(), threading.Event()
    picture = stage.run.inspect(4).picture

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(stage.run.inspect(4), name)

        def picture(self) -> Any:
            waiting.set()
            assert go.wait(30)
            return picture()

    stage.view._at = SimpleNamespace(run=SimpleNamespace(inspect=lambda _: Slow()))  # type: ignore[assignment]
    clicked = threading.Thread(target=stage.view.go, args=(4,))
    clicked.start()
    assert waiting.wait(30)
    assert stage.view._lock.acquire(timeout=10)
    stage.view._lock.release()
    go.set()
    clicked.join(30)
    assert stage.face.startswith("Item at position 4, 9 in all")
    stage.view.end()
    stage.settle()


def test_a_draw_after_the_end_is_none(stage: Stage) -> None:
    """Whoever draws late finds that it is over."""
    stage.view.end()
    count = len(stage.sent)
    stage.view.draw(stage.run.snapshot())
    assert len(stage.sent) == count
    assert InspectorView.row_id("a") == "a-buttons"
