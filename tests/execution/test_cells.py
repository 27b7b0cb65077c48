"""Ctrl-C in IPython in a terminal ends the cell that awaits, as the stop button does elsewhere."""

from __future__ import annotations

import contextvars
import itertools
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution import cells
from notebook_kit.execution.cells import note_cell
from notebook_kit.testing import FaultServer, answer, never_answer, stall_mid_body
from tests.terminals import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

in_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")

#: The wait itself ends in two ticks; then IPython draws two tracebacks, on a machine that may be
#: busy with other tests. What was not cut in order would take a minute.
AT_ONCE_S = 20.0
SHELL = """
import asyncio, threading, warnings
import notebook_kit as nk
from notebook_kit.execution import cells, pending_tasks, waiter
from IPython import start_ipython

for kind in (ResourceWarning, RuntimeWarning):
    warnings.simplefilter("error", kind)
# Who gives up does so after a minute.
cells._PATIENCE_S = waiter._INTERRUPT_WAIT_S = 60
client = nk.Client({url!r}, retry=0)

def said(word):
    # A cell is echoed, so that its own text must not be what is waited for.
    print("it", "said", word, flush=True)

async def first_is_quick(number):
    if number:
        if number == 1:
            said("busy")
        await asyncio.sleep(60)
    return number

async def call():
    try:
        return await client.get("/never")
    finally:
        said("cut")

async def watch():
    # Begun by one cell, it awaits the kit in all that come after it.
    while True:
        await client.get("/quick")
        await asyncio.sleep(0.01)

start_ipython(
    argv=["--simple-prompt", "--no-banner", "--colors=NoColor", "--HistoryManager.enabled=False"],
    user_ns=globals(),
)
"""


class Shell:
    """IPython in a terminal, one cell after the other."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._numbers = itertools.count(2)
        self._prompt = "In [1]: "
        terminal.until(self._prompt)

    def begin(self, cell: str) -> None:
        """Begin a cell, without waiting for its end."""
        self._terminal.press(cell + "\n")
        self._prompt = f"In [{next(self._numbers)}]: "

    def until(self, word: str) -> None:
        """Wait until the cell has said so."""
        self._terminal.until(f"it said {word}")

    def end(self) -> str:
        """Return what the cell has written up to its end."""
        return self._terminal.until(self._prompt)

    def run(self, cell: str) -> str:
        """Run a cell to its end, and return what it wrote."""
        self.begin(cell)
        return self.end()

    def interrupt(self) -> tuple[str, float]:
        """Press Ctrl-C; return what came of it and in how many seconds the prompt was back."""
        pressed = self._terminal.press("\x03")
        # Which number it has, where nothing ends the cell, is another in each version of IPython.
        return self._terminal.until("\nIn ["), time.monotonic() - pressed


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """A server that answers quickly, never, or stops in the middle."""
    with FaultServer() as server:
        server.when("/never", never_answer())
        server.when("/stall", stall_mid_body(b"first\n"))
        server.when("/quick", answer(b"1"))
        yield server


@pytest.fixture
def shell(server: FaultServer, tmp_path: Path) -> Iterator[Shell]:
    """A shell with a client, and functions to be mapped."""
    source = SHELL.format(url=server.url)
    home = os.fspath(tmp_path)
    with Terminal(source, IPYTHONDIR=home) as terminal:
        yield Shell(terminal)


class _Asked:
    """Knows whether a server was asked for a path since this was made."""

    def __init__(self, server: FaultServer, path: str) -> None:
        self._server = server
        self._path = path
        self._before = self._times()

    def _times(self) -> int:
        return sum(request.path == self._path for request in self._server.requests)

    def wait(self) -> None:
        deadline = time.monotonic() + 20
        while self._times() == self._before:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def _left(shell: Shell) -> str:
    """Return what is left of earlier cells: their tasks on the loop, and the kit's own.

    Calls that were cut end on another thread, which may have to wait for its turn.
    """
    cell = "said((len(asyncio.all_tasks()) - 1, len(pending_tasks()))); await asyncio.sleep(0.01)"
    written = shell.run("await asyncio.sleep(0)")
    deadline = time.monotonic() + AT_ONCE_S
    while "it said (0, 0)" not in written and time.monotonic() < deadline:
        written += shell.run(cell)
    return written


@in_a_terminal
def test_an_awaited_run_is_cancelled(shell: Shell) -> None:
    """What is done is kept and said, the cell does not go on later, and nothing is left of it."""
    shell.begin(
        "frame = await nk.map(first_is_quick, range(20), max_concurrency=2); said('went on')"
    )
    shell.until("busy")
    written, took_s = shell.interrupt()
    assert took_s < AT_ONCE_S
    assert "Cancelled (first_is_quick): 1 of 20" in written
    assert "it said went on" not in written
    rest = shell.run("r = nk.last_run(); said((r.state.value, len(r.frame), r.snapshot().ok))")
    assert "it said ('cancelled', 20, 1)" in rest
    rest = _left(shell)
    assert "it said (0, 0)" in rest
    assert "went on" not in rest
    assert "destroyed" not in rest


@in_a_terminal
def test_what_is_kept_is_said(shell: Shell, server: FaultServer) -> None:
    """The error that the prompt shows tells how much is kept and how to go on."""
    shell.begin("frame = await client.map('/{path}', ['quick', 'never'], max_concurrency=1)")
    deadline = time.monotonic() + 20
    while not any(request.path == "/never" for request in server.requests):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    written, _ = shell.interrupt()
    assert "the run was cancelled; 1 answer of 2 items" in written.replace("answers", "answer")
    assert "nk.last_run()" in written


@in_a_terminal
@pytest.mark.parametrize(
    ("cell", "path"),
    [
        ("await client.get('/never'); said('went on')", "/never"),
        ("await asyncio.gather(call(), call()); said('went on')", "/never"),
        ("await client.map('/{path}', ['never', 'quick'])", "/never"),
        ("async for line in client.stream('/stall').lines(): said('line')", "/stall"),
        ("async for done in client.map('/{path}', ['never'] * 3).as_completed(): pass", "/never"),
    ],
    ids=["call", "gather", "map", "stream", "as_completed"],
)
def test_whatever_is_awaited_ends(shell: Shell, server: FaultServer, cell: str, path: str) -> None:
    """A call, several at once, a map, a stream, the outcomes of a run: no connection stays busy."""
    asked = _Asked(server, path)
    shell.begin(cell)
    asked.wait()
    written, took_s = shell.interrupt()
    assert took_s < AT_ONCE_S
    assert "KeyboardInterrupt" in written
    rest = _left(shell)
    assert "it said (0, 0)" in rest
    assert "went on" not in rest


@in_a_terminal
def test_a_cell_that_runs_cells_ends_too(shell: Shell, server: FaultServer) -> None:
    """What ``%run`` of a file of cells, or the shell itself, runs in between changes nothing."""
    shell.run("await client.get('/quick');")
    asked = _Asked(server, "/never")
    shell.begin("get_ipython().run_cell('1;'); await call()")
    asked.wait()
    written, _ = shell.interrupt()
    assert "it said cut" in written
    assert "it said (0, 0)" in _left(shell)


@in_a_terminal
def test_a_task_of_an_earlier_cell_lives_on(shell: Shell) -> None:
    """Ctrl-C ends the cell that was running, and no other; a stop of the loop ends nothing."""
    shell.run("task = asyncio.create_task(watch()); await client.get('/quick')")
    assert "it said False" in shell.run("await asyncio.sleep(0.05); said(task.done())")
    shell.begin("said('now'); await client.get('/never')")
    shell.until("now")
    shell.interrupt()
    assert "it said False" in shell.run("await asyncio.sleep(0.05); said(task.done())")
    written = shell.run("task.cancel(); await asyncio.wait([task]); said(task.cancelled())")
    assert "it said True" in written


@in_a_terminal
def test_a_cell_that_does_not_use_the_kit_is_left_alone(shell: Shell) -> None:
    """Ctrl-C does with it what IPython does, though a task of another cell awaits the kit."""
    shell.run("task = asyncio.create_task(watch()); await client.get('/quick')")
    shell.begin("said('now'); await asyncio.sleep(60)")
    shell.until("now")
    written, _ = shell.interrupt()
    assert "KeyboardInterrupt" in written
    assert "CancelledError" not in written


class Kernel:
    """A shell with a kernel behind it."""

    kernel = object()


@pytest.mark.parametrize("shell", [None, Kernel()], ids=["no shell", "kernel"])
def test_nothing_is_registered_elsewhere(monkeypatch: pytest.MonkeyPatch, shell: Any) -> None:
    """A kernel cancels its cells itself, and without a shell there are none."""
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    before = len(cells._prompts)
    note_cell()
    assert len(cells._prompts) == before


class Guise:
    """Something that was put in the place of IPython's shell."""


@pytest.mark.parametrize("shell", [Guise(), object()], ids=["no events", "no weak references"])
def test_a_shell_of_another_kind_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, shell: object
) -> None:
    """Who awaits there is not disturbed by what the kit looks for."""
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    contextvars.Context().run(note_cell)
    assert not any(known is shell for known in cells._prompts)
