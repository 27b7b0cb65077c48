"""Answers whose head or end cannot be believed are refused alike by both transports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.client.transports.answer_head import is_answer
from notebook_kit.testing import Behaviour, Send, answer
from tests.transport.helpers import send

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make

MANY = b"".join(b"X-%d: 1\r\n" % number for number in range(1001))
OK = b"HTTP/1.1 200 OK\r\n"

REFUSED = {
    "a protocol that was not asked for": b"HTTP/1.1 101 Yes\r\nUpgrade: chess\r\n\r\n",
    "a transfer encoding that nobody knows": OK + b"Transfer-Encoding: morse\r\n\r\nwhole",
    "a length and chunks": OK
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n",
    "too many headers": OK + MANY + b"Content-Length: 5\r\n\r\nwhole",
    "a length that is too short": OK + b"Content-Length: 3\r\n\r\nwhole",
    "a body of 204": b"HTTP/1.1 204 No Content\r\n\r\nwhole",
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=[*REFUSED])
def test_what_is_refused(server: FaultServer, make: Make, sent: bytes) -> None:
    """It is an error that means "maybe sent", its connection ends, and its slot is free again."""
    server.when("/", Behaviour([Send(sent)]))
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            with pytest.raises(httpx.RemoteProtocolError):
                await send(transport, server.url)
            _, body = await send(transport, f"{server.url}/ok")
            assert body == b"ok"

    asyncio.run(main())
    assert [request.connection for request in server.requests] == [1, 2]


@pytest.mark.parametrize(
    "sent",
    [
        OK + MANY[: 9 * 500].rpartition(b"\r\n")[0] + b"\r\nContent-Length: 5\r\n\r\nwhole",
        OK + b"Transfer-Encoding: Chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n",
        OK + b"Content-Length: 5\r\n\r\nwhole" + OK + b"Content-Length: 3\r\n\r\nnot",
    ],
    ids=["many headers", "chunks", "another answer"],
)
def test_what_is_not(server: FaultServer, make: Make, sent: bytes) -> None:
    """Some hundred headers, chunks, and an answer that is followed by another one are read."""
    server.when("/", Behaviour([Send(sent)]))

    async def main() -> None:
        async with make() as transport:
            _, body = await send(transport, server.url)
            assert body == b"whole"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("leftover", "may_be"),
    [(b"", True), (b"\r\n", True), (b"HT", True), (b"HTTP/1.1 200", True), (b"HTTP/3", False)],
)
def test_beginnings_of_answers(leftover: bytes, *, may_be: bool) -> None:
    """What may become an answer when more of it comes is told from what cannot."""
    assert is_answer(leftover) is may_be
