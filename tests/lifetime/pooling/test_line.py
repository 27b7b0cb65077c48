"""Who waits for a resource, and what becomes of what comes for one who has left."""

from __future__ import annotations

import asyncio
import io
from contextlib import suppress

import pytest

from notebook_kit.errors import ConfigurationError, ResourceTimeout
from notebook_kit.lifetime import ResourcePool
from tests.lifetime.resources import turns


async def use(pool: ResourcePool[io.StringIO], leave: asyncio.Event | None = None) -> None:
    """Use one, until told to leave it."""
    async with pool.acquire():
        if leave is not None:
            await leave.wait()


async def give_up(pool: ResourcePool[io.StringIO]) -> None:
    """Wait for one for a moment, in vain."""
    with suppress(ResourceTimeout):
        async with pool.acquire(timeout="1 ms"):
            raise AssertionError


def test_what_comes_for_one_who_has_left_is_given_back_like_any_other() -> None:
    """No more lie idle than may, although nobody has used it."""

    async def main() -> None:
        pool = ResourcePool(io.StringIO, max_size=1, max_idle=0)
        async with pool.acquire():
            waiting = asyncio.ensure_future(use(pool))
            await turns()
        # It has come for the one who waits, and he does not know it yet.
        waiting.cancel()
        await asyncio.wait([waiting])
        await turns()
        assert waiting.cancelled()
        assert (pool.stats().idle, pool.stats().closed) == (0, 1)
        await pool.close()

    asyncio.run(main())


def test_who_closes_learns_of_what_came_for_one_who_has_left() -> None:
    """It is not waited for until the time is over."""

    async def main() -> None:
        pool = ResourcePool(io.StringIO, max_size=1, close_timeout="1 h")
        leave = asyncio.Event()
        user = asyncio.ensure_future(use(pool, leave))
        await turns()
        waiting = asyncio.ensure_future(use(pool))
        await turns()
        supply = pool.supply
        assert supply is not None
        # Its end begins to wait after this has come, and before the one it has come for is gone.
        ending = asyncio.ensure_future(supply.end())
        (entry,) = supply.places.entries
        supply.give(entry)
        waiting.cancel()
        await turns(10)
        assert ending.done()
        assert waiting.cancelled()
        leave.set()
        await user
        await pool.close()

    asyncio.run(main())


def test_a_place_that_comes_for_one_who_has_left_is_filled() -> None:
    """What should be there at least is opened in it."""

    async def main() -> None:
        pool = await ResourcePool(io.StringIO, min_size=1, max_size=1).open()
        block = pool.acquire()
        await block.__aenter__()
        waiting = asyncio.ensure_future(use(pool))
        await turns()
        error = KeyError()
        await block.__aexit__(KeyError, error, None)
        supply = pool.supply
        assert supply is not None
        while supply.places.waiting:
            await asyncio.sleep(0)
        waiting.cancel()
        await turns(10)
        assert (pool.stats().opened, pool.stats().idle) == (2, 1)
        await pool.close()

    asyncio.run(main())


def test_those_who_have_left_are_forgotten() -> None:
    """Also behind one who waits on, and while nothing comes free."""

    async def main() -> None:
        pool = ResourcePool(io.StringIO, max_size=1, acquire_timeout=None)
        leave = asyncio.Event()
        user = asyncio.ensure_future(use(pool, leave))
        await turns()
        patient = asyncio.ensure_future(use(pool))
        await turns()
        before: list[asyncio.Task[None]] = []
        supply = pool.supply
        assert supply is not None
        for _ in range(50):
            # There is always somebody at the end of the line who has not left yet.
            now = [asyncio.ensure_future(give_up(pool)) for _ in range(2)]
            await turns()
            await asyncio.gather(*before)
            before = now
        assert len(supply.places.waiting) < 20
        await asyncio.gather(*before)
        leave.set()
        await asyncio.gather(user, patient)
        await pool.close()

    asyncio.run(main())


def test_limits_of_those_who_were_cancelled_are_forgotten() -> None:
    """Behind one who waits on, and long before they would have been over."""

    async def main() -> None:
        async with ResourcePool(io.StringIO, max_size=1, acquire_timeout="1 h") as pool:
            async with pool.acquire():
                patient = asyncio.ensure_future(use(pool))
                for _ in range(50):
                    waiting = asyncio.ensure_future(use(pool))
                    await turns()
                    waiting.cancel()
                    await asyncio.wait([waiting])
                supply = pool.supply
                assert supply is not None
                assert len(supply._patience._turns) < 5
            await patient

    asyncio.run(main())


@pytest.mark.parametrize("idle", [1, 2])
def test_one_whose_check_fails_keeps_his_place_in_the_line(idle: int) -> None:
    """Who came while it was asked comes after him; also where another one fails then."""

    async def main() -> None:
        asked = asyncio.Event()
        order: list[str] = []

        async def check(_: io.StringIO) -> bool:
            asked.set()
            await turns(10)
            return False

        async def named(name: str) -> None:
            async with pool.acquire():
                order.append(name)
                await turns()

        pool = ResourcePool(io.StringIO, max_size=idle, check=check)
        async with pool:
            leases = [pool.acquire() for _ in range(idle)]
            for lease in leases:
                await lease.__aenter__()
            for lease in leases:
                await lease.__aexit__(None, None, None)
            first = asyncio.ensure_future(named("first"))
            await asked.wait()
            # Takes what else lies idle, and finds as little in it.
            others = [asyncio.ensure_future(named(f"other {number}")) for number in range(idle)]
            await asyncio.gather(first, *others)
            assert order == ["first", *(f"other {number}" for number in range(idle))]
            assert pool.stats().waiting == 0

    asyncio.run(main())


def test_one_whose_check_fails_takes_another_that_lies_idle() -> None:
    """What has come for him in the line meanwhile goes to the next."""

    async def main() -> None:
        made: list[io.StringIO] = []
        go = asyncio.Event()

        def make() -> io.StringIO:
            made.append(io.StringIO())
            return made[-1]

        async def check(page: io.StringIO) -> bool:
            if page is made[0]:
                return False
            await go.wait()
            return True

        async with ResourcePool(make, max_size=2, check=check) as pool:
            async with pool.acquire(), pool.acquire():
                pass
            lease = pool.acquire()
            taking = asyncio.ensure_future(lease.__aenter__())
            await turns(10)
            waiting = asyncio.ensure_future(use(pool))
            await turns()
            go.set()
            assert await taking is made[1]
            await waiting
            await lease.__aexit__(None, None, None)
            assert (pool.stats().in_use, pool.stats().waiting, pool.stats().size) == (0, 0, 2)

    asyncio.run(main())


def test_a_cancelled_look_at_another_leaves_the_line() -> None:
    """Nothing is kept for one who has gone in the middle of the second check."""

    async def main() -> None:
        asked: list[io.StringIO] = []

        async def check(page: io.StringIO) -> bool:
            asked.append(page)
            if len(asked) == 2:
                await asyncio.Event().wait()
            return len(asked) > 2

        async with ResourcePool(io.StringIO, max_size=2, check=check) as pool:
            async with pool.acquire(), pool.acquire():
                pass
            user = asyncio.ensure_future(use(pool))
            while len(asked) < 2:
                await asyncio.sleep(0)
            user.cancel()
            await asyncio.wait([user])
            await turns(10)
            assert (pool.stats().size, pool.stats().waiting) == (0, 0)

    asyncio.run(main())


def test_a_block_that_is_being_entered_is_not_entered_again() -> None:
    """Whether the pool opens or a resource does; after an error it can be."""

    async def main() -> None:
        gate = asyncio.Event()
        faults = [OSError("down")]

        async def make() -> io.StringIO:
            await gate.wait()
            if faults:
                raise faults.pop()
            return io.StringIO()

        for options in ({"min_size": 1}, {}):
            gate.clear()
            faults[:] = [OSError("down")]
            pool = ResourcePool(make, max_size=2, **options)  # type: ignore[call-overload]
            block = pool.acquire()
            first = asyncio.ensure_future(block.__aenter__())
            await turns()
            with pytest.raises(ConfigurationError, match="once for each block"):
                await block.__aenter__()
            gate.set()
            with pytest.raises(OSError, match="down"):
                await first
            async with block:
                assert pool.stats().in_use == 1
            assert pool.stats().in_use == 0
            await pool.close()

    asyncio.run(main())


def test_a_block_is_not_awaited() -> None:
    """It is told how it is written, and so it shows itself."""

    async def main() -> None:
        async with ResourcePool(io.StringIO) as pool:
            how = r"write `async with pool.acquire\(\) as it:`"
            with pytest.raises(ConfigurationError, match=how):
                await pool.acquire()
            assert "write `async with pool.acquire() as it:`" in repr(pool.acquire())
            assert pool.stats().opened == 0

    asyncio.run(main())
