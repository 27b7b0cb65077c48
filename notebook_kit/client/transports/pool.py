"""Which connection a request gets: bounds, queue, keep-alive. It decides; others open and close.

Both transports stand on this one pool, so that their bounds and idle rules are the same:

* at most `max_connections` connections exist, over all origins, and at most
  `max_connections_per_host` of them to one origin; who comes later waits, first come, first served;
* a slot belongs to the request that holds it, and comes back whatever becomes of that request: a
  waiter that is cancelled after the slot was granted hands it on;
* of the connections that have been idle for more than a second only the `max_keepalive_connections`
  used last are kept, so that a burst keeps its connections while it lasts; what has been idle for
  `keepalive_expiry` seconds is closed. Both happen by the clock, also when nothing else does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from notebook_kit.client.logs.connections import tell_connection
from notebook_kit.client.transports.idle import IdleShelf
from notebook_kit.client.transports.measures import TransportStatistics
from notebook_kit.client.transports.slots import Slots
from notebook_kit.errors import ClosedError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from notebook_kit.client.transports.idle import Clock

__all__ = ["ConnectionPool", "Lease", "PoolLimits"]

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """The bounds of a pool; None where there is none.

    Attributes:
        max_connections: at most so many at once, over all origins.
        max_keepalive_connections: at most so many that have been idle for more than a second.
        max_connections_per_host: at most so many at once to one origin.
        keepalive_expiry: seconds after which an idle connection is closed.
    """

    max_connections: int | None = 100
    max_keepalive_connections: int | None = 20
    max_connections_per_host: int | None = None
    keepalive_expiry: float | None = 15.0


class Lease(Generic[C]):
    """The right to use one connection to one origin; `connection` is None until it is opened."""

    __slots__ = ("connection", "origin", "released")

    def __init__(self, origin: Hashable, connection: C | None) -> None:
        self.origin = origin
        self.connection = connection
        self.released = False


class ConnectionPool(Generic[C]):
    """Connections of any kind, leased to one request at a time; for use on one loop.

    Args:
        limits: the bounds.
        close: called with each connection that is to be closed; must not wait.
        usable: tells whether an idle connection can still be used.
        clock: the running loop, or a stand-in.
    """

    def __init__(
        self,
        limits: PoolLimits,
        *,
        close: Callable[[C], None],
        usable: Callable[[C], bool],
        clock: Clock,
    ) -> None:
        self._slots = Slots(
            total=_or_infinite(limits.max_connections),
            per_origin=_or_infinite(limits.max_connections_per_host),
        )
        self._close = close
        self._usable = usable
        self._idle = IdleShelf[C](
            max_settled=_or_infinite(limits.max_keepalive_connections),
            expiry=_or_infinite(limits.keepalive_expiry),
            drop=self._drop,
            clock=clock,
        )
        self._open = 0
        self._opened_total = 0
        self._reused_total = 0
        #: Where each connection goes, for the log.
        self._origins: dict[C, Hashable] = {}
        self._closed = False

    # --- for requests ---------------------------------------------------------------------------

    async def acquire(self, origin: Hashable, timeout: float | None) -> Lease[C]:
        """Wait for a slot; return a lease with an idle connection, or with none: then open one.

        Raises:
            httpx.PoolTimeout: when no slot became free within `timeout` seconds.
            ClosedError: when the pool is closed.
        """
        lease = self.acquire_now(origin)
        if lease is not None:
            return lease
        await self._slots.wait(origin, timeout)
        return Lease(origin, self._take_idle(origin))

    def acquire_now(self, origin: Hashable) -> Lease[C] | None:
        """Return what `acquire` returns if a slot is free, else None.

        Raises:
            ClosedError: when the pool is closed.
        """
        if self._closed:
            raise _closed_error()
        return Lease(origin, self._take_idle(origin)) if self._slots.take(origin) else None

    def opened(self, lease: Lease[C], connection: C) -> None:
        """Put a connection that was just opened under its lease."""
        lease.connection = connection
        self._open += 1
        self._opened_total += 1
        self._origins[connection] = lease.origin
        tell_connection(lease.origin, "opened", self._open)

    def reused(self, origin: Hashable) -> None:
        """Take note that a request found a connection that was open already."""
        self._reused_total += 1
        tell_connection(origin, "used again", self._open)

    def release(self, lease: Lease[C], *, reuse: bool) -> None:
        """Give the slot back, and its connection to the next request or to be closed."""
        if lease.released:
            return
        lease.released = True
        connection, lease.connection = lease.connection, None
        keep = reuse and not self._closed
        if connection is not None and not (keep and self._idle.put(lease.origin, connection)):
            self._drop(connection)
        self._slots.give_back(lease.origin)

    def discard(self, lease: Lease[C]) -> None:
        """Give the slot back; its connection, if it had one, has been closed already."""
        if not lease.released:
            lease.released = True
            if lease.connection is not None:
                connection, lease.connection = lease.connection, None
                self._gone(connection, "closed")
            self._slots.give_back(lease.origin)

    # --- for the owner --------------------------------------------------------------------------

    def forget(self, connection: C) -> None:
        """Strike out an idle connection that ended by itself; one in use is its lease's matter."""
        if self._idle.remove(connection):
            self._gone(connection, "ended by the server")

    def close(self) -> None:
        """Close what is idle, turn waiters away, keep nothing that comes back from now on."""
        self._closed = True
        self._idle.clear()
        self._slots.turn_away(_closed_error)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return self._slots.waiting

    def statistics(self) -> TransportStatistics:
        """Return the counts of this moment; from any thread."""
        return TransportStatistics(
            self._open, len(self._idle), self._opened_total, self._reused_total
        )

    # --- connections ----------------------------------------------------------------------------

    def _take_idle(self, origin: Hashable) -> C | None:
        while (connection := self._idle.take(origin)) is not None:
            if self._usable(connection):
                self.reused(origin)
                return connection
            self._drop(connection)
        # A new one is going to be opened: idle ones of other origins make room for it.
        while self._slots.taken + len(self._idle) > self._slots.total:
            self._drop(self._idle.take_oldest())
        return None

    def _drop(self, connection: C) -> None:
        self._gone(connection, "closed")
        self._close(connection)

    def _gone(self, connection: C, how: str) -> None:
        self._open -= 1
        tell_connection(self._origins.pop(connection, None), how, self._open)


def _or_infinite(limit: float | None) -> float:
    return math.inf if limit is None else limit


def _closed_error() -> ClosedError:
    return ClosedError("This connection pool is closed: make a new client for further requests.")
