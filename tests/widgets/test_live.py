from __future__ import annotations

import contextvars
import gc
import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.live import LiveView
from tests.widgets.fake_run import FakeRun

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

CELL: contextvars.ContextVar[object] = contextvars.ContextVar("CELL", default=None)


class Sketch(LiveView):
    """Keeps what it was told to draw."""

    def __init__(self, run: FakeRun, act: Callable[[], object] = lambda: None) -> None:
        super().__init__(run)
        self.drawn: list[Snapshot] = []
        self.cells: list[object] = []
        self.closed = 0
        self.act = act

    def draw(self, snapshot: Snapshot) -> None:
        self.drawn.append(snapshot)
        self.cells.append(CELL.get())
        self.act()

    def close(self) -> None:
        self.closed += 1
        self.act()


def fail() -> None:
    message = "cannot draw"
    raise ValueError(message)


def test_the_same_snapshot_is_drawn_once() -> None:
    """A view that has nothing new to say says nothing, unless it is invalidated."""
    view = Sketch(FakeRun())
    assert [view.refresh() for _ in range(3)] == [True, True, True]
    assert len(view.drawn) == 1
    view.invalidate()
    view.refresh()
    assert len(view.drawn) == 2


def test_the_end_is_drawn_once_whoever_comes_first() -> None:
    """Ten threads at the end of a run draw its last state once and close the view once."""
    run = FakeRun()
    view = Sketch(run)
    view.refresh()
    run.end()
    threads = [threading.Thread(target=view.finish_in_caller) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [snapshot.state for snapshot in view.drawn] == [RunState.RUNNING, RunState.DONE]
    assert view.closed == 1
    assert not view.refresh()


def test_a_view_that_raises_is_removed_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The error is kept and logged; the run and the caller feel nothing."""
    view = Sketch(FakeRun(), fail)
    with caplog.at_level(logging.WARNING, "notebook_kit.widgets"):
        assert not view.refresh()
        assert not view.refresh()
        view.finish_in_caller()
        view.tick()
    assert isinstance(view.failure, ValueError)
    assert len(view.drawn) == 1
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "A view of a run failed and was removed.",
        "A view of a run could not be closed.",
    ]


def test_a_failure_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    """Where logging is not set up, nothing is written anywhere."""
    logging.getLogger("notebook_kit.widgets").propagate = False
    try:
        Sketch(FakeRun(), fail).refresh()
    finally:
        logging.getLogger("notebook_kit.widgets").propagate = True
    assert capfd.readouterr() == ("", "")


def test_drawing_happens_in_the_context_of_the_cell() -> None:
    """Whatever thread draws, it finds the context variables of where the view was made."""
    token = CELL.set("the starting cell")
    run = FakeRun()
    view = Sketch(run)
    CELL.reset(token)
    view.refresh()
    run.change(ok=1)
    other = threading.Thread(target=view.refresh)
    other.start()
    other.join(10)
    assert view.cells == ["the starting cell"] * 2


def test_an_ended_view_keeps_nothing_of_the_cell() -> None:
    """What the cell had in its context can be collected when the run has ended."""

    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)
    token = CELL.set(large)
    run = FakeRun()
    view = Sketch(run)
    CELL.reset(token)
    del large, token
    run.end()
    view.refresh()
    view.cells.clear()
    gc.collect()
    assert gone() is None


def test_a_forked_child_leaves_the_parents_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In another process the view draws nothing and has no more to come."""
    view = Sketch(FakeRun())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert not view.refresh()
    assert view.drawn == []
