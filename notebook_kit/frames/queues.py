"""Queues that are still being filled, as the input of a run.

A run takes an item off the queue when it has room for one, so that a full queue holds its producers
back. Nothing is taken ahead: what a run did not get is there for the next.
"""

from __future__ import annotations

import asyncio
import inspect
import queue as queues
import threading
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from notebook_kit.execution import WorkerThreads, running_loop
from notebook_kit.scheduling import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["END", "QueueItems", "is_queue", "plan_of_queue"]

#: What a queue raises that was shut down, from Python 3.13 on.
_SHUT_DOWN: Final[tuple[type[Exception], ...]] = tuple(
    getattr(module, name)
    for module, name in ((asyncio, "QueueShutDown"), (queues, "ShutDown"))
    if hasattr(module, name)
)
_AT_THE_END: Final[tuple[type[Exception], ...]] = (
    asyncio.QueueEmpty,
    queues.Empty,
    *_SHUT_DOWN,
)
#: What it raises when nothing can be put in; one of processes that was closed, ValueError.
_TAKES_NOTHING: Final[tuple[type[Exception], ...]] = (
    asyncio.QueueFull,
    queues.Full,
    ValueError,
    *_SHUT_DOWN,
)
#: Seconds between two looks at a queue of threads that is empty: more the longer it is.
_SHORTEST_S: Final = 0.001
_LONGEST_S: Final = 0.02


class _End(Enum):
    """The kind of `END`: a member of an enumeration pickles and copies to itself.

    It sorts after everything else, so that a priority queue gives it last.
    """

    END = "END"

    def __repr__(self) -> str:
        return "nk.END"

    def __lt__(self, other: object) -> bool:
        return False

    def __le__(self, other: object) -> bool:
        return other is self

    def __gt__(self, other: object) -> bool:
        return other is not self

    def __ge__(self, other: object) -> bool:
        return True


#: Put into a queue to say that no more will come: the run that takes it ends its input there.
END: Final = _End.END


def is_queue(data: Any) -> bool:
    """Tell whether data is a queue of asyncio, of threads or of processes, or like one.

    >>> is_queue(queues.Queue()), is_queue([])
    (True, False)
    """
    kind = type(data)
    if hasattr(kind, "__iter__") or hasattr(kind, "__aiter__"):
        return False  # It says itself how it is gone through.
    return all(callable(getattr(kind, name, None)) for name in ("get", "put", "empty"))


def plan_of_queue(queue: Any, *, name: str = "") -> Plan:
    """Return the plan for what comes out of a queue, up to `END` or until it is shut down.

    ``Plan.settled`` tells the queue of each item that has ended, so that its ``join`` returns when
    all the work is done.
    """
    items: QueueItems
    if isinstance(queue, asyncio.Queue) or inspect.iscoroutinefunction(type(queue).get):
        items = AsyncioItems(queue)
    elif isinstance(queue, (queues.Queue, queues.SimpleQueue)):
        items = ThreadItems(queue)
    else:
        items = ProcessItems(queue)
    plan = Plan(items, name=name, settled=items.settled)
    items.arrived = plan.pulled
    return plan


class QueueItems(AsyncIterator[Any]):
    """What comes out of a queue, read by one run.

    Attributes:
        arrived: the items that reached the run, kept by who reads them.
        has_home: whether it has to be read on the loop that the queue belongs to.
    """

    has_home: ClassVar[bool]

    def __init__(self, queue: Any) -> None:
        self.arrived: Sequence[Any] = ()
        self._queue = queue
        # Of a stack, what was put in before the end comes out after it.
        self._is_stack = isinstance(queue, (asyncio.LifoQueue, queues.LifoQueue))
        self._only_the_rest = False
        self._over = False
        # Taking, settling and closing may happen in three threads.
        self._lock = threading.Lock()
        self._taken = 0
        self._settled = 0
        # What was taken last, until the next is asked for: then it has come where it belongs.
        self._on_its_way: Any = END

    async def __anext__(self) -> Any:
        self._on_its_way = END
        try:
            if self._over:
                item: Any = END
            elif self._only_the_rest:
                item = self._received(self._queue.get_nowait())
            else:
                item = await self._take()
        except _AT_THE_END:
            item = END
        except BaseException:
            self._stop()
            raise
        if item is not END:
            return item
        if self._is_stack and not self._only_the_rest:
            self._only_the_rest = True
            return await anext(self)
        self._stop()
        raise StopAsyncIteration

    @abstractmethod
    async def _take(self) -> Any:
        """Wait for what comes out next and return it, `END` too."""

    def _received(self, item: Any) -> Any:
        with self._lock:
            if self._over:
                self._put_back(item)
                return END
            if item is END:
                self._task_done()
            else:
                self._taken += 1
                self._on_its_way = item
            return item

    def _put_back(self, item: Any) -> None:
        # The run ended while the item was on its way to it: it is for whoever reads on.
        with suppress(*_TAKES_NOTHING):
            getattr(self._queue, "put_nowait", self._queue.put)(item)
        self._task_done()

    def settled(self, position: int) -> None:  # noqa: ARG002 - a queue counts, no more
        """Tell the queue that the item at a position has ended; from any thread."""
        with self._lock:
            if self._settled < self._taken:
                self._settled += 1
                self._tell_done()

    def _tell_done(self) -> None:
        self._task_done()

    def _task_done(self) -> None:
        # Queues that cannot be joined have no such method. Where the user's function tells the
        # queue as well, the count runs out early.
        if (done := getattr(self._queue, "task_done", None)) is not None:
            with suppress(ValueError):
                done()

    def _stop(self) -> None:
        with self._lock:
            if self._over:
                return
            self._over = True
            if self._on_its_way is not END and self._taken > len(self.arrived):
                self._taken -= 1
                self._put_back(self._on_its_way)
        self._let_go()

    def _let_go(self) -> None:
        """Give up what was needed for waiting."""

    async def aclose(self) -> None:
        """Take nothing more; what was taken and has not ended counts as ended for ``join``."""
        self._stop()
        with self._lock:
            for _ in range(self._taken - self._settled):
                self._tell_done()
            self._settled = self._taken


class AsyncioItems(QueueItems):
    """What comes out of an `asyncio.Queue`, on the loop that it belongs to."""

    has_home = True

    def __init__(self, queue: Any) -> None:
        super().__init__(queue)
        self._home: asyncio.AbstractEventLoop | None = None

    async def _take(self) -> Any:
        self._home = asyncio.get_running_loop()
        return self._received(await self._queue.get())

    def _tell_done(self) -> None:
        if self._home is None or self._home is running_loop():
            self._task_done()
        else:
            # A run on another loop; of a loop that is closed, nobody waits for the queue.
            with suppress(RuntimeError):
                self._home.call_soon_threadsafe(self._task_done)


class ThreadItems(QueueItems):
    """What comes out of a queue of threads, on any loop.

    While it is empty it is looked at from time to time. A thread that waits in its ``get`` could
    not be called back: after the run it would take an item that is for somebody else.
    """

    has_home = False

    async def _take(self) -> Any:
        pause_s = 0.0
        while True:
            try:
                return await self._get()
            except queues.Empty:
                await asyncio.sleep(pause_s)
                pause_s = min(max(_SHORTEST_S, 2 * pause_s), _LONGEST_S)

    async def _get(self) -> Any:
        return self._received(self._queue.get_nowait())


class ProcessItems(ThreadItems):
    """What comes out of a queue of processes, or of a library that is not known.

    It is looked at in a thread of its own: a large item may take long to come in.
    """

    def __init__(self, queue: Any) -> None:
        super().__init__(queue)
        self._threads = WorkerThreads()
        self._looking = threading.Lock()

    async def _get(self) -> Any:
        return await self._threads.call(self._get_here)

    def _get_here(self) -> Any:
        with self._looking:
            if self._over or self._queue.empty():
                raise queues.Empty
            # Some have only the one that waits, which it need not do unless others read as well.
            return self._received(getattr(self._queue, "get_nowait", self._queue.get)())

    def _let_go(self) -> None:
        self._threads.close()

    async def aclose(self) -> None:
        """Take nothing more, also when the look that is under way has come to its end."""
        await super().aclose()
        while self._looking.locked():  # noqa: ASYNC110 - it is a thread that looks
            await asyncio.sleep(_SHORTEST_S)
