"""One connection's worth of httpx's own transport, and what can be learned about it."""

from __future__ import annotations

import contextlib
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.transports.answer_head import MAX_INFORMATIONAL, TOO_MANY_INFORMATIONAL
from notebook_kit.client.transports.measures import RequestPhases

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

__all__ = ["Piece", "Stopwatch", "as_httpx"]

#: Errors of h11 that httpcore lets through, and what they stand for.
_STRAYS: Final = {
    "LocalProtocolError": httpx.LocalProtocolError,
    "RemoteProtocolError": httpx.RemoteProtocolError,
}
_ONE: Final = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=None
)  # Idle connections are the kit's pool's matter.


class Piece:
    """An `httpx.AsyncHTTPTransport` that never has more than one connection."""

    __slots__ = ("transport",)

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        http2: bool,
        proxy: httpx.Proxy | None,
        local_address: str | None,
    ) -> None:
        self.transport = httpx.AsyncHTTPTransport(
            verify=context, http2=http2, proxy=proxy, limits=_ONE, local_address=local_address
        )

    def leftover(self) -> bytes | None:
        """Return what came behind the last answer; it would be taken for the next one.

        httpcore keeps such a connection. Nothing public shows those bytes, so this looks inside;
        where the inside has changed it returns None, and the connection is not to be reused.
        """
        try:
            for connection in self.transport._pool.connections:  # noqa: SLF001
                inner: Any = getattr(connection, "_connection", None)
                if inner is None or not hasattr(inner, "_h11_state"):
                    continue  # HTTP/2 names the answer each byte belongs to.
                leftover, _ = inner._h11_state.trailing_data  # noqa: SLF001
                if leftover:
                    return bytes(leftover)
        except AttributeError:
            return None
        return b""

    def count_informational(self) -> None:
        """Have `1xx` answers without end be an error, for which nothing public has a bound.

        h11 gives them out one by one to httpcore, which waits for another.
        """
        with contextlib.suppress(AttributeError):
            for connection in self.transport._pool.connections:  # noqa: SLF001
                inner: Any = getattr(connection, "_connection", None)
                state = getattr(inner, "_h11_state", None)
                if state is not None and not isinstance(state.next_event, _Counting):
                    state.next_event = _Counting(state.next_event)

    def has_leftover(self) -> bool:
        """Tell whether anything came behind the last answer."""
        return self.leftover() != b""


class _Counting:
    """What h11 gives out next, as long as those are not too many `1xx` answers."""

    __slots__ = ("_count", "_next")

    def __init__(self, next_event: Callable[[], Any]) -> None:
        self._next = next_event
        self._count = 0

    def __call__(self) -> Any:
        event = self._next()
        if type(event).__name__ != "InformationalResponse":
            if type(event).__name__ == "Response":
                self._count = 0
            return event
        self._count += 1
        if self._count > MAX_INFORMATIONAL:
            # As a transport of httpx raises what httpcore makes of h11's own errors.
            raise httpx.RemoteProtocolError(TOO_MANY_INFORMATIONAL)
        return event


class Stopwatch:
    """Follows a request through httpcore by its `trace` extension and measures the phases."""

    __slots__ = (
        "_connect_started",
        "_forward",
        "_has_sent",
        "_sent",
        "_tell_sent",
        "_tls_done",
        "connect_s",
        "connected",
        "stream",
    )

    def __init__(
        self,
        forward: Callable[[str, dict[str, Any]], Awaitable[None]] | None,
        tls_done: Callable[[Any], None] | None = None,
        tell_sent: Callable[[], None] | None = None,
        has_sent: Callable[[], None] | None = None,
    ) -> None:
        self._has_sent = has_sent
        self._forward = forward
        self._tell_sent = tell_sent
        self._tls_done = tls_done
        self._connect_started = 0.0
        self._sent = 0.0
        self.connect_s = 0.0
        self.connected = False
        #: httpcore's stream, where one was opened; on a cancellation in the midst of the TLS
        #: handshake httpcore forgets it, and whoever ends the request has to close it.
        self.stream: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take down one of httpcore's events."""
        _, _, name = event.partition(".")
        if name == "connect_tcp.started":
            self._connect_started = perf_counter()
        elif name in {"connect_tcp.complete", "start_tls.complete"}:
            self.connected = True
            self.stream = info["return_value"]
            self.connect_s = perf_counter() - self._connect_started
            if name == "start_tls.complete" and self._tls_done is not None:
                self._tls_done(self.stream)
        elif name == "receive_response_headers.started" and self._has_sent is not None:
            self._has_sent()
        elif name == "send_request_headers.started":
            self._sent = perf_counter()
            if self._tell_sent is not None:
                self._tell_sent()
        if self._forward is not None:
            await self._forward(event, info)

    def phases(self, pool_wait_s: float) -> RequestPhases:
        """Return the phases, at the moment at which the head of the answer has come."""
        wait_s = perf_counter() - self._sent if self._sent else 0.0
        return RequestPhases(pool_wait_s, 0.0, self.connect_s, wait_s, reused=not self.connected)


def as_httpx(error: BaseException) -> httpx.TransportError | None:
    """Return httpx's error for one of h11 that was let through, or None for any other error."""
    kind = type(error)
    stands_for = _STRAYS.get(kind.__name__) if kind.__module__.startswith("h11.") else None
    return None if stands_for is None else stands_for(str(error))
