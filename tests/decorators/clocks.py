"""Time that goes when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import TYPE_CHECKING, Any

from notebook_kit.decorators.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.decorators.bell import Bell

#: Seconds after which a test that waits for an event has failed.
PATIENCE_S = 10.0


class _Timer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class ManualClock(Clock):
    """Stands still until `advance`; what blocks moves it on by what it would have waited."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slices: list[float] = []
        self._timers: list[tuple[float, int, _Timer]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    def later(self, loop: Any, seconds: float, callback: Callable[[], object]) -> Any:
        timer = _Timer(callback)
        heapq.heappush(self._timers, (self.time + seconds, next(self._numbers), timer))
        return timer

    def wait(self, bell: Bell, seconds: float) -> None:
        if not bell.has_rung:
            self.time += seconds

    def slice(self, seconds: float) -> None:
        self.slices.append(seconds)
        self.time += seconds

    @property
    def timers(self) -> list[float]:
        """In how many seconds each timer is due."""
        waiting = sorted(at for at, _, timer in self._timers if not timer.cancelled)
        return [round(at - self.time, 6) for at in waiting]

    async def advance(self, seconds: float) -> None:
        """Let so many seconds pass, and all happen that happens meanwhile."""
        until = self.time + seconds
        await settle()
        while self._timers and self._timers[0][0] <= until:
            self.time, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                timer.callback()
                await settle()
        self.time = until
        await settle()


class HastyClock(ManualClock):
    """Jumps to where somebody wants to wait until; for tests of one who waits alone."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def later(self, loop: Any, seconds: float, callback: Callable[[], object]) -> Any:
        self.pauses.append(seconds)
        self.time += seconds
        return loop.call_soon(callback)


async def settle() -> None:
    """Let the loop turn until everything that can happen without time has happened."""
    for _ in range(20):
        await asyncio.sleep(0)
