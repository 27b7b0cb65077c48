"""A Redis that goes and comes back; and a cache that is cancelled, dropped, or left open."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest

import notebook_kit as nk
from notebook_kit.integrations.redis import SharedCache
from notebook_kit.testing import nothing_left_open
from tests.client.crowds import until
from tests.client.processes import run_strictly
from tests.lifetime.resources import turns
from tests.loops import close_at_once, in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.servers.redis import RedisServer

PATIENCE_S = 30.0
TASKS = 20
GETS = 200
LOST = (nk.ConnectionFailed, nk.ConnectionLost)


@pytest.fixture
def server(redis_server: RedisServer) -> Iterator[RedisServer]:
    """A Redis that is empty at first, and runs again afterwards."""
    with _admin(redis_server) as admin:
        admin.flushall()
    with nothing_left_open():
        yield redis_server
    redis_server.start()


def _admin(server: RedisServer) -> Any:
    redis: Any = pytest.importorskip("redis")
    return redis.Redis.from_url(server.url)


def clients(server: RedisServer) -> int:
    """How many connections the server has, but for the one that asks."""
    with _admin(server) as admin:
        return len(admin.client_list()) - 1


@contextmanager
def silenced(server: RedisServer) -> Iterator[None]:
    """Have the server stand still, with its connections open, while the block goes on."""
    assert server._process is not None
    process = psutil.Process(server._process.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


async def soon(condition: Callable[[], bool]) -> None:
    """Wait for something that nothing announces."""
    assert await asyncio.to_thread(until, condition, PATIENCE_S)


async def cancelled(work: asyncio.Task[Any]) -> None:
    """Cancel a task, and see that it ends by nothing else."""
    work.cancel()
    await asyncio.wait([work], timeout=PATIENCE_S)
    assert work.cancelled()


async def _gets(cache: SharedCache, server: RedisServer) -> Counter[str]:
    """Make many gets by some tasks, with Redis stopped and started in their midst."""
    told: Counter[str] = Counter()
    numbers = iter(range(GETS))
    down = asyncio.Event()

    async def fetch(key: str) -> str:
        await asyncio.sleep(0)
        return f"value of {key}"

    async def work() -> None:
        for number in numbers:
            try:
                assert await cache.get(f"key {number % 70}", fetch) == f"value of key {number % 70}"
            except LOST as error:
                told[type(error).__name__] += 1
            else:
                told["well"] += 1
            if number == GETS // 4:
                await asyncio.to_thread(server.stop)
                down.set()
            elif number == GETS // 2:
                await down.wait()
                # So that some surely find nobody there.
                asked = (cache.get(f"x {number}", fetch) for number in range(5))
                with_nobody = await asyncio.gather(*asked, return_exceptions=True)
                told["nobody"] += sum(isinstance(it, LOST) for it in with_nobody)
                await asyncio.to_thread(server.start)

    await asyncio.gather(*(work() for _ in range(TASKS)))
    return told


@in_loop
async def test_redis_is_restarted_in_the_midst(server: RedisServer) -> None:
    """All is answered rightly or told; afterwards the same object works, and nothing is left."""
    async with SharedCache(server.url, max_connections=5) as cache:
        told = await _gets(cache, server)
        assert told.pop("nobody") == 5
        assert sum(told.values()) == GETS
        assert told["well"] > 0
        for number in range(50):
            assert await cache.get(f"after {number}", len) == len(f"after {number}")
        assert 0 < clients(server) <= 5
    assert clients(server) == 0


@in_loop
async def test_fetching_while_redis_is_away(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """No get fails, and one warning is logged each time that it goes."""
    caplog.set_level(logging.INFO, "notebook_kit.integrations.redis")
    async with SharedCache(server.url, when_down="fetch") as cache:
        for _ in range(2):
            told = await _gets(cache, server)
            assert told == {"well": GETS, "nobody": 0}
            assert await cache.get("after", len) == 5
    levels = [it.levelname for it in caplog.records]
    assert levels == ["WARNING", "INFO"] * 2
    assert "what is asked for is fetched meanwhile" in caplog.text
    assert clients(server) == 0


@in_loop
async def test_what_cannot_be_fetched_fails_all_the_same(server: RedisServer) -> None:
    """A get without a function, and what is set or forgotten; what is fetched must be JSON."""
    async with SharedCache(server.url, when_down="fetch") as cache:
        server.stop()
        for work in (cache.get("a"), cache.set("a", 1), cache.delete("a"), cache.clear()):
            with pytest.raises(LOST):
                await work
        with pytest.raises(nk.ConfigurationError, match="it is a tuple"):
            await cache.get("a", lambda _: (1,))


@in_loop
async def test_opening_while_redis_is_away(server: RedisServer) -> None:
    """Fails, and may be tried again; with the option it does not."""
    server.stop()
    cache = SharedCache(server.url)
    with pytest.raises(nk.ConnectionFailed, match="no connection could be made"):
        await cache.open()
    async with SharedCache(server.url, when_down="fetch") as other:
        assert await other.get("a", len) == 1
        server.start()
        assert await other.get("a", len) == 1
    await cache.set("a", 2)
    assert await cache.get("a") == 2
    await cache.close()


@in_loop
async def test_redis_does_not_answer(server: RedisServer) -> None:
    """Is as good as away after the limit; what was sent may have been heard."""
    async with SharedCache(server.url, timeout="50 ms") as cache:
        with silenced(server), pytest.raises(nk.ConnectionLost) as caught:
            await cache.set("a", 1)
        assert caught.value.maybe_sent
        await cache.set("a", 2)
        assert await cache.get("a") == 2


@in_loop
async def test_cancelled_while_it_opens() -> None:
    """Nothing is left of it."""
    async with _silent_server() as (url, reached):
        cache = SharedCache(url)
        opening = asyncio.create_task(cache.open())
        await asyncio.wait_for(reached.wait(), PATIENCE_S)
        opening.cancel()
        # At once, and not when some limit of time has passed.
        await turns(50)
        assert opening.cancelled()
        assert cache.state == "new"
        assert not cache._store._clients


@asynccontextmanager
async def _silent_server() -> AsyncIterator[tuple[str, asyncio.Event]]:
    reached = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()  # Until the other side has gone.
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0", reached


@in_loop
async def test_cancelled_while_redis_is_asked(server: RedisServer) -> None:
    """The connection is not used again, and what comes next is answered rightly."""
    async with SharedCache(server.url, max_connections=1) as cache:
        await cache.set("a", "a")
        await cache.set("b", "b")
        with silenced(server):
            asking = asyncio.create_task(cache.get("a"))
            await soon(lambda: "1 of 1 in use" in str(nk.open_resources()))
            await cancelled(asking)
        assert [await cache.get("b"), await cache.get("a")] == ["b", "a"]
    assert clients(server) == 0


@in_loop
async def test_cancelled_in_its_block_and_while_it_closes(server: RedisServer) -> None:
    """It is closed when the cancellation comes out."""
    inside = asyncio.Event()

    async def work() -> None:
        async with SharedCache(server.url) as cache:
            await cache.set("a", 1)
            inside.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await asyncio.wait_for(inside.wait(), PATIENCE_S)
    await cancelled(working)
    cache = await SharedCache(server.url).open()
    closing = asyncio.create_task(cache.close())
    await asyncio.sleep(0)
    await cancelled(closing)
    assert cache.state == "closed"
    assert clients(server) == 0


@in_loop
async def test_closed_while_it_is_asked(server: RedisServer) -> None:
    """Who waits is told, or answered; nothing hangs."""
    gate = asyncio.Event()

    async def fetch(key: str) -> str:
        await gate.wait()
        return key

    cache = SharedCache(server.url)
    asking = asyncio.create_task(cache.get("a", fetch))
    await soon(lambda: "acquired 2 times" in str(nk.open_resources()))
    await cache.close()
    gate.set()
    with pytest.raises(nk.ClosedError):
        await asking
    assert clients(server) == 0


@in_loop
async def test_one_that_is_dropped_is_closed(server: RedisServer) -> None:
    """When the last reference to it goes."""
    cache = SharedCache(server.url)
    await cache.get("a", len)
    assert clients(server) == 1
    del cache
    await soon(lambda: clients(server) == 0)


def test_one_whose_loop_was_closed_is_let_go_of(server: RedisServer) -> None:
    """Without a word, and it connects anew on the next loop that it is used on."""
    cache = SharedCache(server.url)
    for _ in range(2):
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(cache.get("a", len)) == 1
        close_at_once(loop)
    asyncio.run(cache.close())
    gc.collect()
    assert until(lambda: clients(server) == 0)


def test_scripts_that_leave_it_open(server: RedisServer) -> None:
    """At the end of its loop it is closed, and the interpreter has nothing to complain of."""
    source = """
from notebook_kit.integrations.redis import SharedCache
kept = []
async def main():
    for _ in range(3):
        kept.append(SharedCache(URL))
        await kept[-1].get("a", len)
asyncio.run(main())
assert becomes(lambda: not files_to_redis())
async def dropped():
    await SharedCache(URL).get("a", len)
asyncio.run(dropped())
assert becomes(lambda: not files_to_redis())
assert threading.active_count() == 1, threading.enumerate()
"""
    counted = """
def files_to_redis():
    port = int(URL.rpartition(":")[2].partition("/")[0])
    found = psutil.Process().net_connections("inet")
    return [it for it in found if it.raddr and it.raddr.port == port]
"""
    assert run_strictly(counted + source, server.url) == (0, "", "")
