"""How long a pool awaits functions of its user for a block: in its time, and while it is open."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from notebook_kit.lifetime.pooling.words import took_too_long, was_closed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Limits"]


class Limits:
    """Cuts what takes too long, and all that is still awaited when the pool has closed."""

    def __init__(self, name: str, tally: Tally) -> None:
        self._name = name
        self._tally = tally
        self._held: set[asyncio.Timeout] = set()
        self._is_over = False

    @asynccontextmanager
    async def held(self, until: float | None, doing: str) -> AsyncIterator[None]:
        """Cut what is awaited in the block at a time of the loop, or at the end of the pool.

        Raises:
            ClosedError: when the pool has closed.
            ResourceTimeout: when it takes too long.
            Exception: what is raised inside.
        """
        now = asyncio.get_running_loop().time
        late = partial(took_too_long, f"{self._name}: {doing}", (until or 0.0) - now())
        limit = asyncio.timeout_at(until)
        self._held.add(limit)
        try:
            async with limit:
                yield
        except TimeoutError as cut:
            if not limit.expired():
                raise
            if self._is_over:
                raise was_closed(self._name) from cut
            self._tally.timed_out += 1
            raise late() from cut
        finally:
            self._held.discard(limit)

    def end(self) -> None:
        """Cut all that is still awaited."""
        self._is_over = True
        for limit in self._held:
            if not limit.expired():
                limit.reschedule(0.0)
