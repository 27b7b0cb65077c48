"""Each phase of a request has its own time limit and its own error."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.testing import answer, answer_chunked, never_answer, never_read, stall_mid_body
from tests.paces import at_any_pace
from tests.transport.helpers import begin, elsewhere, read, send, timeouts, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make


#: Seconds until a connection has ended; one that is kept for the next request lives longer.
PATIENCE_S = 10.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that connects and then says nothing, so that TLS is never agreed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@at_any_pace
def test_waiting_for_a_connection(pace: float, server: FaultServer, make: Make) -> None:
    """A request that gets no slot in time is PoolTimeout, and what is in flight goes on."""
    server.when("/", answer("ok", delay_s=0.3 * pace))
    before = len(server.requests)

    async def main() -> None:
        async with make(max_connections=1) as transport:
            first = asyncio.ensure_future(send(transport, server.url))
            await until(lambda: transport.connections.open == 1)
            with pytest.raises(httpx.PoolTimeout, match="max_connections=1"):
                await send(transport, server.url, extensions=timeouts(pool=0.05))
            _, body = await first
            assert body == b"ok"

    asyncio.run(main())
    assert len(server.requests) == before + 1


def test_connecting(silent_port: int, make: Make) -> None:
    """A server that connects but does not agree on TLS in time is ConnectTimeout."""

    async def main() -> None:
        async with make(max_connections=1, verify=False) as transport:
            url = f"https://127.0.0.1:{silent_port}/"
            limits = timeouts(None, connect=0.1, pool=60.0)
            for _ in range(2):
                started = time.monotonic()
                with pytest.raises(httpx.ConnectTimeout):
                    await send(transport, url, extensions=limits)
                assert 0.08 < time.monotonic() - started < 20.0
            await until(lambda: transport.connections == (0, 0))

    asyncio.run(main())


def test_silence_before_the_answer(server: FaultServer, make: Make) -> None:
    """A server that says nothing in time is ReadTimeout, and its connection ends."""
    server.when("/", never_answer())

    async def main() -> None:
        async with make(max_connections=1) as transport:
            for count in (1, 2):
                with pytest.raises(httpx.ReadTimeout):
                    await send(transport, server.url, extensions=timeouts(read=0.1))
                assert await elsewhere(server.connections.wait_ended, count, PATIENCE_S)

    asyncio.run(main())


@at_any_pace
def test_silence_in_the_body(pace: float, server: FaultServer, make: Make) -> None:
    """A body that stops coming is ReadTimeout."""
    server.when("/", stall_mid_body())

    async def main() -> None:
        async with make() as transport:
            response = await begin(transport, server.url, extensions=timeouts(read=0.1 * pace))
            with pytest.raises(httpx.ReadTimeout):
                await read(response)
            await until(lambda: server.connections.open == 0)

    asyncio.run(main())


@at_any_pace
def test_a_body_that_keeps_coming_is_no_silence(
    pace: float, server: FaultServer, make: Make
) -> None:
    """The read timeout counts from the last byte, not from the first."""
    server.when("/", answer_chunked([b"x"] * 6, pause_s=0.05 * pace))

    async def main() -> None:
        async with make() as transport:
            _, body = await send(transport, server.url, extensions=timeouts(read=0.2 * pace))
            assert body == b"xxxxxx"

    asyncio.run(main())


def test_a_server_that_takes_no_more(server: FaultServer, make: Make) -> None:
    """A server that stops taking the body is WriteTimeout, and the connection ends."""
    server.when("/", never_read())

    async def main() -> None:
        async with make(max_connections=1) as transport:
            content = b"x" * 16 * 1024 * 1024
            limits = timeouts(None, write=0.1)
            with pytest.raises(httpx.WriteTimeout):
                await send(transport, server.url, "POST", content=content, extensions=limits)
            await until(lambda: transport.connections.open == 0)

    asyncio.run(main())


@at_any_pace
def test_a_body_that_is_slow_to_make_is_no_silence(
    pace: float, server: FaultServer, make: Make
) -> None:
    """While the caller makes the body, neither the write nor the read timeout runs."""
    server.when("/", answer("ok"))

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0.1 * pace)
            yield b"x"

    async def main() -> None:
        async with make() as transport:
            limits = timeouts(read=0.05 * pace, write=0.05 * pace)
            _, body = await send(transport, server.url, "POST", content=slow(), extensions=limits)
            assert body == b"ok"

    asyncio.run(main())


def test_no_time_limit_at_all(server: FaultServer, make: Make) -> None:
    """Without timeouts a slow answer is waited for."""
    server.when("/", answer("ok", delay_s=0.1))

    async def main() -> None:
        async with make() as transport:
            for extensions in ({}, timeouts(None)):
                _, body = await send(transport, server.url, extensions=extensions)
                assert body == b"ok"

    asyncio.run(main())
