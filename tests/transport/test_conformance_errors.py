"""Each fault is one error of httpx, and its class tells "surely not sent" from "maybe sent"."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.testing import (
    Behaviour,
    Send,
    answer,
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    reset_after_headers,
    reset_before_headers,
    reset_within_body,
    reset_within_headers,
)
from tests.transport.helpers import NOT_SENT, begin, elsewhere, read, send, timeouts, turns, until

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make

_HUGE_HEADER = b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n"

MAYBE_SENT = {
    "closed without an answer": (close_without_answer(), httpx.RemoteProtocolError),
    "reset without an answer": (reset_before_headers(), httpx.ReadError),
    "reset within the headers": (reset_within_headers(), httpx.ReadError),
    "reset after the headers": (reset_after_headers(), httpx.ReadError),
    "reset within the body": (reset_within_body(), httpx.ReadError),
    "half a body": (half_body(), httpx.RemoteProtocolError),
    "half a body, large": (half_body(b"x" * 300_000, length=300_001), httpx.RemoteProtocolError),
    "half a chunk": (half_chunk(), httpx.RemoteProtocolError),
    "no HTTP": (garbage(), httpx.RemoteProtocolError),
    "a header without end": (Behaviour([Send(_HUGE_HEADER)]), httpx.RemoteProtocolError),
}


@pytest.mark.parametrize(("behaviour", "expected"), MAYBE_SENT.values(), ids=[*MAYBE_SENT])
def test_after_the_request_went_out(
    server: FaultServer, make: Make, behaviour: Behaviour, expected: type[httpx.TransportError]
) -> None:
    """A fault of the answer is an error that means "maybe sent"; its slot is free again."""
    server.when("/", behaviour)
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            with pytest.raises(httpx.TransportError) as caught:
                await send(transport, server.url)
            assert type(caught.value) is expected
            assert not isinstance(caught.value, NOT_SENT)
            _, body = await send(transport, f"{server.url}/ok")
            assert body == b"ok"

    asyncio.run(main())


def test_a_reset_ends_no_body(server: FaultServer, make: Make) -> None:
    """A body that ends with its connection is not complete when the connection broke."""
    steps = reset_within_body().steps
    server.when("/", Behaviour([Send(b"HTTP/1.1 200 OK\r\n\r\nhalf"), *steps[2:]]))

    async def main() -> None:
        async with make() as transport:
            response = await begin(transport, server.url)
            with pytest.raises(httpx.ReadError):
                await read(response)

    asyncio.run(main())


def test_nothing_is_sent_twice(server: FaultServer, make: Make) -> None:
    """A request that got no answer, whatever its method, is not repeated by the transport."""
    server.when("/", answer("ok"), close_without_answer(), answer("ok"))

    async def main(method: str) -> None:
        async with make() as transport:
            await send(transport, server.url)
            with pytest.raises(httpx.RemoteProtocolError):
                await send(transport, server.url, method)

    asyncio.run(main("GET"))
    assert len(server.requests) == 2
    server.when("/", answer("ok"), close_without_answer(), answer("ok"))
    asyncio.run(main("POST"))
    assert len(server.requests) == 4


def test_an_answer_before_the_whole_request(server: FaultServer, make: Make) -> None:
    """A server that refuses a large body early and hangs up is heard, or it is "maybe sent"."""
    refusal = answer("too large", status=413, keep_alive=False)
    server.when("/", Behaviour(refusal.steps, read_body=False))

    async def main() -> None:
        async with make() as transport:
            content = b"x" * 8 * 1024 * 1024
            try:
                response, _ = await send(transport, server.url, "POST", content=content)
            except (httpx.ReadError, httpx.WriteError):
                return  # The reset overtook the answer: the system threw it away.
            assert response.status_code == 413

    asyncio.run(main())


def _refusing_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_nobody_listens(make: Make) -> None:
    """A refused connection is ConnectError: surely not sent."""

    async def main() -> None:
        async with make(max_connections=1) as transport:
            for _ in range(2):
                with pytest.raises(httpx.ConnectError):
                    await send(transport, f"http://127.0.0.1:{_refusing_port()}/")
            await until(lambda: transport.connections == (0, 0))

    asyncio.run(main())


def test_a_host_that_is_not_there(make: Make) -> None:
    """A name that no one knows is ConnectError: surely not sent."""

    async def main() -> None:
        async with make(max_connections=1) as transport:
            for _ in range(2):
                with pytest.raises(httpx.ConnectError):
                    await send(transport, "http://nowhere.invalid/")

    asyncio.run(main())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "/path/only", "http://"])
def test_a_url_that_is_no_http(make: Make, url: str) -> None:
    """Other schemes, and a URL without a host, are UnsupportedProtocol and say what is wanted."""

    async def main() -> None:
        async with make() as transport:
            with pytest.raises(httpx.UnsupportedProtocol, match="http://"):
                await send(transport, url)

    asyncio.run(main())


def test_messages_hold_no_credentials(server: FaultServer, make: Make) -> None:
    """What goes wrong with a header is told without its value."""

    async def main() -> None:
        async with make() as transport:
            with pytest.raises(httpx.LocalProtocolError) as caught:
                await send(transport, server.url, headers=[(b"X-Api-Key", b"sk-hidden\n")])
            assert "X-Api-Key" in str(caught.value)
            assert "sk-hidden" not in repr(caught.value)

    asyncio.run(main())


def test_the_connection_ends_with_each_error(server: FaultServer, make: Make) -> None:
    """After ten faults no connection is left at the server."""
    server.when("/", half_chunk(), Behaviour([Send(_HUGE_HEADER)]), half_body())

    async def main() -> None:
        async with make() as transport:
            tasks = [send(transport, server.url) for _ in range(10)]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(result, httpx.RemoteProtocolError) for result in results)
            assert await elsewhere(server.connections.wait_open, 0)

    asyncio.run(main())


@pytest.mark.parametrize("fault", [b"\r\nxx", b"zz\r\n", b"3\r\nabcdef\r\n"])
def test_a_fault_in_a_body_that_is_being_read(
    server: FaultServer, make: Make, fault: bytes
) -> None:
    """Whoever waits for more of a body is told of what is no chunk, whenever that comes."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    server.when("/", Behaviour([Send(head)]))

    async def main() -> None:
        async with make() as transport, asyncio.timeout(20):
            response = await begin(transport, server.url, extensions=timeouts(default=60.0))
            assert isinstance(response.stream, httpx.AsyncByteStream)
            pieces = aiter(response.stream)
            assert await anext(pieces) == b"abc"
            rest = asyncio.ensure_future(read(response))
            await turns()
            await elsewhere(server.push, fault)
            with pytest.raises(httpx.RemoteProtocolError):
                await rest

    asyncio.run(main())
