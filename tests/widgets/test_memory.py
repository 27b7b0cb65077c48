from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

from notebook_kit.scheduling import RunState
from notebook_kit.widgets.memory import holding, is_shown_in, let_go, remember
from tests.widgets.fake_run import FakeRun

if TYPE_CHECKING:
    import pytest


def test_a_run_is_remembered_in_its_last_cell() -> None:
    """Only the cell in which a run was shown last counts."""
    run = FakeRun()
    assert not is_shown_in(run, "a")
    remember(run, "a")
    assert is_shown_in(run, "a")
    remember(run, "b")
    assert not is_shown_in(run, "a")


def test_an_unknown_cell_is_never_the_same() -> None:
    """Where cells have no names a run is shown as often as asked for."""
    run = FakeRun()
    remember(run, None)
    assert not is_shown_in(run, None)


def test_remembering_keeps_no_run_alive() -> None:
    """A run that is gone is forgotten."""
    run = FakeRun()
    remember(run, "a")
    gone = weakref.ref(run)
    del run
    gc.collect()
    assert gone() is None


def test_a_run_that_cannot_be_remembered_does_no_harm() -> None:
    """A run without weak references is simply not remembered."""

    class Slotted(FakeRun):
        __slots__ = ()
        __hash__ = None  # type: ignore[assignment]

    run = Slotted()
    remember(run, "a")
    assert not is_shown_in(run, "a")


class Holding:
    """Something that keeps a run until it is told not to."""

    def __init__(self, run: FakeRun, *, broken: bool = False) -> None:
        self.run: object = run
        self.broken = broken
        holding(self)

    def holds(self, run: object) -> bool:
        return run is self.run

    def let_go(self) -> None:
        self.run = None
        if self.broken:
            raise ValueError


def test_those_who_hold_a_run_let_go_of_it() -> None:
    """Of that one and no other, at once if it has ended, else when it has."""
    run, other = FakeRun(), FakeRun()
    first, second = Holding(run), Holding(other)
    let_go(run)
    assert first.run is run
    run.end(RunState.DONE, ok=1_000)
    assert first.run is None
    assert second.run is other


def test_one_that_cannot_let_go_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    """What goes wrong is in the log, and nobody who forgets a run hears of it."""
    run = FakeRun()
    run.end()
    held = [Holding(run, broken=True), Holding(run), Holding(run, broken=True)]
    let_go(run)
    assert [it.run for it in held] == [None] * 3
    assert "could not be taken away" in caplog.text


def test_who_is_gone_need_not_let_go() -> None:
    """Those who may hold a run are not kept alive for it."""
    held = Holding(FakeRun())
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None
