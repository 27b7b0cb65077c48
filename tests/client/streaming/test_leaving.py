from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.streaming import Reading
from notebook_kit.client.streaming.channel import LIMIT_BYTES
from notebook_kit.execution import io_loop
from notebook_kit.testing import FaultServer, answer, answer_chunked, never_answer
from tests.client.streaming.servers import TRANSPORTS, Feed, endless, in_the_kernel, made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

both = pytest.mark.parametrize("transport", TRANSPORTS)
#: Leaving is to be seen at the server within so many seconds; the machine may be busy.
SOON_S = 1.0


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server whose answer never ends, and another that does."""
    with FaultServer() as it:
        it.when("/x", endless(b"line\n" * 100, pause_s=0.002))
        it.when("/fine", answer(b"fine\n"))
        yield it


def first_of_sync_loop(client: nk.Client) -> str:
    for line in client.stream("/x").lines():
        return line
    raise AssertionError


def broken_sync_loop(client: nk.Client) -> None:
    for _ in client.stream("/x").lines():
        raise ZeroDivisionError


def left_block(client: nk.Client) -> None:
    with client.stream("/x") as opened:
        next(iter(opened.lines()))


def broken_block(client: nk.Client) -> None:
    with client.stream("/x") as opened:
        next(iter(opened.lines()))
        raise ZeroDivisionError


def block_without_reading(client: nk.Client) -> None:
    with client.stream("/x") as opened:
        assert opened.status_code == 200


def dropped_opening(client: nk.Client) -> None:
    stream = client.stream("/x")
    assert stream.__enter__().status_code == 200  # a block that is never left


def dropped_iterator(client: nk.Client) -> None:
    lines = iter(client.stream("/x").lines())
    next(lines)


def closed_iterator(client: nk.Client) -> None:
    lines: Any = iter(client.stream("/x").lines())
    next(lines)
    lines.close()
    with pytest.raises(nk.ClosedError):
        next(lines)


def dropped_in_a_circle(client: nk.Client) -> None:
    lines = iter(client.stream("/x").lines())
    next(lines)
    circle: list[Any] = [lines]
    circle.append(circle)
    del lines, circle
    gc.collect()


def dropped_in_another_thread(client: nk.Client) -> None:
    held = [iter(client.stream("/x").lines())]
    next(held[0])
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join(10)


SYNC = [
    first_of_sync_loop,
    broken_sync_loop,
    left_block,
    broken_block,
    block_without_reading,
    dropped_opening,
    dropped_iterator,
    closed_iterator,
    dropped_in_a_circle,
    dropped_in_another_thread,
]


async def left_loop(client: nk.Client) -> None:
    async for _ in client.stream("/x").lines():
        break


async def broken_loop(client: nk.Client) -> None:
    async for _ in client.stream("/x").lines():
        raise ZeroDivisionError


async def left_async_block(client: nk.Client) -> None:
    async with client.stream("/x") as opened:
        async for _ in opened.lines():
            break


async def broken_async_block(client: nk.Client) -> None:
    async with client.stream("/x") as opened:
        async for _ in opened.lines():
            raise ZeroDivisionError


async def cancelled_while_it_waits(client: nk.Client) -> None:
    async def read() -> None:
        async for _ in client.stream("/quiet").lines():
            begun.set()

    begun = asyncio.Event()
    task = asyncio.ensure_future(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancelled_while_it_works(client: nk.Client) -> None:
    async def read() -> None:
        async for _ in client.stream("/x").lines():
            begun.set()
            await asyncio.sleep(10)

    begun = asyncio.Event()
    task = asyncio.ensure_future(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def out_of_time(client: nk.Client) -> None:
    async def read() -> list[str]:
        return [line async for line in client.stream("/quiet").lines()]

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(read(), 0.1)


async def left_generator(client: nk.Client) -> None:
    async def words() -> Any:
        async for line in client.stream("/x").lines():
            yield line

    async with contextlib.aclosing(words()) as them:
        await anext(them)


async def closed_async_iterator(client: nk.Client) -> None:
    async with contextlib.aclosing(aiter(client.stream("/x").lines())) as lines:  # type: ignore[type-var]
        await anext(lines)


async def dropped_async_iterator(client: nk.Client) -> None:
    lines = aiter(client.stream("/x").lines())
    await anext(lines)
    await asyncio.to_thread(gc.collect)


ASYNC = [
    left_loop,
    broken_loop,
    left_async_block,
    broken_async_block,
    cancelled_while_it_waits,
    cancelled_while_it_works,
    out_of_time,
    left_generator,
    closed_async_iterator,
    dropped_async_iterator,
]


def ended_and_free(server: FaultServer, client: nk.Client) -> None:
    """Check that the stream's connection is gone and its place is free again."""
    assert server.connections.wait_open(0, SOON_S), server.connections
    assert client.get("/fine").result(timeout=20).text == "fine\n"
    assert client._core.streams == set()


@both
@pytest.mark.parametrize("leave", SYNC)
def test_leaving_a_loop_or_a_block_ends_the_connection(
    leave: Callable[[nk.Client], object], transport: str, server: FaultServer
) -> None:
    """However it is left, with one connection the next call passes."""
    client = made(transport, server.url, max_connections=1)
    with contextlib.suppress(ZeroDivisionError):
        leave(client)
    ended_and_free(server, client)
    client.close()


@both
@pytest.mark.parametrize("leave", ASYNC)
def test_leaving_an_async_loop_or_block_ends_the_connection(
    leave: Callable[[nk.Client], Any], transport: str, server: FaultServer
) -> None:
    """However it is left; seen while the loop goes on, not at its end."""
    server.when("/quiet", Feed(b"one\n").reaction)
    client = made(transport, server.url, max_connections=1)

    async def main() -> None:
        with contextlib.suppress(ZeroDivisionError):
            await leave(client)
        assert await asyncio.to_thread(server.connections.wait_open, 0, SOON_S)
        assert (await client.get("/fine")).text == "fine\n"

    asyncio.run(main())
    client.close()


@both
def test_an_error_that_is_kept_keeps_no_connection(transport: str, server: FaultServer) -> None:
    """A kernel keeps the last traceback, with its frames: what they iterated over is let go."""
    client = made(transport, server.url, max_connections=1)
    with pytest.raises(ZeroDivisionError) as kept:
        broken_sync_loop(client)
    ended_and_free(server, client)
    assert kept.value.__traceback__ is not None
    client.close()


@both
def test_a_loop_that_stopped_in_the_middle(transport: str, server: FaultServer) -> None:
    """`asyncio.run` cancels what is left, and with it the stream."""
    server.when("/quiet", Feed(b"one\n").reaction)
    client = made(transport, server.url, max_connections=1)

    async def read() -> None:
        async for _ in client.stream("/quiet").lines():
            begun.set()

    async def main() -> None:
        task = asyncio.ensure_future(read())
        await begun.wait()
        del task

    begun = asyncio.Event()
    asyncio.run(main())
    ended_and_free(server, client)
    client.close()


@both
@pytest.mark.parametrize("way", ["close", "drop"])
def test_a_client_that_goes_takes_its_streams_with_it(
    way: str, transport: str, server: FaultServer
) -> None:
    """Closed, it cuts them; dropped, it lives on until the last reader goes."""
    client: nk.Client | None = made(transport, server.url)
    assert client is not None
    lines: Any = iter(client.stream("/x").lines())
    assert next(lines) == "line"
    if way == "close":
        client.close()
        with pytest.raises(nk.ClosedError):
            list(lines)
    else:
        client = None
        gc.collect()
        assert next(lines) == "line"
        del lines
        gc.collect()
    assert server.connections.wait_open(0, SOON_S)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@both
def test_ctrl_c_in_a_loop(transport: str, server: FaultServer) -> None:
    """KeyboardInterrupt comes out of the wait within a tick, and the connection is ended."""
    feed = Feed(b"one\n")
    server.when("/quiet", feed.reaction)
    client = made(transport, server.url, max_connections=1)
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))

    def read() -> None:
        for _ in client.stream("/quiet").lines():
            timer.start()

    with pytest.raises(KeyboardInterrupt):
        read()
    timer.join()
    ended_and_free(server, client)
    client.close()


def test_streams_cancelled_before_they_are_begun_are_over(server: FaultServer) -> None:
    """One that is let go in the same moment as it is asked for ends, and holds nobody up."""
    client = nk.Client(server.url, retry=None)
    held, at_rest = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        assert at_rest.wait(10)

    io_loop().call_soon_threadsafe(hold)
    assert held.wait(10)
    reading = client.stream("/x").lines()
    assert isinstance(reading, Reading)
    cursor: Any = iter(reading)
    pump = cursor._pump
    pump.start()
    pump.close_soon()
    at_rest.set()
    pump.ended.result(10)
    assert pump.opened.done()
    with pytest.raises(nk.ClosedError):
        next(cursor)
    assert not client._core.streams
    client.close().wait()


@pytest.mark.parametrize("transport", ["aiohttp", "pieces"])  # httpx's own pool does lose some
def test_two_hundred_streams_left_at_once_lose_no_place(
    transport: str, server: FaultServer
) -> None:
    """Before the head and in the body; the server sees them end, and as many calls pass."""
    server.when("/never", never_answer())
    client = made(transport, server.url, max_connections=40, retry=None)

    async def read(path: str) -> None:
        async for _ in client.stream(path).lines():
            await asyncio.sleep(10)

    async def main() -> None:
        for path in ("/x", "/never"):
            opened = server.connections.opened
            tasks = [asyncio.ensure_future(read(path)) for _ in range(200)]
            assert await asyncio.to_thread(server.connections.wait_opened, opened + 40)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert await asyncio.to_thread(server.connections.wait_open, 0, 2 * SOON_S)
        answers = await asyncio.gather(*(client.get("/fine") for _ in range(80)))
        assert {one.text for one in answers} == {"fine\n"}

    asyncio.run(main())
    client.close()


#: What the kit holds for a reader who does not come, and what the server's own loop does.
MOST_HELD = 4_000_000


@both
def test_a_slow_reader_stops_the_server(transport: str) -> None:
    """What the server gets rid of is what the buffers hold, however long the reader takes."""
    sent = [0]
    with FaultServer() as server:
        server.when("/x", endless(b"x" * 65_536, sent))
        with made(transport, server.url) as api:
            pieces = iter(api.stream("/x").bytes())
            read = len(next(pieces))
            _until_it_stands(sent)
            assert sent[0] - in_the_kernel(server.port) < MOST_HELD
            piece = next(pieces)
            assert len(piece) <= LIMIT_BYTES + 1_000_000
            read += len(piece)
            for _ in range(400):
                read += len(next(pieces))
            before = sent[0]
            assert before > read / 2
            _until_it_stands(sent)
            assert sent[0] - read - in_the_kernel(server.port) < MOST_HELD


def _until_it_stands(count: list[int]) -> None:
    """Wait until a count has not changed for a fifth of a second."""
    pause = threading.Event()
    for _ in range(100):
        before = count[0]
        pause.wait(0.2)
        if count[0] == before:
            return
    pytest.fail("the server never stopped sending")


@both
def test_small_chunks_cross_together(transport: str, server: FaultServer) -> None:
    """The reader is woken for what came meanwhile, not for each chunk."""
    server.when("/x", answer_chunked([b"%d\n" % number for number in range(5000)]))
    client = made(transport, server.url)
    cursor: Any = iter(client.stream("/x").lines())
    assert [int(line) for line in cursor] == list(range(5000))
    assert cursor._pump.channel.crossings < 1000
    client.close()
