from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from notebook_kit.widgets.headless import HeadlessView
from notebook_kit.widgets.memory import remember
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import FakeShell

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
