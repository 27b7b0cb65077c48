"""The clock that runs while a stream says nothing to somebody who is listening."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Silence"]


class Silence:
    """Notices that nothing has come for too long; on the I/O loop.

    The time in which the reader does not read, or has something left to take, does not count: a
    reader that works on each item for minutes has no silence to complain of.

    Args:
        limit_s: seconds of silence that are too long; None for any length.
        dry_since: says since when the reader has waited in vain, or None if it does not.
        stalled: called when the limit is reached.
        clock: gives the time in seconds.
    """

    def __init__(
        self,
        limit_s: float | None,
        dry_since: Callable[[], float | None],
        stalled: Callable[[], object],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s = limit_s
        self._dry_since = dry_since
        self._stalled = stalled
        self._clock = clock
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to listen."""
        self.heard()
        if self._limit_s is not None:
            self._look_in(loop, self._limit_s, self._limit_s)

    def heard(self) -> None:
        """Note that something came."""
        # A timer for each chunk would cost more than the chunk; there is one, which asks.
        self._heard_at = self._clock()

    def stop(self) -> None:
        """Listen no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look_in(self, loop: asyncio.AbstractEventLoop, wait_s: float, limit_s: float) -> None:
        self._timer = loop.call_later(wait_s, self._look, loop, limit_s)

    def _look(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
        since = self._dry_since()
        silent_s = 0.0 if since is None else self._clock() - max(since, self._heard_at)
        if silent_s >= limit_s:
            self._stalled()
        else:
            self._look_in(loop, limit_s - silent_s, limit_s)
