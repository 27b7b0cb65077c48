"""What is received is what the server sent, byte for byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.testing import (
    Behaviour,
    HangUp,
    Send,
    answer,
    answer_chunked,
    stall_mid_body,
)
from tests.paces import at_any_pace
from tests.transport.helpers import begin, read, send, timeouts

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make


def test_the_answer_is_given_as_it_came(server: FaultServer, make: Make) -> None:
    """Status, reason and headers arrive as sent: order, case, repetitions, bytes above ASCII."""
    head = (
        b"HTTP/1.1 299 All R\xe9ght\r\nX-b: 2\r\nX-A: caf\xe9\r\nx-B:  3 \r\n"
        b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n"
    )
    server.when("/", Behaviour([Send(head + b"ok")]))

    async def main() -> httpx.Response:
        async with make() as transport:
            response, body = await send(transport, server.url)
            assert body == b"ok"
            return response

    response = asyncio.run(main())
    assert response.status_code == 299
    assert response.extensions["http_version"] == b"HTTP/1.1"
    assert response.extensions["reason_phrase"] == b"All R\xe9ght"
    assert response.headers.raw == [
        (b"X-b", b"2"),
        (b"X-A", b"caf\xe9"),
        (b"x-B", b"3"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=2"),
        (b"Content-Length", b"2"),
    ]


def test_compressed_bodies_are_given_undecoded(server: FaultServer, make: Make) -> None:
    """The transport passes on the raw bytes; decoding is httpx's, and says gzip in the header."""
    raw = b"\x1f\x8b not really gzip"
    server.when("/", answer(raw, headers=[("Content-Encoding", "gzip")]))

    async def main() -> None:
        async with make() as transport:
            response, body = await send(transport, server.url)
            assert body == raw
            assert response.headers["content-encoding"] == "gzip"

    asyncio.run(main())


@pytest.mark.parametrize(
    "behaviour",
    [
        answer("x" * 500_000),
        answer_chunked(["x" * 250_000] * 2),
        Behaviour([Send(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000), HangUp()]),
        Behaviour([Send(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 500_000), HangUp()]),
    ],
    ids=["length", "chunks", "until close", "HTTP/1.0"],
)
def test_every_way_to_end_a_body(server: FaultServer, make: Make, behaviour: Behaviour) -> None:
    """A body ends with its length, its last chunk, or its connection."""
    server.when("/", behaviour)

    async def main() -> None:
        async with make() as transport:
            _, body = await send(transport, server.url)
            assert body == b"x" * 500_000

    asyncio.run(main())


def test_a_body_is_given_while_it_comes(server: FaultServer, make: Make) -> None:
    """The first part of a body can be read while the server has not sent the rest."""
    server.when("/", stall_mid_body("half"))

    async def main() -> None:
        async with make() as transport:
            response = await begin(transport, server.url)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            assert await anext(aiter(response.stream)) == b"half"
            await response.aclose()

    asyncio.run(main())


@at_any_pace
def test_a_reader_that_is_slow_holds_the_server_back(
    pace: float, server: FaultServer, make: Make
) -> None:
    """Only so much of a body is taken from the server before the caller reads it."""
    size = 32 * 1024 * 1024
    server.when("/", answer(b"x" * size))

    async def main() -> None:
        async with make() as transport:
            # Silence of the caller's making is no silence of the server.
            response = await begin(transport, server.url, extensions=timeouts(read=0.1 * pace))
            await asyncio.sleep(0.3 * pace)
            assert len(await read(response)) == size

    asyncio.run(main())


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_to_head_has_no_body(server: FaultServer, make: Make, status: int) -> None:
    """HEAD gives the headers of the body that GET would give, and does not wait for it."""
    server.when("/", answer("x" * 1000, status=status))

    async def main() -> None:
        async with make() as transport:
            response, body = await send(transport, server.url, "HEAD")
            assert (response.status_code, body) == (status, b"")
            assert response.headers["content-length"] == "1000"

    asyncio.run(main())


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_never_have_a_body(server: FaultServer, make: Make, status: int) -> None:
    """204 and 304 end with their head, whatever length they speak of."""
    head = b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status
    if status == 204:
        head = b"HTTP/1.1 204 X\r\n\r\n"
    server.when("/", Behaviour([Send(head)]))

    async def main() -> None:
        async with make() as transport:
            response, body = await send(transport, server.url)
            assert (response.status_code, body) == (status, b"")

    asyncio.run(main())


def test_informational_answers_are_passed_over(server: FaultServer, make: Make) -> None:
    """103 Early Hints and its like come before the answer and are not it."""
    hints = Send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
    server.when("/", Behaviour([hints, hints, *answer("ok").steps]))

    async def main() -> None:
        async with make() as transport:
            response, body = await send(transport, server.url)
            assert (response.status_code, body) == (200, b"ok")

    asyncio.run(main())


def test_an_offer_to_upgrade_changes_nothing(server: FaultServer, make: Make) -> None:
    """An ordinary answer that offers an upgrade in its headers is an ordinary answer."""
    headers = [("Upgrade", "h2c"), ("Connection", "Upgrade, Keep-Alive")]
    server.when("/", answer("ok", headers=headers))

    async def main() -> None:
        async with make() as transport:
            for _ in range(2):
                _, body = await send(transport, server.url)
                assert body == b"ok"

    asyncio.run(main())


def test_redirects_are_not_the_transports(server: FaultServer, make: Make) -> None:
    """An answer that points elsewhere is given as it is."""
    server.when("/", answer(status=302, headers=[("Location", "/other")]))

    async def main() -> None:
        async with make() as transport:
            response, _ = await send(transport, server.url)
            assert (response.status_code, response.headers["location"]) == (302, "/other")

    asyncio.run(main())
    assert len(server.requests) == 1
