"""httpx's own transport in pieces of one connection each, for what aiohttp cannot do.

httpcore's pool loses slots when requests are cancelled and slows down with every connection it has,
so here it never has more than one: the kit's `ConnectionPool` gives each request a piece of its
own, an `httpx.AsyncHTTPTransport` that is allowed one connection. Pieces are kept for their origin
between requests by the same rules as the connections of the default transport. A request that is
cancelled or fails, or an answer that is not read to its end, takes its piece with it: the piece is
closed and thrown away, and only then is its slot free.

With `http2=True` an origin that agrees to HTTP/2 shares one piece among up to `STREAMS` requests
(`shared_pieces`); others go on as above.

Counted are pieces: one whose connection the server closed counts until it is used or expires.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.logs.connections import tell_pool
from notebook_kit.client.transports.answer_head import check_answer
from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.client.transports.measures import PHASES, SENT
from notebook_kit.client.transports.patience import Patience, took_too_long
from notebook_kit.client.transports.piece import Piece, Stopwatch, as_httpx
from notebook_kit.client.transports.piece_stream import PieceStream, close
from notebook_kit.client.transports.pool import ConnectionPool, PoolLimits
from notebook_kit.client.transports.pooled import PooledTransport, closed_error
from notebook_kit.client.transports.proxies import ProxyFor
from notebook_kit.client.transports.reasons import in_plain_words
from notebook_kit.client.transports.request_head import check_head
from notebook_kit.client.transports.route import Route, route_of
from notebook_kit.client.transports.shared_pieces import SharedPieces, Use, lease_piece
from notebook_kit.client.transports.tls import make_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.transports.tls import Certificate, Verify

__all__ = ["HttpxPieces"]

_CLOSE_S = 1.0


class HttpxPieces(PooledTransport):
    """Sends requests over httpx's own transports, one connection each; for use on one event loop.

    Args:
        max_connections: at most so many connections at once, over all hosts; None for no bound.
        max_keepalive_connections: at most so many that have been idle for more than a second.
        max_connections_per_host: at most so many at once to one host; None for no bound.
        keepalive_expiry: seconds after which an idle connection is closed; None for never.
        http2: whether HTTP/2 is offered to servers (needs the `h2` package).
        verify: True for the system's certificates, False, a path, or an ssl.SSLContext.
        cert: the client's certificate: a path, or (certificate, key[, password]).
        trust_env: whether SSL_CERT_FILE and SSL_CERT_DIR are honoured.
        proxy_for: given a URL, returns the HTTP or SOCKS proxy to use for it, or None.
        local_address: the address to connect from.

    Raises:
        ConfigurationError: when certificates cannot be read.
    """

    def __init__(
        self,
        *,
        max_connections: int | None = 100,
        max_keepalive_connections: int | None = 20,
        max_connections_per_host: int | None = None,
        keepalive_expiry: float | None = 15.0,
        http2: bool = False,
        verify: Verify = True,
        cert: Certificate | None = None,
        trust_env: bool = True,
        proxy_for: Callable[[httpx.URL], str | httpx.Proxy | None] | None = None,
        local_address: str | None = None,
    ) -> None:
        self._limits = PoolLimits(
            max_connections, max_keepalive_connections, max_connections_per_host, keepalive_expiry
        )
        self._context = make_context(verify, cert, trust_env=trust_env, http2=http2)
        self._http2 = http2
        self._proxy_for = None if proxy_for is None else ProxyFor(proxy_for)
        self._local_address = local_address
        super().__init__()
        self._shared: SharedPieces | None = None
        self._active: set[Use] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the response's body is read from its stream, undecoded."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._open(loop)
        route = route_of(request, self._proxy_for)
        # The same checks as the other transport's; h11's messages would show a header's value.
        check_head(request)
        asked = perf_counter()
        use = await self._acquire(route, request)
        pool_wait_s = perf_counter() - asked
        self._active.add(use)
        told = request.extensions
        patience = Patience.of(told.get("timeout") or {}, ends=bounds_of(request).ends)
        deadline = asyncio.timeout(None)

        def has_sent() -> None:
            use.piece.count_informational()
            if patience.whole is not None:
                deadline.reschedule(loop.time() + patience.whole)

        stopwatch = Stopwatch(told.get("trace"), use.tls_done, told.get(SENT), has_sent)
        use.stopwatch = stopwatch
        send = use.piece.transport.handle_async_request
        try:
            async with deadline:
                response = await send(_traced(request, stopwatch))
            check_answer(response.headers.raw)
        except BaseException as error:
            self.end(use, whole=False)
            if self._closed and isinstance(error, Exception):
                raise closed_error() from error
            if isinstance(error, TimeoutError) and deadline.expired():
                raise httpx.ReadTimeout(took_too_long(patience.whole)) from error
            plain = as_httpx(error) or in_plain_words(error)
            if plain is error:
                raise
            raise plain from error
        use.answered(response.extensions.get("http_version", b""))
        response.extensions[PHASES] = stopwatch.phases(pool_wait_s)
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - an async transport
        response.stream = PieceStream(response.stream, self, use)
        return response

    async def aclose(self) -> None:
        """Close every connection; requests in flight end with ClosedError. Idempotent."""
        self._closed = True
        loop, pool = self._loop, self._pool
        if loop is None or pool is None or loop.is_closed():
            return
        pool.close()
        for use in list(self._active):
            self.end(use, whole=False)
        if self._closing:
            await asyncio.wait(self._closing, timeout=_CLOSE_S)

    # --- pieces ---------------------------------------------------------------------------------

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._refuse_misuse()
        # httpcore comes with the first request; without this its import would count as waiting.
        importlib.import_module("httpcore")
        self._loop = loop
        self._pool = ConnectionPool(
            self._limits, close=self._close_soon, usable=_always, clock=loop
        )
        self._shared = SharedPieces(self._pool, self._make)
        tell_pool("httpx transport", self._limits)

    async def _acquire(self, route: Route, request: httpx.Request) -> Use:
        pool, shared = self._pool, self._shared
        assert pool is not None  # noqa: S101 - made by _open
        assert shared is not None  # noqa: S101 - made by _open
        timeouts: dict[str, Any] = request.extensions.get("timeout") or {}
        timeout = timeouts.get("pool")
        if self._http2 and route.is_tls:
            return await shared.acquire(route, timeout)
        lease, _ = await lease_piece(pool, route, timeout, self._make)
        return Use(lease)

    def _make(self, route: Route) -> Piece:
        return Piece(
            self._context, http2=self._http2, proxy=route.proxy, local_address=self._local_address
        )

    def end(self, use: Use, *, whole: bool) -> None:
        """End a request's use of its piece: `whole` when its answer was read to the end."""
        if use.ended:
            return
        use.ended = True
        self._active.discard(use)
        keep = use.finish(whole=whole)
        loop, pool = self._loop, self._pool
        if keep is None or loop is None or pool is None:
            return
        if keep and not use.piece.has_leftover():
            pool.release(use.lease, reuse=True)
        else:
            self._keep_until_done(loop.create_task(_retire(pool, use)))

    def abandon(self, use: Use) -> None:
        """End the use of an answer that was dropped unread; from any thread."""
        loop = self._loop
        if loop is not None and not use.ended:
            # Where the loop is closed, so is every connection.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(functools.partial(self.end, use, whole=False))

    def _close_soon(self, piece: Piece) -> None:
        if self._loop is not None:
            self._keep_until_done(self._loop.create_task(close(piece.transport)))

    def _keep_until_done(self, task: asyncio.Task[None]) -> None:
        # A loop holds its tasks weakly.
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _retire(pool: ConnectionPool[Piece], use: Use) -> None:
    try:
        await close(use.piece.transport)
        if use.stopwatch is not None and use.stopwatch.stream is not None:
            await close(use.stopwatch.stream)
    finally:
        pool.discard(use.lease)


def _traced(request: httpx.Request, stopwatch: Stopwatch) -> httpx.Request:
    """Return the same request with the stopwatch on it; the caller's is left as it is."""
    extensions = {**request.extensions, "trace": stopwatch}
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )


def _always(_piece: Piece) -> bool:
    # httpcore finds out by itself whether the server has closed the connection.
    return True
