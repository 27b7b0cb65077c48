"""Waiting for something that happens elsewhere, so that the stop button works meanwhile.

A loop that merely waits does not notice an interrupt: nothing wakes it. So while anything of the
kit is awaited a tick keeps the loop waking ten times a second, and a synchronous wait goes in
slices as short, which is also what lets Windows interrupt it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["TICK_S", "heartbeat", "wait_async", "wait_sync"]

#: Seconds between two looks; an interrupt acts within one of them.
TICK_S: Final = 0.1

T = TypeVar("T")


@contextmanager
def heartbeat(loop: asyncio.AbstractEventLoop, tick: Callable[[], object] | None) -> Iterator[None]:
    """Keep the loop waking every `TICK_S` seconds while inside, calling ``tick`` each time."""
    handle: asyncio.TimerHandle

    def beat() -> None:
        nonlocal handle
        handle = loop.call_later(TICK_S, beat)
        if tick is not None:
            tick()

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
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()

        def release() -> None:
            if not waiter.done():
                waiter.set_result(None)

        def completed(_: object) -> None:
            # A loop that was closed in the meantime has nobody left to be woken.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(release)

        future.add_done_callback(completed)
        with heartbeat(loop, tick):
            await waiter
    return future.result()


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
    left = timeout_s
    while not future.done():
        slice_s = TICK_S if left is None else min(TICK_S, left)
        concurrent.futures.wait([future], timeout=slice_s)
        if tick is not None and not future.done():
            tick()
        if left is not None and not future.done():
            left -= slice_s
            if left <= 0:
                message = f"Not done after {timeout_s:g} s; it goes on, wait for it again."
                raise TimeoutError(message)
