"""The kit's own I/O thread: one daemon thread with one event loop per process.

Started on first use. Everything that owns a socket lives here, so that a client outlives the loop
of a cell, a thread or an `asyncio.run`, and a finalizer always has a live loop to close things on.
It is a daemon because a loop thread that is not hangs the interpreter's exit; at exit it is shut
down in order all the same. In a forked child the parent's loop is forgotten and a new one is made
when it is needed.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import selectors
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ClosedError
from notebook_kit.execution.futures import Future
from notebook_kit.execution.leaving import leave
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["at_shutdown", "begin_on_io_loop", "io_loop", "on_io_loop", "pending_tasks", "submit"]

THREAD_NAME: Final = "notebook_kit-io"
_SHUTDOWN_S: Final = 2.0

logger = kit_logger("notebook_kit.execution")

#: A finalizer may run in the middle of what holds it, in the same thread.
_lock = threading.RLock()
_thread: _IOThread | None = None
_closers: list[Callable[[], Coroutine[Any, Any, None]]] = []


class _IOThread:
    """A running loop and the thread that runs it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._stopping = False
        # Plain asyncio, whatever loop policy the user has set: what lives here is tested on it.
        self._selector = selectors.EpollSelector() if sys.platform == "linux" else None
        self.loop: asyncio.AbstractEventLoop = (
            asyncio.SelectorEventLoop(self._selector)
            if self._selector is not None
            else asyncio.new_event_loop()
        )
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._stopping:
            try:
                self.loop.run_forever()
            except BaseException as interrupt:
                # SystemExit or KeyboardInterrupt raised by somebody's callback; a task that raised
                # it has it as its result already.
                logger.warning("A callback on the I/O thread raised.", exc_info=interrupt)

    def owns_current_thread(self) -> bool:
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """Cancel what runs, close what is open, stop the loop, join the thread."""
        if self.owns_current_thread() or not self._thread.is_alive():
            return
        done = asyncio.run_coroutine_threadsafe(self._wind_down(), self.loop)
        try:
            done.result(timeout=_SHUTDOWN_S)
        except Exception:  # noqa: BLE001 - exit goes on; nobody is left to be told
            done.cancel()
        self._stopping = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=_SHUTDOWN_S)
        if not self._thread.is_alive():
            self.loop.close()

    def let_go_in_child(self) -> None:
        """Part from the parent's loop, in a forked child.

        An epoll instance is shared with the parent: a transport that is collected in the child
        would unregister the parent's connection. An empty one is put in its place.
        """
        if self._selector is not None:
            empty = select.epoll()
            os.dup2(empty.fileno(), self._selector.fileno(), inheritable=False)
            empty.close()

    async def _wind_down(self) -> None:
        this = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not this]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in _closers:
            await close()
        await self.loop.shutdown_asyncgens()
        # One more turn lets transports that were just closed finish.
        await asyncio.sleep(0)


def _current() -> _IOThread:
    global _thread  # noqa: PLW0603 - one per process, and it changes in a forked child
    thread = _thread
    if thread is not None and thread.pid == os.getpid():
        return thread
    with _lock:
        if _thread is None or _thread.pid != os.getpid():
            _thread = _IOThread()
        return _thread


def io_loop() -> asyncio.AbstractEventLoop:
    """Return the running loop of the I/O thread, started if need be.

    >>> io_loop() is io_loop()
    True
    """
    return _current().loop


def on_io_loop() -> bool:
    """Tell whether the caller is running on the I/O thread."""
    return _thread is not None and _thread.owns_current_thread()


def submit(work: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Start a coroutine on the I/O loop, from any thread, and return its future.

    >>> async def answer():
    ...     return 42
    >>> submit(answer()).result()
    42
    """
    future: Future[Any] = Future()
    try:
        begin_on_io_loop(future, lambda: work)
    except ClosedError:
        work.close()
        raise
    return future


def begin_on_io_loop(future: Future[Any], make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Have a coroutine made and run on the I/O loop, from any thread, and the future told.

    Who made the future may cancel it whatever happens here: an interrupt leaves nothing behind.

    Raises:
        ClosedError: when the I/O thread has ended.
    """
    try:
        future.begin_on(io_loop(), make)
    except RuntimeError:
        message = "The kit's I/O thread has ended, as it does when the interpreter exits."
        raise ClosedError(message) from None


def at_shutdown(close: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have this closed on the I/O loop when the interpreter exits; once per function."""
    if close not in _closers:
        _closers.append(close)


def pending_tasks() -> list[str]:
    """Return the names of the tasks that are alive on the I/O loop, for tests and monitors."""
    thread = _thread
    if thread is None or thread.pid != os.getpid() or thread.loop.is_closed():
        return []
    return [repr(task.get_coro()) for task in asyncio.all_tasks(thread.loop) if not task.done()]


def _stop_at_exit() -> None:
    global _thread
    thread, _thread = _thread, None
    if thread is not None and thread.pid == os.getpid():
        leave(thread.loop)
        thread.stop()


def _forget_in_child() -> None:
    global _thread, _lock  # noqa: PLW0603 - see _current
    if _thread is not None:
        _thread.let_go_in_child()
    _thread = None
    # The lock may have been held by a thread that does not exist in the child.
    _lock = threading.RLock()


atexit.register(_stop_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
