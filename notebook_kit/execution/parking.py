"""Where the workers of a run wait for something to do."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Parking"]


class Parking:
    """Workers that wait, first come, first woken, and the one timer that wakes the next.

    Attributes:
        waiting: who waits, to be looked at only.

    >>> async def main():
    ...     parking = Parking()
    ...     parking.wake_at(asyncio.get_running_loop().time() + 0.01)
    ...     await parking.wait()
    ...     return len(parking.waiting)
    >>> asyncio.run(main())
    0
    """

    def __init__(self) -> None:
        self.waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self) -> None:
        """Wait to be woken."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(waiting)
        await waiting

    def wake_at(self, when: float) -> None:
        """Wake one at this time of the loop's clock, or at an earlier one that is set already."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._ring)

    def _ring(self) -> None:
        # Not by its time: a loop calls a timer early, by as much as its clock is coarse.
        self._timer = None
        self.wake(1)

    def wake(self, count: int | None = None) -> None:
        """Wake so many of those that wait, or all."""
        waiting = self.waiting
        left = len(waiting) if count is None else count
        while left > 0 and waiting:
            one = waiting.popleft()
            if not one.done():
                one.set_result(None)
                left -= 1

    def close(self) -> None:
        """Wake nobody any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
