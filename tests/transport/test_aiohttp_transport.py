"""What the transport over aiohttp does beyond what both transports do."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.errors import ClosedError
from notebook_kit.testing import Behaviour, HangUp, Send, answer
from tests.transport.helpers import send, timeouts, until

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from notebook_kit.testing import FaultServer

_EXPECT = {"Expect": "100-continue"}


def test_a_body_that_is_not_wanted_is_not_sent(server: FaultServer) -> None:
    """A final answer to Expect: 100-continue comes before the body, which then stays unsent."""
    refusal = answer("no", status=417)
    server.when("/", Behaviour([HangUp()], before_body=refusal.steps, read_body=False))
    asked: list[bool] = []

    async def body() -> AsyncIterator[bytes]:
        asked.append(True)
        yield b"x"

    async def main() -> None:
        async with AiohttpTransport() as transport:
            response, text = await send(
                transport, server.url, "POST", content=body(), headers=_EXPECT
            )
            assert (response.status_code, text) == (417, b"no")

    asyncio.run(main())
    assert asked == []


def test_a_server_that_knows_nothing_of_expect_gets_the_body(server: FaultServer) -> None:
    """Without a word from the server the body is sent after a second."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with AiohttpTransport() as transport:
            started = time.monotonic()
            await send(transport, server.url, "POST", content=b"body", headers=_EXPECT)
            assert 0.9 < time.monotonic() - started < 20

    asyncio.run(main())
    assert server.requests[0].body == b"body"


def test_expecting_to_continue_with_nothing_waits_for_nothing(server: FaultServer) -> None:
    """A request without a body does not wait, whatever it expects."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with AiohttpTransport() as transport, asyncio.timeout(0.8):
            await send(transport, server.url, headers=_EXPECT)

    asyncio.run(main())


def test_informational_answers_have_an_end(server: FaultServer) -> None:
    """A server that never gets beyond 1xx is an error of the server."""
    server.when("/", Behaviour([Send(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)]))

    async def main() -> None:
        async with AiohttpTransport() as transport:
            with pytest.raises(httpx.RemoteProtocolError, match="informational"):
                await send(transport, server.url)

    asyncio.run(main())


def test_a_switch_of_protocols_is_the_last_answer(server: FaultServer) -> None:
    """101 is given to who asked for it, and its connection is not used again."""
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n"
    server.when("/", Behaviour([Send(head + b"other")]))
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with AiohttpTransport() as transport:
            asks = {"Connection": "Upgrade", "Upgrade": "other"}
            response, _ = await send(transport, server.url, headers=asks)
            assert response.status_code == 101
            await send(transport, f"{server.url}/ok")
            assert server.connections.opened == 2

    asyncio.run(main())


def test_an_empty_body_in_chunks(server: FaultServer) -> None:
    """A body that turns out empty, said to come in chunks, is one last chunk."""
    server.when("/", answer("ok"))
    headers = {"Transfer-Encoding": "chunked"}

    async def main() -> None:
        async with AiohttpTransport() as transport:
            for content in (b"", b"some"):
                request = httpx.Request("POST", server.url, stream=httpx.ByteStream(content))
                request.headers.update({"Host": "a", **headers})
                response = await transport.handle_async_request(request)
                await response.aread()

    asyncio.run(main())
    raw = [request.raw_body for request in server.requests]
    assert raw == [b"0\r\n\r\n", b"4\r\nsome\r\n0\r\n\r\n"]


def test_a_body_that_cannot_be_read_on_a_loop(server: FaultServer) -> None:
    """A body that can only be read synchronously is refused with what to give instead."""

    class OnlySync(httpx.SyncByteStream):
        pass

    async def main() -> None:
        async with AiohttpTransport(max_connections=1) as transport:
            for _ in range(2):
                with pytest.raises(RuntimeError, match="async generator"):
                    await send(
                        transport, server.url, "POST", stream=OnlySync(), headers={"Host": "a"}
                    )

    asyncio.run(main())


def test_closing_ends_a_connection_in_the_making(client_context: ssl.SSLContext) -> None:
    """aclose while TLS is being agreed ends that request with ClosedError at once."""

    async def main(port: int) -> None:
        transport = AiohttpTransport(verify=client_context)
        url = f"https://127.0.0.1:{port}/"
        task = asyncio.ensure_future(send(transport, url, extensions=timeouts(None)))
        await until(lambda: bool(transport._dialling))
        await transport.aclose()
        with pytest.raises(ClosedError):
            async with asyncio.timeout(1):
                await task
        assert not transport._dialling

    # It connects, and nobody ever answers.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asyncio.run(main(listener.getsockname()[1]))


def test_an_answer_that_nobody_closed_dies_with_its_loop(server: FaultServer) -> None:
    """A response that is dropped after its loop was closed raises nothing."""
    server.when("/", answer("ok"))
    kept: list[httpx.Response] = []

    async def main() -> None:
        async with AiohttpTransport() as transport:
            request = httpx.Request("GET", server.url, extensions=timeouts())
            kept.append(await transport.handle_async_request(request))

    asyncio.run(main())
    kept.clear()


def test_the_repr_is_a_status_line() -> None:
    """The repr tells the counts and nothing of proxies or certificates."""
    transport = AiohttpTransport(proxy_for=lambda _: "http://me:topsecret@gate")
    assert repr(transport) == "<AiohttpTransport open=0 idle=0>"
