"""What every transport of the kit's own has in common: one loop, one pool, and what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.transports.measures import ConnectionCounts, TransportStatistics
from notebook_kit.errors import ClosedError

if TYPE_CHECKING:
    import asyncio

    from notebook_kit.client.transports.pool import ConnectionPool

__all__ = ["PooledTransport", "closed_error"]


def closed_error() -> ClosedError:
    """Return the error for the use of a transport that was closed."""
    return ClosedError("This client's transport is closed: make a new client.")


class PooledTransport(httpx.AsyncBaseTransport):
    """A transport that serves the loop it was first used on, from one pool of connections."""

    def __init__(self) -> None:
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ConnectionPool[Any] | None = None

    @property
    def connections(self) -> ConnectionCounts:
        """How many connections there are, and how many of them are idle; from any thread."""
        counts = self.statistics()
        return ConnectionCounts(counts.open, counts.idle)

    def statistics(self) -> TransportStatistics:
        """Return the counts of this moment; from any thread."""
        return TransportStatistics(0, 0, 0) if self._pool is None else self._pool.statistics()

    def __repr__(self) -> str:
        counts = self.statistics()
        state = ", closed" if self._closed else ""
        return f"<{type(self).__name__} open={counts.open} idle={counts.idle}{state}>"

    def _refuse_misuse(self) -> None:
        """Check that it may be used on a loop that it has not been used on yet.

        Raises:
            ClosedError: when it is closed.
            RuntimeError: when it serves another loop already.
        """
        if self._closed:
            raise closed_error()
        if self._loop is not None:
            message = (
                "This transport belongs to another event loop: a transport serves the loop that "
                "it was first used on. Make one for each loop."
            )
            raise RuntimeError(message)
