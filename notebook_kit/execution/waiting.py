"""Waiting for something that happens elsewhere, so that the stop button works meanwhile.

A loop that merely waits does not notice an interrupt: nothing wakes it. So while anything of the
kit is awaited a tick keeps the loop waking ten times a second, and a synchronous wait goes in
slices as short, which is also what lets Windows interrupt it.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from notebook_kit.execution.cells import note_cell
from notebook_kit.execution.futures import Future
from notebook_kit.execution.leaving import is_leaving
from notebook_kit.execution.loops import awaiting_loop, running_loop

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable, Iterator

__all__ = ["INTERRUPTS", "TICK_S", "heartbeat", "wait_async", "wait_async_at_most", "wait_sync"]

#: Seconds between two looks; an interrupt acts within one of them.
TICK_S: Final = 0.1
#: What ends a wait from outside; everything else is an error of the waiting itself.
INTERRUPTS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError)

T = TypeVar("T")


@contextmanager
def heartbeat(waiter: asyncio.Future[None], tick: Callable[[], object] | None) -> Iterator[None]:
    """Keep the waiter's loop waking every `TICK_S` seconds while inside.

    ``tick`` is called each time; what it raises is raised where the waiter is awaited.
    """
    loop = waiter.get_loop()
    handle: asyncio.TimerHandle

    def beat() -> None:
        nonlocal handle
        handle = loop.call_later(TICK_S, beat)
        try:
            if tick is not None:
                tick()
        except Exception as error:  # noqa: BLE001 - handed on
            if not waiter.done():
                waiter.set_exception(error)

    handle = loop.call_later(TICK_S, beat)
    try:
        yield
    finally:
        handle.cancel()


async def wait_async(
    future: concurrent.futures.Future[T], *, tick: Callable[[], object] | None = None
) -> T:
    """Await, on any loop, a future that is completed in any thread. The future is not cancelled.

    >>> from concurrent.futures import Future
    >>> future = Future()
    >>> future.set_result(42)
    >>> asyncio.run(wait_async(future))
    42
    """
    if not future.done():
        loop = awaiting_loop()
        note_cell()
        waiter: asyncio.Future[None] = loop.create_future()

        def release() -> None:
            if not waiter.done():
                waiter.set_result(None)

        def completed(_: object) -> None:
            if is_leaving(running_loop()):
                return
            # A loop that was closed in the meantime has nobody left to be woken.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(release)

        with _told_of(future, completed), heartbeat(waiter, tick):
            await waiter
    return future.result()


async def wait_async_at_most(future: concurrent.futures.Future[Any], limit_s: float) -> None:
    """Await a future for so many seconds at most; whether it is done then is for it to say."""
    waiting = asyncio.ensure_future(wait_async(future))
    await asyncio.wait([waiting], timeout=limit_s)
    waiting.cancel()


def wait_sync(
    future: concurrent.futures.Future[Any],
    *,
    timeout_s: float | None = None,
    tick: Callable[[], object] | None = None,
) -> None:
    """Block until the future is done.

    Raises:
        TimeoutError: when that takes longer than ``timeout_s`` seconds.
    """
    until = math.inf if timeout_s is None else time.monotonic() + timeout_s
    # A lock of this wait's own, which no other thread takes: an interrupt may come at any step.
    over = threading.Lock()
    over.acquire()

    def release(_: object) -> None:
        if not is_leaving(running_loop()):
            over.release()

    with _told_of(future, release):
        while not over.acquire(timeout=min(TICK_S, max(0.0, until - time.monotonic()))):
            if tick is not None:
                tick()
            if timeout_s is None:
                look_up()
            if time.monotonic() >= until and not future.done():
                message = f"Not done after {timeout_s:g} s; it goes on, wait for it again."
                raise TimeoutError(message)


def look_up() -> None:
    """Do nothing, in each slice of a wait without a limit; a clock for tests is put here."""


@contextmanager
def _told_of(
    future: concurrent.futures.Future[Any], callback: Callable[[Any], object]
) -> Iterator[None]:
    """Call this when the future is done, if that is while inside."""
    try:
        future.add_done_callback(callback)
        yield
    finally:
        if isinstance(future, Future):
            future.let_go(callback)
