"""One request and its answer over one connection.

The exchange owns the lease on its connection from the first byte sent to the last byte received,
and gives it back in one of two ways: whole, when the answer has come to its end and nothing is
left over, or closed, whatever else happened - an error, a cancellation, a body not read to its end.
Nothing is ever sent twice: whether to try again is for the layer above, which knows what is safe.
"""

from __future__ import annotations

import asyncio
import contextlib
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

import httpx

from notebook_kit.client.transports.aiohttp_errors import exchange_failed
from notebook_kit.client.transports.answer_head import (
    MAX_INFORMATIONAL,
    TOO_MANY_INFORMATIONAL,
    check_head,
)
from notebook_kit.client.transports.body_bounds import BodyTooLarge, check_told
from notebook_kit.client.transports.request_body import INLINE_BYTES, body_of, send_body

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.streams import StreamReader

    from notebook_kit.client.transports.aiohttp_wire import Wire
    from notebook_kit.client.transports.order import Order
    from notebook_kit.client.transports.pool import ConnectionPool, Lease
    from notebook_kit.client.transports.request_head import Framing

__all__ = ["Exchange"]

_SWITCHING_PROTOCOLS = 101
_CONTINUE = 100
_FIRST_FINAL = 200


class Exchange(httpx.AsyncByteStream):
    """Sends a request, reads the head of its answer, and is then the stream of its body."""

    # What most exchanges never change stands here, as there is one for each request.
    _payload: StreamReader | None = None
    _rest = b""
    _failure: BaseException | None = None
    _whole_s: float | None = None
    _sender: asyncio.Task[None] | None = None
    _go_ahead: asyncio.Event | None = None
    _may_reuse = True
    _sent = False
    _over = False

    def __init__(
        self,
        pool: ConnectionPool[Wire],
        lease: Lease[Wire],
        wire: Wire,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._wire = wire
        self._loop = loop

    async def run(self, order: Order) -> tuple[Any, float]:
        """Send the request and wait for the head of its answer.

        Returns:
            aiohttp's message, and the seconds from the first byte sent until it came.
        """
        wire = self._wire
        self._may_reuse = not order.framing.closes
        try:
            started = perf_counter()
            wire.expect_answer(to_head=order.is_head, read_timeout=None)
            self._send(order)
            message, payload = await wire.read()
            if message.code < _FIRST_FINAL and message.code != _SWITCHING_PROTOCOLS:
                message, payload = await self._final_answer(message)
            wait_s = perf_counter() - started
            check_head(message.code, message.headers.get("Transfer-Encoding"), order.head)
            self._has_head(message, payload, order.patience.body)
        except BaseException as error:
            failure = self._failed(error)
            if failure is error:
                raise
            raise failure from error
        return message, wait_s

    async def read_into(
        self, pieces: list[bytes], most: int | None = None, message: Any = None
    ) -> None:
        """Read the body to its end, undecoded, and end the exchange.

        What came before an error is in the list all the same.

        Args:
            pieces: where the body is put.
            most: how many bytes it may have; None for any number.
            message: aiohttp's, whose head tells how many it has.

        Raises:
            BodyTooLarge: when it has more; the rest is not read.
        """
        if self._payload is None and self._failure is None:
            # It came together with its head.
            pieces.append(self._rest)
            if most is not None and len(self._rest) > most:
                raise BodyTooLarge("", most=most, size=len(self._rest))
            self._rest = b""
            return
        size = 0
        try:
            if message is not None:
                check_told(message.headers.get("Content-Length"), most, message.code)
            while chunk := await self._chunk():
                pieces.append(chunk)
                size += len(chunk)
                if most is not None and size > most:
                    raise BodyTooLarge("", most=most, size=size)
        finally:
            self.abort()

    def abort(self) -> None:
        """Close the connection at once; does nothing when the exchange is over."""
        if not self._over:
            self._give_back(reuse=False)

    # --- sending --------------------------------------------------------------------------------

    def _send(self, order: Order) -> None:
        request, head, framing = order.request, order.head, order.framing
        read_timeout, self._whole_s = order.patience.read, order.patience.whole
        if request is None:
            self._wire.write(head)
            self._has_sent(read_timeout)
            return
        body = body_of(request)
        waits = framing.expects_continue and framing.length != 0
        if isinstance(body, bytes) and len(body) <= INLINE_BYTES and not waits:
            if framing.length is None:
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
            elif len(body) != framing.length:
                message = (
                    f"The body has {len(body)} bytes, its Content-Length says {framing.length}."
                )
                raise httpx.LocalProtocolError(message)
            self._wire.write(head + body if body else head)
            self._has_sent(read_timeout)
            return
        if waits:
            self._go_ahead = asyncio.Event()
        self._wire.write(head)
        self._sender = self._loop.create_task(
            self._send_body(body, framing, read_timeout, order.patience.write)
        )

    async def _send_body(
        self,
        body: bytes | AsyncIterator[bytes],
        framing: Framing,
        read_timeout: float | None,
        write_timeout: float | None,
    ) -> None:
        try:
            await send_body(
                self._wire, body, framing, write_timeout=write_timeout, go_ahead=self._go_ahead
            )
        except (ConnectionError, asyncio.CancelledError):
            # The reading side tells of a broken connection; it may have an answer to tell first.
            return
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits for the answer
            self._failure = error
            self._wire.close()
            return
        if not self._over:
            self._has_sent(read_timeout)

    def _has_sent(self, read_timeout: float | None) -> None:
        self._sent = True
        # Silence counts only once the server has the whole request.
        if self._whole_s is not None:
            self._wire.over_at = self._loop.time() + self._whole_s
        self._wire.read_timeout = read_timeout
        self._wire.start_timeout()

    # --- receiving ------------------------------------------------------------------------------

    async def _final_answer(self, informational: Any) -> Any:
        """Return the head and the body of the real answer, once one came that is not."""
        for _ in range(MAX_INFORMATIONAL - 1):
            if informational.code == _CONTINUE and self._go_ahead is not None:
                self._go_ahead.set()
            message, payload = await self._wire.read()
            if message.code >= _FIRST_FINAL or message.code == _SWITCHING_PROTOCOLS:
                return message, payload
            informational = message
        raise httpx.RemoteProtocolError(TOO_MANY_INFORMATIONAL)

    def _has_head(self, message: Any, payload: StreamReader, quiet_s: float | None) -> None:
        self._may_reuse &= message.code != _SWITCHING_PROTOCOLS
        self._payload = payload
        if payload.is_eof():
            self._complete(payload)
            return
        self._wire.read_timeout = quiet_s
        if quiet_s is None:
            # It is a stream, which may go on for ever.
            self._wire.over_at = None
            # What counts the silence was wound up when the head came.
            self._wire.start_timeout()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def _chunk(self) -> bytes:
        """Return the next piece of the body; nothing at its end."""
        if self._failure is not None:
            raise self._failure
        payload = self._payload
        if payload is None:
            chunk, self._rest = self._rest, b""
            return chunk
        return await self._read(payload)

    async def _read(self, payload: StreamReader) -> bytes:
        try:
            chunk = await payload.readany()
            if payload.is_eof():
                self._complete(payload)
        except BaseException as error:
            failure = self._failed(error)
            if failure is error:
                raise
            if left := _unread(payload):
                return left  # The failure is raised to who asks for more.
            raise failure from error
        if not chunk:
            chunk, self._rest = self._rest, b""
        return chunk

    async def aclose(self) -> None:
        """Give the connection back: whole when the body has come to its end, closed otherwise."""
        self.abort()

    # --- the end --------------------------------------------------------------------------------

    def _complete(self, payload: StreamReader) -> None:
        # Taken out now: once the connection serves the next request, this reader must not touch it.
        self._rest = payload.read_nowait()
        self._payload = None
        if not self._over:
            self._give_back(reuse=self._may_reuse and self._sent and self._wire.is_at_end())

    def _failed(self, error: BaseException) -> BaseException:
        """End the exchange and return what to raise for `error`."""
        planned, wire = self._failure or self._wire.closed_because, self._wire
        self.abort()
        if not isinstance(error, Exception):
            return error
        self._failure = planned or exchange_failed(error, wire, sending=not self._sent)
        return self._failure

    def _give_back(self, *, reuse: bool) -> None:
        self._over = True
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.cancel()
        self._wire.idle = reuse
        self._pool.release(self._lease, reuse=reuse)

    def __del__(self) -> None:
        # An answer that was dropped unread: its connection belongs to the loop, so it is told.
        if not self._over:
            # Where the loop is closed, so is every connection.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_give_up, self._pool, self._lease)


def _give_up(pool: ConnectionPool[Wire], lease: Lease[Wire]) -> None:
    pool.release(lease, reuse=False)


def _unread(payload: StreamReader) -> bytes:
    """Return what had come before a body broke off; aiohttp gives nothing out after that."""
    payload.set_exception(None)  # type: ignore[arg-type]  # there is no other way to take it back
    return payload.read_nowait()
