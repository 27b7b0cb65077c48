"""What a pool does by itself: it keeps as many open as it should, and lets go of what lies idle."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime.uncut import told_of
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from notebook_kit.lifetime.pooling.supply import Supply

__all__ = ["Upkeep"]

logger = kit_logger("notebook_kit.lifetime")


class Upkeep:
    """Looks after the resources of a pool that nobody uses.

    It sleeps until the first of them gets too old; while none is idle it looks once in the time
    that one may lie. What is missing is opened again when a place comes free, and not more than
    once for each, so that a server which is down is not asked in a loop.
    """

    def __init__(self, supply: Supply[Any]) -> None:
        self._supply = supply
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._filling: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Open the first resources, all at once.

        Raises:
            Exception: what opening the first of those raised that failed.
        """
        supply = self._supply
        first = range(supply.options.min_size)
        opened = await asyncio.gather(
            *(supply.add() for _ in first if supply.places.reserve()), return_exceptions=True
        )
        for fault in opened:
            if fault is not None:
                raise fault
        supply.on_freed = self._fill
        self._look()

    def end(self) -> None:
        """Do nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """Let go of what has got too old, and look again when the next one does."""
        supply = self._supply
        for entry in list(supply.places.idle):
            if supply.ages.is_old(entry):
                supply.places.idle.remove(entry)
                supply.discard(entry)
        wait_s = supply.ages.next_old_in_s()
        if wait_s is not None and not supply.is_ending:
            self._timer = self._loop.call_later(wait_s, self._look)

    def _fill(self) -> None:
        """Open what is missing of those that are always kept."""
        supply = self._supply
        if supply.places.taken < supply.options.min_size and supply.places.reserve():
            filling = asyncio.ensure_future(supply.add())
            self._filling.add(filling)
            filling.add_done_callback(self._filled)

    def _filled(self, filling: asyncio.Task[None]) -> None:
        self._filling.discard(filling)
        fault = None if filling.cancelled() else filling.exception()
        if fault is not None:
            logger.warning("A pool could not open what is missing: %s", told_of(fault))
