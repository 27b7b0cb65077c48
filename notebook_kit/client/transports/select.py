"""Which transport a client gets: aiohttp's, unless something is asked that it cannot do exactly."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.pieces import HttpxPieces
from notebook_kit.client.transports.proxies import ProxyTable
from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from notebook_kit.client.transports.tls import Certificate, Verify

__all__ = ["TransportOptions", "checked_transport", "make_transport"]

_SOCKS: Final = frozenset({"socks5", "socks5h"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOptions:
    """What a client says about its connections.

    Attributes:
        max_connections: at most so many at once, over all hosts; None for no bound.
        max_keepalive_connections: at most so many that have been idle for more than a second.
        max_connections_per_host: at most so many at once to one host; None (or 0) for no bound.
        keepalive_expiry: seconds after which an idle connection is closed; None for never.
        http2: whether HTTP/2 is used where the server speaks it.
        verify: True for the system's certificates, False, a path, or an ssl.SSLContext.
        cert: the client's certificate: a path, or (certificate, key[, password]).
        proxy: the proxy for everything; None to ask the environment.
        trust_env: whether proxies and certificates named by the environment are used.
        transport: a transport of one's own; all other options are then its own matter.
        local_address: the address to connect from.
        direct: whether no proxy is used, whatever is said of proxies.

    >>> TransportOptions(http2=True).max_connections
    100
    """

    max_connections: int | None = 100
    max_keepalive_connections: int | None = 20
    max_connections_per_host: int | None = None
    keepalive_expiry: float | None = 15.0
    http2: bool = False
    verify: Verify = True
    # These may hold passwords.
    cert: Certificate | None = field(default=None, repr=False)
    proxy: str | httpx.URL | httpx.Proxy | None = field(default=None, repr=False)
    trust_env: bool = True
    transport: httpx.AsyncBaseTransport | None = None
    local_address: str | None = None
    direct: bool = False


def make_transport(options: TransportOptions) -> tuple[httpx.AsyncBaseTransport, str]:
    """Return the transport for these options and its name: "aiohttp", "httpx" or "custom".

    aiohttp carries what it can carry exactly: HTTP/1.1, directly or through HTTP proxies. HTTP/2,
    a SOCKS proxy and a proxy with a TLS context of its own go to httpx's transport, in pieces of
    one connection. No connection is opened yet.

    Raises:
        ConfigurationError: when an option cannot work; the message says what to write instead.

    >>> make_transport(TransportOptions())[1]
    'aiohttp'
    >>> make_transport(TransportOptions(proxy="socks5://localhost:1080"))[1]
    'httpx'
    """
    if options.transport is not None:
        return checked_transport(options.transport), "custom"
    proxies = _proxies(options)
    common = _common(options, proxies)
    uses_socks = any(proxy.url.scheme in _SOCKS for proxy in proxies.proxies)
    if uses_socks:
        _need("socksio", "a SOCKS proxy", "socks")
    if options.http2:
        _need("h2", "http2=True", "http2")
        return HttpxPieces(http2=True, **common), "httpx"
    if uses_socks or any(proxy.ssl_context is not None for proxy in proxies.proxies):
        return HttpxPieces(**common), "httpx"
    return AiohttpTransport(**common), "aiohttp"


def _common(options: TransportOptions, proxies: ProxyTable) -> dict[str, Any]:
    """Return what both transports are told, checked."""
    return {
        "max_connections": _count(options.max_connections, "max_connections", least=1),
        "max_keepalive_connections": _count(
            options.max_keepalive_connections, "max_keepalive_connections", least=0
        ),
        "max_connections_per_host": _count(
            options.max_connections_per_host or None, "max_connections_per_host", least=1
        ),
        "keepalive_expiry": _seconds(options.keepalive_expiry, "keepalive_expiry"),
        "verify": options.verify,
        "cert": options.cert,
        "trust_env": options.trust_env,
        "proxy_for": proxies or None,
        "local_address": options.local_address,
    }


def checked_transport(
    transport: httpx.AsyncBaseTransport, *, of: str = "transport"
) -> httpx.AsyncBaseTransport:
    """Return a transport that can be used.

    Raises:
        ConfigurationError: when it is none, or synchronous; `of` names the option.
    """
    if isinstance(transport, httpx.AsyncBaseTransport):
        return transport
    if isinstance(transport, httpx.BaseTransport):
        message = (
            f"{of}= has a {type(transport).__name__}, which is synchronous. Requests are sent "
            "on an event loop: give an httpx.AsyncBaseTransport such as httpx.AsyncHTTPTransport()."
        )
    else:
        message = f"{of}= has {transport!r}; give an httpx.AsyncBaseTransport, or nothing."
    raise ConfigurationError(message)


def _proxies(options: TransportOptions) -> ProxyTable:
    if options.direct:
        return ProxyTable()
    if options.proxy is not None:
        return ProxyTable.for_all(options.proxy)
    return ProxyTable.from_environment() if options.trust_env else ProxyTable()


def _count(value: Any, name: str, *, least: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    message = f"{name}={value!r}; give a whole number from {least} up, or None for no bound."
    raise ConfigurationError(message)


def _seconds(value: Any, name: str) -> float | None:
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or math.isnan(value) or value < 0:
        message = f"{name}={value!r}; give seconds from 0 up, or None for no end."
        raise ConfigurationError(message)
    return float(value)


def _need(module: str, what: str, extra: str) -> None:
    if importlib.util.find_spec(module) is None:
        message = f"{what} needs the {module} package: pip install 'notebook_kit[{extra}]'."
        raise ConfigurationError(message)
