"""The live dashboard: it follows what comes and goes, and ends by itself."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

from notebook_kit.execution.io_thread import io_loop, pending_tasks
from notebook_kit.widgets.dashboard.board import Board
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from tests.widgets.dashboard.things import Client, Run
from tests.widgets.fakes import FakeShell, Message, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDGET = "application/vnd.jupyter.widget-view+json"
IDLE_S = 300.0


class Stage:
    """A dashboard in a cell of a fake kernel, on a clock that the test moves."""

    def __init__(self) -> None:
        self.shell = FakeShell()
        self.now = 0.0
        # Its turns are an hour apart: what is drawn is drawn by the test, or because it was poked.
        self.refresher = Refresher(interval_s=3_600)
        self.board = Board(Place(self.shell), self.refresher, idle_s=IDLE_S, clock=lambda: self.now)

    @property
    def sent(self) -> list[Message]:
        return self.shell.display_pub.messages

    @property
    def face(self) -> str:
        """The text of the face as it is now."""
        first = self.sent[0].display_id
        return str([it.data["text/plain"] for it in self.sent if it.display_id == first][-1])

    @property
    def html(self) -> str:
        """The HTML of the face as it is now."""
        first = self.sent[0].display_id
        return str([it.data["text/html"] for it in self.sent if it.display_id == first][-1])

    def button(self, said: str) -> Any:
        """The button that says so."""
        row = self.board._row
        assert row is not None
        groups = row.box.children[1:-1]
        buttons = [row.idle, *(it for group in groups for it in group.children)]
        (found,) = (it for it in buttons if it.description == said)
        return found

    def settle(self) -> None:
        """Wait until the I/O loop has drawn what it was asked to draw."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


@pytest.fixture
def stage(comm_messages: list[tuple[str, Any]]) -> Iterator[Stage]:
    made = Stage()
    yield made
    made.board.end("The test is over.")
    made.settle()
    assert made.refresher.is_idle
    assert not widget_module._instances
    assert pending_tasks() == []


def test_face_and_row_are_two_outputs(stage: Stage) -> None:
    """The face comes first, with its text; then the row; each can be replaced by itself."""
    client = Client()
    stage.board.appear()
    face, row = stage.sent
    assert face.data.keys() == {"text/html", "text/plain"}
    assert "1 of 3 connections" in face.data["text/html"]
    assert WIDGET in row.data
    assert WIDGET not in face.data
    assert len({face.display_id, row.display_id, None}) == 3
    client.close()


def test_after_the_page_was_loaded_again_the_face_goes_on_in_a_widget(stage: Stage) -> None:
    """What is sent to its output does not reach such a page; the last of it stays there."""
    stage.board.appear()
    row = stage.board._row
    assert row is not None
    after = row.after_reload
    after.widget.get_state()
    client = Client()
    stage.board.refresh()
    assert "1 of 3 connections" in after.widget.value
    # The old one is hidden, the new one is not.
    assert "display: none" in after.widget.value
    assert after.widget.value.count("notebook_kit-") == 1
    stage.board.end("Enough.")
    stage.settle()
    assert "Enough." in after.widget.value
    assert list(row.whole.children) == [after.widget]
    assert row.idle.comm is None
    assert after.widget.comm is not None
    client.close()
    for widget in list(widget_module._instances.values()):
        widget.close()


def test_what_comes_and_goes_is_followed(stage: Stage) -> None:
    """A thing that appears has a row and a button, and loses both when it goes."""
    stage.board.appear()
    assert stage.face == "Nothing is open."
    client = Client("https://new.example.com")
    stage.board.refresh()
    assert "client https://new.example.com: 1 of 3" in stage.face
    assert stage.button("Close client 1")
    client.close()
    stage.board.refresh()
    assert stage.face == "Nothing is open."


def test_a_click_closes_and_the_face_shows_it_gone(stage: Stage) -> None:
    """Without waiting for the next turn."""
    first, second = Client("https://a.example.com"), Client("https://b.example.com")
    stage.board.appear()
    stage.button("Close client 1").click()
    stage.settle()
    assert first.is_closed
    assert not second.is_closed
    assert "a.example.com" not in stage.face
    # The other keeps its number.
    assert "".join(it.text for it in parse(stage.html).all(".nbk-number")) == "2"
    second.close()


def test_runs_are_steered(stage: Stage) -> None:
    """Pause and Cancel reach the run; what it says is shown; at its end it can be mended."""
    run = Run("work", "Cancel", "Pause")
    stage.board.appear()
    stage.button("Pause run 1").click()
    stage.settle()
    assert run.asked == ["Pause"]
    assert "It was told to pause." in stage.html
    run.holding = None
    stage.board.refresh()
    ended = Run("work", "Forget", "Retry failed", "Save", kept=True)
    stage.board.refresh()
    stage.button("Retry failed, run 2").click()
    assert ended.asked == ["Retry failed"]


def test_a_click_that_fails_is_told_in_the_face(stage: Stage) -> None:
    """And the next click works as ever."""
    run = Run("work", "Cancel")
    run.broken = RuntimeError("not <b>now</b>")
    stage.board.appear()
    stage.button("Cancel run 1").click()
    stage.settle()
    assert "not &lt;b&gt;now&lt;/b&gt;" in stage.html
    run.broken = None
    stage.button("Cancel run 1").click()
    assert run.asked == ["Cancel"]


def test_close_all_idle_leaves_what_is_busy(stage: Stage) -> None:
    """Of two clients the one with a request in flight stays."""
    idle, busy = Client(), Client(text="1 request in flight", busy=True)
    stage.board.appear()
    stage.button("Close all idle").click()
    assert idle.is_closed
    assert not busy.is_closed
    busy.close()


def test_it_ends_when_nobody_clicks(stage: Stage) -> None:
    """The buttons go, the face stays and says why; after that nothing is drawn."""
    client = Client()
    stage.board.appear()
    _, row = stage.sent
    stage.now = IDLE_S - 1
    assert stage.board.refresh()
    stage.now = IDLE_S
    assert not stage.board.refresh()
    assert "nobody clicked for 5" in stage.html
    assert "1 of 3 connections" in stage.face
    assert stage.sent[-1].display_id == row.display_id
    assert stage.sent[-1].data == {"text/html": "", "text/plain": ""}
    assert not widget_module._instances
    number = len(stage.sent)
    client.close()
    assert not stage.board.refresh()
    assert len(stage.sent) == number


def test_a_click_lets_it_go_on(stage: Stage) -> None:
    """The time is counted from the last one."""
    run = Run("work", "Cancel")
    stage.board.appear()
    stage.now = IDLE_S - 1
    stage.button("Cancel run 1").click()
    stage.settle()
    stage.now = 2 * IDLE_S - 2
    assert stage.board.refresh()
    stage.now = 2 * IDLE_S
    assert not stage.board.refresh()
    assert run.asked == ["Cancel"]


def test_nothing_is_sent_while_nothing_changes(stage: Stage) -> None:
    """A look that finds the same costs no message."""
    client = Client()
    stage.board.appear()
    number = len(stage.sent)
    assert stage.board.refresh()
    assert stage.board.refresh()
    assert len(stage.sent) == number
    client.close()


def test_ending_it_twice_ends_it_once(stage: Stage) -> None:
    """The first reason counts."""
    stage.board.appear()
    stage.board.end("First.")
    stage.board.end("Second.")
    stage.settle()
    assert stage.board.ended
    assert "First." in stage.html
    assert "Second." not in stage.html


def test_without_ipywidgets_there_is_the_face(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that there are no buttons, and ends after the same time."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    stage.board.appear()
    assert len(stage.sent) == 1
    assert "ipywidgets is not installed" in stage.html
    stage.now = IDLE_S
    assert not stage.board.refresh()


def test_a_face_that_cannot_be_sent_leaves_no_widgets(stage: Stage) -> None:
    """The error is the caller's, and nothing is watched."""
    stage.shell.display_pub.broken = OSError("the socket is gone")
    with pytest.raises(OSError, match="socket"):
        stage.board.appear()
    assert not widget_module._instances
    stage.shell.display_pub.broken = None


def test_it_keeps_nothing_alive(stage: Stage) -> None:
    """What it shows can be collected while it is shown, and then it shows it no more."""
    client, run = Client(), Run()
    gone = [weakref.ref(it) for it in (client, run, client.inner)]
    stage.board.appear()
    stage.board.refresh()
    del client, run
    gc.collect()
    assert [ref() for ref in gone] == [None] * 3
    stage.board.refresh()
    assert stage.face == "Nothing is open."


def test_an_ended_dashboard_can_be_collected(stage: Stage) -> None:
    """Neither the refresher nor its widgets hold it."""
    stage.board.appear()
    stage.board.end("Enough.")
    stage.settle()
    gone = weakref.ref(stage.board)
    stage.board = Board(Place(stage.shell), stage.refresher)
    gc.collect()
    assert gone() is None
