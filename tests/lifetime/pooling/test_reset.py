from __future__ import annotations

import asyncio

import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime import ResourcePool
from tests.lifetime.resources import turns


class Page:
    """Something that is written on; what was done to all of them stands in `log`."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.words: list[str] = []

    def close(self) -> None:
        self.log.append("closed")


def wiped(page: Page) -> None:
    """Make a page as new."""
    page.log.append("reset")
    page.words.clear()


async def wiped_later(page: Page) -> None:
    """Do the same, and take some turns for it."""
    await turns()
    wiped(page)


@pytest.mark.parametrize("reset", [wiped, wiped_later], ids=["plain", "async"])
def test_one_that_is_given_back_is_as_new(reset: object) -> None:
    """It is reset where the block ends, and lies idle or goes to the next only after that."""

    async def main() -> None:
        log: list[str] = []
        pool = ResourcePool(lambda: Page(log), max_size=1, reset=reset)  # type: ignore[call-overload]

        async def write(word: str) -> None:
            async with pool.acquire() as page:
                assert page.words == []
                page.words.append(word)
                await turns()

        async with pool:
            await asyncio.gather(*(write(word) for word in "abc"))
            assert log == ["reset"] * 3
            async with pool.acquire() as page:
                assert page.words == []
            assert (pool.stats().opened, pool.stats().broken) == (1, 0)

    asyncio.run(main())


def test_one_whose_block_failed_is_reset_and_kept() -> None:
    """With a check, that is asked after it; either may have it replaced."""

    async def main() -> None:
        log: list[str] = []
        sound = True

        def checked(page: Page) -> bool:
            page.log.append("check")
            return sound

        async def fail(pool: ResourcePool[Page]) -> None:
            with pytest.raises(KeyError):
                async with pool.acquire():
                    raise KeyError

        async with ResourcePool(lambda: Page(log), reset=wiped) as pool:
            await fail(pool)
            assert (log, pool.stats().idle) == (["reset"], 1)
        log.clear()
        async with ResourcePool(lambda: Page(log), reset=wiped, check=checked) as pool:
            await fail(pool)
            assert (log, pool.stats().idle) == (["reset", "check"], 1)
            sound = False
            await fail(pool)
            await turns()
            assert (pool.stats().size, pool.stats().broken) == (0, 2)
            assert log[2:] == ["check", "reset", "check", "closed", "closed"]

    asyncio.run(main())


def test_one_that_cannot_be_reset_is_replaced() -> None:
    """The block ended well, and is told nothing; the next one gets another."""

    async def main() -> None:
        log: list[str] = []

        def broken(page: Page) -> None:
            raise OSError

        async with ResourcePool(lambda: Page(log), reset=broken) as pool:
            async with pool.acquire() as first:
                pass
            async with pool.acquire() as second:
                assert second is not first
            with pytest.raises(KeyError):
                async with pool.acquire():
                    raise KeyError
            assert (pool.stats().broken, pool.stats().opened) == (3, 3)
        assert log == ["closed"] * 3

    asyncio.run(main())


def test_a_reset_that_takes_too_long_is_cut() -> None:
    """It may take as long as closing; the resource is replaced."""

    async def main() -> None:
        log: list[str] = []
        cut = asyncio.Event()

        async def endless(page: Page) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cut.set()

        async with ResourcePool(lambda: Page(log), reset=endless, close_timeout=0.02) as pool:
            async with pool.acquire():
                pass
            assert cut.is_set()
            assert pool.stats().broken == 1
        assert log == ["closed"]

    asyncio.run(main())


def test_one_that_is_being_reset_when_its_user_is_cancelled_is_closed() -> None:
    """It is in the middle of something; the cancellation is passed on, and who waits gets a new."""

    async def main() -> None:
        log: list[str] = []
        resetting = asyncio.Event()

        async def slow(page: Page) -> None:
            resetting.set()
            await asyncio.Event().wait()

        async def use(pool: ResourcePool[Page]) -> None:
            async with pool.acquire():
                pass

        async with ResourcePool(lambda: Page(log), reset=slow, max_size=1) as pool:
            user = asyncio.ensure_future(use(pool))
            await resetting.wait()
            assert pool.stats().in_use == 1
            user.cancel()
            with pytest.raises(asyncio.CancelledError):
                await user
            async with pool.acquire():
                assert (pool.stats().broken, pool.stats().opened) == (1, 2)
                resetting.clear()
                closing = asyncio.ensure_future(pool.close())
                await turns()
            # A pool that closes has no use for one as new.
            await closing
            assert not resetting.is_set()
        assert log == ["closed"] * 2

    asyncio.run(main())


def test_one_that_is_let_go_of_when_its_loop_ends_is_closed() -> None:
    """The end of a loop cancels also those closings that have not begun."""
    log: list[str] = []
    pools: list[ResourcePool[Page]] = []

    async def main() -> None:
        pool = ResourcePool(lambda: Page(log))
        pools.append(pool)
        with pytest.raises(KeyError):
            async with pool.acquire():
                raise KeyError
        assert log == []

    asyncio.run(main())
    assert log == ["closed"]
    assert pools[0].stats().closed == 1


def test_a_reset_is_a_function() -> None:
    """Something else is refused when the pool is made."""
    with pytest.raises(ConfigurationError, match="reset='ROLLBACK' cannot be called"):
        ResourcePool(object, reset="ROLLBACK")  # type: ignore[call-overload]
