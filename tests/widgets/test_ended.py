from __future__ import annotations

import asyncio
import gc
import re
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

import notebook_kit as nk
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets import redisplay
from notebook_kit.widgets.ended import EndedPanel
from notebook_kit.widgets.panel import Panel
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import Refresher
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell, Message
from tests.widgets.states import (
    ALL_FAILED,
    CANCELLED,
    DONE,
    DONE_WITH_ERRORS,
    EMPTY,
    STOPPED_BY_COST,
)

if TYPE_CHECKING:
    from pathlib import Path

WIDGET = "application/vnd.jupyter.widget-view+json"

pytestmark = pytest.mark.usefixtures("comm_messages")


class Shown:
    """A run that has ended, shown in a cell of a stand-in for a kernel."""

    def __init__(self, run: Any, shell: FakeShell | None = None) -> None:
        self.shell = shell or FakeShell()
        self.run = run
        self.before = set(widget_module._instances)
        self.panel = EndedPanel(run, Place(self.shell), Refresher(interval_s=3_600))
        self.panel.appear()

    @property
    def sent(self) -> list[Message]:
        return self.shell.display_pub.messages

    @property
    def row(self) -> Any:
        assert self.panel._row is not None
        return self.panel._row

    @property
    def face(self) -> str:
        wanted = self.sent[0].display_id
        return str([it for it in self.sent if it.display_id == wanted][-1].data["text/html"])

    def wait_for(self, text: str) -> None:
        self.shell.display_pub.wait_for(lambda _: text in self.face)


@pytest.mark.parametrize(
    ("snapshot", "buttons"),
    [
        (DONE, ["Save"]),
        (DONE_WITH_ERRORS, ["Retry failed", "Save"]),
        (ALL_FAILED, ["Retry failed", "Save"]),
        (CANCELLED, ["Retry failed", "Save"]),
        (STOPPED_BY_COST, ["Retry failed", "Save"]),
    ],
)
def test_the_buttons_are_those_of_use(snapshot: Snapshot, buttons: list[str]) -> None:
    """Save where there are rows, Retry failed where some have not ended well; face first."""
    shown = Shown(FakeRun(snapshot))
    assert "nbk" in shown.face
    assert WIDGET in shown.sent[1].data
    assert [it.description for it in shown.row.box.children[1].children] == buttons
    assert not any(it.disabled for it in shown.row.box.children[1].children)


def test_nothing_to_do_has_no_buttons() -> None:
    """A run without items has a face and no row."""
    shown = Shown(FakeRun(EMPTY))
    assert len(shown.sent) == 1


def test_failed_rows_are_tried_again_in_the_same_cell(shell: FakeShell) -> None:
    """The new run is shown in outputs that were there, and what fails again can be retried."""
    broken = {"a": 1, "b": 2}

    def work(item: str) -> str:
        if broken.get(item, 0) > 0:
            broken[item] -= 1
            raise ValueError(item)
        return item

    run = nk.map(work, ["a", "b", "c"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    outputs = {it.display_id for it in shown.sent}
    assert shown.row.retry.tooltip.startswith("Try 2 rows again")
    shown.row.retry.click()
    again = _last()
    assert again is not run
    shown.wait_for("2 rows tried again in a new run, below.")
    again.result()
    shell.display_pub.wait_for(lambda it: "Done, with errors" in str(it.data.get("text/plain")))
    _settle()
    assert not shown.row.retry.disabled
    shown.row.retry.click()
    _last().result()
    _settle()
    assert {it.display_id for it in shown.sent} == outputs
    assert shown.row.retry.disabled
    assert shown.row.retry.tooltip == "All rows are ok by now"
    nk.forget()


def test_a_run_that_shows_itself_does_so_there(shell: FakeShell) -> None:
    """With progress on, the new run has one panel, in the outputs that wait for it."""

    def work(item: int) -> float:
        return 1 / item

    run = nk.map(work, [0, 1], retry=0)
    run.result()
    shown = Shown(run, shell)
    count = len([it for it in shown.sent if not it.update])
    # A click is served with no cell of its own, as if by a program.
    shell.cell, shell.allow_stdin = "click", False
    shown.row.retry.click()
    _last().result()
    _settle()
    assert len([it for it in shown.sent if not it.update]) == count
    texts = [str(it.data.get("text/plain")) for it in shown.sent if it.update]
    # It may have ended before it was shown.
    assert any(re.search(r"\b[01] of 1\b", text) for text in texts)
    nk.forget()


def test_a_function_runs_on_the_loop_of_its_cell(shell: FakeShell) -> None:
    """A click from another thread starts the run where the cell awaited the first one."""
    loops = []

    async def work(item: int) -> int:
        loops.append(asyncio.get_running_loop())
        raise ValueError(item)

    async def cell() -> None:
        run = nk.map(work, [1], retry=0, progress=False)
        await run
        shown = Shown(run, shell)
        await asyncio.to_thread(shown.row.retry.click)
        while _last() is run:
            await asyncio.sleep(0)
        await _last()
        assert loops == [asyncio.get_running_loop()] * 2

    asyncio.run(asyncio.wait_for(cell(), 20))
    nk.forget()


def test_a_loop_that_has_ended_is_said(shell: FakeShell) -> None:
    """Where a function has no loop any more, the face says what to do instead."""

    async def work(item: int) -> int:
        raise ValueError(item)

    async def cell() -> Shown:
        run = nk.map(work, [1], retry=0, progress=False)
        await run
        return Shown(run, shell)

    shown = asyncio.run(cell())
    shown.row.retry.click()
    assert "Retry failed did not work" in shown.face
    assert "in another cell" in shown.face
    nk.forget()


def test_save_says_where(shell: FakeShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save is done aside; first it is said that it goes on, then where the rows are."""
    monkeypatch.chdir(tmp_path)
    run = nk.map(str.upper, ["a", "b"], progress=False)
    run.result()
    may_write = threading.Event()
    export = type(run).export
    monkeypatch.setattr(type(run), "export", lambda it: may_write.wait(20) and export(it))
    shown = Shown(run, shell)
    shown.row.save.click()
    shown.wait_for("Saving the rows")
    may_write.set()
    shown.wait_for("were saved to")
    (file,) = tmp_path.iterdir()
    assert file.name in shown.face
    nk.forget()


def test_what_goes_wrong_is_said() -> None:
    """An error of a click is a sentence in the face, and the kernel hears nothing of it."""
    run = FakeRun(DONE_WITH_ERRORS)
    shown = Shown(run)
    run.broken = ValueError("no")
    shown.row.retry.click()
    shown.wait_for("Retry failed did not work: ValueError: no")
    shown.row.save.click()
    shown.wait_for("Save did not work: ValueError: no")


def test_inspect_opens_under_it(shell: FakeShell) -> None:
    """The inspector stands in outputs of the same cell."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    added = len([it for it in shown.sent if not it.update])
    shown.row.inspect.click()
    shell.display_pub.wait_for(
        lambda it: "Item at position 1, 2 in all" in str(it.data.get("text/html"))
    )
    assert len([it for it in shown.sent if not it.update]) == added
    nk.forget()


def test_on_a_page_loaded_again_the_buttons_say_where_to_look(shell: FakeShell) -> None:
    """Outputs of the cell do not reach such a page: another cell shows what a click would."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    shown.row.after_reload.widget.get_state()
    shown.row.inspect.click()
    shown.wait_for("nk.last_run().inspect() in a cell shows what Inspect would.")
    assert "its file keeps the face from before" in shown.row.after_reload.widget.value
    shown.row.retry.click()
    shown.wait_for("1 row tried again in a new run, nk.last_run() in a cell shows it.")
    nk.forget()


def test_left_alone_the_buttons_go() -> None:
    """After a while without a click the row is emptied and its widgets are closed; no face goes."""
    shown = Shown(FakeRun(DONE_WITH_ERRORS))
    assert shown.panel._output is not None
    shown.panel._output._left_alone()
    assert not any(shown.sent[-1].data.values())
    assert shown.sent[-1].display_id == shown.sent[1].display_id
    assert set(widget_module._instances) == shown.before
    assert "Done, with errors" in shown.face


def test_on_a_page_loaded_again_the_face_goes_on() -> None:
    """What a click has done is seen in the row where the old face cannot be reached."""
    shown = Shown(FakeRun(DONE_WITH_ERRORS))
    shown.row.box.get_state()
    shown.row.after_reload.is_needed = True
    shown.row.save.click()
    shown.wait_for("were saved to fake.csv")
    _until(lambda: "were saved to fake.csv" in shown.row.after_reload.widget.value)


def test_shown_by_its_name_it_has_its_buttons(shell: FakeShell) -> None:
    """``run`` as the last line of a later cell gives face and row; again in that cell nothing."""
    run = FakeRun(DONE_WITH_ERRORS)
    shell.cell = "cell-2"
    redisplay(run)
    redisplay(run)
    assert len([it for it in shell.display_pub.messages if WIDGET in it.data]) == 1


def test_a_run_that_ends_while_it_is_shown_again_has_its_buttons(
    shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its live panel has just gone: the one for what comes afterwards takes its place."""
    run = FakeRun()
    redisplay(run)
    before = len(shell.display_pub.messages)

    def come_too_late(_: Panel, __: Place) -> bool:
        run.end(ok=9, failed=1)
        return False

    monkeypatch.setattr(Panel, "appear_again", come_too_late)
    shell.cell = "cell-2"
    redisplay(run)
    added = [it for it in shell.display_pub.messages[before:] if not it.update]
    assert [it for it in added if WIDGET in it.data]


@pytest.mark.parametrize("state", [RunState.LOST])
def test_a_run_lost_in_a_fork_has_nothing_to_retry(state: RunState) -> None:
    """What goes on in another process is not begun anew here."""
    shown = Shown(FakeRun(Snapshot(state, 3_000, ok=120, elapsed_s=2.0)))
    assert shown.row.retry is None


def _last() -> nk.Run:
    run = nk.last_run()
    assert run is not None
    return run


def _settle() -> None:
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


def _until(reached: Any) -> None:
    for _ in range(1_000):
        if reached():
            return
        threading.Event().wait(0.01)
    raise AssertionError


def test_two_clicks_at_once_start_one_run(
    shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a kernel serves them in two threads, the second finds the rows being tried again."""
    gate, both_are_in = threading.Event(), threading.Event()
    tried: list[object] = []
    broken = {1}

    def work(item: int) -> int:
        if item in broken:
            raise ValueError(item)
        assert gate.wait(20)
        return item

    run = nk.map(work, [1], retry=0, progress=False)
    run.result()
    broken.clear()
    shown = Shown(run, shell)
    retry_failed = type(run).retry_failed

    def slowly(it: nk.Run) -> nk.Run:
        tried.append(it)
        if len(tried) > 1:
            both_are_in.set()
        # As long as another click would need to come in too.
        both_are_in.wait(0.3)
        return retry_failed(it)

    monkeypatch.setattr(type(run), "retry_failed", slowly)
    clicks = [threading.Thread(target=shown.row.retry.click) for _ in range(2)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join(20)
    gate.set()
    assert tried == [run]
    _last().result()
    nk.forget()


def test_a_retry_that_cannot_begin_leaves_the_panel_before(
    shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shown of the last try stays until there is something in its place."""

    def work(item: int) -> int:
        raise ValueError(item)

    run = nk.map(work, [1], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    shown.row.retry.click()
    _last().result()
    slot = shown.panel._slots[0]
    shell.display_pub.wait_for(
        lambda it: it.display_id == slot and "all failed" in str(it.data.get("text/plain"))
    )
    _settle()
    monkeypatch.setattr(type(run), "retry_failed", lambda _: 1 / 0)
    shown.row.retry.click()
    assert "Retry failed did not work" in shown.face
    assert any([it for it in shown.sent if it.display_id == slot][-1].data.values())
    nk.forget()


def test_when_the_buttons_are_gone_nothing_holds_the_run(shell: FakeShell) -> None:
    """Neither the row nor an inspector that was closed keeps its answers any longer."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    shown.row.inspect.click()
    inspector, output = shown.panel._inspector, shown.panel._output
    assert inspector is not None
    assert inspector._view is not None
    assert output is not None
    inspector._view.end()
    output.close()
    _settle()
    seen = weakref.ref(run)
    del run, shown, inspector, output
    nk.forget()
    gc.collect()
    assert seen() is None


def test_a_run_that_is_forgotten_is_let_go_of_at_once(shell: FakeShell) -> None:
    """Row and inspector go, though nobody has waited for it; the faces stay."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    shown.row.inspect.click()
    shown.run = None
    inspected = shell.display_pub.wait_for(
        lambda it: "Item at position 1, 2 in all" in str(it.data.get("text/html"))
    )
    buttons = [it.display_id for it in shown.sent if WIDGET in it.data]
    assert len(buttons) == 2
    seen = weakref.ref(run)
    del run
    nk.forget()
    _settle()
    gc.collect()
    assert set(widget_module._instances) == shown.before
    for name in buttons:
        assert not any([it for it in shown.sent if it.display_id == name][-1].data.values())
    faces = [it for it in shown.sent if it.display_id == inspected.display_id]
    assert faces[-1] is inspected
    assert "Done, with errors" in shown.face
    del shown, inspected, faces
    _until(lambda: gc.collect() >= 0 and seen() is None)


def test_forgetting_the_run_of_a_retry_lets_go_of_both(shell: FakeShell) -> None:
    """The row keeps the run that it shows and the one that it has begun; it goes with either."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    shown.row.retry.click()
    _last().result()
    _settle()
    output = shown.panel._output
    assert output is not None
    assert not output.is_closed
    seen = weakref.ref(run), weakref.ref(_last())
    shown.run = None
    del run
    nk.forget()
    _settle()
    assert output.is_closed
    del shown, output
    # The thread in which a run has ended may hold it for a moment more.
    _until(lambda: gc.collect() >= 0 and [it() for it in seen] == [None, None])


def test_another_run_leaves_the_buttons_of_the_one_before(shell: FakeShell) -> None:
    """Only who forgets a run takes its buttons away; a run that follows does not."""
    run = nk.map(int, ["1", "a"], retry=0, progress=False)
    run.result()
    shown = Shown(run, shell)
    nk.map(int, ["1"], progress=False).result()
    nk.forget()
    _settle()
    assert shown.panel._output is not None
    assert not shown.panel._output.is_closed
    shown.panel.let_go()
