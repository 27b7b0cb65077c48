"""Where an executor's calls are taken in and made, also when nobody holds the executor any more."""

from __future__ import annotations

import asyncio
import functools
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.assembly import scheduler_for
from notebook_kit.execution.awake import awake
from notebook_kit.execution.driver import Driver
from notebook_kit.execution.functions import FunctionWork
from notebook_kit.execution.holding import note_executor
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.worker_threads import WorkerThreads
from notebook_kit.scheduling import Ledger, Plan, Status

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.submission import Submission

__all__ = ["Desk", "live_desks"]

#: Held while they work: a loop does not hold its tasks, and one that is collected while it waits
#: complains.
_live: Final[set[Desk]] = set()
#: Those whose loop was closed under them: their tasks can never end, and would say so if they were
#: collected.
_dead: Final[set[Desk]] = set()


def live_desks() -> list[Desk]:
    """Return the desks of all executors that are at work; from any thread.

    Those whose loop was closed, or that are at work in the process that this one was forked from,
    are no more.
    """
    while True:
        try:
            found = list(_live)
        except RuntimeError:  # another thread has begun one meanwhile
            continue
        alive = [desk for desk in found if desk.is_at_work]
        dead = set(found).difference(alive)
        _live.difference_update(dead)
        _dead.update(dead)
        return alive


class Desk:
    """Makes the calls of one executor.

    Args:
        options: checked options.

    Attributes:
        closed: whether nothing more is taken.
    """

    def __init__(self, options: RunOptions) -> None:
        self.closed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self._threads = WorkerThreads()
        self._plan = Plan(_Never())
        self._ledger = Ledger()
        self._scheduler = scheduler_for(
            self._plan,
            self._ledger,
            FunctionWork(self._perform, loop="caller"),
            options,
            start=time.monotonic(),
            identify=id,
            weighed=lambda submission: submission.first,
        )
        self._driver = Driver(
            self._plan,
            self._scheduler,
            self._perform,
            attempt_timeout_s=options.shortest_attempt_s,
            rejects=options.retry.retry_value,
            settled=self._settled,
        )
        self._task: asyncio.Task[None] | None = None
        self._pid = os.getpid()

    @property
    def is_at_work(self) -> bool:
        """Whether calls are made here."""
        here = self._pid == os.getpid()
        return here and self.loop is not None and not self.loop.is_closed()

    @property
    def ended(self) -> bool:
        """Whether it has made its last call."""
        return self._task is not None and self._task.done()

    def amounts(self) -> tuple[int, int, int]:
        """Return how many calls were given, have ended, and are under way; from any thread."""
        return len(self._plan.pulled), self._ledger.done, self._scheduler.flight.under_way

    def settle_in(self) -> None:
        """Start on the loop that is running, or see that it is the one where this started.

        Raises:
            ConfigurationError: when it is another, or none runs.
        """
        here = running_loop()
        if here is None or self.loop not in (None, here):
            message = (
                "An executor belongs to the event loop on which it was first used: submit from a "
                "coroutine there, or make one executor for each loop."
            )
            raise ConfigurationError(message)
        if self._task is None:
            live_desks()
            self.loop = here
            self._task = here.create_task(self._driver.run())
            note_executor(self, most=self._scheduler.max_concurrency)
            _live.add(self)
            self._task.add_done_callback(self._ended)

    def take(self, submission: Submission[Any]) -> None:
        """Have a call made when its turn comes."""
        submission.when_withdrawn(functools.partial(self._withdraw, len(self._plan.pulled)))
        self._plan.pulled.append(submission)
        self._scheduler.add()
        self._driver.poke()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let nobody wait for what will not come."""
        _live.discard(self)
        self.closed = True
        if not task.cancelled():
            task.exception()
        self._threads.close()
        for submission in self._plan.pulled:
            if submission is not None:
                submission.settle(None, asyncio.CancelledError())

    def _withdraw(self, index: int) -> None:
        """Let one that was cancelled before its turn take no turn, and nothing of a rate."""
        if index not in self._scheduler.begun:
            self._ledger.settle(index, Status.CANCELLED, now=time.monotonic())
            self._plan.pulled[index] = None
            self._driver.poke()

    def _perform(self, submission: Submission[Any]) -> Awaitable[Any]:
        return submission.perform(self._threads)

    def _settled(self, index: int) -> None:
        submission: Submission[Any] | None = self._plan.pulled[index]
        error = self._ledger.errors.pop(index, None)
        if submission is not None:
            submission.settle(self._ledger.values[index], error)
        # It may live as long as the kernel does, and nobody asks it for a frame.
        self._plan.pulled[index] = self._ledger.values[index] = None

    def close(self) -> None:
        """Take nothing more, and end when all that was submitted has ended; on the loop only."""
        self.closed = True
        self._scheduler.end_of_input()
        self._driver.poke()

    def close_from_afar(self) -> None:
        """Do as `close`, from any thread, and also when the loop is closed."""
        if self.loop is not None:
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self.close)

    def end_from_afar(self, *, drain: bool) -> None:
        """Begin nothing more, and cut what is under way unless it is drained; from any thread."""

        def end() -> None:
            self.closed = True
            if drain:
                self._driver.drain()
            else:
                self._driver.cancel()

        if self.loop is not None:
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(end)

    async def wait(self) -> None:
        """Wait for the end.

        Raises:
            BaseException: the interrupt or exit that a call raised.
        """
        if self._task is None:
            self._threads.close()
        else:
            with awake():
                # Who gives up waiting must not cut the calls of everybody else.
                await asyncio.wait([self._task])
            if self._task.cancelled():
                raise asyncio.CancelledError
            self._task.result()
        if self._driver.fatal is not None:
            raise self._driver.fatal

    def cancel(self) -> None:
        """Cut what is under way and cancel what waits; nothing more is taken."""
        self.closed = True
        self._driver.cancel()


class _Never(AsyncIterator[Any]):
    """An input that does not end by itself, and gives nothing: items are put in from outside."""

    async def __anext__(self) -> Any:
        await asyncio.get_running_loop().create_future()
