from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets.inspector import InspectorView, under_panel
from notebook_kit.widgets.inspector.under_panel import UnderPanel
from notebook_kit.widgets.panel import Panel
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell
from tests.widgets.inspector.runs import ended_run

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = {"text/html": "", "text/plain": ""}
WIDGET = "application/vnd.jupyter.widget-view+json"


class LookedAt(FakeRun):
    """A fake run that is live, and whose items are those of one that has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.items = ended_run()

    def inspect(self, position: int | None = None) -> Any:
        return self.items.inspect(position)


class Stage:
    def __init__(self) -> None:
        self.shell = FakeShell()
        self.run = LookedAt()
        self.refresher = Refresher(interval_s=3_600)
        self.panel = Panel(self.run, Place(self.shell), self.refresher)
        self.panel.appear()

    @property
    def button(self) -> Any:
        assert self.panel._row is not None
        return self.panel._row.inspect

    def is_shown(self, widget: Any) -> bool:
        """Tell whether a widget of the row is there to be seen, with all that it lies in."""

        def within(box: Any) -> bool:
            if box.layout.display == "none":
                return False
            return box is widget or any(map(within, getattr(box, "children", ())))

        assert self.panel._row is not None
        return within(self.panel._row.box)

    def bring_up_to_date(self) -> None:
        assert self.panel._row is not None
        while self.panel._row.show(self.run.snapshot()):
            pass


@pytest.fixture
def stage(comm_messages: list[tuple[str, Any]]) -> Iterator[Stage]:
    made = Stage()
    yield made
    inspector = made.panel._inspector
    assert inspector is not None
    if inspector._view is not None:
        inspector._view.end()
    made.run.end()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


def test_two_empty_outputs_stand_ready(stage: Stage) -> None:
    """Under face and row there are two more outputs, with nothing in them."""
    _, _, face, row = stage.shell.display_pub.messages
    assert face.data == row.data == EMPTY
    assert row.display_id == f"{face.display_id}-buttons"


def test_the_button_is_of_use_when_something_has_ended(stage: Stage) -> None:
    """Before that there is nothing to look at; the button stands there all the same."""
    assert stage.is_shown(stage.button)
    assert stage.button.disabled
    stage.run.change(failed=1, ok=3)
    stage.bring_up_to_date()
    assert not stage.button.disabled


def test_on_a_page_loaded_again_it_says_where_to_look(stage: Stage) -> None:
    """The outputs under the panel do not reach that page, so a cell is named that shows it."""
    row = stage.panel._row
    assert row is not None
    row.after_reload.widget.get_state()
    sent = len(stage.shell.display_pub.messages)
    stage.button.click()
    stage.panel.refresh()
    assert "run.inspect() in a cell shows what Inspect would." in row.after_reload.widget.value
    _, _, face, _ = stage.shell.display_pub.messages[:4]
    later = stage.shell.display_pub.messages[sent:]
    assert face.display_id not in {message.display_id for message in later}


def test_a_click_opens_the_first_failure_under_the_panel(stage: Stage) -> None:
    """Nothing is added to any cell: the outputs that stand ready are filled."""
    _, _, face, row = stage.shell.display_pub.messages
    stage.shell.cell = "another cell"
    stage.button.click()
    filled = [it for it in stage.shell.display_pub.messages[4:] if it.display_id != "face"]
    assert all(it.update for it in filled)
    shown = next(it for it in filled if it.display_id == face.display_id)
    assert shown.data["text/plain"].startswith("Item at position 2, 9 in all: failed")
    assert any(WIDGET in it.data for it in filled if it.display_id == row.display_id)


def test_a_second_click_begins_anew(stage: Stage) -> None:
    """The inspector that was open gives way to one that shows the first failure."""
    stage.button.click()
    inspector = stage.panel._inspector
    assert inspector is not None
    first = inspector._view
    assert first is not None
    first.go(5)
    stage.button.click()
    assert inspector._view is not first
    assert first._is_over


def test_a_panel_shown_again_has_its_own(stage: Stage) -> None:
    """Shown in another cell as well, the panel opens its inspector there."""
    _, _, before, _ = stage.shell.display_pub.messages
    stage.panel.appear_again(Place(stage.shell))
    *_, after, _ = stage.shell.display_pub.messages
    assert after.data == EMPTY
    assert after.display_id != before.display_id


def test_before_it_stands_anywhere_nothing_is_opened() -> None:
    """A panel that was never shown has no place for an inspector."""
    UnderPanel(LookedAt(), Refresher()).open()


def test_a_run_without_items_to_look_at_has_no_button() -> None:
    """What cannot be inspected is shown as ever."""
    assert not UnderPanel.is_possible(FakeRun())


def test_clicks_in_two_threads_leave_one_inspector(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some kernels serve clicks in several threads; what one has opened the other one ends."""
    made: list[InspectorView] = []
    both = threading.Barrier(2)

    class Seen(InspectorView):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)
            # Only one is here at a time, so that nobody else comes.
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=0.3)

    monkeypatch.setattr(under_panel, "InspectorView", Seen)
    threads = [threading.Thread(target=stage.button.click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert [view._is_over for view in made] == [True, False]
