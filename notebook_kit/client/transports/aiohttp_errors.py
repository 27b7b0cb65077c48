"""aiohttp's errors as httpx's, most specific first: what was surely not sent stays apart.

========================================  =====================================================
surely not sent (`connecting_failed`)     ConnectTimeout, ConnectError, ProxyError
                                          (and, raised elsewhere, PoolTimeout, LocalProtocolError,
                                          UnsupportedProtocol)
maybe sent (`exchange_failed`)            ReadTimeout, WriteTimeout, ReadError, WriteError,
                                          RemoteProtocolError
========================================  =====================================================

What an error is depends on when it happened rather than on its class: a reset while connecting is
a ConnectError, the same reset after the request went out is a ReadError.
"""

from __future__ import annotations

import errno
import ssl
from typing import TYPE_CHECKING, Final

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import EofStream

from notebook_kit.client.transports.patience import took_too_long
from notebook_kit.client.transports.reasons import reason_of

if TYPE_CHECKING:
    from notebook_kit.client.transports.aiohttp_wire import Wire
    from notebook_kit.client.transports.route import Route

__all__ = ["connecting_failed", "exchange_failed"]


#: While connecting: nothing of the request was sent. Most specific first.
_CONNECTING: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLError, "TLS with {route} failed: {why}"),
    (aiohttp.ClientSSLError, "TLS with {route} failed: {why}"),
    (aiohttp.ClientConnectorDNSError, "The address of {route} was not found: {why}"),
    (aiohttp.ClientProxyConnectionError, "Cannot connect to the proxy {proxy}: {why}"),
    (aiohttp.ClientConnectorError, "Cannot connect to {route}: {why}"),
)
#: After that: the server may have seen the request. Most specific first.
_EXCHANGE: Final[tuple[tuple[type[Exception], str], ...]] = (
    (aiohttp.ServerDisconnectedError, "Server disconnected without sending a response."),
    (EofStream, "Server disconnected without sending a response."),
    (
        aiohttp.ClientPayloadError,
        "The server closed the connection before the body was complete.",
    ),
    (aiohttp.ClientError, "The connection ended before the answer was complete."),
)


def connecting_failed(error: Exception, route: Route) -> httpx.TransportError:
    """Return httpx's error for one that came while a connection was being opened.

    Its cause is what the system or OpenSSL raised, never aiohttp's own error: that one holds the
    headers that went to the proxy.
    """
    root = _root(error)
    failure = _connecting_failed(error, route, _reason(root))
    failure.__cause__ = None if isinstance(root, aiohttp.ClientError) else root
    return failure


def _connecting_failed(error: Exception, route: Route, reason: str) -> httpx.TransportError:
    if isinstance(error, aiohttp.ClientHttpProxyError):
        said = f"{error.status} {error.message}"
        return httpx.ProxyError(f"The proxy refused a tunnel to {route}: {said}")
    if getattr(error, "errno", None) == errno.ETIMEDOUT:
        return httpx.ConnectTimeout(f"Cannot connect to {route}: {reason}")
    for kind, text in _CONNECTING:
        if isinstance(error, kind):
            return httpx.ConnectError(text.format(route=route, proxy=route.proxy_name, why=reason))
    if route.proxy is not None:
        text = f"The proxy {route.proxy_name} gave no tunnel to {route}: {reason}"
        return httpx.ProxyError(text)
    return httpx.ConnectError(f"Cannot connect to {route}: {reason}")


def exchange_failed(error: Exception, wire: Wire, *, sending: bool) -> Exception:
    """Return httpx's error for one that came after the request began to be sent.

    Args:
        error: what was raised.
        wire: the connection, which knows whether it was broken or closed.
        sending: whether the request was not yet sent to its end.
    """
    if isinstance(error, httpx.TransportError):
        return error
    if isinstance(error, aiohttp.SocketTimeoutError):
        silent = "The server was silent for as long as the read timeout allows."
        return httpx.ReadTimeout(took_too_long(None) if wire.is_overdue else silent)
    broken = wire.broken_by or (error if isinstance(error, OSError) else None)
    if broken is not None:
        kind = httpx.WriteError if sending else httpx.ReadError
        return kind(f"The connection broke: {_reason(_root(broken))}")
    if isinstance(error, HttpProcessingError):
        said = _brief(error.message)
        if said.startswith("Got more than"):
            # What follows is the line itself.
            said = f"{said.partition(' when reading')[0]} in one line of its head"
        return httpx.RemoteProtocolError(f"The server's answer is not valid HTTP: {said}")
    for cause, text in _EXCHANGE:
        if isinstance(error, cause):
            return httpx.RemoteProtocolError(text)
    return error


def _root(error: BaseException) -> BaseException:
    """Return what the system or OpenSSL raised, out of aiohttp's wrapping."""
    return getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error


def _reason(error: BaseException) -> str:
    return _brief(reason_of(error)) or type(error).__name__


def _brief(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}..."
