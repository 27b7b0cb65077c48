"""What a pool does by itself, on a loop whose time is put forward by hand."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime import ResourcePool
from tests.lifetime.resources import turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Loop(asyncio.SelectorEventLoop):
    """A loop that can be told that time has passed."""

    ahead_s = 0.0

    def time(self) -> float:
        return super().time() + self.ahead_s


async def later(seconds: float) -> None:
    """Let so much time pass, and the loop notice it."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    loop.ahead_s += seconds
    await turns(10)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test on such a loop."""

    async def main() -> None:
        await work()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())


class Thing:
    """Notes that it was closed."""

    live = 0

    def __init__(self) -> None:
        Thing.live += 1

    def close(self) -> None:
        Thing.live -= 1


async def use(pool: ResourcePool[Any], at_once: int) -> None:
    """Use so many at the same moment."""
    leases = [pool.acquire() for _ in range(at_once)]
    for lease in leases:
        await lease.__aenter__()
    for lease in leases:
        await lease.__aexit__(None, None, None)


def test_what_lies_idle_for_too_long_is_closed() -> None:
    """Those used last stay longest; those that are always kept stay."""

    async def work() -> None:
        Thing.live = 0
        async with ResourcePool(Thing, min_size=1, max_size=5, idle_timeout="1 min") as pool:
            await use(pool, 5)
            await later(40)
            await use(pool, 2)
            assert Thing.live == 5
            await later(30)
            assert Thing.live == 2
            await later(40)
            assert Thing.live == 1
            await later(400)
            assert (Thing.live, pool.stats().idle) == (1, 1)
            await use(pool, 3)
            assert Thing.live == 3
            await later(61)
            assert Thing.live == 1
        assert Thing.live == 0

    run(work)


def test_what_has_lived_too_long_is_replaced() -> None:
    """When it is given back, before it is taken, and while it lies idle; minimum or not."""

    async def work() -> None:
        Thing.live = 0
        pool = ResourcePool(Thing, min_size=1, max_size=2, max_age="1 hour")
        async with pool:
            async with pool.acquire() as first:
                await later(3_700)
            await turns()
            async with pool.acquire() as second:
                assert second is not first
            assert pool.stats().opened == 2
            await later(3_700)
            assert (pool.stats().opened, pool.stats().idle, Thing.live) == (3, 1, 1)
        assert (pool.stats().closed, pool.stats().broken) == (3, 0)

    run(work)


def test_its_timer_keeps_no_pool_alive() -> None:
    """One that is dropped goes, with what it holds."""

    async def work() -> None:
        Thing.live = 0
        pool = await ResourcePool(Thing, min_size=1, idle_timeout="1 min").open()
        known = weakref.ref(pool)
        del pool
        gc.collect()
        await turns(10)
        assert (known(), Thing.live) == (None, 0)

    run(work)


def test_waits_of_different_lengths_end_in_their_time() -> None:
    """One timer serves all of them."""

    async def work() -> None:
        pool = ResourcePool(Thing, max_size=1)
        async with pool, pool.acquire():
            ended: list[int] = []

            async def wait(length_s: int) -> None:
                try:
                    async with pool.acquire(timeout=length_s):
                        raise AssertionError
                except TimeoutError:
                    ended.append(length_s)

            waiting = [asyncio.ensure_future(wait(length_s)) for length_s in (30, 10, 20, 10)]
            await turns()
            await later(5)
            assert ended == []
            await later(6)
            assert ended == [10, 10]
            await later(10)
            assert ended == [10, 10, 20]
            await later(10)
            assert ended == [10, 10, 20, 30]
            await asyncio.gather(*waiting)
            assert pool.stats().timed_out == 4

    run(work)
