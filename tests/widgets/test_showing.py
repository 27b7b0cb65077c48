from __future__ import annotations

import asyncio
import io
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution.io_thread import io_loop
from notebook_kit.scheduling import Snapshot
from notebook_kit.widgets import redisplay, show
from notebook_kit.widgets.headless import HeadlessView
from notebook_kit.widgets.panel import Panel
from notebook_kit.widgets.refresher import refresher
from notebook_kit.widgets.terminal import TerminalView
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell, Recorder
from tests.widgets.test_frontend import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDGET = "application/vnd.jupyter.widget-view+json"

pytestmark = pytest.mark.usefixtures("comm_messages", "run")


@pytest.fixture
def run() -> Iterator[FakeRun]:
    """A run that has ended when the test is over, with nothing left to draw."""
    made = FakeRun()
    yield made
    made.end()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)
    assert refresher.is_idle


def texts(shell: FakeShell) -> list[str]:
    return [message.data["text/plain"] for message in shell.display_pub.messages]


def test_a_person_gets_a_panel(shell: FakeShell, run: FakeRun) -> None:
    """In a notebook that somebody looks at, a run has face and row at once."""
    assert isinstance(show(run), Panel)
    assert len(shell.display_pub.messages) == 2


def test_a_program_gets_one_output_at_the_end(shell: FakeShell, run: FakeRun) -> None:
    """A kernel that nobody watches gets nothing until the result is there."""
    shell.allow_stdin = False
    view = show(run)
    assert isinstance(view, HeadlessView)
    assert texts(shell) == []
    run.end()
    view.finish_in_caller()
    assert len(texts(shell)) == 1


@pytest.mark.usefixtures("no_shell")
def test_a_terminal_gets_a_line_and_a_file_nothing(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a kernel standard error decides; a file gets a summary only if asked for text."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(show(run), TerminalView)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert show(run) is None
    assert isinstance(show(run, "text"), TerminalView)


def test_nothing_if_nothing_is_wanted(shell: FakeShell, run: FakeRun) -> None:
    """``progress=False`` shows nothing anywhere."""
    assert show(run, False) is None  # noqa: FBT003 - as a user writes progress=False
    assert texts(shell) == []


@pytest.mark.parametrize("allow_stdin", [True, False])
def test_text_is_text_in_a_notebook_too(
    shell: FakeShell, run: FakeRun, *, allow_stdin: bool
) -> None:
    """``progress="text"`` sends no HTML and no widget."""
    shell.allow_stdin = allow_stdin
    view = show(run, "text")
    run.end()
    assert view is not None
    view.finish_in_caller()
    assert {kind for message in shell.display_pub.messages for kind in message.data} == {
        "text/plain"
    }


def test_a_function_is_given_snapshots_and_nothing_is_shown(shell: FakeShell, run: FakeRun) -> None:
    """``progress=function`` takes the place of every view."""
    told = Recorder()
    assert show(run, told) is not None
    told.wait_for(lambda snapshot: isinstance(snapshot, Snapshot))
    assert texts(shell) == []


@pytest.mark.parametrize("broken", ["display", "snapshot"])
def test_a_view_that_cannot_be_made_is_nobodys_error(
    shell: FakeShell,
    run: FakeRun,
    broken: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever goes wrong in showing a run, starting it succeeds."""
    if broken == "display":
        shell.display_pub.broken = OSError("gone")
    else:
        monkeypatch.setattr(run, "snapshot", None)
    with caplog.at_level(logging.WARNING, "notebook_kit.widgets"):
        assert show(run) is None
        redisplay(FakeRun() if broken == "display" else run)
    assert caplog.records[0].getMessage() == "A run could not be shown."
    assert caplog.records[0].exc_info


def test_a_run_stands_once_in_a_cell(shell: FakeShell, run: FakeRun) -> None:
    """`client.map(...)` as the last line of a cell is not shown twice, live or over."""
    show(run)
    redisplay(run)
    assert len(texts(shell)) == 2
    run.end()
    redisplay(run)
    assert sum("Running" in text for text in texts(shell)) == 1


def test_another_cell_gets_the_live_panel(shell: FakeShell, run: FakeRun) -> None:
    """Shown again elsewhere, a live run has face and row there, and no second panel is drawn."""
    show(run)
    shell.cell = "cell-2"
    redisplay(run)
    first, _, again, _ = shell.display_pub.messages
    assert first.display_id == again.display_id
    assert len(refresher.find(run)) == 1


def test_a_run_that_was_hidden_can_be_shown(shell: FakeShell, run: FakeRun) -> None:
    """A run without a view gets one when it is displayed."""
    show(run, False)  # noqa: FBT003 - as above
    redisplay(run)
    assert len(texts(shell)) == 2
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)
    assert len(refresher.find(run)) == 1


def test_a_run_that_is_over_is_shown_again_as_it_ended(shell: FakeShell, run: FakeRun) -> None:
    """In another cell a finished run has its face, and buttons for what comes afterwards."""
    show(run)
    run.end(ok=12)
    shell.cell = "cell-2"
    redisplay(run)
    added = [message.data for message in shell.display_pub.messages if not message.update]
    assert len(added) == 4
    assert WIDGET in added[3]
    assert added[2]["text/plain"].startswith("Done (fake): 12 of 1,000")
    assert added[2].keys() == {"text/plain", "text/html"}


def test_a_program_sees_no_numbers_that_change(shell: FakeShell, run: FakeRun) -> None:
    """Displayed while it goes on, a run shows only what is always the same; its end still comes."""
    shell.allow_stdin = False
    view: Any = show(run)
    run.change(ok=123)
    redisplay(run)
    assert texts(shell) == ["Running (fake): under way, 1,000 items"]
    run.end()
    view.finish_in_caller()
    redisplay(run)
    assert len(texts(shell)) == 2


@pytest.mark.usefixtures("no_shell")
def test_without_a_kernel_a_displayed_run_is_written(
    run: FakeRun, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In IPython's terminal a run that is displayed is a line of text."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    redisplay(run)
    assert capsys.readouterr().out.startswith("Running (fake): 0 of 1,000")
