"""One attempt where there is more to it than calling a function: limits, checks, a second one."""

from __future__ import annotations

import asyncio
import functools
import math
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit
from notebook_kit.policies.unwanted import unwanted_answer
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Scheduler

__all__ = ["Attempts", "LeftBehind", "within"]

#: Seconds that a call may take to end when its time is over and it was cancelled.
_GRACE_S: Final = 1.0


class LeftBehind(Exception):
    """The attempt ended long after its time, and what came of it is of no interest."""


class Attempts:
    """Makes the attempts of one run.

    Args:
        scheduler: knows how long an item may still take, and which attempts were overtaken.
        perform: does one attempt.
        item_of: gives what is performed, by position.
        limit_s: seconds that one attempt may take, or None.
        rejects: tells whether an answer is as bad as a failure, or None.
        leave_behind: told of the worker and the item when a call has swallowed the cancellation at
            the end of its time, and of the error that this is.
        clock: gives the time.
        rescue: gives something else for the item at a position that failed so, within so many
            seconds; or None.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        perform: Callable[[Any], Awaitable[Any]],
        item_of: Callable[[int], Any],
        *,
        limit_s: float | None,
        rejects: Callable[[Any], bool] | None,
        leave_behind: Callable[[asyncio.Task[Any], int, Exception], None],
        clock: Callable[[], float],
        rescue: Callable[[int, Failure, float], Awaitable[Any]] | None = None,
    ) -> None:
        #: Whether the function tells when an attempt really leaves, by `sent`.
        self.told_when_sent = False
        self._item_of = item_of
        self._scheduler = scheduler
        self._perform = perform
        self._limit_s = limit_s
        self._rejects = rejects
        self._rescue = rescue
        self._clock = clock
        self._tell = leave_behind
        self._left_behind: set[asyncio.Task[Any]] = set()
        #: Who works on what: a second attempt may overtake the first.
        self._at_work: dict[int, list[asyncio.Task[Any]]] = {}
        self._items: dict[asyncio.Task[Any] | None, int] = {}

    @property
    def needed(self) -> bool:
        """Whether there is more to an attempt than calling the function."""
        scheduler = self._scheduler
        limited = self._limit_s is not None or scheduler.has_deadlines
        hedged = scheduler.flight.hedger is not None
        more = self.told_when_sent or self._rejects is not None or self._rescue is not None
        return limited or hedged or more

    def make(self, index: int, now: float) -> Awaitable[Any]:
        """Return what does one attempt of the item at a position, and no more than it takes.

        To await it may raise:
            RequestTimeout: when a limit passes.
            UnwantedAnswer: when the answer is refused.
            LeftBehind: long after a limit has passed.
            Exception: whatever the function raises.
        """
        scheduler = self._scheduler
        if self._rescue is not None:
            failure = scheduler.rescues.under_way.get(index)
            if failure is not None:
                limit_s = math.inf if self._limit_s is None else self._limit_s
                left_s = scheduler.time_left(index, now)
                return self._rescue(index, failure, min(limit_s, left_s))
        if self._may_be_cut or scheduler.has_deadlines:
            return self._cut_in_time(index, now)
        if self._rejects is not None or scheduler.gate.awaits_sending(index):
            return self._looked_after(index)
        return self._perform(self._item_of(index))

    async def _looked_after(self, index: int) -> Any:
        task = self._own_task()
        self._items[task] = index
        try:
            value = await self._perform(self._item_of(index))
        finally:
            del self._items[task]
        return self._accepted(value)

    async def _cut_in_time(self, index: int, now: float) -> Any:
        task = self._own_task()
        self._at_work.setdefault(index, []).append(task)
        self._items[task] = index
        try:
            value = await self._limited(task, index, self._scheduler.time_left(index, now))
        except (Exception, asyncio.CancelledError, GeneratorExit):
            if task in self._left_behind:
                raise LeftBehind from None
            raise
        else:
            if task in self._left_behind:
                raise LeftBehind
        finally:
            self._left_behind.discard(task)
            del self._items[task]
            tasks = self._at_work[index]
            tasks.remove(task)
            if not tasks:
                del self._at_work[index]
        return self._accepted(value)

    @staticmethod
    def _own_task() -> asyncio.Task[Any]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - tells the type checker
        return task

    @property
    def _may_be_cut(self) -> bool:
        """Whether an attempt may end before its call does, by its limit or by another attempt."""
        return self._limit_s is not None or self._scheduler.flight.hedger is not None

    def _accepted(self, value: Any) -> Any:
        if self._rejects is not None:
            _check(self._rejects, value.value if type(value) is Answer else value)
        return value

    async def _limited(self, task: asyncio.Task[Any], index: int, item_s: float) -> Any:
        make = functools.partial(self._perform, self._item_of(index))
        if self._limit_s is None and math.isinf(item_s):
            return await make()
        limit_s = min(item_s, math.inf if self._limit_s is None else self._limit_s)
        late = task.get_loop().call_later(limit_s + _GRACE_S, self._leave, task, index, item_s)
        try:
            late_item = self._late_item(index)
            return await within(make, attempt_s=self._limit_s, item_s=item_s, late_item=late_item)
        finally:
            late.cancel()

    def _leave(self, task: asyncio.Task[Any], index: int, item_s: float) -> None:
        self._left_behind.add(task)
        self._tell(task, index, _too_late(self._limit_s, item_s, self._late_item(index)))

    def _late_item(self, index: int) -> Callable[[], RequestTimeout] | None:
        if not self._scheduler.has_deadlines:
            return None  # Another attempt was faster.
        return lambda: self._scheduler.too_late(index, self._clock())

    def sent(self, task: asyncio.Task[Any] | None = None) -> None:
        """Take note that the attempt of a task, this one if not said, leaves only now."""
        # Most runs have nobody who waits to hear of it, and this is called for each request.
        index = self._items.get(task or asyncio.current_task()) if self._items else None
        if index is not None:
            self._scheduler.gate.sent(index, self._clock())

    def cut_overtaken(self) -> None:
        """Cancel the attempts of items whose other attempt has brought the answer."""
        overtaken = self._scheduler.flight.overtaken
        while overtaken:
            index = overtaken.pop()
            for task in self._at_work.get(index, ()):
                task.cancel()
                task.get_loop().call_later(_GRACE_S, self._leave_if_deaf, task, index)

    def _leave_if_deaf(self, task: asyncio.Task[Any], index: int) -> None:
        if self._items.get(task) == index:
            # Its item has an answer, so nobody sees this error.
            self._leave(task, index, 0.0)


def _check(rejects: Callable[[Any], bool], value: Any) -> None:
    if rejects(value):
        raise unwanted_answer(value, attempts=1)


async def within(
    make: Callable[[], Awaitable[Any]],
    *,
    attempt_s: float | None,
    item_s: float,
    late_item: Callable[[], RequestTimeout] | None = None,
) -> Any:
    """Await what ``make`` gives, for so many seconds at most.

    Args:
        make: starts the attempt.
        attempt_s: the limit of one attempt, or None.
        item_s: what is left of the limit of the whole item; infinite if there is none.
        late_item: makes the error of an item whose time is over, or None.

    Raises:
        RequestTimeout: when a limit passes, also if the attempt swallowed its cancellation.

    >>> async def slow():
    ...     await asyncio.sleep(10)
    >>> asyncio.run(within(slow, attempt_s=0.01, item_s=60.0))
    Traceback (most recent call last):
        ...
    notebook_kit.errors.RequestTimeout: No answer within attempt_timeout=0.01 s.
    """
    limit_s = item_s if attempt_s is None else min(attempt_s, item_s)
    late = functools.partial(_too_late, attempt_s, item_s, late_item)
    async with TimeLimit(limit_s, late):
        return await make()


def _too_late(
    attempt_s: float | None, item_s: float, late_item: Callable[[], RequestTimeout] | None
) -> RequestTimeout:
    if attempt_s is not None and attempt_s <= item_s:
        message = f"No answer within attempt_timeout={attempt_s:g} s."
        return RequestTimeout(message, phase="attempt", attempts=1, elapsed_s=attempt_s)
    if late_item is not None:
        return late_item()
    message = "No answer before the time of the whole item, item_timeout, was over."
    return RequestTimeout(message, phase="item", attempts=1)
