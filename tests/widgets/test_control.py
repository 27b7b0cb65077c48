from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from notebook_kit.execution import Run
from notebook_kit.widgets import RunControl, View

if TYPE_CHECKING:
    from notebook_kit.widgets.callback import CallbackView
    from notebook_kit.widgets.headless import HeadlessView
    from notebook_kit.widgets.panel import Panel
    from notebook_kit.widgets.terminal import TerminalView


def as_control(run: Run) -> RunControl:
    """Have the type checker compare the two."""
    return run


def as_view(view: Panel | CallbackView | HeadlessView | TerminalView) -> View:
    """Have the type checker compare them."""
    return view


def test_a_run_is_what_views_need() -> None:
    """Everything that a view asks of a run is there."""
    asked = [name for name, _ in inspect.getmembers(RunControl) if not name.startswith("_")]
    assert len(asked) >= 7
    assert [name for name in asked if not hasattr(Run, name)] == []
