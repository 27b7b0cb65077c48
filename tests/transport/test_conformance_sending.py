"""What is sent is what httpx built, byte for byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from notebook_kit.testing import (
    ReceivedRequest,
    answer,
    with_continue,
)
from tests.transport.helpers import elsewhere, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make


def _run(make: Make, server: FaultServer, target: str = "/", **options: Any) -> ReceivedRequest:
    """Send one request and return what the server received."""

    async def main() -> None:
        async with make() as transport:
            await send(transport, server.url + target, **options)

    server.when("*", answer("ok"))
    asyncio.run(main())
    return server.requests[-1]


def _host(server: FaultServer) -> bytes:
    return f"127.0.0.1:{server.port}".encode()


def test_the_head_is_sent_as_it_was_built(server: FaultServer, make: Make) -> None:
    """Names keep their case, headers their order and repetitions, and nothing is added."""
    headers = [
        (b"Host", _host(server)),
        (b"X-Second", b"2"),
        (b"x-FIRST", b"1"),
        (b"X-Second", b"3, 4"),
        (b"Cookie", b'a=1; b="two"'),
        (b"X-Empty", b""),
    ]
    received = _run(make, server, headers=headers)
    lines = [b"%s: %s" % pair for pair in headers]
    assert received.head == b"\r\n".join([b"GET / HTTP/1.1", *lines, b"", b""])


def test_header_values_outside_ascii_are_sent_as_they_are(server: FaultServer, make: Make) -> None:
    """A value in Latin-1 and one in UTF-8 each arrive in the bytes they were given in."""
    values = ["café".encode("latin-1"), "café".encode()]
    received = _run(make, server, headers=[(b"X-Latin", values[0]), (b"X-Utf", values[1])])
    assert [received.header("x-latin"), received.header("x-utf")] == values


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb/%7Ec?x=%41&y=a+b&z=%20",
        "/a?",
        "/a//b/./c",
        "/a;b=c,d:e@f",
        "/?q=a/b?c",
        "/caf%C3%A9?n=%E2%82%AC",
    ],
)
def test_the_url_is_sent_byte_for_byte(server: FaultServer, make: Make, target: str) -> None:
    """Path and query arrive as httpx shows them, with no encoding changed."""
    received = _run(make, server, target)
    assert received.target.encode() == httpx.URL(server.url + target).raw_path


def test_a_body_in_memory_is_sent_with_its_length(server: FaultServer, make: Make) -> None:
    """Small and large bodies arrive whole, framed by the Content-Length that httpx set."""
    for size in (0, 1, 1000, 3_000_000):
        body = bytes(range(256)) * (size // 256 + 1)
        received = _run(make, server, method="POST", content=body[:size])
        assert received.body == body[:size]
        assert received.header("content-length") == str(size).encode()
        assert received.header("transfer-encoding") is None


def test_a_body_that_is_made_on_the_way_is_sent_in_chunks(server: FaultServer, make: Make) -> None:
    """Each piece of an async generator is one chunk; empty pieces do not end the body."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"", b"two"):
            yield piece

    received = _run(make, server, method="POST", content=pieces())
    assert received.raw_body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    assert received.header("content-length") is None


def test_a_made_body_may_have_a_length(server: FaultServer, make: Make) -> None:
    """An async generator with a Content-Length is sent without chunks."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    headers = {"Content-Length": "6"}
    received = _run(make, server, method="POST", content=pieces(), headers=headers)
    assert received.raw_body == b"onetwo"
    assert received.header("transfer-encoding") is None


@pytest.mark.parametrize("declared", [5, 7], ids=["too long", "too short"])
@pytest.mark.parametrize("made", [False, True], ids=["in memory", "made"])
def test_a_body_of_another_length_than_declared_fails(
    server: FaultServer, make: Make, declared: int, *, made: bool
) -> None:
    """A body that does not fit its Content-Length is LocalProtocolError, never cut or padded."""
    server.when("/", answer("ok"))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"onetwo"

    async def main() -> None:
        async with make(max_connections=1) as transport:
            headers = {"Content-Length": str(declared)}
            content = pieces() if made else b"onetwo"
            with pytest.raises(httpx.LocalProtocolError):
                await send(transport, server.url, "POST", content=content, headers=headers)
            await send(transport, server.url)

    asyncio.run(main())
    assert [request.method for request in server.requests] == ["GET"]


def test_an_error_while_a_body_is_made_comes_through(server: FaultServer, make: Make) -> None:
    """What the caller's own generator raises is raised as it is, and the connection ends."""
    server.when("/", answer("ok"))

    async def failing() -> AsyncIterator[bytes]:
        yield b"one"
        message = "no more"
        raise KeyError(message)

    async def main() -> None:
        async with make(max_connections=1) as transport:
            with pytest.raises(KeyError, match="no more"):
                await send(transport, server.url, "POST", content=failing())
            assert await elsewhere(server.connections.wait_ended, 1)
            await send(transport, server.url)

    asyncio.run(main())


def test_a_body_may_wait_for_permission(server: FaultServer, make: Make) -> None:
    """With Expect: 100-continue the body arrives whole once the server has said 100."""
    server.when("/", with_continue(answer("ok")))

    async def main() -> None:
        async with make() as transport:
            headers = {"Expect": "100-continue"}
            _, body = await send(transport, server.url, "POST", content=b"b" * 10, headers=headers)
            assert body == b"ok"

    asyncio.run(main())
    assert server.requests[0].body == b"b" * 10


def test_cookies_are_not_the_transports(server: FaultServer, make: Make) -> None:
    """A cookie that an answer sets is not sent back by the transport."""
    server.when("/", answer("ok", headers=[("Set-Cookie", "a=1; Path=/")]))

    async def main() -> None:
        async with make() as transport:
            await send(transport, server.url)
            await send(transport, server.url)

    asyncio.run(main())
    assert server.requests[1].header("cookie") is None


def test_credentials_in_a_url_are_not_the_transports(server: FaultServer, make: Make) -> None:
    """The user part of a URL makes no header here: httpx's client sees to it."""
    received = _run(make, server, headers={"Authorization": "Bearer given"})
    assert received.header("authorization") == b"Bearer given"

    async def main() -> None:
        async with make() as transport:
            await send(transport, f"http://me:secret@127.0.0.1:{server.port}/")

    asyncio.run(main())
    assert server.requests[-1].header("authorization") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Key", b"secret-key\n"), ("X-Key", b"secret\r\nX-Other: 1"), ("X Key", b"secret-key")],
    ids=["line end", "second header", "name"],
)
def test_no_header_can_smuggle_another(
    server: FaultServer, make: Make, name: str, value: bytes
) -> None:
    """A header that HTTP does not allow is refused before anything is sent."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            with pytest.raises(httpx.LocalProtocolError):
                await send(transport, server.url, headers=[(name.encode(), value)])
            await send(transport, server.url)

    asyncio.run(main())
    assert len(server.requests) == 1
