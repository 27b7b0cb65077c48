"""Time, as what is decorated meets it: read, slept through, waited for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.awake import awake
from notebook_kit.execution.waiting import TICK_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.decorators.bell import Bell

__all__ = ["AgeClock", "Clock", "elapsed"]

#: Of Linux, whose other clock that only goes forward stands still while the computer sleeps.
_ASLEEP_TOO: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Return seconds on a clock that only goes forward, while the computer sleeps too.

    >>> before = elapsed()
    >>> elapsed() >= before
    True
    """
    return time.monotonic() if _ASLEEP_TOO is None else time.clock_gettime(_ASLEEP_TOO)


class Clock:
    """The time of this computer; tests put a manual one in its place."""

    def now(self) -> float:
        """Return seconds on a clock that only goes forward."""
        return time.monotonic()

    def later(
        self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], object]
    ) -> asyncio.TimerHandle | asyncio.Handle:
        """Have a function called on the running loop in so many seconds."""
        return loop.call_later(seconds, callback)

    def wait(self, bell: Bell, seconds: float) -> None:
        """Block until the bell rings, for so many seconds at most."""
        bell.wait(seconds)

    def slice(self, seconds: float) -> None:
        """Block for so many seconds, not more than `TICK_S`."""
        time.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Block for so many seconds, in slices, so that an interrupt acts on every system."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            self.slice(min(left, TICK_S))

    async def pause(self, seconds: float) -> None:
        """Let the loop go on for so many seconds; an interrupt acts meanwhile."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        handle = self.later(loop, seconds, lambda: release(waiter))
        try:
            with awake():
                await waiter
        finally:
            handle.cancel()


class AgeClock(Clock):
    """The time by which answers grow old: a night in which the computer slept counts."""

    def now(self) -> float:
        """Return seconds on a clock that only goes forward, while the computer sleeps too."""
        return elapsed()


def release(waiter: asyncio.Future[Any]) -> None:
    """End a wait, if it has not ended yet."""
    if not waiter.done():
        waiter.set_result(None)
