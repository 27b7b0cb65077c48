"""Sending a body piece by piece."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.client.transports import request_body
from notebook_kit.client.transports.request_body import body_of, send_body
from notebook_kit.client.transports.request_head import Framing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Outlet:
    """Keeps what is written; its drain can be made to wait."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.flowing = asyncio.Event()
        self.flowing.set()

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        await self.flowing.wait()


def _framing(length: int | None) -> Framing:
    return Framing(length, expects_continue=False, closes=False)


def _send(body: bytes | AsyncIterator[bytes], length: int | None) -> list[bytes]:
    async def main() -> list[bytes]:
        outlet = Outlet()
        await send_body(outlet, body, _framing(length), write_timeout=1, go_ahead=None)
        return outlet.written

    return asyncio.run(main())


def test_a_large_body_goes_in_slices() -> None:
    """A body in memory is cut, so that it need not be buffered a second time as a whole."""
    body = b"x" * (request_body.INLINE_BYTES * 2 + 5)
    written = _send(body, len(body))
    assert [len(it) for it in written] == [request_body.INLINE_BYTES] * 2 + [5]


def test_a_body_in_chunks() -> None:
    """Each piece becomes a chunk, and a last, empty one ends the body."""
    assert _send(b"abc", None) == [b"3\r\nabc\r\n", b"0\r\n\r\n"]


def test_the_callers_generator_is_closed() -> None:
    """However sending ends, the generator that makes the body is told."""
    closed: list[bool] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"xx"
        finally:
            closed.append(True)

    with pytest.raises(httpx.LocalProtocolError, match="at least 1 bytes longer"):
        _send(pieces(), 3)
    assert closed == [True]


def test_the_last_piece_is_waited_for_too() -> None:
    """The write timeout covers what is still on its way when the body has ended."""

    async def main() -> None:
        outlet = Outlet()
        outlet.flowing.clear()
        with pytest.raises(httpx.WriteTimeout, match=r"0\.01 s"):
            await send_body(outlet, b"x", _framing(1), write_timeout=0.01, go_ahead=None)

    asyncio.run(main())


def test_permission_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body waits for permission, and goes without it after a while."""
    monkeypatch.setattr(request_body, "CONTINUE_WAIT_S", 0.05)

    async def main() -> None:
        go_ahead, outlet = asyncio.Event(), Outlet()
        sending = asyncio.ensure_future(
            send_body(outlet, b"x", _framing(1), write_timeout=1, go_ahead=go_ahead)
        )
        await asyncio.sleep(0)
        assert outlet.written == []
        go_ahead.set()
        await sending
        assert outlet.written == [b"x"]
        await send_body(outlet, b"y", _framing(1), write_timeout=1, go_ahead=asyncio.Event())
        assert outlet.written == [b"x", b"y"]

    asyncio.run(main())


def test_what_a_request_carries() -> None:
    """Bytes come whole, what is made on the way comes as an iterator, files too."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    assert body_of(httpx.Request("POST", "http://a", content=b"abc")) == b"abc"
    assert body_of(httpx.Request("GET", "http://a")) == b""
    assert not isinstance(body_of(httpx.Request("POST", "http://a", content=pieces())), bytes)
    multipart = httpx.Request("POST", "http://a", files={"f": b"abc"})
    assert not isinstance(body_of(multipart), bytes)
