"""Futures whose locks survive an interrupt, whatever moment it comes in.

Ctrl-C is raised between any two steps of Python code in the main thread. `threading.Condition`
takes its lock in such code, so that an interrupt may come when the lock is held already and
nothing has begun that would give it back: the thread that does the work, which needs the same lock
to say that it is done, would then stand still for ever.
"""

from __future__ import annotations

import concurrent.futures
import functools
import operator
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

__all__ = ["Future"]

T = TypeVar("T")


class _Condition(threading.Condition):
    """A condition that is entered and left in one step each, as its lock is."""

    # What `with` finds here is the lock's own method, so that no step of Python lies between
    # taking the lock and the block that gives it back.
    __enter__: Any = property(operator.attrgetter("_lock.__enter__"))
    __exit__: Any = property(operator.attrgetter("_lock.__exit__"))


class Future(concurrent.futures.Future[T]):
    """A future that may be asked in a thread that is interrupted meanwhile.

    >>> future = Future()
    >>> future.set_result(42)
    >>> future.result()
    42
    """

    def __init__(self) -> None:
        super().__init__()
        self._condition: threading.Condition = _Condition()
        self._done_callbacks: list[Callable[[Any], object]] = []

    def let_go(self, callback: Callable[[Any], object]) -> None:
        """Call this no more when it is done: who waited does not wait any longer."""
        with self._condition, suppress(ValueError):
            self._done_callbacks.remove(callback)

    def begin_on(
        self, loop: asyncio.AbstractEventLoop, make: Callable[[], Coroutine[Any, Any, T]]
    ) -> None:
        """Have a coroutine made and run on a loop, and become what it gives; from any thread.

        Whoever cancels this cancels it; if that was before, nothing is done.

        Raises:
            RuntimeError: when the loop is closed.
        """
        loop.call_soon_threadsafe(_begin, self, loop, make)


def _begin(
    future: Future[T],
    loop: asyncio.AbstractEventLoop,
    make: Callable[[], Coroutine[Any, Any, T]],
) -> None:
    if future.cancelled():
        # One that was made already and is thrown away without a word warns.
        make().close()
        return
    task = loop.create_task(_made(make))

    # It is told which future: one that it knew itself would keep itself, and its value, alive.
    def cut(done: concurrent.futures.Future[T]) -> None:
        if done.cancelled():
            # Where the loop is closed, the task has ended.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(task.cancel)

    future.add_done_callback(cut)
    task.add_done_callback(functools.partial(_hand_on, future))


async def _made(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return await make()


def _hand_on(future: Future[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        future.cancel()
    if not future.set_running_or_notify_cancel():
        return
    if (error := task.exception()) is not None:
        future.set_exception(error)
    else:
        future.set_result(task.result())
