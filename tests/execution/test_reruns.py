"""A cell that is run again says that the run it has started before is still under way."""

from __future__ import annotations

import asyncio
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import IPython
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.execution import reruns

if TYPE_CHECKING:
    from collections.abc import Iterator


async def slow(item: object) -> None:
    """Take longer than any test."""
    await asyncio.sleep(60)


class Notebook:
    """What a shell, with a kernel or without one, knows of the cell that it runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.user_ns: dict[str, Any] = {"In": [""]}
        self.parent: dict[str, Any] = {}
        self.runs: list[nk.Run] = []
        monkeypatch.setattr(IPython, "get_ipython", lambda: self)

    def get_parent(self) -> dict[str, Any]:
        return self.parent

    def execute(self, text: str, cell: str | None = None, *, kind: str = "execute_request") -> None:
        """Begin a cell; or a click, which leaves no trace in the history."""
        if kind == "execute_request":
            self.user_ns["In"].append(text)
        header = {"msg_id": f"message {len(self.user_ns['In'])}", "msg_type": kind}
        self.parent = {"header": header, "metadata": {"cellId": cell} if cell else {}}

    def start(self) -> nk.Run:
        """Start a run, as the present cell does."""
        run = nk.map(slow, [1, 2], loop="kit", progress=False)
        self.runs.append(run)
        return run


@pytest.fixture(params=["kernel", "terminal"])
def notebook(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A notebook, or a shell in a terminal."""
    notebook = Notebook(monkeypatch)
    if request.param == "kernel":
        monkeypatch.setattr(notebook, "kernel", SimpleNamespace(), raising=False)
    yield notebook
    for run in notebook.runs:
        run.cancel()
        run.result(timeout=10)
    nk.forget()


def said(run: nk.Run) -> list[str]:
    """Return what a run says of earlier ones."""
    return [text for text in run.snapshot().notices if "earlier run" in text]


def test_an_earlier_run_of_the_cell_is_told_of(notebook: Notebook) -> None:
    """The notice says how far it is, and how to see and end it."""
    notebook.execute("run = nk.map(slow, [1, 2])")
    assert said(notebook.start()) == []
    notebook.execute("run = nk.map(slow, [1, 2])")
    (second,) = said(notebook.start())
    assert second.startswith("An earlier run of this cell is still under way (slow, 0 of 2): ")
    assert second.endswith("nk.dashboard() and nk.open_resources() show it, and can end it.")
    notebook.execute("run = nk.map(slow, [1, 2])")
    (third,) = said(notebook.start())
    assert third.startswith("2 earlier runs of this cell are still under way (slow, 0 of 2; slow")


def test_what_ended_is_not_told_of(notebook: Notebook) -> None:
    """A run that was cancelled before the cell is run again is no concern of the new one."""
    notebook.execute("run = nk.map(slow, [1, 2])")
    first = notebook.start()
    first.cancel()
    first.result(timeout=10)
    notebook.execute("run = nk.map(slow, [1, 2])")
    assert said(notebook.start()) == []


def test_runs_of_one_time_and_of_other_cells_are_no_earlier_runs(notebook: Notebook) -> None:
    """A cell may start several, and so may others; of several the first tells."""
    notebook.execute("runs = both()")
    assert said(notebook.start()) == said(notebook.start()) == []
    notebook.execute("runs = others()")
    assert said(notebook.start()) == []
    notebook.execute("runs = both()")
    assert len(said(notebook.start())) == 1
    assert said(notebook.start()) == []


def test_a_cell_is_known_by_its_name_where_it_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed, it still is the same cell; two with the same text are not; a click is no cell."""
    notebook = Notebook(monkeypatch)
    monkeypatch.setattr(notebook, "kernel", SimpleNamespace(), raising=False)
    notebook.execute("run = nk.map(slow, [1])", "a")
    notebook.start()
    notebook.execute("run = nk.map(slow, [1])", "b")
    other = notebook.start()
    notebook.execute("run = nk.map(slow, [1, 2])", "a")
    again = notebook.start()
    notebook.execute("", kind="comm_msg")
    clicked = notebook.start()
    assert [len(said(run)) for run in (other, again, clicked)] == [0, 1, 0]
    for run in notebook.runs:
        run.cancel()
        run.result(timeout=10)
    nk.forget()


def test_nothing_is_told_in_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of a script may start any number of runs."""
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    runs = [nk.map(slow, [1], loop="kit", progress=False) for _ in range(2)]
    assert [said(run) for run in runs] == [[], []]
    for run in runs:
        run.cancel()
        run.result(timeout=10)
    nk.forget()


@pytest.mark.parametrize(
    "mine", [5, {"a": 1}, [], [[1]], None, pd.DataFrame({"a": [1, 2]}), [pd.Series([1, 2])]]
)
def test_a_user_may_call_something_else_as_the_history(notebook: Notebook, mine: object) -> None:
    """Runs start all the same; they only do not tell of earlier ones where the text is needed."""
    notebook.user_ns["In"] = mine
    assert said(notebook.start()) == []


def test_runs_may_be_started_in_many_threads(notebook: Notebook) -> None:
    """None of them is disturbed by those that start, or are forgotten, meanwhile."""
    notebook.execute("start_all()")
    errors: list[BaseException] = []

    def start() -> None:
        kept: list[Any] = []
        try:
            for _ in range(1_000):
                kept = [*kept[-50:], SimpleAsRun()]
                reruns.tell_of_earlier(kept[-1], [])
        except RuntimeError as error:
            errors.append(error)

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=start) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    finally:
        sys.setswitchinterval(interval_s)
    assert errors == []


class SimpleAsRun:
    """Stands for a run that has nothing to tell."""
