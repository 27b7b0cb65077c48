"""One call that was submitted to an executor."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from notebook_kit.execution.awake import awake
from notebook_kit.execution.functions import is_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from notebook_kit.execution.worker_threads import WorkerThreads
    from notebook_kit.policies import Priority

__all__ = ["Submission"]

T = TypeVar("T")


class Submission(Generic[T]):
    """A call that was submitted: await it for what it gives; cancel it where it is not wanted.

    Cancelling who awaits it cancels the call. It runs with the context variables of who submitted.
    """

    __slots__ = ("_call", "_context", "_future", "_task", "_withdraw", "first", "priority")

    def __init__(
        self,
        function: Callable[..., T | Awaitable[T]],
        args: tuple[Any, ...],
        keywords: dict[str, Any],
        priority: Priority,
    ) -> None:
        self.priority = priority
        #: Its first argument, which is what the weights of a rate are asked of.
        self.first = next(iter((*args, *keywords.values())), None)
        self._call = functools.partial(function, *args, **keywords)
        self._context = contextvars.copy_context()
        self._future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[Any] | None = None
        self._withdraw: Callable[[], object] | None = None
        # Whoever never asks has the outcome of the others, and no complaint at exit.
        self._future.add_done_callback(_looked_at)

    def __await__(self) -> Generator[Any, None, T]:
        # The tick lets the stop button through, as wherever the package waits.
        with awake():
            try:
                return (yield from self._future.__await__())
            except asyncio.CancelledError:
                self.cancel()
                raise

    @property
    def done(self) -> bool:
        """Whether the call has ended."""
        return self._future.done()

    def cancel(self) -> None:
        """Do not make the call, or cut it if it is under way."""
        self._future.cancel()
        if self._task is not None:
            self._task.cancel()
        elif self._withdraw is not None:
            self._withdraw()

    def when_withdrawn(self, withdraw: Callable[[], object]) -> None:
        """Have a function called if it is cancelled before it was begun; for the executor."""
        self._withdraw = withdraw

    async def perform(self, threads: WorkerThreads) -> T:
        """Make one attempt; for the executor."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._attempt(threads), context=self._context)
        try:
            value, interrupt = await self._task
        finally:
            self._task = None
        if interrupt is not None:
            # Raised wherever it is awaited, in any task, it could end the loop: `aclose` raises it.
            self._future.cancel(f"the call raised {type(interrupt).__name__}")
            raise interrupt
        return cast("T", value)

    async def _attempt(self, threads: WorkerThreads) -> tuple[Any, BaseException | None]:
        try:
            if is_async(self._call):
                value: Any = self._call()
            else:
                value = await threads.call(self._call)
            return (await value if inspect.isawaitable(value) else value), None
        except (KeyboardInterrupt, SystemExit) as interrupt:
            # Raised on from a task of its own it would end the loop, and with it the kernel.
            return None, interrupt

    def settle(self, value: Any, error: BaseException | None) -> None:
        """Hand on how the call ended; for the executor."""
        if self._future.done():
            return
        if error is None:
            self._future.set_result(value)
        elif isinstance(error, asyncio.CancelledError):
            self._future.cancel()
        else:
            self._future.set_exception(error)


def _looked_at(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
