from __future__ import annotations

import gc
import weakref

from notebook_kit.widgets.memory import is_shown_in, remember
from tests.widgets.fake_run import FakeRun


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
