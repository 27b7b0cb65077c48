"""Ctrl-C while a cell awaits in IPython in a terminal: the cell is told, and ends.

IPython runs a loop there for as long as a cell awaits. Ctrl-C ends the running of the loop and not
what runs on it: the cell would stand in the middle for ever, or go on with the next cell that
awaits. So a cell that has awaited anything of the kit is cancelled then, as the stop button of a
notebook does it, and the loop runs on until that has happened. A task that an earlier cell has
begun stands until the next cell awaits, as ever.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import weakref
from contextlib import suppress
from typing import Any, Final

from notebook_kit.execution.loops import running_loop

__all__ = ["note_cell"]

#: Seconds that a cell may take to end before the prompt comes back without that.
_PATIENCE_S: Final = 3.0


class _Cell:
    """One execution of a cell.

    Attributes:
        loop: where it awaits; None for a cell that does not.
        outer: the cell that runs it, as ``%run`` of a file of cells does; None as a rule.
        awaited: whether it, or a task that it has begun, has awaited anything of the kit.
    """

    __slots__ = ("awaited", "loop", "outer")

    def __init__(self, loop: asyncio.AbstractEventLoop | None, outer: _Cell | None = None) -> None:
        self.loop = loop
        self.outer = outer
        self.awaited = False


#: The cell that whatever awaits belongs to. One object for all that belongs to none: looking for
#: the shell takes microseconds.
_cell: Final[contextvars.ContextVar[_Cell | None]] = contextvars.ContextVar(
    "notebook_kit.cell", default=None
)
_NO_CELL: Final = _Cell(None)


class _Prompt:
    """One shell of IPython in a terminal, from the first time that a cell awaits the kit."""

    def __init__(self, shell: Any) -> None:
        self.cell = _Cell(running_loop())
        # What a cell runs as is a coroutine of this method of every shell.
        self._code = type(shell).run_cell_async.__code__
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def _begin(self, _info: object) -> None:
        """Begin a cell; called in the task that it runs as, if it awaits."""
        outer = None if self.cell is _NO_CELL else self.cell
        self.cell = _Cell(running_loop(), outer)
        _cell.set(self.cell)

    def _end(self, result: Any) -> None:
        """End what is left of a cell that was interrupted while it awaited."""
        cell, self.cell = self.cell, self.cell.outer or _NO_CELL
        if cell.outer is not None:
            _cell.set(cell.outer)
        loop = cell.loop
        interrupted = isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt)
        if not interrupted or not cell.awaited or loop is None or loop.is_running():
            return
        left = [task for task in asyncio.all_tasks(loop) if self._is_cell(task)]
        for task in left:
            task.cancel()
        # Interrupted once more, it is left as it is.
        with suppress(KeyboardInterrupt):
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=_PATIENCE_S))

    def _is_cell(self, task: asyncio.Task[Any]) -> bool:
        return getattr(task.get_coro(), "cr_code", None) is self._code


_prompts: Final[weakref.WeakKeyDictionary[Any, _Prompt]] = weakref.WeakKeyDictionary()


def note_cell() -> None:
    """Take note that something of the kit is awaited, by a cell of a prompt perhaps."""
    cell = _cell.get()
    if cell is None:
        if "IPython" not in sys.modules:
            return
        cell = _present_cell()
        _cell.set(cell)
    cell.awaited = True


def _present_cell() -> _Cell:
    if threading.current_thread() is not threading.main_thread():
        return _NO_CELL
    get = getattr(sys.modules["IPython"], "get_ipython", None)
    shell = None if get is None else get()
    # A kernel has a loop that runs on, and cancels its cells itself.
    if shell is None or getattr(shell, "kernel", None) is not None:
        return _NO_CELL
    try:
        prompt = _prompts.get(shell)
        if prompt is None:
            prompt = _prompts[shell] = _Prompt(shell)
    except (AttributeError, TypeError):
        # What somebody has put in the place of IPython's shell has no events, or no cells.
        return _NO_CELL
    return prompt.cell
