"""Calls submitted one by one, the urgent first, under the policies of a run."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, cast, overload

from notebook_kit.checks import refuse_unknown
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.execution.assembly import scheduler_for
from notebook_kit.execution.awake import awake
from notebook_kit.execution.driver import Driver
from notebook_kit.execution.functions import FunctionWork, is_async
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.options import RunOptions
from notebook_kit.execution.worker_threads import WorkerThreads
from notebook_kit.policies import Priority
from notebook_kit.scheduling import Ledger, Plan, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from types import TracebackType

    from notebook_kit.execution.options import RunKeywords

__all__ = ["Executor", "Submission"]

T = TypeVar("T")

_OPTIONS = (
    "max_concurrency",
    "rate",
    "retry",
    "breaker",
    "attempt_timeout",
    "item_timeout",
)


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


class Executor:
    """Makes calls as they are submitted, so many at once, the urgent first.

    The options are those of a run that make sense for calls that come one by one:
    ``max_concurrency``, ``rate``, ``retry``, ``breaker``, ``attempt_timeout``, ``item_timeout``. It
    belongs to the event loop on which it is first used.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> async def main():
    ...     async def fetch(name):
    ...         order.append(name)
    ...
    ...     order = []
    ...     async with Executor(max_concurrency=1) as executor:
    ...         executor.submit(fetch, "later", priority="low")
    ...         executor.submit(fetch, "first", priority=Priority.CRITICAL)
    ...     return order
    >>> asyncio.run(main())
    ['first', 'later']
    """

    def __init__(self, **options: Unpack[RunKeywords]) -> None:
        refuse_unknown(options, _OPTIONS, of="An executor")
        given: RunKeywords = {**options, "fail_fast": False}
        given["priority"] = lambda submission: submission.priority
        checked = RunOptions.of(given)
        self._threads = WorkerThreads()
        self._plan = Plan(_Never())
        self._ledger = Ledger()
        self._scheduler = scheduler_for(
            self._plan,
            self._ledger,
            FunctionWork(self._perform, loop="caller"),
            checked,
            start=time.monotonic(),
            identify=id,
            weighed=lambda submission: submission.first,
        )
        self._driver = Driver(
            self._plan,
            self._scheduler,
            self._perform,
            attempt_timeout_s=checked.attempt_timeout_s,
            rejects=checked.retry.retry_value,
            settled=self._settled,
        )
        self._running: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    @overload
    def submit(
        self,
        function: Callable[..., Awaitable[T]],
        *args: Any,
        priority: Priority | str = ...,
        **keywords: Any,
    ) -> Submission[T]: ...

    @overload
    def submit(
        self,
        function: Callable[..., T],
        *args: Any,
        priority: Priority | str = ...,
        **keywords: Any,
    ) -> Submission[T]: ...

    def submit(
        self,
        function: Callable[..., Any],
        *args: Any,
        priority: Priority | str = Priority.NORMAL,
        **keywords: Any,
    ) -> Submission[Any]:
        """Have a function called when its turn comes, and return what can be awaited for it.

        Args:
            function: async, called on this loop; or synchronous, called in a thread.
            *args: its arguments.
            priority: how urgent it is; the oldest goes first among equals.
            **keywords: its keyword arguments.

        Raises:
            ClosedError: after `aclose`.
            ConfigurationError: when the priority cannot be read, or it is no function.
        """
        self._refuse_if_closed()
        if not callable(function):
            message = (
                f"submit takes a function and its arguments, not {type(function).__name__}: "
                "executor.submit(fetch, 7), and not executor.submit(fetch(7))."
            )
            if inspect.iscoroutine(function):
                function.close()
            raise ConfigurationError(message)
        self._settle_in()
        made: Submission[Any] = Submission(function, args, keywords, Priority.of(priority))
        made.when_withdrawn(functools.partial(self._withdraw, len(self._plan.pulled)))
        self._plan.pulled.append(made)
        self._scheduler.add()
        self._driver.poke()
        return made

    def _refuse_if_closed(self) -> None:
        if self._closed:
            message = "This executor is closed; make a new one: nk.Executor(max_concurrency=5)."
            raise ClosedError(message)

    def _settle_in(self) -> None:
        """Start on the loop that is running, or see that it is the one where this started."""
        here = running_loop()
        if here is None or self._loop not in (None, here):
            message = (
                "An executor belongs to the event loop on which it was first used: submit from a "
                "coroutine there, or make one executor for each loop."
            )
            raise ConfigurationError(message)
        if self._running is None:
            self._loop = here
            self._running = here.create_task(self._driver.run())
            self._running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        """Let nobody wait for what will not come."""
        self._closed = True
        if not running.cancelled():
            running.exception()
        self._threads.close()
        for submission in self._plan.pulled:
            if submission is not None:
                submission.settle(None, asyncio.CancelledError())

    def _withdraw(self, index: int) -> None:
        """Let one that was cancelled before its turn take no turn, and nothing of a rate."""
        if index not in self._scheduler.begun:
            self._ledger.settle(index, Status.CANCELLED, now=time.monotonic())
            self._plan.pulled[index] = None

    def _perform(self, submission: Submission[Any]) -> Awaitable[Any]:
        return submission.perform(self._threads)

    def _settled(self, index: int) -> None:
        submission: Submission[Any] | None = self._plan.pulled[index]
        error = self._ledger.errors.pop(index, None)
        if submission is not None:
            submission.settle(self._ledger.values[index], error)
        # It may live as long as the kernel does, and nobody asks it for a frame.
        self._plan.pulled[index] = self._ledger.values[index] = None

    async def aclose(self) -> None:
        """Wait until all that was submitted has ended; nothing more is taken."""
        self._closed = True
        self._scheduler.end_of_input()
        self._driver.poke()
        if self._running is None:
            self._threads.close()
        else:
            with awake():
                await self._running
        if self._driver.fatal is not None:
            raise self._driver.fatal

    def cancel(self) -> None:
        """Cut what is under way and cancel what waits; nothing more is taken."""
        self._closed = True
        self._driver.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.cancel()
        await self.aclose()


class _Never(AsyncIterator[Any]):
    """An input that does not end by itself, and gives nothing: items are put in from outside."""

    async def __anext__(self) -> Any:
        await asyncio.get_running_loop().create_future()
