"""Calls made apart become one call: `Coalescer`."""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar

from notebook_kit.checks import whole_number
from notebook_kit.decorators.clock import Clock
from notebook_kit.decorators.functions import check_function
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.station import Station, Timetable
from notebook_kit.errors import ClosedError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.awake import awake
from notebook_kit.execution.functions import name_of
from notebook_kit.numbers import count, took
from notebook_kit.policies import Duration, seconds

__all__ = ["Coalescer"]

T = TypeVar("T")
R = TypeVar("R")

#: What a batch function returns: one answer for each item, in order, or by item.
_Answers: TypeAlias = Sequence[R | BaseException] | Mapping[T, R | BaseException]


class Coalescer(Generic[T, R]):
    """Makes one call of many that are made apart: at most so many items, within so much time.

    ``await coalescer(item)`` waits until the batch that the item goes with is answered, and gives
    the answer for this item. Items of one event loop go together; several loops, one after the
    other or at once, may use one coalescer. An item whose caller was cancelled is not sent; a batch
    that nobody waits for any more is cancelled.

    Args:
        function: is given a list of items and returns one answer for each, in their order, or a
            mapping by item; async, or not and called in a thread. An answer that is an exception is
            raised by the caller of its item alone.
        max_items: a batch of so many leaves at once.
        max_wait: how long the first item waits for others, a duration.
        max_concurrency: how many batches may be under way at once on a loop; None for no bound.
        isolate: when a batch is refused with 400, 413 or 422, or cannot be sent, it is halved and
            tried again until the bad item fails alone. Other failures are those of all its items.
        dedupe: whether equal items that wait together are sent once; those that cannot be hashed
            are sent as they are.

    Raises:
        ConfigurationError: for an option that cannot work; when called, if the answers do not
            belong to the items.
        ClosedError: when called after `aclose`.

    >>> import asyncio
    >>> async def squares(numbers):
    ...     print(numbers)
    ...     return [number**2 for number in numbers]
    >>> async def main():
    ...     square = Coalescer(squares, max_items=3)
    ...     return await asyncio.gather(*map(square, range(5)))
    >>> asyncio.run(main())
    [0, 1, 2]
    [3, 4]
    [0, 1, 4, 9, 16]
    """

    def __init__(
        self,
        function: Callable[[list[T]], _Answers[R, T] | Awaitable[_Answers[R, T]]],
        *,
        max_items: int = 100,
        max_wait: Duration = "20 ms",
        max_concurrency: int | None = None,
        isolate: bool = True,
        dedupe: bool = False,
        _clock: Clock | None = None,
    ) -> None:
        with brief:
            check_function(function, by="Coalescer")
            most = math.inf
            if max_concurrency is not None:
                most = whole_number(max_concurrency, name="max_concurrency", example="4, or None")
            self._timetable = Timetable(
                function,
                max_items=whole_number(max_items, name="max_items", example="100"),
                max_wait_s=seconds(max_wait, name="max_wait", zero=True),
                most=most,
                isolate=isolate,
                dedupe=dedupe,
                clock=_clock or Clock(),
            )
            self._stations: dict[asyncio.AbstractEventLoop, Station] = {}
            self._closed = False

    async def __call__(self, item: T) -> R:
        """Return the answer for one item."""
        if self._closed:
            message = f"{self!r} was closed: make a new one to go on."
            raise ClosedError(message)
        answer = self._station().add(item)
        with awake():
            given: R = await answer
            return given

    def _station(self) -> Station:
        loop = asyncio.get_running_loop()
        with state_lock:
            station = self._stations.get(loop)
            if station is None:
                self._give_up_closed_loops()
                forget = functools.partial(self._stations.pop, loop, None)
                station = self._stations[loop] = Station(self._timetable, forget)
            return station

    def _give_up_closed_loops(self) -> None:
        for loop in [loop for loop in self._stations if loop.is_closed()]:
            self._stations.pop(loop).give_up()

    async def flush(self) -> None:
        """Send what waits on this loop now, and wait until all of it has been answered."""
        station = self._stations.get(asyncio.get_running_loop())
        if station is not None:
            await station.flush()

    async def aclose(self) -> None:
        """Take no more items, and wait until those that came have been answered; idempotent."""
        self._closed = True
        await self.flush()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()

    def __getstate__(self) -> dict[str, Any]:
        # What waits here is sent from here.
        return {**self.__dict__, "_stations": {}}

    def __repr__(self) -> str:
        with state_lock:
            stations = list(self._stations.values())
        waiting = sum(station.waiting for station in stations)
        under_way = sum(station.under_way for station in stations)
        timetable = self._timetable
        return (
            f"<Coalescer {name_of(timetable.function)}: "
            f"{'closed' if self._closed else 'open'}, at most {count(timetable.max_items)} items "
            f"in {took(timetable.max_wait_s)}; {count(waiting)} waiting, "
            f"{count(under_way)} under way>"
        )
