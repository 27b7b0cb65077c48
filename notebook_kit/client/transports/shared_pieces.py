"""HTTP/2: one piece for many requests to an origin, where its server agrees.

Whether it does is known when TLS is, before the first request is sent. Until then one request
leads and the others to the same origin wait for what it finds out: HTTP/2, and they join it, or
HTTP/1.1, and each takes a piece of its own.

A request that is cancelled or fails takes its piece out of use: no other joins it any more, and it
is closed when those that are under way on it have ended. Until then the server may go on with the
cancelled request; nothing in httpcore tells it to stop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.transports.slots import pool_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.transports.piece import Piece, Stopwatch
    from notebook_kit.client.transports.pool import ConnectionPool, Lease
    from notebook_kit.client.transports.route import Route

__all__ = ["STREAMS", "SharedPieces", "Use", "lease_piece"]

#: At most so many requests share a piece: what httpcore allows itself on one connection.
STREAMS: Final = 100


class Use:
    """One request's use of a piece, alone or with others."""

    __slots__ = ("ended", "lease", "piece", "stopwatch")

    def __init__(self, lease: Lease[Piece]) -> None:
        assert lease.connection is not None  # noqa: S101 - leased with a piece in it
        self.lease = lease
        self.piece = lease.connection
        self.ended = False
        self.stopwatch: Stopwatch | None = None

    @property
    def tls_done(self) -> Callable[[Any], None] | None:
        """What is to be given httpcore's stream when TLS is agreed; None if nobody waits."""
        return None

    def answered(self, http_version: bytes) -> None:
        """Take note that the head of the answer has come, and in which version of HTTP."""

    def finish(self, *, whole: bool) -> bool | None:
        """End the use; True to keep the piece, False to close it, None while others use it."""
        return whole


class SharedUse(Use):
    """A use of a piece that others may join."""

    __slots__ = ("_shared",)

    def __init__(self, shared: _Shared) -> None:
        super().__init__(shared.lease)
        self._shared = shared
        shared.active += 1

    @property
    def tls_done(self) -> Callable[[Any], None]:
        """What lets those that wait know what was agreed."""
        return self._agreed

    def _agreed(self, stream: Any) -> None:
        tls = stream.get_extra_info("ssl_object")
        self._shared.settle(speaks_http2=tls is not None and tls.selected_alpn_protocol() == "h2")

    def answered(self, http_version: bytes) -> None:
        """Let them know, where the connection was there already and nothing had to be agreed."""
        self._shared.settle(speaks_http2=http_version == b"HTTP/2")

    def finish(self, *, whole: bool) -> bool | None:
        """End this one's use."""
        return self._shared.leave(whole=whole)


class _Shared:
    """A piece with the requests on it; open to more once HTTP/2 is agreed."""

    def __init__(
        self, owner: SharedPieces, route: Route, lease: Lease[Piece], settled: asyncio.Event
    ) -> None:
        self._owner = owner
        self._route = route
        self.lease = lease
        self.active = 0
        self.settled = settled
        self._open = False
        self._broken = False

    @property
    def has_room(self) -> bool:
        return self._open and self.active < STREAMS

    def settle(self, *, speaks_http2: bool) -> None:
        """Say whether others may join; only the first word counts."""
        if not self.settled.is_set():
            self._open = speaks_http2 and not self._broken
            self.settled.set()
            self._owner.learned(self._route, self, speaks_http2=speaks_http2)

    def leave(self, *, whole: bool) -> bool | None:
        self.active -= 1
        if not whole:
            self._broken = True
            self._open = False
            self.settled.set()
        if self.active:
            return None
        self._owner.remove(self._route, self)
        return not self._broken


async def lease_piece(
    pool: ConnectionPool[Piece],
    route: Route,
    timeout: float | None,
    make: Callable[[Route], Piece],
) -> tuple[Lease[Piece], bool]:
    """Return a lease with a piece, and whether the piece was made just now."""
    lease = await pool.acquire(route, timeout)
    if lease.connection is not None:
        return lease, False
    try:
        pool.opened(lease, make(route))
    except BaseException:
        # What cannot be made, as for a proxy that is not supported, must not keep its place.
        pool.release(lease, reuse=False)
        raise
    return lease, True


class SharedPieces:
    """Which requests share a piece; the pool still counts each piece as one connection."""

    def __init__(self, pool: ConnectionPool[Piece], make: Callable[[Route], Piece]) -> None:
        self._pool = pool
        self._make = make
        self._speaks_http2: dict[Route, bool] = {}
        self._pieces: dict[Route, list[_Shared]] = {}
        self._opening: dict[Route, asyncio.Event] = {}

    async def acquire(self, route: Route, timeout: float | None) -> Use:
        """Return a place on a piece.

        Raises:
            httpx.PoolTimeout: when there was none within `timeout` seconds.
            ClosedError: when the pool is closed.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._acquire(route)
        except TimeoutError:
            why = "all are in use, or the first one to this host is still being opened"
            raise pool_timeout(timeout, why) from None

    async def _acquire(self, route: Route) -> Use:
        while self._speaks_http2.get(route, True):
            for shared in self._pieces.get(route, ()):
                if shared.has_room:
                    self._pool.reused(route)
                    return SharedUse(shared)
            opening = self._opening.get(route)
            if opening is None:
                return await self._lead(route)
            await opening.wait()
            if route not in self._speaks_http2:
                break  # The one that led failed: better all at once now than one after another.
        lease, _ = await lease_piece(self._pool, route, None, self._make)
        return Use(lease)

    async def _lead(self, route: Route) -> Use:
        opening = self._opening[route] = asyncio.Event()
        try:
            lease, is_new = await lease_piece(self._pool, route, None, self._make)
        except BaseException:
            self._opened(route, opening)
            raise
        shared = _Shared(self, route, lease, opening)
        self._pieces.setdefault(route, []).append(shared)
        if not is_new and self._speaks_http2.get(route):
            shared.settle(speaks_http2=True)
        return SharedUse(shared)

    def _opened(self, route: Route, opening: asyncio.Event) -> None:
        opening.set()
        if self._opening.get(route) is opening:
            del self._opening[route]

    def learned(self, route: Route, shared: _Shared, *, speaks_http2: bool) -> None:
        """Take note of what a server agreed to."""
        self._speaks_http2[route] = speaks_http2
        self._opened(route, shared.settled)

    def remove(self, route: Route, shared: _Shared) -> None:
        """Forget a piece that no request uses any more."""
        self._opened(route, shared.settled)
        pieces = self._pieces.get(route, [])
        if shared in pieces:
            pieces.remove(shared)
        if not pieces:
            self._pieces.pop(route, None)
