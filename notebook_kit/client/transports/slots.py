"""How many connections may be in use, over all origins and to each, and who waits for one."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Slots", "pool_timeout"]


class Slots:
    """Slots for connections; for use on one loop.

    A slot belongs to who took it until it is given back. Who finds none waits, first come, first
    served among those for whom there is room; a waiter that is cancelled after a slot was granted
    hands it on.

    Args:
        total: at most so many at once.
        per_origin: at most so many at once to one origin.

    Attributes:
        taken: how many are in use.

    >>> slots = Slots(total=1, per_origin=1)
    >>> slots.take("a"), slots.take("b")
    (True, False)
    """

    def __init__(self, *, total: float, per_origin: float) -> None:
        self.total = total
        self.taken = 0
        self._per_origin = per_origin
        self._by_origin: dict[Hashable, int] = {}
        self._waiting: dict[Hashable, dict[int, asyncio.Future[None]]] = {}
        self._tickets = count()

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return sum(len(queue) for queue in self._waiting.values())

    def take(self, origin: Hashable) -> bool:
        """Take a slot for a connection to this origin; False if none is free."""
        here = self._by_origin.get(origin, 0)
        if self.taken >= self.total or here >= self._per_origin:
            return False
        self.taken += 1
        self._by_origin[origin] = here + 1
        return True

    def give_back(self, origin: Hashable) -> None:
        """Give a slot back, to the next who waits."""
        self.taken -= 1
        left = self._by_origin[origin] - 1
        if left:
            self._by_origin[origin] = left
        else:
            del self._by_origin[origin]
        if self._waiting:
            self._wake()

    async def wait(self, origin: Hashable, timeout: float | None) -> None:
        """Wait for a slot, and take it.

        Raises:
            httpx.PoolTimeout: when none became free within `timeout` seconds.
            Exception: what those who wait are turned away with.
        """
        ticket = next(self._tickets)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(origin, {})[ticket] = future
        try:
            async with asyncio.timeout(timeout):
                await future
        except BaseException as error:
            if not self._leave_queue(origin, ticket) and _was_granted(future):
                # The slot came in the same turn as the cancellation: the next in line gets it.
                self.give_back(origin)
            if isinstance(error, TimeoutError):
                raise pool_timeout(timeout, self._why_none_is_free(origin)) from None
            raise

    def turn_away(self, error: Callable[[], Exception]) -> None:
        """Let each of those who wait fail with an error of its own."""
        for queue in self._waiting.values():
            for future in queue.values():
                if not future.done():
                    future.set_exception(error())
        self._waiting.clear()

    def _leave_queue(self, origin: Hashable, ticket: int) -> bool:
        queue = self._waiting.get(origin, {})
        was_waiting = queue.pop(ticket, None) is not None
        if was_waiting and not queue:
            del self._waiting[origin]
        return was_waiting

    def _wake(self) -> None:
        while (origin := self._next_in_line()) is not None:
            queue = self._waiting[origin]
            ticket = next(iter(queue))
            future = queue.pop(ticket)
            if not queue:
                del self._waiting[origin]
            if not future.done() and self.take(origin):
                future.set_result(None)

    def _next_in_line(self) -> Hashable | None:
        able = [origin for origin in self._waiting if self._has_room(origin)]
        return min(able, key=lambda origin: next(iter(self._waiting[origin])), default=None)

    def _has_room(self, origin: Hashable) -> bool:
        return self.taken < self.total and self._by_origin.get(origin, 0) < self._per_origin

    def _why_none_is_free(self, origin: Hashable) -> str:
        if self.taken < self.total:
            here = self._by_origin.get(origin, 0)
            return f"{here} of max_connections_per_host={self._per_origin} are in use"
        return f"{self.taken} of max_connections={self.total} are in use"


def pool_timeout(timeout: float | None, why: str) -> httpx.PoolTimeout:
    """Return the error for a request that got no connection in time."""
    within = "in time" if timeout is None else f"within {timeout:g} s"
    return httpx.PoolTimeout(f"No connection became free {within}: {why}. Send fewer at once.")


def _was_granted(future: asyncio.Future[None]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None
