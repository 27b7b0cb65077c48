"""A request in the form in which it is sent, worked out before a connection is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.client.transports.measures import SENT
from notebook_kit.client.transports.patience import Patience
from notebook_kit.client.transports.proxies import proxy_headers
from notebook_kit.client.transports.request_head import framing_of, head_of, request_line
from notebook_kit.client.transports.route import route_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from notebook_kit.client.transports.request_head import Framing
    from notebook_kit.client.transports.route import Route

__all__ = ["Order", "Orders"]


class Order(NamedTuple):
    """What goes over the wire, where to, and in what time.

    Attributes:
        route: where it goes.
        head: the request line and the headers.
        framing: how the end of the body is told.
        request: the request whose body is sent; None for one without a body.
        is_head: whether the method is HEAD, whose answers have no body.
        patience: how long each phase may take.
        tell_sent: called when the head is about to be written, or None.
        most: how many bytes the body of the answer may have; None for any number.
    """

    route: Route
    head: bytes
    framing: Framing
    request: httpx.Request | None
    is_head: bool
    patience: Patience
    tell_sent: Callable[[], None] | None
    most: int | None = None


class Orders:
    """Makes orders of requests.

    Args:
        proxy_for: gives the proxy for a URL, or None.
    """

    def __init__(self, proxy_for: Callable[[httpx.URL], httpx.Proxy | None] | None) -> None:
        self._proxy_for = proxy_for
        #: The headers of the last request that had no body, and what came of them: most requests
        #: of a client have the same.
        self._last: tuple[list[tuple[bytes, bytes]], Framing, bytes] | None = None

    def of(self, request: httpx.Request) -> Order:
        """Return what is sent for a request.

        Raises:
            httpx.UnsupportedProtocol: when its URL is not one of http or https.
            httpx.LocalProtocolError: when a part of it is not allowed on the wire.
        """
        route = route_of(request, self._proxy_for)
        if route.proxy is None or route.is_tls:
            framing, head = self._direct(request)
        else:
            framing = framing_of(request.headers.raw)
            head = head_of(request, through_proxy=True, extra=proxy_headers(route.proxy))
        extensions, bounds = request.extensions, bounds_of(request)
        return Order(
            route,
            head,
            framing,
            request,
            request.method == "HEAD",
            Patience.of(extensions.get("timeout") or {}, ends=bounds.ends),
            extensions.get(SENT),
            bounds.most,
        )

    def _direct(self, request: httpx.Request) -> tuple[Framing, bytes]:
        headers, last = request.headers.raw, self._last
        if last is not None and last[0] == headers:
            return last[1], request_line(request) + last[2]
        framing, head = framing_of(headers), head_of(request)
        if framing.length == 0:
            self._last = headers, framing, head[len(request_line(request)) :]
        return framing, head
