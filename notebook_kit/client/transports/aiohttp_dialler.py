"""Opening connections with aiohttp's connector: addresses, happy eyeballs, TLS, proxies' tunnels.

This module imports aiohttp when it is imported; the transport imports it with its first request.
"""

from __future__ import annotations

import functools
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import aiohttp
from aiohttp.tracing import Trace
from yarl import URL

from notebook_kit.client.transports.aiohttp_errors import connecting_failed
from notebook_kit.client.transports.aiohttp_wire import Wire
from notebook_kit.client.transports.proxies import proxy_headers

if TYPE_CHECKING:
    import ssl

    import httpx

    from notebook_kit.client.transports.route import Route

__all__ = ["Dialled", "Dialler"]

#: aiohttp would add these to the request that opens a tunnel.
_AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "User-Agent")


class Dialled(NamedTuple):
    """A connection that was just opened, and how many seconds the lookup of its host took."""

    wire: Wire
    dns_s: float


class Dialler(aiohttp.TCPConnector):
    """Opens connections and keeps none: bounds and keep-alive are the pool's."""

    def __init__(self, *, local_address: str | None = None) -> None:
        super().__init__(
            limit=0,
            resolver=aiohttp.ThreadedResolver(),
            local_addr=None if local_address is None else (local_address, 0),
        )
        self._factory = functools.partial(Wire, loop=self._loop)  # type: ignore[assignment]

    async def dial(self, route: Route, context: ssl.SSLContext | None) -> Dialled:
        """Open a connection.

        Raises:
            httpx.ConnectError: when that was not possible.
            httpx.ProxyError: when the proxy gave no tunnel.
            httpx.ConnectTimeout: when the system gave up.
        """
        failure: httpx.TransportError
        try:
            return await self._dial(route, context)
        except TimeoutError:
            raise  # The deadline is the caller's.
        except Exception as error:  # noqa: BLE001 - each becomes an error of httpx
            failure = connecting_failed(error, route)
        # Raised out here so that aiohttp's error, with what went to the proxy, is not its context.
        raise failure

    async def _dial(self, route: Route, context: ssl.SSLContext | None) -> Dialled:
        stopwatch = _LookupStopwatch()
        proxy = route.proxy
        request = aiohttp.ClientRequest(
            "GET",
            URL.build(
                scheme=route.scheme.decode(),
                host=route.host.decode("ascii"),
                port=route.port,
                path="/",
            ),
            loop=self._loop,
            ssl=True if context is None else context,
            proxy=None if proxy is None else URL(str(proxy.url)),
            proxy_headers=None if proxy is None else _as_text(proxy_headers(proxy)),
            server_hostname=route.server_name,
        )
        wire = await self._create_connection(request, [stopwatch], _NO_TIMEOUT)
        assert isinstance(wire, Wire)  # noqa: S101 - what the factory above makes
        return Dialled(wire, stopwatch.seconds)

    def _update_proxy_auth_header_and_build_proxy_req(
        self, req: aiohttp.ClientRequest
    ) -> aiohttp.ClientRequest:
        tunnel = super()._update_proxy_auth_header_and_build_proxy_req(req)
        for name in _AUTOMATIC_HEADERS:
            if name not in (req.proxy_headers or {}):
                tunnel.headers.popall(name, None)
        return tunnel


class _LookupStopwatch(Trace):
    """Measures how long the lookup of a host takes; aiohttp tells it when."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started = 0.0

    async def send_dns_resolvehost_start(self, host: str) -> None:  # noqa: ARG002 - aiohttp's
        self._started = perf_counter()

    async def send_dns_resolvehost_end(self, host: str) -> None:  # noqa: ARG002 - aiohttp's
        self.seconds = perf_counter() - self._started

    async def send_dns_cache_hit(self, host: str) -> None:
        """Nothing is looked up."""

    async def send_dns_cache_miss(self, host: str) -> None:
        """The lookup itself is told of separately."""


_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=None)


def _as_text(headers: tuple[tuple[bytes, bytes], ...]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
