from __future__ import annotations

import warnings

import pytest

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.callback import CallbackView
from tests.widgets.fake_run import FakeRun


def fail(_: Snapshot) -> None:
    message = "token=abc is <wrong>"
    raise LookupError(message)


def test_the_last_snapshot_is_given_exactly_once() -> None:
    """However often the end is announced, the function sees it one time."""
    given: list[Snapshot] = []
    run = FakeRun()
    view = CallbackView(run, given.append)
    view.refresh()
    run.end()
    view.finish_in_caller()
    view.finish_in_caller()
    view.refresh()
    assert [snapshot.state for snapshot in given] == [RunState.RUNNING, RunState.DONE]


def test_a_failure_is_owned_up_to_in_the_waiting_cell() -> None:
    """The waiting cell is warned once, without the secrets of the message."""
    view = CallbackView(FakeRun(), fail)
    view.refresh()
    with pytest.warns(RuntimeWarning, match="LookupError: token=abc is <wrong>. It was not called"):
        view.finish_in_caller()
    with warnings.catch_warnings(record=True) as told:
        view.finish_in_caller()
    assert told == []


def test_a_failure_does_not_raise_where_warnings_are_errors() -> None:
    """Even then the view is not felt by the run."""
    view = CallbackView(FakeRun(), fail)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        view.finish_in_caller()
