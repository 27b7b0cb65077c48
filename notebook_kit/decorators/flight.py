"""One call under way for all who want its answer."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_kit.decorators.circles import Job
from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution import Future, running_loop, wait_async, wait_sync
from notebook_kit.execution.awake import awake

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Ending", "Flight", "Lost"]


class Lost(Exception):
    """The call will not end: its loop has stopped, or whoever made it was interrupted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: with a value, with an error, or, where it is `Lost`, not at all."""

    value: Any = None
    error: BaseException | None = None
    traceback: TracebackType | None = None

    @classmethod
    def of(cls, error: BaseException) -> Ending:
        """Return the ending of a call that raised."""
        return cls(None, error, error.__traceback__)

    def give(self) -> Any:
        """Return the value or raise the error, any number of times."""
        if self.error is not None:
            # Raised again by each who waits: without this its traceback would grow with them.
            raise self.error.with_traceback(self.traceback)
        return self.value


class Flight:
    """One call under way.

    Args:
        name: of the function.
        kept: whether it goes on although nobody waits for it.

    Attributes:
        ending: known when the call has ended.
        job: the call as one that may wait for others.
        task: what makes the call, of an async function.
        waiting: how many wait for it.
        kept: whether it goes on although nobody waits for it.
    """

    def __init__(self, name: str = "", *, kept: bool = False) -> None:
        self.ending: Future[Ending] = Future()
        self.job = Job(name)
        self.task: asyncio.Task[None] | None = None
        self.waiting = 0
        self.kept = kept
        self._loop = running_loop()
        #: Who makes the call, of a function that is not async.
        self._thread: int | None = None
        self._found_by = threading.get_ident()
        self._pid = os.getpid()

    @property
    def lost(self) -> bool:
        """Whether it can't be waited for: its process was forked, or its loop stands still."""
        # First of all: in a forked child the lock of the future may be held by nobody.
        if self._pid != os.getpid():
            return True
        if self.ending.done():
            return False
        return self._loop is not None and not self._loop.is_running()

    @property
    def is_for_here_to_begin(self) -> bool:
        """Whether it is for this thread to begin the call, and it has not done so."""
        begun = self.task is not None or self._thread is not None or self.ending.done()
        return not begun and self._found_by == threading.get_ident()

    def begin_here(self) -> None:
        """The call is made by this thread, and needs no loop."""
        self._thread = threading.get_ident()
        self._loop = None

    def land(self, ending: Ending) -> None:
        """The call has ended."""
        self.job.ended = True
        if not self.ending.done():
            self.ending.set_result(ending)

    def abandon(self) -> None:
        """Nobody wants the answer any more: cut the call off."""
        task, loop = self.task, self._loop
        if task is None or loop is None or loop.is_closed():
            return
        if running_loop() is loop:
            task.cancel()
        else:
            loop.call_soon_threadsafe(task.cancel)

    async def wait_async(self) -> Any:
        """Return what the call gives.

        Raises:
            Lost: when it will not end.
        """
        if running_loop() is not self._loop or self.task is None:
            return (await wait_async(self.ending, tick=self._look)).give()
        with awake():
            # Shielded: this caller may be cancelled, and others wait for the same call.
            await asyncio.shield(self.task)
        return self.ending.result().give()

    def wait(self) -> Any:
        """Block until the call has ended and return what it gives.

        Raises:
            Lost: when it will not end.
            WouldDeadlock: when it is made by this very thread.
        """
        if self._thread == threading.get_ident() and not self.ending.done():
            # Not found as a circle: the context in which it is made was left in between.
            message = (
                "A cached function would wait for an answer that its own thread is at work on: "
                "call the undecorated one, which is its __wrapped__."
            )
            raise WouldDeadlock(message)
        wait_sync(self.ending, tick=self._look)
        return self.ending.result().give()

    def _look(self) -> None:
        if self.lost:
            raise Lost
