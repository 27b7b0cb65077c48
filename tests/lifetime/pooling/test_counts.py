"""What a pool counts of what came too late, what failed and what is there."""

from __future__ import annotations

import asyncio

import pytest

from notebook_kit.errors import ResourceTimeout
from notebook_kit.lifetime import ResourcePool


class Page:
    """Something to use."""


async def hang() -> Page:
    """Open nothing, ever."""
    await asyncio.Event().wait()
    raise AssertionError


async def use(pool: ResourcePool[Page]) -> None:
    async with pool.acquire():
        pass


def test_opening_that_takes_too_long_is_counted_once() -> None:
    """As too late and not as failed; the one who waits is told what was slow."""

    async def main() -> None:
        async with ResourcePool(hang, max_size=2, acquire_timeout="10 ms") as pool:
            with pytest.raises(ResourceTimeout, match="opening one took longer than"):
                await use(pool)
            assert (pool.stats().failed, pool.stats().timed_out) == (0, 1)

    asyncio.run(main())


def test_a_timeout_of_the_factory_itself_is_a_failure() -> None:
    """It is passed on as it is."""

    async def main() -> None:
        def make() -> Page:
            raise TimeoutError("no answer")

        async with ResourcePool(make) as pool:
            with pytest.raises(TimeoutError, match="no answer"):
                await use(pool)
            assert (pool.stats().failed, pool.stats().timed_out) == (1, 0)

    asyncio.run(main())


def test_who_waited_in_vain_has_waited() -> None:
    """The longest wait knows of him."""

    async def main() -> None:
        async with ResourcePool(Page, max_size=1) as pool, pool.acquire():
            with pytest.raises(ResourceTimeout):
                async with pool.acquire(timeout="20 ms"):
                    raise AssertionError
            assert pool.stats().longest_wait_s >= 0.019

    asyncio.run(main())


def test_it_counts_on_over_several_loops() -> None:
    """And what has closed is there no more."""
    pool = ResourcePool(Page, max_size=2)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(use(pool))
    loop.close()

    async def main() -> None:
        await use(pool)
        assert (pool.stats().acquired, pool.stats().opened, pool.stats().size) == (2, 2, 1)
        await pool.close()
        assert (pool.stats().acquired, pool.stats().size) == (2, 0)

    with pytest.warns(ResourceWarning, match="was not closed"):
        asyncio.run(main())
