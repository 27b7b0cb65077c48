"""Whether a click on a widget reaches Python while a cell runs.

A kernel serves one request at a time, and a click is one. ipykernel 6 takes it up when the cell has
ended. From 7.0 on an awaiting cell lets it in, and JupyterLab sends it to a thread of its own; with
7.4 that thread shares the main one's fate again while a cell blocks. Nothing public says so, hence
the table of versions; of other kernels nothing is known, and nothing is said.
"""

from __future__ import annotations

import math
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hearing", "cells_of", "reaches_python"]

_VERSION: Final = re.compile(r"(\d+)\.(\d+)")
#: From this version on an awaiting cell lets clicks in.
_AWAITING: Final = (7, 0)
#: From this version on a blocking cell keeps them out again.
_BLOCKING: Final = (7, 4)
#: Waiters report ten times a second; who has been silent for so long does not wait any more.
_SILENCE_S: Final = 0.5


def reaches_python(*, blocking: bool, version: str | None = None) -> bool:
    """Tell whether a click reaches Python while a cell waits.

    Args:
        blocking: whether the cell waits without `await`.
        version: of ipykernel; that of the one imported here if it is not given.

    >>> [reaches_python(blocking=False, version=it) for it in ("6.31.0", "7.3.0", "7.4.0")]
    [False, True, True]
    >>> [reaches_python(blocking=True, version=it) for it in ("6.31.0", "7.3.0", "7.4.0")]
    [False, True, False]
    """
    if version is None:
        version = getattr(sys.modules.get("ipykernel"), "__version__", "")
    found = _VERSION.match(str(version))
    if found is None:
        return True
    number = int(found[1]), int(found[2])
    return number >= _AWAITING and not (blocking and number >= _BLOCKING)


class _Cells:
    """Knows whether a cell is being executed: a task that awaits on after its cell is none."""

    def __init__(self, shell: Any) -> None:
        self.running = True
        events = getattr(shell, "events", None)
        if events is not None:
            events.register("pre_run_cell", self._begun)
            events.register("post_run_cell", self._ended)

    def _begun(self, *_: object) -> None:
        self.running = True

    def _ended(self, *_: object) -> None:
        self.running = False


_watched: list[tuple[Any, _Cells]] = []


def cells_of(shell: Any) -> _Cells:
    """Return what knows of the cells of a shell; called in one of them the first time."""
    for known, cells in _watched:
        if known is shell:
            return cells
    cells = _Cells(shell)
    # A process has one shell; another one takes its place.
    _watched[:] = [(shell, cells)]
    return cells


class Hearing:
    """Whether the clicks on one panel are heard now, as those who wait for its run report."""

    def __init__(self, shell: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._cells = cells_of(shell)
        self._clock = clock
        self._deaf_until = -math.inf

    def waits(self, *, blocking: bool) -> None:
        """Take a report from a waiter's own thread."""
        if threading.current_thread() is not threading.main_thread() or not self._cells.running:
            return
        if not reaches_python(blocking=blocking):
            self._deaf_until = self._clock() + _SILENCE_S

    @property
    def is_deaf(self) -> bool:
        """Whether a click would wait for the end of the cell."""
        return self._clock() < self._deaf_until
