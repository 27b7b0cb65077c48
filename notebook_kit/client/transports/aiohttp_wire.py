"""One connection made by aiohttp: its parser reads what comes back.

Of aiohttp's layers only two are used: the connector (see `aiohttp_dialler`) and the connection with
its parser. Its session stays out, because it sends some requests twice, writes header values anew
as UTF-8, tidies URLs, has a cookie jar of its own and waits for pool and connection under one
deadline. What is used of aiohttp without being documented by it is named in
`tests/transport/test_aiohttp_wire.py`, which fails when it changes.

This module imports aiohttp when it is imported; the transport imports it with its first request.
"""

from __future__ import annotations

import inspect
import select
import sys
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler

from notebook_kit.client.transports.answer_head import MAX_HEADERS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Wire"]

#: Longest status line and header field; as generous as httpx's h11.
MAX_HEAD_BYTES: Final = 100 * 1024
#: What may lie unread before the peer is told to wait.
READ_BUFFER_BYTES: Final = 256 * 1024


class Wire(ResponseHandler):
    """One connection, with aiohttp's parser behind it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.idle = False
        #: Bytes of the body so far, and those that came since without being any.
        self._fruit_bytes = self._barren_bytes = 0
        self.broken_by: OSError | None = None
        self.closed_because: Exception | None = None
        self.on_lost: Callable[[Wire], None] | None = None
        #: When the whole answer is to be here, by the loop's clock; None for any time.
        self.over_at: float | None = None
        self._has_input: Callable[[], bool] | None = None
        #: Until when the peer may be silent; None while nothing is expected of it.
        self._silent_until: float | None = None
        self._silence_timer: asyncio.TimerHandle | None = None

    def expect_answer(self, *, to_head: bool, read_timeout: float | None) -> None:
        """Make ready for the answer to one request; `to_head` for HEAD, whose answers are empty."""
        self.over_at = None
        self._barren_bytes = self._fruit_bytes = 0
        self.set_response_params(
            skip_payload=to_head,
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=read_timeout,
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=MAX_HEAD_BYTES,
            max_field_size=MAX_HEAD_BYTES,
            **_MORE_HEADERS,
        )

    def write(self, data: bytes) -> None:
        """Send these bytes, or raise ConnectionResetError when the connection is gone."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("The connection was closed while the request was sent.")
        transport.write(data)

    async def drain(self) -> None:
        """Wait until the peer has taken enough of what was written."""
        if self.writing_paused:
            await self._drain_helper()

    def is_at_end(self) -> bool:
        """Tell, once an answer is complete, whether nothing at all has come behind it.

        The parser is asked for what it has begun and is then let go: it has served.
        """
        parser, self._parser = self._parser, None
        if self.should_close or parser is None:
            return False
        # aiohttp's parser in Python, used where none is compiled, keeps what it has begun here.
        if getattr(parser, "_tail", b"") or getattr(parser, "_lines", ()):
            return False
        try:
            return parser.feed_eof() is None
        except Exception:  # noqa: BLE001 - what it has begun cannot even be made sense of
            return False

    def is_usable(self) -> bool:
        """Tell whether the next request can go over this connection.

        Bytes that came unasked, or the end of the connection, may lie in the socket unread; then
        it is not usable either, so that they are never taken for the answer to that request.
        """
        if not self.is_connected() or self.should_close:
            return False
        if self._has_input is None:
            self._has_input = _input_probe(self.transport.get_extra_info("socket").fileno())  # type: ignore[union-attr]
        return not self._has_input()

    def resume_reading(
        self,
        resume_parser: bool = True,  # noqa: FBT001, FBT002 - aiohttp's
    ) -> None:
        """Go on reading, if it was paused.

        aiohttp asks for it with each piece of a body that is read, whether it was or not, and then
        has its parser look at nothing.
        """
        if self._reading_paused:
            super().resume_reading(resume_parser)

    # aiohttp sets a timer anew for each request and each piece of its answer. Here one is set, and
    # looks when it goes off whether it was really silent for so long.

    def _reschedule_timeout(self) -> None:
        limit_s = self.read_timeout
        if not limit_s:
            self._silent_until = None
            return
        at = self._loop.time() + limit_s
        if self.over_at is not None and at > self.over_at:
            at = self.over_at
        self._silent_until = at
        timer = self._silence_timer
        if timer is not None and timer.when() > at:
            timer.cancel()
            timer = None
        if timer is None:
            self._silence_timer = self._loop.call_at(at, self._look_for_silence)

    def _drop_timeout(self) -> None:
        self._silent_until = None

    def _look_for_silence(self) -> None:
        self._silence_timer = None
        until = self._silent_until
        if until is None:
            return
        if until <= self._loop.time():
            self._silent_until = None
            self._on_read_timeout()
        else:
            self._silence_timer = self._loop.call_at(until, self._look_for_silence)

    def _stop_timer(self) -> None:
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None

    def close(self) -> None:
        """Close at once, without waiting for the peer to take or say anything more."""
        transport, payload = self.transport, self._payload
        if transport is not None:
            transport.abort()
        if payload is not None and not payload.is_eof():
            # Whoever waits for the rest of the body must not wait for ever.
            payload.set_exception(aiohttp.ClientConnectionError("The connection was closed."))
        self._stop_timer()
        super().close()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes that nobody asked for end the connection."""
        if self.idle and data:
            self.close()
        else:
            super().data_received(data)
            payload = self._payload
            if payload is not None and not payload.is_eof():
                self._look_for_fruit(payload.total_bytes, len(data))

    def _look_for_fruit(self, body_bytes: int, came: int) -> None:
        """End what goes on without a byte of the body, as the line of a chunk's size may."""
        if body_bytes != self._fruit_bytes:
            self._fruit_bytes, self._barren_bytes = body_bytes, 0
            return
        self._barren_bytes += came
        if self._barren_bytes > MAX_HEAD_BYTES:
            text = (
                f"The server's answer is not valid HTTP: {self._barren_bytes:,} bytes between two "
                "parts of its body"
            )
            self.closed_because = httpx.RemoteProtocolError(text)
            self.close()

    @property
    def is_overdue(self) -> bool:
        """Whether the time is over in which the whole answer was to come."""
        return self.over_at is not None and self._loop.time() >= self.over_at

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell a broken connection from one that was closed, and pass the news on."""
        payload = self._payload
        if isinstance(exc, OSError):
            self.broken_by = exc
            if payload is not None and not payload.is_eof():
                # A body that ends with the connection would otherwise count as complete.
                payload.set_exception(aiohttp.ClientPayloadError(str(exc)), exc)
        fault = self.exception()
        super().connection_lost(exc)
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            # The parser lets go of a body in which it finds a fault, and tells none of its readers.
            payload.set_exception(fault or aiohttp.ClientPayloadError("The connection ended."))
        self._stop_timer()
        if self.on_lost is not None:
            self.on_lost(self)


def _newer_parser_options() -> dict[str, Any]:
    """Return the limit on the number of headers for the versions of aiohttp that have one."""
    parameters = inspect.signature(ResponseHandler.set_response_params).parameters
    return {"max_headers": MAX_HEADERS} if "max_headers" in parameters else {}


_MORE_HEADERS: Final = _newer_parser_options()


def _input_probe(descriptor: int) -> Callable[[], bool]:
    """Return a function that tells whether the socket holds bytes, or its end, to be read."""
    if sys.platform == "win32":
        return lambda: bool(select.select([descriptor], [], [], 0)[0])
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return lambda: bool(poller.poll(0))
