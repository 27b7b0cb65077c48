"""Requests through HTTP proxies, in the clear and through a tunnel."""

from __future__ import annotations

import asyncio
import base64
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.testing import answer
from tests.transport.helpers import send, until
from tests.transport.proxy_double import HttpProxy

if TYPE_CHECKING:
    import ssl

    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make

_CREDENTIALS = b"Basic " + base64.b64encode(b"me:p@ss")


def test_forwarding(server: FaultServer, make: Make) -> None:
    """For http:// the proxy is told the whole URL; the connection to it is used again."""
    server.when("*", answer("ok"))

    async def main(proxy: HttpProxy) -> None:
        async with make(proxy_for=lambda _: proxy.url) as transport:
            for target in ("/a%2Fb?c=%7E", "/second"):
                _, body = await send(transport, server.url + target, "POST", content=b"body")
                assert body == b"ok"
            assert transport.statistics().opened_total == 1

    with HttpProxy() as proxy:
        asyncio.run(main(proxy))
        assert len(proxy.heads) == 1
        first = f"POST {server.url}/a%2Fb?c=%7E HTTP/1.1".encode()
        assert proxy.heads[0].split(b"\r\n")[0] == first
    assert [request.body for request in server.requests] == [b"body"] * 2


def test_tunnelling(tls_server: FaultServer, client_context: ssl.SSLContext, make: Make) -> None:
    """For https:// a tunnel is opened, the server's certificate is checked, headers stay inside."""
    tls_server.when("/", answer("ok"))

    async def main(proxy: HttpProxy) -> None:
        async with make(proxy_for=lambda _: proxy.url, verify=client_context) as transport:
            for _ in range(2):
                _, body = await send(transport, tls_server.url, headers={"X-Api-Key": "hidden"})
                assert body == b"ok"
            assert transport.statistics().opened_total == 1

    with HttpProxy() as proxy:
        asyncio.run(main(proxy))
        (head,) = proxy.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{tls_server.port} HTTP/1.1\r\n".encode())
        assert b"hidden" not in head
        assert b"aiohttp" not in head
    assert [request.target for request in tls_server.requests] == ["/", "/"]


def test_a_password_for_the_proxy(
    server: FaultServer, tls_server: FaultServer, client_context: ssl.SSLContext, make: Make
) -> None:
    """The proxy gets its credentials both ways; the server behind a tunnel never sees them."""
    server.when("/", answer("ok"))
    tls_server.when("/", answer("ok"))

    async def main(proxy: HttpProxy) -> None:
        url = f"http://me:p%40ss@{proxy.address}"
        async with make(proxy_for=lambda _: url, verify=client_context) as transport:
            for one in (server, tls_server):
                response, _ = await send(transport, one.url)
                assert response.status_code == 200

    with HttpProxy(credentials=_CREDENTIALS) as proxy:
        asyncio.run(main(proxy))
    assert tls_server.requests[0].header("proxy-authorization") is None


def test_headers_for_the_proxy(server: FaultServer, make: Make) -> None:
    """An httpx.Proxy may carry headers of its own for the proxy."""
    server.when("/", answer("ok"))

    async def main(proxy: HttpProxy) -> None:
        with_headers = httpx.Proxy(proxy.url, headers={"X-Team": "blue"})
        async with make(proxy_for=lambda _: with_headers) as transport:
            await send(transport, server.url)

    with HttpProxy() as proxy:
        asyncio.run(main(proxy))
        assert b"\r\nX-Team: blue\r\n" in proxy.heads[0]


@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b"403 Not here"])
def test_a_tunnel_refused(
    tls_server: FaultServer, client_context: ssl.SSLContext, make: Make, status: bytes
) -> None:
    """A proxy that refuses a tunnel is ProxyError with its status: surely not sent."""

    async def main(proxy: HttpProxy) -> None:
        url = f"http://me:topsecret@{proxy.address}"
        async with make(
            proxy_for=lambda _: url, verify=client_context, max_connections=1
        ) as transport:
            for _ in range(2):
                with pytest.raises(httpx.ProxyError, match=status.decode()) as caught:
                    await send(transport, tls_server.url)
                assert "topsecret" not in repr(caught.value)
            await until(lambda: transport.connections == (0, 0))

    with HttpProxy(status=status) as proxy:
        asyncio.run(main(proxy))
    assert tls_server.requests == ()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there(make: Make, scheme: str) -> None:
    """A proxy that nobody runs is ConnectError, or ProxyError: surely not sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    async def main() -> None:
        url = f"http://me:topsecret@127.0.0.1:{port}"
        async with make(proxy_for=lambda _: url) as transport:
            with pytest.raises((httpx.ConnectError, httpx.ProxyError)) as caught:
                await send(transport, f"{scheme}://server.example/")
            assert "topsecret" not in repr(caught.value)

    asyncio.run(main())


def test_some_urls_go_without(server: FaultServer, make: Make) -> None:
    """Where the function gives no proxy, the server is called directly."""
    server.when("*", answer("ok"))

    async def main(proxy: HttpProxy) -> None:
        def proxy_for(url: httpx.URL) -> str | None:
            return proxy.url if url.path == "/through" else None

        async with make(proxy_for=proxy_for) as transport:
            await send(transport, f"{server.url}/direct")
            assert proxy.heads == []
            await send(transport, f"{server.url}/through")
            assert len(proxy.heads) == 1

    with HttpProxy() as proxy:
        asyncio.run(main(proxy))
        assert server.connections.opened == 2


def test_a_proxy_that_is_no_url(server: FaultServer, make: Make) -> None:
    """A function that gives nonsense is told so, without its text, which may hold a password."""

    async def main() -> None:
        async with make(proxy_for=lambda _: "gopher://me:topsecret@host") as transport:
            with pytest.raises(ConfigurationError, match="gopher") as caught:
                await send(transport, server.url)
            assert "topsecret" not in str(caught.value)

    asyncio.run(main())
