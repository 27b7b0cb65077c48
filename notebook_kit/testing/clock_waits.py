"""Who waits while a clock is held, on whatever loop, in whatever thread, and how."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.clock import Clock
from notebook_kit.execution import awake, waiting
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.worker_threads import WorkerThreads
from notebook_kit.testing.clock_stands import Standstill

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

    from notebook_kit.testing.clock_loops import HeldLoops

__all__ = ["Waits", "put_waits"]

#: Seconds between two looks of a thread that waits; an interrupt acts within one.
_LOOK_S: Final = 0.02
#: The same where either of two things may come.
_QUICK_LOOK_S: Final = 0.001


class _Job:
    """A function that a thread of the package has to do."""

    def __init__(self) -> None:
        self.thread: int | None = None


class Waits:
    """Who waits for the package, and who is at work for it; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: Whether each wait is over, and the thread that it blocks, or None.
        self._waiting: dict[object, tuple[Callable[[], bool], int | None]] = {}
        self._beating: dict[asyncio.AbstractEventLoop, int] = {}
        self._jobs: set[_Job] = set()

    def blocked(self) -> set[int | None]:
        """Return the threads that wait, and None if somebody awaits something."""
        with self._lock:
            waits = list(self._waiting.values())
        return {thread for is_over, thread in waits if not is_over()}

    def allow(self, blocked: set[int | None]) -> bool:
        """Tell whether somebody waits and all who are at work in threads wait as well."""
        with self._lock:
            loops, jobs = list(self._beating), [job.thread for job in self._jobs]
        # One that is not begun has no thread yet.
        at_rest = all(thread is not None and thread in blocked for thread in jobs)
        return at_rest and (bool(blocked) or any(loop.is_running() for loop in loops))

    @contextmanager
    def until(self, is_over: Callable[[], bool], *, blocks: bool) -> Iterator[None]:
        """Note that somebody waits within the block, as long as that is not over."""
        wait = object()
        with self._lock:
            self._waiting[wait] = is_over, threading.get_ident() if blocks else None
        try:
            yield
        finally:
            with self._lock:
                del self._waiting[wait]

    def beat(self, loop: asyncio.AbstractEventLoop, more: int) -> None:
        """Note that so many more, or fewer, of the tasks of a loop wait."""
        with self._lock:
            count = self._beating.pop(loop, 0) + more
            if count > 0:  # Some may have begun to wait before anybody counted.
                self._beating[loop] = count

    @contextmanager
    def job(self) -> Iterator[_Job]:
        """Note that a thread is at work within the block."""
        job = _Job()
        with self._lock:
            self._jobs.add(job)
        try:
            yield job
        finally:
            with self._lock:
                self._jobs.discard(job)


class _Timer:
    """A timer on the package's own loop that calls somebody elsewhere."""

    def __init__(
        self, home: asyncio.AbstractEventLoop, seconds: float, call: Callable[[], object]
    ) -> None:
        self._home = home
        self._call = call
        self._cancelled = False
        self._handle: asyncio.TimerHandle | None = None
        home.call_soon_threadsafe(self._begin, seconds)

    def _begin(self, seconds: float) -> None:
        if not self._cancelled:
            self._handle = self._home.call_later(seconds, self._over)

    def _over(self) -> None:
        if not self._cancelled:
            self._call()

    def cancel(self) -> None:
        """Call nobody any more; from any thread."""
        self._cancelled = True
        with suppress(RuntimeError):  # The loop has ended, and the timer with it.
            self._home.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self._handle is not None:
            self._handle.cancel()


def put_waits(held: HeldLoops, home: asyncio.AbstractEventLoop, back: ExitStack) -> None:
    """Have decorated functions wait by the time of loops that are held, and all waits noted.

    Args:
        held: the loops.
        home: the loop of the package.
        back: puts everything back.
    """
    look = Standstill(held).look
    _put_timers(held, home, back)
    _put_sleeps(held, home, look, back)
    _put_notes(held, home, back)
    _put(waiting, "look_up", look, back)


def _put_timers(held: HeldLoops, home: asyncio.AbstractEventLoop, back: ExitStack) -> None:
    def later(
        _: Any, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], object]
    ) -> Any:
        if loop in held.loops:
            return loop.call_later(seconds, callback)

        def call() -> None:
            with suppress(RuntimeError):  # It was closed meanwhile.
                loop.call_soon_threadsafe(callback)

        return _Timer(home, seconds, call)

    _put(Clock, "later", later, back)


def _put_sleeps(
    held: HeldLoops,
    home: asyncio.AbstractEventLoop,
    look: Callable[[], None],
    back: ExitStack,
) -> None:
    def sleep(_: Any, seconds: float) -> None:
        over = threading.Event()
        timer = _Timer(home, seconds, over.set)
        try:
            with held.awaited(over.is_set):
                while not over.wait(_LOOK_S):
                    look()
        finally:
            timer.cancel()

    def wait(_: Any, bell: Any, seconds: float) -> None:
        over = threading.Event()
        timer = None if seconds == math.inf else _Timer(home, seconds, over.set)

        def is_over() -> bool:
            return bell.has_rung or over.is_set()

        try:
            with held.awaited(is_over):
                while not is_over():
                    bell.wait(_QUICK_LOOK_S)
                    look()
        finally:
            if timer is not None:
                timer.cancel()

    for name, put in {"sleep": sleep, "slice": sleep, "wait": wait}.items():
        _put(Clock, name, put, back)


def _put_notes(held: HeldLoops, home: asyncio.AbstractEventLoop, back: ExitStack) -> None:
    told_of, beat = waiting._told_of, awake._Beat  # noqa: SLF001 - all waits go through these
    join, part, call = beat.join, beat.part, WorkerThreads.call

    @contextmanager
    def noted(future: Any, callback: Callable[[Any], object]) -> Iterator[None]:
        here = running_loop()
        if here is not None and here is not home:
            held.watch(here)
        # Both kinds of waits come here; a loop whose thread is blocked has no turns.
        blocks = not callback.__qualname__.startswith(waiting.wait_async.__qualname__)
        with told_of(future, callback), held.awaited(future.done, blocks=blocks):
            yield

    def joined(self: Any, tick: Callable[[], object] | None) -> None:
        if self.loop is not home:
            held.watch(self.loop)
            held.waits.beat(self.loop, 1)
        join(self, tick)

    def parted(self: Any, tick: Callable[[], object] | None) -> bool:
        if self.loop is not home:
            held.waits.beat(self.loop, -1)
        return part(self, tick)

    async def called(self: WorkerThreads, function: Callable[[], Any]) -> Any:
        try:
            with held.waits.job() as job:

                def work() -> Any:
                    job.thread = threading.get_ident()
                    return function()

                return await call(self, work)
        finally:
            held.wake()

    _put(waiting, "_told_of", noted, back)
    _put(beat, "join", joined, back)
    _put(beat, "part", parted, back)
    _put(WorkerThreads, "call", called, back)


def _put(holder: Any, name: str, value: Any, back: ExitStack) -> None:
    back.callback(setattr, holder, name, getattr(holder, name))
    setattr(holder, name, value)
