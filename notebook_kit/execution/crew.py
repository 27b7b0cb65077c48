"""The crew of a driver: a few tasks, used again and again, that do the work of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable, Coroutine

__all__ = ["GRACE_S", "Crew"]

#: Seconds that calls are given to end after they were cancelled.
GRACE_S: Final = 1.0
#: Workers to begin with; twice as many whenever all of them are busy.
_FIRST_WORKERS: Final = 64


class Crew:
    """As many workers as are of use, and the wait for their end.

    Args:
        work: what a worker does, given the context variables that it does it with.
        wanted: gives how many workers could be of use now.
        may_end: asked when nobody works any more; False if there is something to do again.
        context: the context variables that each worker starts with a copy of.

    Attributes:
        workers: those who work.
        held_back: whether more could be of use than there are so far.
        left_behind: those who could not be made to end, and are counted on no more.
    """

    def __init__(
        self,
        work: Callable[[contextvars.Context], Coroutine[Any, Any, None]],
        *,
        wanted: Callable[[], int],
        may_end: Callable[[], bool],
        context: contextvars.Context,
    ) -> None:
        self.workers: set[asyncio.Task[None]] = set()
        self.held_back = False
        self.left_behind: set[asyncio.Task[None]] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._work = work
        self._wanted = wanted
        self._may_end = may_end
        self._context = context
        self._most = _FIRST_WORKERS
        self._over: asyncio.Future[None] | None = None
        self._patience: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Work until nobody does, or until patience with those who do not end is lost."""
        self.loop = asyncio.get_running_loop()
        self._over = self.loop.create_future()
        self._end()
        await self._over

    def fill(self) -> None:
        """Add workers that can be of use; on the loop only, and not before it runs."""
        if self.loop is None:
            return
        wanted = self._wanted()
        # A million may be allowed, and three items come.
        self.held_back = wanted > self._most
        for _ in range(min(wanted, self._most) - len(self.workers)):
            self.add()

    def grow(self) -> None:
        """Allow twice as many, because all there are have something to do."""
        self._most *= 2
        self.fill()

    def add(self) -> None:
        """Add one worker."""
        context = self._context.copy()
        worker = self.task(self._work(context), context)
        self.workers.add(worker)
        worker.add_done_callback(self._ended)

    def task(
        self, work: Coroutine[Any, Any, None], context: contextvars.Context | None = None
    ) -> asyncio.Task[None]:
        """Start a task that sees the context variables of whoever made the run."""
        assert self.loop is not None  # noqa: S101 - tells the type checker
        return self.loop.create_task(work, context=context or self._context.copy())

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self.workers.discard(worker)
        self.left_behind.discard(worker)
        if worker.cancelled():
            # Somebody else cancelled it, for one of this run is not cancelled while there is work.
            self.fill()
        if not self.workers:
            self._end()

    # Ending

    def _end(self) -> None:
        """Be over if nobody can be of use, unless there is something to do again."""
        if self._over is None or self._over.done():
            return
        self.fill()
        while not self.workers and not self._may_end():
            self.fill()
        if not self.workers:
            self._over.set_result(None)

    def work_on(self) -> None:
        """Take up work again, because there is more to do than was thought."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self.fill()

    def cut(self) -> None:
        """Cancel all, and wait for them no longer than is polite."""
        for worker in tuple(self.workers):
            worker.cancel()
        self.hurry()

    def hurry(self) -> None:
        """Wait for those who still work no longer than is polite."""
        if self.loop is not None and not self.loop.is_closed() and self._patience is None:
            self._patience = self.loop.call_later(GRACE_S, self._lose_patience)

    def replace(self) -> None:
        """Fill the place of one who was left behind, or end if nobody is needed any more."""
        self.fill()
        if not self.workers:
            self._end()

    def leave_behind(self, worker: asyncio.Task[None]) -> None:
        """Count no more on one who does not end."""
        self.workers.discard(worker)
        self.left_behind.add(worker)

    def give_up(self) -> int:
        """Leave behind whoever still works, and return how many these are."""
        if self._patience is not None:
            self._patience.cancel()
        count = len(self.workers)
        self.left_behind |= self.workers
        self.workers.clear()
        return count

    def _lose_patience(self) -> None:
        if self._over is None or self._over.done():
            return
        if self._may_end():
            self._over.set_result(None)
        else:
            self.work_on()
