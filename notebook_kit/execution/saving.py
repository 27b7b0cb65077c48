"""Between a run and its journal: who waits until what has ended is on disk, and is told then."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from notebook_kit.execution.protocols import Journal

__all__ = ["Saving"]

#: Seconds that the end of a run waits while nothing more gets written: longer than a file that
#: others hold is tried, for whoever closes the journal before makes the whole loop wait.
_END_S: Final = 10.0


class Saving:
    """Holds workers back whose journal is behind, or who want each end to be on disk.

    With a durable journal a worker takes the next item when its last one is on disk, so that no
    more can be lost than is under way at once; and nobody is told of an end that is not on disk.
    With another one workers wait only while the disk cannot keep up. Where writing fails nobody
    waits, and ends are told of at once, until it goes well again.

    Args:
        journal: keeps what has ended.
        tell: called with the position of each item whose end may be told of.

    Attributes:
        holds: whether a worker has to call `wait` before it goes on.
        strict: whether that is so for each item.
        fails: whether the last try to write was in vain.
    """

    def __init__(self, journal: Journal, tell: Callable[[int], None]) -> None:
        self.strict = journal.durable
        self.holds = self.strict
        self.fails = False
        self._journal = journal
        self._tell = tell
        self._loop: asyncio.AbstractEventLoop | None = None
        #: Ends that were recorded, and how many of them are on disk or given up.
        self._recorded = 0
        self._saved = 0
        self._untold: deque[tuple[int, int]] = deque()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        #: What was said last, in the thread that writes.
        self._said = (False, False)
        self._is_ending = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take in on which loop the run is."""
        self._loop = loop

    def record(self, index: int) -> None:
        """Keep an end, and tell of it when it is on disk; on the loop only."""
        self._recorded += 1
        if not self.fails:
            self._untold.append((self._recorded, index))
        self._journal.record(index)
        if self.fails:
            self._tell(index)

    def progress(self, count: int, *, behind: bool, fails: bool = False) -> None:
        """Hear how far the journal is; in its thread."""
        if not (self.strict or self._is_ending) and (behind, fails) == self._said:
            return
        self._said = (behind, fails)
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
                self._loop.call_soon_threadsafe(self._heard, count, behind, fails)

    def _heard(self, count: int, behind: bool, fails: bool) -> None:  # noqa: FBT001 - called by a loop
        self._saved = max(self._saved, count)
        self.fails = fails
        self.holds = not fails and (self.strict or behind)
        self.tell_those(sys.maxsize if fails else count)
        if fails or not self.strict:
            count = 0 if self.holds else sys.maxsize
        while self._waiting and self._waiting[0][0] <= count:
            _, waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)

    def tell_those(self, count: int = sys.maxsize) -> None:
        """Tell of the ends that are on disk; of all, when nobody writes any more."""
        while self._untold and self._untold[0][0] <= count:
            self._tell(self._untold.popleft()[1])

    def tell_at_once(self, indexes: Collection[int]) -> None:
        """Tell of ends that are about to be taken back, so that each is told of."""
        wanted = set(indexes)
        now = [index for _, index in self._untold if index in wanted]
        self._untold = deque(pair for pair in self._untold if pair[1] not in wanted)
        for index in now:
            self._tell(index)

    async def end(self, state: str, total: int) -> None:
        """Wait until the journal has written all, as long as it goes on with it."""
        self._is_ending = True
        ends = self._journal.end(state, total)
        while ends and self._saved < sys.maxsize:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append((sys.maxsize, waiter))
            saved = self._saved
            await asyncio.wait((waiter,), timeout=_END_S)
            # Told of without there being more on disk, it was tried in vain, and is tried again.
            ends = waiter.done() or self._saved != saved

    async def wait(self) -> None:
        """Wait until what was recorded so far is on disk, or until the disk has caught up."""
        if self.fails or (self.strict and self._saved >= self._recorded):
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((self._recorded, waiter))
        await waiter
