from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from notebook_kit.widgets.headless import HeadlessView
from notebook_kit.widgets.memory import remember
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell
from tests.widgets.states import PILOT_DONE

if TYPE_CHECKING:
    import pytest


def test_there_is_one_output_and_only_at_the_end() -> None:
    """Nothing is sent while the run goes on, one message at its end, none after it."""
    shell, run = FakeShell(), FakeRun()
    view = HeadlessView(run, shell)
    view.tick()
    view.finish_in_caller()
    assert shell.display_pub.messages == []
    run.end(ok=1_000, elapsed_s=1.25)
    view.finish_in_caller()
    view.finish_in_caller()
    (message,) = shell.display_pub.messages
    assert message.display_id is None
    assert not message.update
    assert message.data["text/plain"] == "Done (fake): 1,000 of 1,000 · 1,000 ok"
    assert 'class="nbk-cells"' not in message.data["text/html"]


def test_a_cell_that_shows_the_run_already_is_left_alone() -> None:
    """If the run was displayed in the waiting cell after its end, it is not shown again."""
    shell, run = FakeShell(), FakeRun()
    run.end()
    remember(run, shell.cell)
    HeadlessView(run, shell).finish_in_caller()
    assert shell.display_pub.messages == []


def test_text_can_be_asked_for() -> None:
    """Without HTML there is only text."""
    shell, run = FakeShell(), FakeRun()
    run.end()
    HeadlessView(run, shell, html=False).finish_in_caller()
    assert list(shell.display_pub.messages[0].data) == ["text/plain"]


def test_a_kernel_that_cannot_publish_is_nobodys_error(caplog: pytest.LogCaptureFixture) -> None:
    """The waiter feels nothing; the log has it."""
    shell, run = FakeShell(), FakeRun()
    shell.display_pub.broken = OSError("gone")
    run.end()
    with caplog.at_level(logging.WARNING, "notebook_kit.widgets"):
        HeadlessView(run, shell).finish_in_caller()
    assert len(caplog.records) == 1


def test_the_end_of_a_pilot_is_shown_in_the_cell_that_waits() -> None:
    """Once; when the run has ended it is shown in the cell that waits then."""
    shell, run = FakeShell(), FakeRun(PILOT_DONE)
    view = HeadlessView(run, shell)
    view.finish_in_caller()
    (message,) = shell.display_pub.messages
    assert str(message.data["text/plain"]).startswith("Pilot done (users): 20 of 1,000")
    assert "nbk-pilot" in str(message.data["text/html"])
    shell.cell = "cell-2"
    run.end(ok=1_000)
    view.finish_in_caller()
    last = shell.display_pub.messages[-1]
    assert (last.display_id, last.update) == (None, False)
    assert str(last.data["text/plain"]).startswith("Done")


def test_a_run_that_ends_in_the_cell_of_its_pilot_takes_its_place() -> None:
    """What was said of the pilot is over, so the same output says how the run ended."""
    shell, run = FakeShell(), FakeRun(PILOT_DONE)
    view = HeadlessView(run, shell)
    view.finish_in_caller()
    run.end(ok=1_000)
    view.finish_in_caller()
    first, last = shell.display_pub.messages
    assert last.update
    assert first.display_id == last.display_id
