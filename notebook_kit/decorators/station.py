"""Where items wait for each other, on one event loop, and leave in batches."""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.decorators.sharing import blames_an_item, raisable, share_out
from notebook_kit.execution import WorkerThreads
from notebook_kit.execution.awake import awake
from notebook_kit.execution.functions import is_async, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from notebook_kit.decorators.clock import Clock

__all__ = ["Station", "Timetable"]

#: A timer may come early by less than this, in seconds.
_EARLY_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Timetable:
    """When batches leave, and what happens to them.

    Attributes:
        function: is given a list of items.
        max_items: the most items of a batch.
        max_wait_s: how long the first item of a batch waits for others.
        most: batches under way at once.
        isolate: whether a batch that was refused is halved, until the bad item is alone.
        dedupe: whether equal items of a batch are sent once.
        clock: the time.
    """

    function: Callable[[list[Any]], Any]
    max_items: int
    max_wait_s: float
    most: float
    isolate: bool
    dedupe: bool
    clock: Clock


@dataclass(slots=True, eq=False)
class _Wanted:
    """One item, and those who want its answer."""

    item: Any
    since: float
    key: Hashable = None
    batch: _Batch | None = None
    left: int = 0
    callers: list[asyncio.Future[Any]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether anybody waits for it."""
        return any(not caller.done() for caller in self.callers)

    def settle(self, answer: Any) -> None:
        """Give the answer, or raise it if it is an error, to all who wait for it."""
        failed = isinstance(answer, BaseException)
        for caller in self.callers:
            if caller.done():
                continue
            if failed:
                caller.set_exception(answer)
                # Seen: a caller that is cancelled in this very turn will not look at it.
                caller.exception()
            else:
                caller.set_result(answer)


@dataclass(slots=True, eq=False)
class _Batch:
    """Items that are sent together."""

    wanted: list[_Wanted]
    live: int = 0
    task: asyncio.Task[None] | None = None


class Station:
    """Where items of one loop wait; it is made when the first comes, and left with the last.

    Args:
        timetable: when batches leave.
        idle: called when nothing waits and nothing is under way.
    """

    def __init__(self, timetable: Timetable, idle: Callable[[], object]) -> None:
        self._timetable = timetable
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._threads = None if is_async(timetable.function) else WorkerThreads()
        self._waiting: deque[_Wanted] = deque()
        #: How many of those are still wanted by anybody.
        self._live = 0
        self._twins: dict[Hashable, _Wanted] = {}
        self._batches: set[_Batch] = set()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    @property
    def waiting(self) -> int:
        """Items that wait."""
        return self._live

    @property
    def under_way(self) -> int:
        """Batches that were sent and not answered yet."""
        return len(self._batches)

    def add(self, item: Any) -> asyncio.Future[Any]:
        """Let an item wait for others, and return the future of its answer."""
        wanted = self._twin_of(item)
        caller: asyncio.Future[Any] = self._loop.create_future()
        wanted.callers.append(caller)
        wanted.left += 1
        caller.add_done_callback(functools.partial(self._has_left, wanted))
        if self._live >= self._timetable.max_items:
            self._send_what_is_due()
        else:
            # Not now, however short the wait: what comes in the same turn of the loop goes along.
            self._look_again_in(self._timetable.max_wait_s)
        return caller

    def _twin_of(self, item: Any) -> _Wanted:
        key = (type(item), item) if self._timetable.dedupe and _is_hashable(item) else None
        wanted = None if key is None else self._twins.get(key)
        if wanted is None or not wanted.is_live or wanted.batch is not None:
            wanted = _Wanted(item, self._timetable.clock.now(), key)
            self._waiting.append(wanted)
            self._live += 1
            if key is not None:
                self._twins[key] = wanted
        return wanted

    async def flush(self) -> None:
        """Send what waits now, and wait until all that is here now has been answered."""
        for wanted in self._waiting:
            wanted.since = -math.inf
        self._send_what_is_due()
        here = [*self._waiting, *(wanted for batch in self._batches for wanted in batch.wanted)]
        callers = [caller for wanted in here for caller in wanted.callers if not caller.done()]
        if callers:
            with awake():
                await asyncio.wait(callers)

    # Departures

    def _send_what_is_due(self) -> None:
        timetable = self._timetable
        while len(self._batches) < timetable.most:
            while self._waiting and not self._waiting[0].is_live:
                self._next()
            if not self._waiting:
                return
            wait_s = self._waiting[0].since + timetable.max_wait_s - timetable.clock.now()
            if self._live < timetable.max_items and wait_s > _EARLY_S:
                self._look_again_in(wait_s)
                return
            self._send()

    def _next(self) -> _Wanted:
        first = self._waiting.popleft()
        if self._twins.get(first.key) is first:
            del self._twins[first.key]
        return first

    def _look_again_in(self, seconds: float) -> None:
        if self._timer is None and len(self._batches) < self._timetable.most:
            self._timer = self._timetable.clock.later(self._loop, seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        self._timer = None
        self._send_what_is_due()

    def _send(self) -> None:
        wanted: list[_Wanted] = []
        batch = _Batch(wanted)
        while self._waiting and len(wanted) < self._timetable.max_items:
            first = self._next()
            if first.is_live:
                first.batch = batch
                wanted.append(first)
        self._live -= len(wanted)
        batch.live = len(wanted)
        self._batches.add(batch)
        batch.task = task = self._loop.create_task(self._deliver(wanted))
        task.add_done_callback(functools.partial(self._has_ended, batch))

    # Arrivals

    async def _deliver(self, wanted: Sequence[_Wanted]) -> None:
        wanted = [each for each in wanted if each.is_live]
        if not wanted:
            return
        items = [each.item for each in wanted]
        try:
            answers = await self._call(items)
        except Exception as error:  # noqa: BLE001 - raised by those who wait for the answers
            if self._timetable.isolate and len(wanted) > 1 and blames_an_item(error):
                middle = len(wanted) // 2
                await self._deliver(wanted[:middle])
                await self._deliver(wanted[middle:])
                return
            shared = [raisable(error)] * len(wanted)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as interrupt:  # noqa: BLE001 - as above: here it would end the loop
            shared = [interrupt] * len(wanted)
        else:
            shared = self._share_out(items, answers)
        for each, answer in zip(wanted, shared, strict=True):
            each.settle(answer)

    async def _call(self, items: list[Any]) -> Any:
        function = self._timetable.function
        if self._threads is None:
            return await function(items)
        value = await self._threads.call(functools.partial(function, items))
        return await value if inspect.isawaitable(value) else value

    def _share_out(self, items: list[Any], answers: Any) -> list[Any]:
        try:
            shared = share_out(items, answers, name=name_of(self._timetable.function))
        except Exception as error:  # noqa: BLE001 - raised by those who wait for the answers
            return [raisable(error)] * len(items)
        return [
            raisable(answer) if isinstance(answer, BaseException) else answer for answer in shared
        ]

    # Who has gone

    def _has_left(self, wanted: _Wanted, caller: asyncio.Future[Any]) -> None:
        """A caller was answered or cancelled."""
        wanted.left -= 1
        if wanted.left:
            return
        if (batch := wanted.batch) is None:
            self._live -= 1
            self._send_what_is_due()
            self._rest()
            return
        batch.live -= 1
        if not batch.live and caller.cancelled() and batch.task is not None:
            batch.task.cancel()

    def _has_ended(self, batch: _Batch, task: asyncio.Task[None]) -> None:
        """A batch was answered, or its call was cancelled, perhaps before it began."""
        self._batches.discard(batch)
        broken = None if task.cancelled() else task.exception()
        for wanted in batch.wanted:
            if broken is not None:
                wanted.settle(raisable(broken))
            for caller in wanted.callers:
                caller.cancel()
        self._send_what_is_due()
        self._rest()

    def _rest(self) -> None:
        if self._live or self._batches:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._threads is not None:
            self._threads.close()
        self._idle()

    def give_up(self) -> None:
        """Its loop was closed, and nothing that waits can go any more."""
        if self._threads is not None:
            self._threads.close()


def _is_hashable(item: Any) -> bool:
    try:
        hash(item)
    except TypeError:
        return False
    return True
