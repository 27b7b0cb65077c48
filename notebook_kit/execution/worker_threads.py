"""Daemon threads for synchronous functions.

The standard library's executor joins its threads at exit, so one call that never returns would hang
the interpreter. These are daemons: a call that overruns its limit is left behind and counted.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WorkerThreads"]

_Job = tuple["Callable[[], Any]", "asyncio.Future[Any]"]


class WorkerThreads:
    """As many threads as there are calls under way at once, kept until `close`.

    Attributes:
        abandoned: calls that were given up while they ran on.
    """

    def __init__(self) -> None:
        self.abandoned = 0
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._idle = 0
        self._threads = 0

    async def call(self, function: Callable[[], Any]) -> Any:
        """Run the function in a thread, in the context of the caller, and return its value."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()
        self._jobs.put((lambda: context.run(function), future))
        if self._idle:
            self._idle -= 1
        else:
            self._threads += 1
            name = f"notebook_kit-worker-{self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        try:
            return await future
        except asyncio.CancelledError:
            # Nothing can stop a thread: the call runs on.
            self.abandoned += 1
            raise

    def close(self) -> None:
        """Let every thread end after the call it is in."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            function, future = job
            try:
                result, error = function(), None
            except BaseException as raised:  # noqa: BLE001 - handed to the caller, whatever it is
                result, error = None, raised
            # The loop may be closed by now; then nobody waits for the answer.
            with suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(self._deliver, future, result, error)
            del job, function, future, result, error

    def _deliver(
        self, future: asyncio.Future[Any], result: Any, error: BaseException | None
    ) -> None:
        # Its thread is free again, also if nobody waits for this answer any more.
        self._idle += 1
        if future.done():
            return
        if error is None:
            future.set_result(result)
        elif isinstance(error, (StopIteration, GeneratorExit)):
            # Neither passes a coroutine as it is; as the cause of a RuntimeError it is not lost.
            wrapped = RuntimeError(f"the function raised {type(error).__name__}")
            wrapped.__cause__ = error
            future.set_exception(wrapped)
        else:
            future.set_exception(error)
