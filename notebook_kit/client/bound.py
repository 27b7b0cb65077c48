"""Credentials stay with the origin they were given for, from the first request to the last hop."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx

from notebook_kit.client.address import as_asked
from notebook_kit.client.guise import disguise
from notebook_kit.client.measured import measured
from notebook_kit.client.taped import sent_by_tape
from notebook_kit.client.transports.pooled import PooledTransport
from notebook_kit.client.transports.route import refuse_bad_port
from notebook_kit.redact import is_secret_name
from notebook_kit.tapes import slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.client.kept.http_rules import HttpRules
    from notebook_kit.client.transports import TransportStatistics

__all__ = ["Bound", "BoundTransport", "Origin", "connections_of", "origin_of"]

#: Scheme, host and port; the port is None where it is the scheme's own.
Origin: TypeAlias = tuple[str, bytes, int | None]

_KEY: Final = "notebook_kit.bound"


def origin_of(url: httpx.URL) -> Origin:
    """Return scheme, host and port of a URL.

    >>> origin_of(httpx.URL("https://host:443/x")) == origin_of(httpx.URL("https://host"))
    True
    """
    return url.scheme, url.raw_host, url.port


class Bound:
    """What of a request may go to its own origin only; it travels with it through redirects.

    Args:
        request: the first request; its secret headers are for its own origin.
        names: further headers that are for that origin only.
        home: the origin that the client's cookies without a domain are for.
        cookies: the client's cookies.
    """

    def __init__(
        self, request: httpx.Request, names: Iterable[str], *, home: Origin, cookies: httpx.Cookies
    ) -> None:
        self.origin = origin_of(request.url)
        self._home = home
        self._cookies = cookies
        self._names = frozenset(name.lower() for name in names)
        self._built = frozenset(request.headers)
        request.extensions[_KEY] = self

    def also(self, request: httpx.Request) -> None:
        """Bind another request for the same origin, with headers of the same names, in this way."""
        request.extensions[_KEY] = copy.copy(self)

    @property
    def at_home(self) -> bool:
        """Whether the request is for the origin that the client's credentials are for."""
        return self.origin == self._home

    @staticmethod
    def of(request: httpx.Request) -> Bound | None:
        """Return what a request was bound by, or None."""
        bound = request.extensions.get(_KEY)
        return bound if isinstance(bound, Bound) else None

    def binds(self, name: str) -> bool:
        """Tell whether a header, named in lower case, is for the first origin only."""
        return name in self._names or is_secret_name(name)

    def apply(self, request: httpx.Request) -> None:
        """Take from a request, at any hop, what is not for the origin it is about to go to."""
        here = origin_of(request.url)
        if here == self.origin:
            # What `auth=` added since the request was built is a credential, whatever its name.
            self._names |= set(request.headers) - self._built
        else:
            self._strip_headers(request)
        if here != self._home and "cookie" in request.headers:
            self._strip_cookies(request)

    def _strip_headers(self, request: httpx.Request) -> None:
        # httpx has made the header of cookies anew for this hop, out of its jar.
        for name in set(request.headers) - {"cookie", "host"}:
            if self.binds(name):
                del request.headers[name]

    def _strip_cookies(self, request: httpx.Request) -> None:
        ours = {f"{it.name}={it.value}" for it in self._cookies.jar if not it.domain}
        kept = [pair for pair in request.headers["cookie"].split("; ") if pair not in ours]
        if kept:
            request.headers["cookie"] = "; ".join(kept)
        else:
            del request.headers["cookie"]


class BoundTransport(httpx.AsyncBaseTransport):
    """A transport that sees every hop before the one it wraps, and takes off what is bound."""

    def __init__(self, inner: httpx.AsyncBaseTransport, rules: HttpRules | None = None) -> None:
        self._inner = inner
        #: What answers by HTTP's own rules, or None.
        self.rules = rules

    @property
    def inner(self) -> httpx.AsyncBaseTransport:
        """The transport that is wrapped."""
        return self._inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without what belongs to another origin."""
        request.url = as_asked(request.url)
        refuse_bad_port(request.url)  # a transport of the user's may not do it
        disguise(request)
        if (bound := Bound.of(request)) is not None:
            bound.apply(request)
        send = self._inner.handle_async_request
        if self.rules is not None:
            send = partial(self.rules.handle, send=send)
        if (tape := slot.tape) is not None:
            return await measured(await sent_by_tape(tape, request, send), request)
        return await measured(await send(request), request)

    def statistics(self) -> TransportStatistics | None:
        """Return the counts of connections of this moment; None from a transport of the user's."""
        return self._inner.statistics() if isinstance(self._inner, PooledTransport) else None

    async def aclose(self) -> None:
        """Close the transport that is wrapped."""
        await self._inner.aclose()


def connections_of(client: httpx.AsyncClient) -> TransportStatistics | None:
    """Return the counts of connections of a client of ours; None of one that was lent."""
    transport = getattr(client, "_transport", None)
    return transport.statistics() if isinstance(transport, BoundTransport) else None
