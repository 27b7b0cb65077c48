"""When a request may go the short way, and the way itself."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.bound import Bound, BoundTransport
from notebook_kit.client.fast.came import Came
from notebook_kit.client.jar import is_empty
from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.body_bounds import bounds_of
from notebook_kit.client.transports.measures import CAME
from notebook_kit.client.transports.pooled import closed_error
from notebook_kit.tapes import slot

if TYPE_CHECKING:
    from notebook_kit.client.transports.order import Order

__all__ = ["Lane"]

#: httpx tells this logger of every request, at this level.
_LOGGER: Final = logging.getLogger("httpx")


class Lane:
    """The short way of one client of httpx.

    Args:
        http: the client, which carries what comes of the unusual.
        transport: its transport.
    """

    def __init__(self, http: httpx.AsyncClient, transport: AiohttpTransport) -> None:
        self.transport = transport
        self._http = http
        self._jar = http.cookies.jar

    @classmethod
    def of(cls, http: httpx.AsyncClient) -> Lane | None:
        """Return the short way of a client; None where httpx has work to do for every request."""
        # httpx tells nobody what it sends through; this is our own client, made by `make_inner`.
        bound = http._transport  # noqa: SLF001
        transport = bound.inner if isinstance(bound, BoundTransport) else None
        if isinstance(bound, BoundTransport) and bound.rules is not None:
            return None
        busy = http.auth is not None or any(http.event_hooks.values()) or http._mounts  # noqa: SLF001
        if busy or not isinstance(transport, AiohttpTransport):
            return None
        return cls(http, transport)

    @property
    def is_free(self) -> bool:
        """Whether httpx has nothing to do now: no cookie to add, no line to log, no tape."""
        if slot.tape is not None or _LOGGER.isEnabledFor(logging.INFO) or self._http.is_closed:
            return False
        return is_empty(self._jar)

    def takes(self, request: httpx.Request, options: dict[str, Any]) -> bool:
        """Tell whether there is nothing for httpx to do about a request, sent with such options."""
        if options.get("auth") is not None or not self.is_free:
            return False
        if request.url.userinfo or not isinstance(request.stream, httpx.AsyncByteStream):
            return False
        bound = Bound.of(request)
        return "cookie" not in request.headers or bound is None or bound.at_home

    async def send(
        self, request: httpx.Request, came: Came | None = None, **options: Any
    ) -> httpx.Response:
        """Do what ``http.send`` does; `takes` has to hold, and what came for it may be there.

        Raises:
            ClosedError: when the client was closed meanwhile.
            httpx.HTTPError: as ``http.send`` does.
        """
        if came is None:
            came = await self.exchange(request)
            if came.is_ordinary:
                encoding = self._http._default_encoding  # noqa: SLF001 - httpx keeps it for itself
                try:
                    most = bounds_of(request).most
                    return came.response(request, default_encoding=encoding, most=most)
                except httpx.DecodingError:
                    pass  # Told of below, as httpx tells of it.
        if self._http.is_closed:
            # Closed meanwhile: httpx would refuse it in words of its own.
            raise closed_error()
        request.extensions[CAME] = came.again
        response = await self._http.send(request, **options)
        first = response.history[0] if response.history else response
        first.elapsed += timedelta(seconds=came.took)
        return response

    async def exchange(self, what: httpx.Request | Order) -> Came:
        """Send a request and return what came for it, an error too."""
        came = Came()
        started = perf_counter()
        try:
            order = self.transport.order(what) if isinstance(what, httpx.Request) else what
            came.message, exchange, came.phases = await self.transport.exchange(order)
            await exchange.read_into(came.pieces, order.most, came.message)
        except Exception as error:  # noqa: BLE001 - raised again where httpx would
            came.failure = error
        came.took = perf_counter() - started
        return came
