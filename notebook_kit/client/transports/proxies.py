"""Which proxy a URL goes through: the environment's rules, or one proxy for all.

Worked out once when a client is made, so that a request costs a look-up in a table, and so that a
custom transport does not silently switch the environment's proxies off.
"""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.request import getproxies

import httpx

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["NoProxyRule", "ProxyFor", "ProxyTable", "as_proxy", "proxy_headers"]

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


@dataclass(frozen=True, slots=True)
class NoProxyRule:
    """One entry of NO_PROXY.

    * `example.com` stands for the host and all hosts under it, `.example.com` for those under it;
    * `10.0.0.7`, `::1` and `10.0.0.0/8` stand for addresses, never for names that lead to them;
    * `localhost` stands for itself;
    * each may begin with a scheme (`https://example.com`) and end with a port (`example.com:8443`).

    >>> NoProxyRule.parse("example.com").matches(httpx.URL("https://api.example.com/x"))
    True
    >>> NoProxyRule.parse(".example.com").matches(httpx.URL("https://example.com"))
    False
    >>> NoProxyRule.parse("10.0.0.0/8").matches(httpx.URL("http://10.1.2.3:8080"))
    True
    """

    host: str
    scheme: str | None = None
    port: int | None = None
    network: Network | None = None

    @classmethod
    def parse(cls, entry: str) -> NoProxyRule:
        """Read one entry."""
        scheme, separator, rest = entry.strip().lower().partition("://")
        if not separator:
            scheme, rest = "", scheme
        network = _network(rest)
        host, port = (rest, None) if network is not None else _split_port(rest)
        if network is None:
            network = _network(host)
        wanted = None if scheme in {"", "all"} else scheme
        return cls(host.strip("[]"), wanted, port, network)

    def matches(self, url: httpx.URL) -> bool:
        """Tell whether requests for this URL go without a proxy."""
        if self.scheme is not None and self.scheme != url.scheme:
            return False
        if self.port is not None and self.port != (url.port or _DEFAULT_PORTS.get(url.scheme)):
            return False
        return self._matches_host(url.host.lower())

    def _matches_host(self, host: str) -> bool:
        if self.network is not None:
            try:
                return ipaddress.ip_address(host) in self.network
            except ValueError:
                return False
        if self.host == "localhost":
            return host == "localhost"
        domain = self.host.removeprefix("*")
        if domain.startswith("."):
            return host.endswith(domain)
        return host == domain or host.endswith(f".{domain}")


@dataclass(frozen=True, slots=True)
class ProxyTable:
    """A proxy for each scheme, and the URLs that go without.

    Attributes:
        by_scheme: `http`, `https` or `all` -> the proxy.
        without: the rules of NO_PROXY.

    >>> table = ProxyTable.from_mapping({"https": "proxy.example:3128", "no": "internal.example"})
    >>> table(httpx.URL("https://api.example")).url
    URL('http://proxy.example:3128')
    >>> table(httpx.URL("https://internal.example")) is None
    True
    """

    by_scheme: Mapping[str, httpx.Proxy] = field(default_factory=dict, repr=False)
    without: tuple[NoProxyRule, ...] = ()

    @classmethod
    def from_environment(cls) -> ProxyTable:
        """Read HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, or the system's own settings.

        Raises:
            ConfigurationError: when a proxy is not a URL that can be used.
        """
        return cls.from_mapping(getproxies())

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> ProxyTable:
        """Read settings of the form that `urllib.request.getproxies` gives."""
        entries = [entry.strip() for entry in settings.get("no", "").split(",")]
        if "*" in entries:
            return cls()
        by_scheme = {
            scheme: as_proxy(settings[scheme], source=f"{scheme.upper()}_PROXY")
            for scheme in ("http", "https", "all")
            if settings.get(scheme)
        }
        return cls(by_scheme, tuple(NoProxyRule.parse(entry) for entry in entries if entry))

    @classmethod
    def for_all(cls, proxy: str | httpx.URL | httpx.Proxy) -> ProxyTable:
        """Send everything through one proxy."""
        return cls({"all": as_proxy(proxy, source="proxy=")})

    @property
    def proxies(self) -> tuple[httpx.Proxy, ...]:
        """The proxies of this table."""
        return tuple(self.by_scheme.values())

    def __bool__(self) -> bool:
        return bool(self.by_scheme)

    def __call__(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy for a URL, or None: then it is called directly."""
        proxy = self.by_scheme.get(url.scheme) or self.by_scheme.get("all")
        if proxy is None or any(rule.matches(url) for rule in self.without):
            return None
        return proxy


class ProxyFor:
    """A function from URL to proxy, its answers checked and turned into `httpx.Proxy` objects.

    The same text always gives the same object: connections are kept by it.

    Raises:
        ConfigurationError: when asked for a URL, where the function gives a proxy of another kind
            than `schemes`.
    """

    def __init__(
        self,
        choose: Callable[[httpx.URL], str | httpx.Proxy | None],
        schemes: tuple[str, ...] = _SCHEMES,
    ) -> None:
        self._choose = choose
        self._schemes = schemes
        self._known: dict[str, httpx.Proxy] = {}

    def __call__(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy for a URL, or None."""
        chosen = self._choose(url)
        if chosen is None:
            return None
        if isinstance(chosen, str):
            text = chosen
            chosen = self._known.get(text) or as_proxy(text, source="proxy_for")
            self._known[text] = chosen
        if chosen.url.scheme not in self._schemes:
            message = (
                f"The proxy for {url.host} is a {chosen.url.scheme} proxy; this transport can use "
                f"{' and '.join(self._schemes)}. Say proxy= to the client, which then takes "
                "another transport."
            )
            raise ConfigurationError(message)
        return chosen


def as_proxy(proxy: str | httpx.URL | httpx.Proxy, *, source: str) -> httpx.Proxy:
    """Return a checked proxy; `source` says in an error where it was given.

    Raises:
        ConfigurationError: when it is not a URL that can be used. The URL itself is not repeated
            whole, because it may hold a password.
    """
    if isinstance(proxy, httpx.Proxy):
        return proxy
    if isinstance(proxy, str) and "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        url = httpx.URL(proxy)
    except (httpx.InvalidURL, TypeError):
        message = f"{source} is not a URL; write it as 'http://user:password@host:port'."
        raise ConfigurationError(message) from None
    if url.scheme not in _SCHEMES or not url.host:
        shown = f"{url.scheme}://{url.host}" if url.host else f"{url.scheme}://"
        message = (
            f"{source} is {shown!r}; a proxy begins with {', '.join(_SCHEMES)} and has a host."
        )
        raise ConfigurationError(message)
    return httpx.Proxy(url)


def proxy_headers(proxy: httpx.Proxy) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that a proxy is sent, its credentials among them.

    >>> proxy_headers(httpx.Proxy("http://me:secret@proxy.example"))
    ((b'Proxy-Authorization', b'Basic bWU6c2VjcmV0'),)
    """
    headers = tuple(proxy.headers.raw)
    if proxy.raw_auth is None:
        return headers
    credentials = base64.b64encode(b":".join(proxy.raw_auth))
    return ((b"Proxy-Authorization", b"Basic " + credentials), *headers)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _split_port(text: str) -> tuple[str, int | None]:
    host, separator, port = text.rpartition(":")
    if separator and port.isdigit() and (":" not in host or host.endswith("]")):
        return host, int(port)
    return text, None
