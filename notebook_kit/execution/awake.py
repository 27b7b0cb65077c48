"""Keeping a loop awake while many of its tasks wait, so that the stop button works.

One beat for all who wait on a loop: ten thousand callers with one each would cost a quarter of a
processor.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from notebook_kit.execution.cells import note_cell
from notebook_kit.execution.waiting import heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["awake"]

#: A thread runs one loop at a time; so its beat is found without a register of loops.
_here = threading.local()


class _Beat:
    """The beat of one loop, while anybody waits on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting = 0
        self._ticks: dict[Callable[[], object], int] = {}
        self._running = ExitStack()

    def join(self, tick: Callable[[], object] | None) -> None:
        if tick is not None:
            self._ticks[tick] = self._ticks.get(tick, 0) + 1
        self._waiting += 1
        if self._waiting == 1:
            self._running.enter_context(heartbeat(self.loop.create_future(), self._beat))

    def part(self, tick: Callable[[], object] | None) -> bool:
        """Return whether that was the last."""
        if tick is not None:
            self._ticks[tick] -= 1
            if not self._ticks[tick]:
                del self._ticks[tick]
        self._waiting -= 1
        if not self._waiting:
            self._running.close()
        return not self._waiting

    def _beat(self) -> None:
        for tick in list(self._ticks):
            tick()


@contextmanager
def awake(tick: Callable[[], object] | None = None) -> Iterator[None]:
    """Keep the running loop waking ten times a second while inside.

    Args:
        tick: called at each beat, once however many are inside with it.
    """
    loop = asyncio.get_running_loop()
    note_cell()
    beat: _Beat | None = getattr(_here, "beat", None)
    if beat is None or beat.loop is not loop:
        beat = _here.beat = _Beat(loop)
    beat.join(tick)
    try:
        yield
    finally:
        if beat.part(tick) and getattr(_here, "beat", None) is beat:
            _here.beat = None
