"""Sending the body of a request while its answer may already be coming."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.client.transports.request_head import Framing

__all__ = ["INLINE_BYTES", "Outlet", "body_of", "send_body"]

#: A body up to this size leaves together with the head, in one piece.
INLINE_BYTES: Final = 64 * 1024
#: How long a body waits for `100 Continue` before it is sent all the same (RFC 9110, 10.1.1).
CONTINUE_WAIT_S: Final = 1.0


class Outlet(Protocol):
    """Where a body is written to."""

    def write(self, data: bytes) -> None:
        """Send these bytes."""

    async def drain(self) -> None:
        """Wait until the peer has taken enough of them."""


def body_of(request: httpx.Request) -> bytes | AsyncIterator[bytes]:
    """Return a request's body: whole, where it is in memory, otherwise piece by piece.

    Raises:
        RuntimeError: when the body can only be read synchronously.
    """
    stream = request.stream
    if isinstance(stream, httpx.ByteStream):
        return b"".join(stream)
    if not isinstance(stream, httpx.AsyncByteStream):
        message = (
            "This body can only be read synchronously; give bytes, a file opened in binary mode "
            "as files=..., or an async generator."
        )
        raise RuntimeError(message)  # noqa: TRY004 - what httpx raises for the same mistake
    return stream.__aiter__()


async def send_body(
    outlet: Outlet,
    body: bytes | AsyncIterator[bytes],
    framing: Framing,
    *,
    write_timeout: float | None,
    go_ahead: asyncio.Event | None,
) -> None:
    """Send a body in pieces, no faster than the server takes it.

    Args:
        outlet: where it goes.
        body: the bytes, or an iterator over them.
        framing: how its end is told.
        write_timeout: the longest the server may take nothing, in seconds.
        go_ahead: set when the server has said `100 Continue`; None to send at once.

    Raises:
        httpx.WriteTimeout: when the server took nothing for `write_timeout` seconds.
        httpx.LocalProtocolError: when the body is not as long as its Content-Length says.
    """
    pieces = _slices(body) if isinstance(body, bytes) else body
    try:
        if go_ahead is not None:
            await _wait_for(go_ahead)
        left = framing.length
        async for piece in pieces:
            if not piece:
                continue
            left = _count_down(left, len(piece))
            outlet.write(piece if left is not None else b"%x\r\n%s\r\n" % (len(piece), piece))
            await _drain(outlet, write_timeout)
        _end(outlet, left)
        await _drain(outlet, write_timeout)
    finally:
        await _close(pieces)


def _count_down(left: int | None, size: int) -> int | None:
    if left is None:
        return None
    if size > left:
        message = f"The body is at least {size - left} bytes longer than its header promised."
        raise httpx.LocalProtocolError(message)
    return left - size


def _end(outlet: Outlet, left: int | None) -> None:
    if left:
        message = f"The body ended {left} bytes before the length that its header promised."
        raise httpx.LocalProtocolError(message)
    if left is None:
        outlet.write(b"0\r\n\r\n")


async def _wait_for(go_ahead: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(CONTINUE_WAIT_S):
            await go_ahead.wait()
    except TimeoutError:
        pass  # Servers that know nothing of it never answer; the body goes out all the same.


async def _drain(outlet: Outlet, write_timeout: float | None) -> None:
    try:
        async with asyncio.timeout(write_timeout):
            await outlet.drain()
    except TimeoutError:
        message = f"The server took nothing of the body for {write_timeout:g} s."
        raise httpx.WriteTimeout(message) from None


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    view = memoryview(body)
    for start in range(0, len(body), INLINE_BYTES):
        yield bytes(view[start : start + INLINE_BYTES])


async def _close(pieces: AsyncIterator[bytes]) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
