"""aiohttp's errors as httpx's: the table itself, also where no server can be made to cause one."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import EofStream

from notebook_kit.client.transports.aiohttp_errors import connecting_failed, exchange_failed
from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.aiohttp_wire import Wire
from notebook_kit.client.transports.route import Route
from notebook_kit.testing import FaultServer, close_without_answer
from tests.transport.helpers import NOT_SENT, send

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = ConnectionKey("a.example", 443, True, True, None, None, None)  # noqa: FBT003 - aiohttp's
_ROUTE = Route(b"https", b"a.example", 443)
_PROXIED = _ROUTE._replace(proxy=httpx.Proxy("http://me:topsecret@gate:3128"))
_REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "refused")

CONNECTING = [
    (aiohttp.ClientConnectorError(_KEY, _REFUSED), httpx.ConnectError),
    (aiohttp.ClientConnectorDNSError(_KEY, socket.gaierror(-2, "unknown")), httpx.ConnectError),
    (aiohttp.ClientProxyConnectionError(_KEY, _REFUSED), httpx.ConnectError),
    (aiohttp.ClientConnectorSSLError(_KEY, ssl.SSLError(1, "no agreement")), httpx.ConnectError),
    (
        aiohttp.ClientConnectorCertificateError(_KEY, ssl.CertificateError("no")),
        httpx.ConnectError,
    ),
    (
        aiohttp.ClientConnectorError(_KEY, TimeoutError(errno.ETIMEDOUT, "timed out")),
        httpx.ConnectTimeout,
    ),
    (aiohttp.InvalidURL("a.example", "is no address"), httpx.ConnectError),
    (UnicodeError("label too long"), httpx.ConnectError),
    (ssl.SSLError(1, "no agreement"), httpx.ConnectError),
]


@pytest.mark.parametrize(("error", "expected"), CONNECTING)
def test_while_connecting(error: Exception, expected: type[httpx.TransportError]) -> None:
    """Whatever stops a connection is an error that means "surely not sent" and names the host."""
    failure = connecting_failed(error, _ROUTE)
    assert type(failure) is expected
    assert isinstance(failure, NOT_SENT)
    assert "a.example:443" in str(failure) or "proxy" in str(failure)
    assert not isinstance(failure.__cause__, aiohttp.ClientError)


def test_a_proxy_that_breaks_off_is_the_proxys_fault() -> None:
    """Between connection and tunnel an error is the proxy's, shown without its password."""
    failure = connecting_failed(aiohttp.ServerDisconnectedError(), _PROXIED)
    assert type(failure) is httpx.ProxyError
    assert "http://gate:3128" in str(failure)
    assert "topsecret" not in str(failure)


def test_a_proxy_that_closes_instead_of_tunnelling() -> None:
    """A proxy that says nothing to CONNECT is ProxyError: surely not sent."""

    async def main(proxy: FaultServer) -> None:
        async with AiohttpTransport(proxy_for=lambda _: proxy.url) as transport:
            with pytest.raises(httpx.ProxyError, match="no tunnel"):
                await send(transport, "https://a.example/")

    with FaultServer() as proxy:
        proxy.when("*", close_without_answer())
        asyncio.run(main(proxy))


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A connection that was never made."""
    loop = asyncio.new_event_loop()
    yield Wire(loop)
    loop.close()


EXCHANGE = [
    (aiohttp.SocketTimeoutError(), httpx.ReadTimeout, httpx.ReadTimeout),
    (aiohttp.ServerDisconnectedError(), httpx.RemoteProtocolError, httpx.RemoteProtocolError),
    (EofStream(), httpx.RemoteProtocolError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError("half"), httpx.RemoteProtocolError, httpx.RemoteProtocolError),
    (BadHttpMessage("x" * 1000), httpx.RemoteProtocolError, httpx.RemoteProtocolError),
    (aiohttp.ClientConnectionError("closed"), httpx.RemoteProtocolError, httpx.RemoteProtocolError),
    (aiohttp.ClientOSError(errno.EPIPE, "broken pipe"), httpx.ReadError, httpx.WriteError),
    (ConnectionResetError("gone"), httpx.ReadError, httpx.WriteError),
    (httpx.WriteTimeout("slow"), httpx.WriteTimeout, httpx.WriteTimeout),
    (KeyError("the caller's own"), KeyError, KeyError),
]


@pytest.mark.parametrize(("error", "reading", "sending"), EXCHANGE)
def test_after_the_request_went_out(
    wire: Wire, error: Exception, reading: type[Exception], sending: type[Exception]
) -> None:
    """What comes later means "maybe sent"; it depends on whether the body was still going out."""
    assert type(exchange_failed(error, wire, sending=False)) is reading
    assert type(exchange_failed(error, wire, sending=True)) is sending
    assert len(str(exchange_failed(error, wire, sending=False))) < 400


def test_a_broken_connection_breaks_whatever_went_over_it(wire: Wire) -> None:
    """A body cut short by a reset is a ReadError, not a fault of the server's HTTP."""
    wire.broken_by = ConnectionResetError(errno.ECONNRESET, "reset")
    failure = exchange_failed(aiohttp.ClientPayloadError("half"), wire, sending=False)
    assert type(failure) is httpx.ReadError
