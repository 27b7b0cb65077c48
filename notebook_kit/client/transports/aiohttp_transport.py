"""An httpx transport over aiohttp's connections: the default of the kit.

It is plain asyncio, so a cancelled request ends its connection at once, an interpreter exits and
forks cleanly, and certificates are the standard library's. It speaks HTTP/1.1, directly or through
HTTP proxies; what it cannot do exactly (HTTP/2, SOCKS, a proxy with certificates of its own) is
left to `HttpxPieces`, which `select` then takes.

Timeouts, from `request.extensions["timeout"]`:

* `pool`: waiting for a connection to be free (httpx.PoolTimeout);
* `connect`: looking up the host, TCP, the proxy's tunnel and TLS together (httpx.ConnectTimeout);
* `write`: the server takes nothing of a body that is being sent (httpx.WriteTimeout);
* `read`: the server sends nothing, once it has the whole request (httpx.ReadTimeout). The time in
  which the caller does not read does not count;
* `body`: the same while the body is read, where another limit holds for it than before.

Nothing is ever sent twice. A kept connection that the server closed is noticed before it is used;
one that the server closes in the very moment in which a request goes out gives RemoteProtocolError
or ReadError ("maybe sent"), and the layer above knows whether that request may be repeated.

Header values with bytes above ASCII go out as they are; a body that does not fit its
Content-Length is an error, as is an answer that ends early. Bytes that follow an answer are never
taken for the answer to the next request: they cost the connection and, where they are no HTTP, that
answer as well.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any

import httpx

from notebook_kit.client.logs.connections import tell_pool
from notebook_kit.client.transports.measures import CAME, PHASES, RequestPhases
from notebook_kit.client.transports.order import Orders
from notebook_kit.client.transports.pool import ConnectionPool, Lease, PoolLimits
from notebook_kit.client.transports.pooled import PooledTransport, closed_error
from notebook_kit.client.transports.proxies import ProxyFor
from notebook_kit.client.transports.tls import make_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import ModuleType

    from notebook_kit.client.transports.aiohttp_dialler import Dialler
    from notebook_kit.client.transports.aiohttp_exchange import Exchange
    from notebook_kit.client.transports.aiohttp_wire import Wire
    from notebook_kit.client.transports.order import Order
    from notebook_kit.client.transports.route import Route
    from notebook_kit.client.transports.tls import Certificate, Verify

__all__ = ["AiohttpTransport", "extensions_of", "load"]

_HTTP_1_1 = (1, 1)
_CLOSE_S = 1.0


def load() -> tuple[ModuleType, ModuleType, ModuleType]:
    """Import what takes a tenth of a second, unless it is there; a client never used never pays it.

    Whoever keeps a rate calls it first: between the permit of a call and its sending no time should
    pass.
    """
    from notebook_kit.client.transports import (  # noqa: PLC0415
        aiohttp_dialler,
        aiohttp_exchange,
        aiohttp_wire,
    )

    return aiohttp_exchange, aiohttp_wire, aiohttp_dialler


class AiohttpTransport(PooledTransport):
    """Sends httpx requests over connections made by aiohttp; for use on one event loop.

    Args:
        max_connections: at most so many connections at once, over all hosts; None for no bound.
        max_keepalive_connections: at most so many that have been idle for more than a second.
        max_connections_per_host: at most so many at once to one host; None for no bound.
        keepalive_expiry: seconds after which an idle connection is closed; None for never.
        verify: True for the system's certificates, False, a path, or an ssl.SSLContext.
        cert: the client's certificate: a path, or (certificate, key[, password]).
        trust_env: whether SSL_CERT_FILE and SSL_CERT_DIR are honoured.
        proxy_for: given a URL, returns the HTTP proxy to use for it, or None.
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
        verify: Verify = True,
        cert: Certificate | None = None,
        trust_env: bool = True,
        proxy_for: Callable[[httpx.URL], str | httpx.Proxy | None] | None = None,
        local_address: str | None = None,
    ) -> None:
        self._limits = PoolLimits(
            max_connections, max_keepalive_connections, max_connections_per_host, keepalive_expiry
        )
        self._context: ssl.SSLContext = make_context(verify, cert, trust_env=trust_env)
        self._orders = Orders(None if proxy_for is None else ProxyFor(proxy_for, ("http", "https")))
        self._local_address = local_address
        super().__init__()
        self._dialler: Dialler | None = None
        self._dialling: set[asyncio.Timeout] = set()
        self._wires: set[Wire] = set()
        self._all_lost = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the response's body is read from its stream, undecoded."""
        came = request.extensions.pop(CAME, None)
        if came is not None:
            response: httpx.Response = came()
            return response
        message, exchange, phases = await self.exchange(self.order(request))
        return _response(message, exchange, phases)

    def order(self, request: httpx.Request) -> Order:
        """Return what is sent for a request.

        Raises:
            httpx.UnsupportedProtocol: when its URL is not one of http or https.
            httpx.LocalProtocolError: when a part of it is not allowed on the wire.
        """
        return self._orders.of(request)

    async def exchange(self, order: Order) -> tuple[Any, Exchange, RequestPhases]:
        """Send what is ordered; return aiohttp's message, what reads the body, and the times."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._open(loop)
        pool = self._pool
        assert pool is not None  # noqa: S101 - made by _open
        asked = perf_counter()
        lease = pool.acquire_now(order.route)
        if lease is None:
            lease = await pool.acquire(order.route, order.patience.pool)
        try:
            granted = connected = perf_counter()
            dns_s = 0.0
            reused = lease.connection is not None
            if not reused:
                dns_s = await self._connect(lease, order.route, order.patience.connect)
                connected = perf_counter()
            wire = lease.connection
            assert wire is not None  # noqa: S101 - put there by _connect
            wire.idle = False
            if order.tell_sent is not None:
                order.tell_sent()
            exchange = self._exchange_class(pool, lease, wire, loop)
            message, wait_s = await exchange.run(order)
        except BaseException:
            pool.release(lease, reuse=False)
            raise
        connect_s = 0.0 if reused else max(0.0, connected - granted - dns_s)
        return message, exchange, RequestPhases(granted - asked, dns_s, connect_s, wait_s, reused)

    async def aclose(self) -> None:
        """Close every connection; requests in flight end with ClosedError. Idempotent."""
        self._closed = True
        loop, pool, dialler = self._loop, self._pool, self._dialler
        if loop is None or pool is None or dialler is None or loop.is_closed():
            return
        pool.close()
        for deadline in self._dialling:
            deadline.reschedule(loop.time())
        for wire in list(self._wires):
            wire.closed_because = closed_error()
            wire.close()
        await dialler.close()
        # What was closed is taken down in the loop's next turn; nothing is to be left after this.
        if self._wires:
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._all_lost.wait()
            except TimeoutError:
                pass  # The sockets are shut; only their clean-up is late.

    # --- connections ----------------------------------------------------------------------------

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        self._refuse_misuse()
        exchange, wires, diallers = load()
        self._exchange_class = exchange.Exchange
        self._dialler = diallers.Dialler(local_address=self._local_address)
        self._pool = ConnectionPool(
            self._limits, close=wires.Wire.close, usable=wires.Wire.is_usable, clock=loop
        )
        self._loop = loop
        tell_pool("aiohttp transport", self._limits)

    async def _connect(self, lease: Lease[Wire], route: Route, timeout: float | None) -> float:
        """Open the connection of a lease; return the seconds that the look-up took."""
        dialler, pool = self._dialler, self._pool
        assert dialler is not None  # noqa: S101 - made by _open
        assert pool is not None  # noqa: S101 - made by _open
        deadline = asyncio.timeout(timeout)
        failure: Exception
        try:
            async with deadline:
                self._dialling.add(deadline)
                wire, dns_s = await dialler.dial(route, self._context)
        except TimeoutError:
            failure = _connect_timeout(route, timeout)
        except httpx.TransportError as error:
            failure = error
        else:
            if self._adopt(wire, lease, pool):
                return dns_s
            failure = httpx.ConnectError(f"{route} closed the connection as soon as it was open.")
        finally:
            self._dialling.discard(deadline)
        raise closed_error() if self._closed else failure

    def _adopt(self, wire: Wire, lease: Lease[Wire], pool: ConnectionPool[Wire]) -> bool:
        if self._closed or not wire.is_connected():
            wire.close()
            return False
        wire.on_lost = self._lost
        self._wires.add(wire)
        pool.opened(lease, wire)
        return True

    def _lost(self, wire: Wire) -> None:
        self._wires.discard(wire)
        if self._pool is not None:
            self._pool.forget(wire)
        if self._closed and not self._wires:
            self._all_lost.set()


def extensions_of(message: Any, phases: RequestPhases) -> dict[str, Any]:
    """Return what an answer carries beside its headers and its body."""
    version = message.version
    return {
        "http_version": b"HTTP/1.1" if version == _HTTP_1_1 else b"HTTP/%d.%d" % version,
        "reason_phrase": (message.reason or "").encode("utf-8", "surrogateescape"),
        PHASES: phases,
    }


def _response(message: Any, exchange: Exchange, phases: RequestPhases) -> httpx.Response:
    return httpx.Response(
        message.code,
        headers=message.raw_headers,
        stream=exchange,
        extensions=extensions_of(message, phases),
    )


def _connect_timeout(route: Route, timeout: float | None) -> httpx.ConnectTimeout:
    within = "in time" if timeout is None else f"within {timeout:g} s"
    return httpx.ConnectTimeout(f"No connection to {route} {within}.")
