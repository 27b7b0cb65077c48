"""Where a connection leads, and through what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Route", "is_port", "refuse_bad_port", "route_of"]

_PORTS = {b"http": 80, b"https": 443}
_LAST_PORT = 65_535


class Route(NamedTuple):
    """The way to a host: requests of the same route may share connections.

    >>> str(Route(b"https", b"api.example", 443))
    'api.example:443'
    """

    scheme: bytes
    host: bytes
    port: int
    proxy: httpx.Proxy | None = None
    server_name: str | None = None

    @property
    def is_tls(self) -> bool:
        """Whether TLS is spoken with the host itself."""
        return self.scheme == b"https"

    @property
    def proxy_name(self) -> str:
        """The proxy as it may be shown: without its credentials."""
        if self.proxy is None:
            return ""
        url = self.proxy.url
        return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"

    def __str__(self) -> str:
        host = self.host.decode("ascii", "replace")
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


def is_port(port: int | None) -> bool:
    """Tell whether there is such a port; None is the scheme's own."""
    return port is None or 0 < port <= _LAST_PORT


def refuse_bad_port(url: httpx.URL) -> None:
    """Check that the port of a URL is one.

    Raises:
        httpx.UnsupportedProtocol: when it is not.
    """
    if not is_port(url.port):
        message = f"The URL names port {url.port}; ports are numbers from 1 up to {_LAST_PORT}."
        raise httpx.UnsupportedProtocol(message)


def route_of(
    request: httpx.Request, proxy_for: Callable[[httpx.URL], httpx.Proxy | None] | None
) -> Route:
    """Return the route of a request.

    Raises:
        httpx.UnsupportedProtocol: when its URL is not one of http or https, or has no such port.
    """
    url = request.url
    scheme, host = url.raw_scheme, url.raw_host
    default_port = _PORTS.get(scheme)
    if default_port is None or not host:
        shown = scheme.decode("ascii", "replace")
        message = f"A URL has to begin with 'http://' or 'https://' and a host, not with {shown!r}."
        raise httpx.UnsupportedProtocol(message)
    refuse_bad_port(url)
    return Route(
        scheme,
        host,
        default_port if url.port is None else url.port,
        None if proxy_for is None else proxy_for(url),
        request.extensions.get("sni_hostname"),
    )
