from __future__ import annotations

import asyncio
import sys
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets import panel, reload
from notebook_kit.widgets.panel import Panel
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDGET = "application/vnd.jupyter.widget-view+json"


class Stage:
    """A panel in a cell of a fake kernel, drawn when the test says so."""

    def __init__(self, *, html: bool = True, run: FakeRun | None = None) -> None:
        self.shell = FakeShell()
        self.run = run or FakeRun()
        # Its turns are an hour apart: what is drawn is drawn by the test, or because it was poked.
        self.refresher = Refresher(interval_s=3_600)
        self.now = datetime(2026, 3, 1, 18, 4, 31, tzinfo=UTC)
        self.panel = Panel(
            self.run, Place(self.shell), self.refresher, html=html, clock=lambda: self.now
        )

    @property
    def sent(self) -> list[Message]:
        return self.shell.display_pub.messages

    def settle(self) -> None:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


@pytest.fixture
def stage(comm_messages: list[tuple[str, Any]]) -> Iterator[Stage]:
    made = Stage()
    yield made
    made.run.end()
    made.settle()
    assert made.refresher.is_idle


def test_face_and_row_are_two_outputs(stage: Stage) -> None:
    """The face comes first, with its text; then the row; each can be replaced by itself."""
    stage.panel.appear()
    face, row = stage.sent
    assert face.data.keys() == {"text/html", "text/plain"}
    assert "<b>0</b> of 1,000" in face.data["text/html"]
    assert WIDGET in row.data
    assert face.display_id != row.display_id
    assert None not in (face.display_id, row.display_id)
    assert not face.update


def test_buttons_come_when_a_run_has_lasted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their output is empty at first, and filled in the same place, though nothing has changed."""
    monkeypatch.setattr(panel, "ROW_AFTER_S", 0.25)
    stage.panel.appear()
    _, empty = stage.sent
    assert not any(empty.data.values())
    stage.now += timedelta(seconds=0.2)
    stage.panel.refresh()
    assert not any(WIDGET in message.data for message in stage.sent)
    stage.now += timedelta(seconds=0.05)
    stage.panel.refresh()
    rows = [message for message in stage.sent if WIDGET in message.data]
    assert [(row.display_id, row.update) for row in rows] == [(empty.display_id, True)]
    stage.now += timedelta(seconds=5)
    stage.panel.refresh()
    assert sum(WIDGET in message.data for message in stage.sent) == 1


def test_a_short_run_has_no_buttons(
    stage: Stage, comm_messages: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page would complain of widgets that go while it draws them: it never hears of these."""
    monkeypatch.setattr(panel, "ROW_AFTER_S", 0.25)
    before = set(widget_module._instances)
    stage.panel.appear()
    face, empty = stage.sent
    stage.run.end(ok=1_000, elapsed_s=0.1)
    stage.shell.display_pub.wait_for(
        lambda message: message.display_id == face.display_id and message.update
    )
    stage.settle()
    assert [message for message in stage.sent if message.display_id == empty.display_id] == [empty]
    assert set(widget_module._instances) == before
    kinds = [kind for kind, _ in comm_messages]
    assert kinds.count("comm_close") == kinds.count("comm_open")


def test_shown_in_another_cell_it_has_its_buttons(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a run is shown once more the buttons come with it, in both places."""
    monkeypatch.setattr(panel, "ROW_AFTER_S", 0.25)
    stage.panel.appear()
    stage.now += timedelta(seconds=1)
    assert stage.panel.appear_again(Place(stage.shell))
    assert WIDGET in stage.sent[-1].data


def test_a_tick_costs_two_messages_at_most(
    stage: Stage, comm_messages: list[tuple[str, Any]]
) -> None:
    """Whatever has changed, one message for the face and one for the row are sent."""
    stage.panel.appear()
    for step in range(1, 6):
        stage.run.change(ok=step * 100, max_concurrency=step, elapsed_s=step / 8)
        before = len(stage.sent) + len(comm_messages)
        stage.panel.refresh()
        assert 1 <= len(stage.sent) + len(comm_messages) - before <= 2
    assert all(message.update for message in stage.sent[2:])
    assert {message.display_id for message in stage.sent[2:]} == {stage.sent[0].display_id}


def test_what_looks_the_same_is_not_sent(
    stage: Stage, comm_messages: list[tuple[str, Any]]
) -> None:
    """A change that no eye could see sends nothing."""
    stage.run.change(elapsed_s=20.01)
    stage.panel.appear()
    stage.panel.refresh()
    before = len(stage.sent) + len(comm_messages)
    stage.run.change(elapsed_s=20.02)
    assert stage.panel.refresh()
    assert len(stage.sent) + len(comm_messages) == before


def test_the_end_leaves_the_face_and_nothing_else(
    stage: Stage, comm_messages: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end the face has the final numbers, the row's output is empty, no widget is left."""
    monkeypatch.setattr(reload, "LINGER_S", 0)
    before = set(widget_module._instances)
    stage.panel.appear()
    face, row = stage.sent
    stage.run.end(ok=1_000, elapsed_s=3.0)
    stage.shell.display_pub.wait_for(
        lambda message: message.display_id == row.display_id and message.update
    )
    stage.settle()
    stage.settle()
    last_face, last_row = stage.sent[-2:]
    assert last_face.display_id == face.display_id
    assert "Done (fake): 1,000 of 1,000" in last_face.data["text/plain"]
    assert "3.0" in last_face.data["text/plain"]
    assert not any(last_row.data.values())
    assert set(widget_module._instances) == before
    kinds = [kind for kind, _ in comm_messages]
    assert kinds.count("comm_close") == kinds.count("comm_open")


def test_a_face_under_way_says_of_when_it_is(stage: Stage) -> None:
    """Where the kernel goes away it stays so; the face of the end has no need of it."""
    stage.panel.appear()
    assert "as of 18:04:31" in stage.sent[0].data["text/html"]
    assert 'title="2026-03-01 18:04:31 UTC"' in stage.sent[0].data["text/html"]
    stage.now += timedelta(seconds=2)
    stage.run.change(ok=1)
    stage.panel.refresh()
    assert "as of 18:04:33" in stage.sent[-1].data["text/html"]
    stage.run.end(ok=1_000)
    stage.settle()
    assert "as of" not in "".join(str(it.data.get("text/html")) for it in stage.sent[-2:])


def test_a_row_that_is_drawn_seldom_catches_up(stage: Stage) -> None:
    """On a busy loop a turn comes late: it brings as many widgets up to date as were missed."""
    stage.panel.appear()
    row = stage.panel._row
    assert row is not None
    stage.run.change(ok=70, failed=3, rate="5/s", rate_now=40.0, max_concurrency=7)
    stage.now += timedelta(seconds=1)
    stage.panel.refresh()
    assert (row.progress.value, row.pace.value, row.rate.value) == (73, "7 at once", "5/s")
    assert not row.save.disabled
    assert not row.retry.disabled


def test_the_waiting_cell_is_left_with_the_end(stage: Stage) -> None:
    """When the result is there, the face is final before the cell goes on; it is sent once."""
    stage.panel.appear()
    stage.run.change(state="done")  # Ended, and the callback has not been called yet.
    stage.run.end()
    stage.panel.finish_in_caller()
    final = [message for message in stage.sent if "Done" in str(message.data.get("text/plain"))]
    assert len(final) == 1
    stage.settle()
    stage.panel.finish_in_caller()
    assert len([it for it in stage.sent if "Done" in str(it.data.get("text/plain"))]) == 1


def test_updates_come_from_the_io_thread_while_the_cell_blocks(stage: Stage) -> None:
    """The caller's thread need not do anything for the panel to change."""
    stage.panel.appear()
    stage.run.change(ok=10)
    stage.refresher.poke(stage.panel)
    update = stage.shell.display_pub.wait_for(lambda message: message.update)
    assert update.thread is not threading.current_thread()
    assert update.thread.name == "notebook_kit-io"


def test_a_run_that_is_over_needs_no_buttons(comm_messages: list[tuple[str, Any]]) -> None:
    """A run that ended before it was shown has a face, no widgets, and is not watched."""
    stage = Stage()
    stage.run.end()
    stage.panel.appear()
    (face,) = stage.sent
    assert "Done" in face.data["text/plain"]
    assert comm_messages == []
    assert stage.refresher.is_idle
    stage.panel.finish_in_caller()
    assert len(stage.sent) == 1


def test_text_only(comm_messages: list[tuple[str, Any]]) -> None:
    """A panel of text is one output of text, without widgets."""
    stage = Stage(html=False)
    stage.panel.appear()
    stage.run.end()
    stage.settle()
    assert all(list(message.data) == ["text/plain"] for message in stage.sent)
    assert len({message.display_id for message in stage.sent}) == 1
    assert comm_messages == []


def test_clicks_are_answered_at_once(stage: Stage) -> None:
    """A click is shown without waiting for the next turn."""
    stage.panel.appear()
    row = stage.panel._row
    assert row is not None
    row.pause.click()
    stage.shell.display_pub.wait_for(lambda message: "Paused" in message.data["text/plain"])
    assert row.pause.description == "Resume"


def test_a_click_that_fails_becomes_a_notice(stage: Stage) -> None:
    """What went wrong stands in the face, escaped."""
    stage.panel.appear()
    stage.run.broken = ValueError("<b>no</b>")
    row = stage.panel._row
    assert row is not None
    row.cancel.click()
    told = stage.shell.display_pub.wait_for(
        lambda message: "Cancel did not work" in message.data.get("text/html", "")
    )
    assert "&lt;b&gt;no&lt;/b&gt;" in told.data["text/html"]


def test_another_cell_gets_a_panel_that_works(stage: Stage) -> None:
    """Shown again, face and row are the same outputs in a second place; both are updated."""
    stage.panel.appear()
    other = FakeShell(cell="cell-2")
    assert stage.panel.appear_again(Place(other))
    again = other.display_pub.messages
    assert [message.display_id for message in again] == [it.display_id for it in stage.sent]
    assert not any(message.update for message in again)
    stage.run.change(ok=3)
    stage.panel.refresh()
    assert again[-1].update


def test_a_panel_that_is_over_is_not_shown_again(stage: Stage) -> None:
    """A finished panel has no row any more, so it is made anew by whoever wants it."""
    stage.panel.appear()
    stage.run.end()
    stage.settle()
    assert not stage.panel.appear_again(Place(FakeShell()))


def test_a_front_end_that_is_gone_closes_the_panel(
    stage: Stage, comm_messages: list[tuple[str, Any]]
) -> None:
    """If nothing can be sent, the widgets are closed all the same and the run goes on."""
    stage.panel.appear()
    stage.shell.display_pub.broken = OSError("gone")
    stage.run.change(ok=1)
    assert not stage.panel.refresh()
    kinds = [kind for kind, _ in comm_messages]
    assert kinds.count("comm_close") == kinds.count("comm_open")
    stage.refresher.poke(stage.panel)
    stage.settle()


def test_a_panel_that_cannot_appear_leaves_no_widgets(
    comm_messages: list[tuple[str, Any]],
) -> None:
    """If the first output cannot be sent, what was opened for it is closed."""
    stage = Stage()
    stage.shell.display_pub.broken = OSError("gone")
    with pytest.raises(OSError, match="gone"):
        stage.panel.appear()
    kinds = [kind for kind, _ in comm_messages]
    assert kinds.count("comm_close") == kinds.count("comm_open") > 0
    assert stage.refresher.is_idle


def test_without_ipywidgets_there_is_a_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """The face needs no library; that the buttons are missing is said."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    stage = Stage()
    stage.panel.appear()
    (face,) = stage.sent
    assert "There are no buttons here" in face.data["text/html"]
    stage.run.end()
    stage.settle()


def test_a_kernel_that_keeps_clicks_back_is_owned_up_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a cell waits on such a kernel the face names the stop button, and no button is on."""
    kernel = SimpleNamespace(__version__="6.31.0", version_info=(6, 31, 0))
    monkeypatch.setitem(sys.modules, "ipykernel", kernel)
    stage.panel.appear()
    assert "stop button" not in stage.sent[0].data["text/html"]
    stage.panel.tick(blocking=False)
    stage.run.change(ok=1)
    stage.panel.refresh()
    stage.run.change(ok=2)
    stage.panel.refresh()
    assert "stop button ends the run" in stage.sent[-1].data["text/html"]
    row = stage.panel._row
    assert row is not None
    assert row.pause.disabled
    stage.run.end()
    stage.settle()
    final = [message for message in stage.sent if "Done" in str(message.data.get("text/plain"))]
    assert "stop button" not in final[-1].data["text/html"]
