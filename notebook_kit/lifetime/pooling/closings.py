"""Closing resources of a pool beside its use: kept track of, bounded, and told where they fail."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime.pooling.entry import close_anything
from notebook_kit.lifetime.uncut import closed_within, told_of
from notebook_kit.logs import kit_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.lifetime.pooling.entry import Entry
    from notebook_kit.lifetime.pooling.options import PoolOptions
    from notebook_kit.lifetime.pooling.tally import Tally

__all__ = ["Closings"]

logger = kit_logger("notebook_kit.lifetime")


class Closings:
    """Closes resources of one pool, each once.

    Attributes:
        unclosed: all resources of which the closing has not begun.
    """

    def __init__(self, options: PoolOptions, tally: Tally) -> None:
        self._close = options.close
        self._limit_s = options.close_timeout_s
        self._tally = tally
        self.unclosed: set[Entry[Any]] = set()
        self._under_way: set[asyncio.Task[None]] = set()

    async def close(self, entry: Entry[Any]) -> None:
        """Close a resource.

        Raises:
            ResourceTimeout: when it takes too long.
            Exception: what closing it raises.
        """
        if entry.closed:
            return
        entry.closed = True
        self.unclosed.discard(entry)
        self._tally.closed += 1
        what = f"a {type(entry.resource).__name__}"
        closing = partial(close_anything, entry.resource, self._close)
        await closed_within(self._limit_s, what, closing)

    def begin(self, entry: Entry[Any], then: Callable[[], None]) -> asyncio.Task[None]:
        """Close a resource beside all else; what it fails with is logged."""
        closing = asyncio.ensure_future(self.close(entry))
        self._under_way.add(closing)

        def ended(_: asyncio.Task[None]) -> None:
            self._under_way.discard(closing)
            fault = None if closing.cancelled() else closing.exception()
            if fault is not None:
                logger.warning("Closing a resource of a pool failed: %s", told_of(fault))
            then()

        closing.add_done_callback(ended)
        return closing

    async def wait(self) -> None:
        """Wait until nothing is being closed."""
        while self._under_way:
            await asyncio.wait(self._under_way)
