"""Outcomes of a run one by one, in the order in which items end."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from typing import TYPE_CHECKING, Self

from notebook_kit.execution.futures import Future
from notebook_kit.execution.waiting import INTERRUPTS, wait_async, wait_sync
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.waiter import Waiter
    from notebook_kit.scheduling import Outcome

__all__ = ["Completed", "Watchers"]


class Watchers:
    """Those who want to hear of each item that ends; a dropped one hears no more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Replaced as a whole, so that the run's loop can go through it while threads add to it.
        self._all: tuple[weakref.ref[Completed], ...] = ()

    def __bool__(self) -> bool:
        return any(watcher() is not None for watcher in self._all)

    def add(self, watcher: Completed) -> None:
        """Let one more hear; from any thread."""
        with self._lock:
            heard = [known for known in self._all if known() is not None]
            self._all = (*heard, weakref.ref(watcher))

    def tell(self, index: int) -> None:
        """Tell all that an item has ended; on the run's loop."""
        for known in self._all:
            watcher = known()
            if watcher is not None:
                watcher.tell([index])

    def forget(self, indexes: Collection[int]) -> None:
        """Tell all that the ends of these items are taken back; on the run's loop."""
        for known in self._all:
            watcher = known()
            if watcher is not None:
                watcher.forget(indexes)


class Completed:
    """The outcomes of a run as its items end, those that have ended already first.

    Go through it with ``async for``, or with ``for`` where there is no `await`.
    """

    def __init__(self, engine: Engine, waiter: Waiter) -> None:
        self._engine = engine
        self._waiter = waiter
        self._lock = threading.Lock()
        self._ready: deque[int] = deque()
        self._seen = bytearray()
        self._wanted: Future[None] | None = None
        self._swept = False

    def begin(self) -> None:
        """Take in what has ended already; called once, when this hears of new ends."""
        ledger = self._engine.ledger
        ended = [at for at, code in enumerate(bytes(ledger.status)) if code != UNSETTLED]
        self.tell(sorted(ended, key=ledger.settled.__getitem__))
        this = weakref.ref(self)

        def over(_: object) -> None:
            watcher = this()
            if watcher is not None:
                watcher.tell([])

        self._engine.completed.add_done_callback(over)

    def tell(self, indexes: Iterable[int]) -> None:
        """Take note that items have ended; from any thread."""
        with self._lock:
            for index in indexes:
                if index >= len(self._seen):
                    self._seen.extend(bytes(index + 1 - len(self._seen)))
                if not self._seen[index]:
                    self._seen[index] = 1
                    self._ready.append(index)
            wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted.set_result(None)

    def forget(self, indexes: Collection[int]) -> None:
        """Take note that the ends of items are taken back: they are given when they end again."""
        with self._lock:
            for index in indexes:
                if index < len(self._seen):
                    self._seen[index] = 0
            back = set(indexes)
            self._ready = deque(index for index in self._ready if index not in back)

    def _next(self) -> Outcome | Future[None] | None:
        """Return the next outcome, or what to wait for, or None at the end."""
        self._waiter.refuse_if_lost()
        if self._engine.completed.done() and not self._swept:
            # Items that were never started end without anybody being told one by one.
            self._swept = True
            self.tell(range(len(self._engine.ledger)))
        with self._lock:
            if self._ready:
                return self._engine.outcome(self._ready.popleft())
            if self._swept:
                return None
            # Several may wait; all look again when there is something.
            waiting = self._wanted = self._wanted or Future()
        # It may have ended between the two looks.
        if self._engine.completed.done():
            self.tell([])
        return waiting

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Outcome:
        while isinstance(found := self._next(), Future):
            try:
                await wait_async(found, tick=self._waiter.tick)
            except INTERRUPTS as interrupt:
                await self._waiter.interrupted_async(interrupt)
                raise
        if found is None:
            self._waiter.conclude()
            raise StopAsyncIteration
        return found

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Outcome:
        while isinstance(found := self._next(), Future):
            try:
                wait_sync(found, tick=self._waiter.tick_blocking)
            except INTERRUPTS as interrupt:
                self._waiter.interrupted(interrupt)
                raise
        if found is None:
            self._waiter.conclude()
            raise StopIteration
        return found
