"""Functions of the user that hang, fail or give nothing."""

from __future__ import annotations

import asyncio
import io
import logging

import pytest

from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from notebook_kit.lifetime import ResourcePool
from tests.lifetime.resources import turns


class Page:
    """Knows whether it was closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


async def hang() -> Page:
    """Open nothing, ever."""
    await asyncio.Event().wait()
    raise AssertionError


async def use(pool: ResourcePool[Page]) -> Page:
    async with pool.acquire() as page:
        return page


@pytest.mark.parametrize("is_sound", [True, False])
def test_one_that_is_asked_while_the_pool_closes_is_not_handed_out(*, is_sound: bool) -> None:
    """Whatever the check says: it is closed, and there will be no other."""

    async def main() -> None:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def check(_: Page) -> bool:
            asked.set()
            await answer.wait()
            return is_sound

        pool = ResourcePool(Page, max_size=1, check=check, acquire_timeout=None)
        page = await use(pool)
        user = asyncio.ensure_future(use(pool))
        await asked.wait()
        closing = asyncio.ensure_future(pool.close())
        await turns()
        answer.set()
        async with asyncio.timeout(20):
            await closing
            with pytest.raises(ClosedError):
                await user
        assert page.closed
        assert (pool.stats().size, pool.stats().closed) == (0, 1)

    asyncio.run(main())


def test_a_check_that_hangs_ends_with_the_pool() -> None:
    """Who waits for it is told, although he would wait for ever."""

    async def main() -> None:
        asked = asyncio.Event()

        async def check(_: Page) -> bool:
            asked.set()
            await asyncio.Event().wait()
            return True

        pool = ResourcePool(
            Page, max_size=1, check=check, acquire_timeout=None, close_timeout="10 ms"
        )
        page = await use(pool)
        user = asyncio.ensure_future(use(pool))
        await asked.wait()
        with pytest.raises(ResourceTimeout, match="was closed while it was in use"):
            await pool.close()
        async with asyncio.timeout(20):
            with pytest.raises(ClosedError):
                await user
        assert page.closed

    asyncio.run(main())


def test_a_check_before_use_takes_no_longer_than_a_block_waits() -> None:
    """And that is what is told."""

    async def main() -> None:
        async def check(_: Page) -> bool:
            await asyncio.Event().wait()
            return True

        async with ResourcePool(Page, check=check, acquire_timeout="10 ms") as pool:
            await use(pool)
            with pytest.raises(ResourceTimeout, match="checking one took longer than"):
                await use(pool)
            assert (pool.stats().timed_out, pool.stats().broken) == (1, 1)

    asyncio.run(main())


def test_a_check_after_an_error_is_cut() -> None:
    """It may take as long as closing; the block is left by its own error."""

    async def main() -> None:
        async def check(_: Page) -> bool:
            await asyncio.Event().wait()
            return True

        async with ResourcePool(Page, check=check, close_timeout="10 ms") as pool:
            async with asyncio.timeout(20):
                with pytest.raises(KeyError):
                    async with pool.acquire():
                        raise KeyError
            assert (pool.stats().broken, pool.stats().timed_out) == (1, 0)

    asyncio.run(main())


def test_the_time_of_a_block_holds_for_opening_the_pool_as_well() -> None:
    """Where its first resources do not open, who waits for them is told."""

    async def main() -> None:
        pool = ResourcePool(hang, min_size=1, name="the database")
        async with asyncio.timeout(20):
            with pytest.raises(ResourceTimeout, match="opening the database took longer than"):
                async with pool.acquire(timeout="10 ms"):
                    raise AssertionError
        assert (pool.state, pool.stats().timed_out, pool.stats().failed) == ("new", 1, 0)

    asyncio.run(main())


def test_what_does_not_open_ends_with_the_pool() -> None:
    """Who asked for it is told, and closing waits for it once and no longer."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        pool = ResourcePool(hang, acquire_timeout=None, close_timeout="200 ms")
        user = asyncio.ensure_future(use(pool))
        await turns()
        supply = pool.supply
        assert supply is not None
        with pytest.raises(ResourceTimeout, match="1 resource did not open within"):
            await pool.close()
        async with asyncio.timeout(20):
            with pytest.raises(ClosedError):
                await user
        assert (pool.stats().size, pool.stats().failed, pool.stats().timed_out) == (0, 0, 0)
        # Nothing is waited for again, whatever is still out.
        supply.places.opening = 1
        begun = loop.time()
        ending = asyncio.ensure_future(supply.end())
        await turns()
        assert ending.done(), loop.time() - begun
        assert await ending == []

    asyncio.run(main())


def test_nothing_is_opened_in_a_pool_that_has_closed() -> None:
    """A place that was given before may be taken after."""

    async def main() -> None:
        made: list[Page] = []

        def make() -> Page:
            made.append(Page())
            return made[-1]

        pool = await ResourcePool(make).open()
        supply = pool.supply
        assert supply is not None
        assert supply.places.reserve()
        await pool.close()
        with pytest.raises(ClosedError):
            await supply.create()
        assert (made, pool.stats().size) == ([], 0)

    asyncio.run(main())


def test_several_that_stay_out_are_told_of() -> None:
    """Those in use and those that open, each in words of its own."""

    async def main() -> None:
        hangs = False

        async def make() -> Page:
            return await hang() if hangs else Page()

        pool = ResourcePool(make, close_timeout="10 ms", name="the database")
        one, two = pool.acquire(), pool.acquire()
        await one.__aenter__()
        await two.__aenter__()
        hangs = True
        user = asyncio.ensure_future(use(pool))
        await turns()
        with pytest.raises(ResourceTimeout) as caught:
            await pool.close()
        told = str(caught.value)
        assert told.startswith("the database: 2 resources did not come back within 10")
        assert "and were closed while they were in use" in told
        assert "1 resource did not open within" in told
        with pytest.raises(ClosedError):
            await user
        await one.__aexit__(None, None, None)
        await two.__aexit__(None, None, None)
        assert (pool.stats().size, pool.stats().in_use) == (0, 0)

    asyncio.run(main())


def test_a_check_that_raises_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """Or nobody would see that each use opens another; without secrets."""

    def check(_: Page) -> bool:
        message = "no way to https://me:hunter2@db.example.com/"
        raise AttributeError(message)

    async def main() -> None:
        async with ResourcePool(Page, check=check, name="the database") as pool:
            for _ in range(4):
                await use(pool)
                await turns()
            assert (pool.stats().opened, pool.stats().broken) == (4, 3)

    with caplog.at_level(logging.WARNING, logger="notebook_kit.lifetime"):
        asyncio.run(main())
    (told,) = [it.getMessage() for it in caplog.records if "check=" in it.getMessage()]
    assert told.startswith("the database: check= raised AttributeError: no way to")
    assert "hunter2" not in told


def test_a_factory_that_gives_nothing_is_refused() -> None:
    """When the first one is asked for, and nothing is handed out."""

    async def main() -> None:
        async def forgot() -> None:
            io.StringIO()

        async with ResourcePool(forgot) as pool:
            said = r"the factory of the pool returned None: has it a `return`\?"
            with pytest.raises(ConfigurationError, match=said):
                async with pool.acquire():
                    raise AssertionError
            assert (pool.stats().failed, pool.stats().size) == (1, 0)

    asyncio.run(main())
