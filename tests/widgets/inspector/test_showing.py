from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.widgets import frontend
from notebook_kit.widgets.inspector import InspectorView, showing
from notebook_kit.widgets.inspector.showing import show_inspection
from notebook_kit.widgets.inspector.text import inspection_text
from tests.widgets.fakes import FakeShell
from tests.widgets.inspector.runs import HeldRun, ended_run

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShell]:
    """A kernel's shell where the inspector looks for one, and no widgets left in the end."""
    views: list[Any] = []

    class Kept(InspectorView):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            views.append(self)

    fake = FakeShell()
    monkeypatch.setattr(frontend, "kernel_shell", lambda: fake)
    monkeypatch.setattr(showing, "kernel_shell", lambda: fake)
    monkeypatch.setattr(showing, "InspectorView", Kept)
    yield fake
    for view in views:
        view.end()


def test_somebody_who_looks_gets_face_and_buttons(
    kernel: FakeShell, comm_messages: list[tuple[str, Any]]
) -> None:
    """As the last value of a cell an inspection is the inspector."""
    ended_run().inspect(3)._ipython_display_()
    face, row = kernel.display_pub.messages
    assert face.data["text/plain"].startswith("Item at position 3, 9 in all: done")
    assert WIDGET in row.data


def test_shown_twice_each_goes_its_own_way(
    kernel: FakeShell, comm_messages: list[tuple[str, Any]]
) -> None:
    """One object in two cells is two inspectors, and neither moves the other or the object."""
    inspection = ended_run().inspect(3)
    show_inspection(inspection)
    kernel.cell = "cell-2"
    show_inspection(inspection)
    first, _, second, _ = kernel.display_pub.messages
    assert first.display_id != second.display_id
    assert first.data["text/plain"] == second.data["text/plain"]
    assert inspection.position == 3


def test_nobody_looks(kernel: FakeShell) -> None:
    """A program that executes notebooks gets one output, without times and without widgets."""
    kernel.allow_stdin = False
    show_inspection(ended_run().inspect(3))
    (only,) = kernel.display_pub.messages
    assert only.data.keys() == {"text/html", "text/plain"}
    assert only.display_id is None
    first = only.data
    show_inspection(ended_run().inspect(3))
    assert kernel.display_pub.messages[-1].data == first


def test_nobody_looks_at_an_item_under_way(kernel: FakeShell) -> None:
    """What is under way when it is shown is replaced by how it ended."""
    kernel.allow_stdin = False
    held = HeldRun()
    show_inspection(held.run.inspect(1))
    (early,) = kernel.display_pub.messages
    assert early.data["text/plain"].startswith("Item at position 1, 3 in all: waiting")
    held.end()
    late = kernel.display_pub.wait_for(lambda it: it.update)
    assert late.display_id == early.display_id
    assert late.data["text/plain"].startswith("Item at position 1, 3 in all: done")


def test_without_a_kernel_it_is_text(no_shell: None, capsys: pytest.CaptureFixture[str]) -> None:
    """In a terminal an inspection is written."""
    inspection = ended_run().inspect()
    show_inspection(inspection)
    out = capsys.readouterr().out
    assert out == f"{inspection_text(inspection.picture(), called='nk.last_run()')}\n"
    assert "nk.last_run().retry_failed() sends all that failed again." in out
    assert out.startswith("Item at position 2, 9 in all: failed")
    assert "ValueError: no answer to 2" in out


def test_what_goes_wrong_is_told_to_the_log(
    kernel: FakeShell, caplog: pytest.LogCaptureFixture
) -> None:
    """Showing never raises into a cell."""
    kernel.display_pub.broken = OSError("the channel is closed")
    show_inspection(ended_run().inspect())
    assert "could not be shown" in caplog.text
