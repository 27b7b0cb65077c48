"""Cancelled while it opens, is used or closes: nothing is left, and the cancellation comes out."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.execution import io_loop
from notebook_kit.testing import (
    FakeAPI,
    FaultServer,
    answer,
    never_answer,
    nothing_left_open,
    stall_mid_body,
)
from tests.client.crowds import TRANSPORTS, until
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

    from notebook_kit.client.transports import TransportStatistics

both_transports = pytest.mark.parametrize("transport", TRANSPORTS)
PATIENCE_S = 30.0


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers, never answers, and stops in mid-body."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        it.when("/never", never_answer())
        it.when("/half", stall_mid_body(length=100_000))
        yield it


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Whatever is cancelled: no client, stream, task or thread is there afterwards."""
    with nothing_left_open():
        yield


def connections(client: nk.Client) -> TransportStatistics:
    """The connections that a client has now."""
    counts = client._core.connections()
    assert counts is not None
    return counts


async def cancelled(work: asyncio.Task[Any]) -> None:
    """Cancel a task, and see that it ends by nothing else."""
    work.cancel()
    await asyncio.wait([work], timeout=PATIENCE_S)
    assert work.cancelled()


async def soon(condition: Any) -> None:
    """Wait for something that nothing announces, and let the loop go on meanwhile."""
    assert await asyncio.to_thread(until, condition, PATIENCE_S)


@both_transports
def test_while_a_connection_is_opened(server: FaultServer, transport: str) -> None:
    """In the midst of a TLS handshake: the connection ends, and the client is as good as new."""

    async def main() -> None:
        url = server.url.replace("http://", "https://")
        async with nk.Client(url, **TRANSPORTS[transport], verify=False, retry=0) as client:
            call = asyncio.create_task(client.get("/x").send())
            assert await asyncio.to_thread(server.connections.wait_opened, 1, PATIENCE_S)
            await cancelled(call)
            assert await asyncio.to_thread(server.connections.wait_open, 0, PATIENCE_S)
            await soon(lambda: connections(client).open == 0)
            assert (await client.get(f"{server.url}/ok")).text == "ok"

    asyncio.run(main())


@both_transports
def test_while_it_waits_for_a_connection_of_the_pool(server: FaultServer, transport: str) -> None:
    """Its place in the line goes to the next, and no slot is lost."""

    async def main() -> None:
        options = {**TRANSPORTS[transport], "max_connections": 1}
        async with nk.Client(server.url, **options) as client:
            first = asyncio.create_task(client.get("/never").send())
            assert await asyncio.to_thread(server.wait_requests, 1, PATIENCE_S)
            waiting = asyncio.create_task(client.get("/ok").send())
            await soon(lambda: client.stats.in_flight == 2)
            await cancelled(waiting)
            last = asyncio.create_task(client.get("/ok").send())
            await cancelled(first)
            assert (await asyncio.wait_for(last, PATIENCE_S)).text == "ok"
            assert connections(client).open == 1

    asyncio.run(main())


@both_transports
@pytest.mark.parametrize("path", ["/never", "/half"])
def test_while_it_is_used(server: FaultServer, transport: str, path: str) -> None:
    """Before the head of the answer and within its body: the connection is not used again."""

    async def main() -> None:
        async with nk.Client(server.url, **TRANSPORTS[transport]) as client:
            call = asyncio.create_task(client.get(path).send())
            assert await asyncio.to_thread(server.wait_requests, 1, PATIENCE_S)
            await cancelled(call)
            assert await asyncio.to_thread(server.connections.wait_open, 0, PATIENCE_S)
            assert (await client.get("/ok")).text == "ok"

    asyncio.run(main())


@both_transports
@pytest.mark.parametrize("path", ["/never", "/half"])
def test_while_a_stream_is_opened_or_read(server: FaultServer, transport: str, path: str) -> None:
    """The block of the stream is left by the cancellation, and its connection ends."""

    async def main() -> None:
        read = asyncio.Event()

        async def reading(client: nk.Client) -> None:
            async with client.stream(path) as stream:
                async for _ in stream.bytes():
                    read.set()

        async with nk.Client(server.url, **TRANSPORTS[transport]) as client:
            task = asyncio.create_task(reading(client))
            if path == "/half":
                await asyncio.wait_for(read.wait(), PATIENCE_S)
            else:
                assert await asyncio.to_thread(server.wait_requests, 1, PATIENCE_S)
            await cancelled(task)
            assert await asyncio.to_thread(server.connections.wait_open, 0, PATIENCE_S)
            await soon(lambda: not any(it.kind == "stream" for it in nk.open_resources()))
            assert (await client.get("/ok")).text == "ok"

    asyncio.run(main())


class Slow(httpx.AsyncBaseTransport):
    """Closes when it is told that it may."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.release = asyncio.Event()
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200)

    async def aclose(self) -> None:
        self.began.set()
        await self.release.wait()
        self.closed += 1


async def _close(client: nk.Client) -> None:
    await client.close()


async def _block(client: nk.Client) -> None:
    async with client:
        pass


@pytest.mark.parametrize("way", [_close, _block])
@in_loop
async def test_while_it_closes(way: Any) -> None:
    """Who waits for the end is let go at once; the closing itself comes to its end all the same."""
    transport = Slow()
    client = nk.Client("http://fake.test", transport=transport)
    closing: Coroutine[Any, Any, None] = way(client)
    task = asyncio.create_task(closing)
    assert await asyncio.to_thread(transport.began.wait, PATIENCE_S)
    await cancelled(task)
    assert client.is_closed
    assert transport.closed == 0
    io_loop().call_soon_threadsafe(transport.release.set)
    await client.close()
    assert transport.closed == 1


@in_loop
async def test_within_the_block_of_a_client() -> None:
    """The client is closed, and the cancellation leaves the block as it came."""
    fake, inside = FakeAPI(), asyncio.Event()
    clients = []

    async def work() -> None:
        async with nk.Client(fake.url, transport=fake) as client:
            clients.append(client)
            inside.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(work())
    await inside.wait()
    await cancelled(task)
    assert clients[0].is_closed


@in_loop
async def test_while_answers_are_read_from_a_generator_of_ones_own() -> None:
    """Leaving an async generator that reads a stream closes the stream."""
    fake = FakeAPI()
    fake.get("/endless").answers(pieces=["a", "b"], breaks="hangs")
    began = asyncio.Event()

    async def pieces(client: nk.Client) -> AsyncIterator[str]:
        async with client.stream("/endless") as stream:
            async for piece in stream.text():
                yield piece

    async def work(client: nk.Client) -> None:
        async for _ in pieces(client):
            began.set()

    async with nk.Client(fake.url, transport=fake) as client:
        task = asyncio.create_task(work(client))
        await asyncio.wait_for(began.wait(), PATIENCE_S)
        await cancelled(task)
        await soon(lambda: client.stats.in_flight == 0)
