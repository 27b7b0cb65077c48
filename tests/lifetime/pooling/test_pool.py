from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from notebook_kit.lifetime import PoolStats, ResourcePool, open_resources
from tests.lifetime.resources import Gated, turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Thing:
    """Something that a pool holds."""

    def __init__(self, maker: Maker, number: int) -> None:
        self.maker = maker
        self.number = number
        self.sound = True

    async def aclose(self) -> None:
        self.maker.live -= 1
        if self.maker.close_gate is not None:
            await self.maker.close_gate.wait()
        if self.maker.close_fault is not None:
            raise self.maker.close_fault


class Maker:
    """Makes things, and counts them."""

    def __init__(self) -> None:
        self.made = self.live = self.most = 0
        self.gate: asyncio.Event | None = None
        self.close_gate: asyncio.Event | None = None
        self.fault: Exception | None = None
        self.close_fault: Exception | None = None

    async def __call__(self) -> Thing:
        if self.gate is not None:
            await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.made += 1
        self.live += 1
        self.most = max(self.most, self.live)
        return Thing(self, self.made)


async def failed_use(pool: ResourcePool[Thing]) -> None:
    """Take a resource and leave its block by an error."""
    with pytest.raises(KeyError):
        async with pool.acquire():
            raise KeyError


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test that is async."""

    async def main() -> None:
        await work()

    asyncio.run(main())


async def hold(pool: ResourcePool[Thing], leave: asyncio.Event, got: list[int]) -> None:
    """Use a thing until told to leave it."""
    async with pool.acquire() as thing:
        got.append(thing.number)
        await leave.wait()


def test_what_was_used_is_used_again() -> None:
    """The one that was given back last comes first, and none is opened before it is needed."""

    async def work() -> None:
        maker = Maker()
        async with ResourcePool(maker, max_size=3) as pool:
            assert maker.made == 0
            async with pool.acquire() as one, pool.acquire() as two:
                assert (one.number, two.number) == (1, 2)
            async with pool.acquire() as again:
                assert again is one
            stats = pool.stats()
            assert (stats.size, stats.idle, stats.in_use, stats.most_in_use) == (2, 2, 0, 2)
            assert (stats.acquired, stats.opened, stats.closed) == (3, 2, 0)
        assert maker.live == 0
        assert (pool.stats().opened, pool.stats().closed, pool.stats().acquired) == (2, 2, 3)

    run(work)


def test_those_who_wait_are_served_in_their_order() -> None:
    """And there are never more than allowed; one who comes later does not overtake."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=2)
        leave = [asyncio.Event() for _ in range(6)]
        got: list[int] = []
        order: list[int] = []

        async def one(number: int) -> None:
            async with pool.acquire():
                order.append(number)
                await leave[number].wait()

        users = []
        for number in range(6):
            users.append(asyncio.ensure_future(one(number)))
            await turns(2)
        assert order == [0, 1]
        assert pool.stats().waiting == 4
        for number in (1, 0, 2, 3):
            leave[number].set()
            await turns()
        assert order == [0, 1, 2, 3, 4, 5]
        for event in leave:
            event.set()
        await asyncio.gather(*users)
        assert (maker.made, got) == (2, [])
        await pool.close()

    run(work)


def test_who_waits_too_long_is_told_how_it_stands() -> None:
    """And whoever comes after him gets what he did not."""

    async def work() -> None:
        pool = ResourcePool(Maker(), max_size=1, acquire_timeout=0.01, name="the database")
        leave = asyncio.Event()
        user = asyncio.ensure_future(hold(pool, leave, []))
        await turns()
        patient = asyncio.ensure_future(_number(pool, "20 s"))
        with pytest.raises(ResourceTimeout, match=r"the database: none of 1 place .* 1 in use"):
            await _number(pool, None)
        assert pool.stats().timed_out == 1
        leave.set()
        assert await patient == 1
        assert pool.stats().longest_wait_s > 0
        await user
        await pool.close()

    run(work)


async def _number(pool: ResourcePool[Thing], timeout: str | None) -> int:
    async with pool.acquire(timeout=timeout) as thing:
        return thing.number


def test_what_is_handed_to_one_who_is_cancelled_goes_to_the_next() -> None:
    """A thing, and also the right to open one."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=1)
        leave = asyncio.Event()
        user = asyncio.ensure_future(hold(pool, leave, []))
        await turns()
        first, second = (asyncio.ensure_future(_number(pool, None)) for _ in range(2))
        await turns()
        leave.set()
        await turns(1)  # It has been handed to the first by now, who does not know it yet.
        first.cancel()
        assert await second == 1
        assert first.cancelled()
        await user

        maker.gate = asyncio.Event()
        await pool.close()
        pool = ResourcePool(maker, max_size=1)
        opening = asyncio.ensure_future(_number(pool, None))
        await turns()
        first, second = (asyncio.ensure_future(_number(pool, None)) for _ in range(2))
        await turns()
        opening.cancel()
        await turns(1)
        first.cancel()
        await turns()
        maker.gate.set()
        assert await second == 2
        assert pool.stats().size == 1
        await pool.close()

    run(work)


def test_one_whose_block_failed_is_replaced() -> None:
    """Nobody knows what state it is in; its place is free when it has closed."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=1)
        maker.close_gate = asyncio.Event()
        await failed_use(pool)
        waiting = asyncio.ensure_future(_number(pool, None))
        await turns()
        assert (maker.made, pool.stats().size, pool.stats().broken) == (1, 1, 1)
        maker.close_gate.set()
        assert await waiting == 2
        assert maker.most == 1
        await pool.close()

    run(work)


def test_a_check_says_whether_it_is_sound() -> None:
    """Before it is used again, and after a block that failed; what raises says no."""

    async def work() -> None:
        maker = Maker()
        checked: list[int] = []

        async def check(thing: Thing) -> bool:
            checked.append(thing.number)
            await asyncio.sleep(0)
            if not thing.sound:
                raise ConnectionError
            return True

        pool = ResourcePool(maker, max_size=1, check=check)
        await failed_use(pool)
        async with pool.acquire() as thing:
            assert (thing.number, checked) == (1, [1, 1])
            thing.sound = False
        assert await _number(pool, None) == 2
        assert (pool.stats().broken, pool.stats().closed) == (1, 1)
        await pool.close()

    run(work)


def test_one_that_is_being_checked_when_its_user_is_cancelled_is_closed() -> None:
    """It is in the middle of something; the cancellation is passed on."""

    async def work() -> None:
        maker, asked = Maker(), asyncio.Event()

        async def check(_: Thing) -> bool:
            asked.set()
            await asyncio.Event().wait()
            return True

        pool = ResourcePool(maker, max_size=1, check=check)
        await _number(pool, None)
        user = asyncio.ensure_future(_number(pool, None))
        await asked.wait()
        user.cancel()
        with pytest.raises(asyncio.CancelledError):
            await user
        await turns()
        assert (maker.live, pool.stats().size) == (0, 0)
        with pytest.raises(ResourceTimeout):
            await _number_after_check(pool)
        await pool.close()
        assert maker.live == 0

    async def _number_after_check(pool: ResourcePool[Thing]) -> None:
        await _number(pool, None)
        await _number(pool, "0.01 s")

    run(work)


def test_an_error_of_opening_is_told_to_who_asked() -> None:
    """The next one tries again: when the server is back, nothing has to be started anew."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=1)
        maker.fault = ConnectionRefusedError("down")
        asked = await asyncio.gather(
            *(_number(pool, None) for _ in range(3)), return_exceptions=True
        )
        assert [str(error) for error in asked] == ["down"] * 3
        maker.fault = None
        assert await _number(pool, None) == 1
        assert pool.stats().failed == 3
        await pool.close()

    run(work)


def test_opening_that_takes_too_long_is_cut() -> None:
    """Its place is free again."""

    async def work() -> None:
        maker = Maker()
        maker.gate = asyncio.Event()
        pool = ResourcePool(maker, max_size=1, acquire_timeout=0.01)
        with pytest.raises(ResourceTimeout):
            await _number(pool, None)
        assert pool.stats().size == 0
        maker.gate.set()
        assert await _number(pool, None) == 1
        await pool.close()

    run(work)


def test_resources_of_ours_are_opened_and_closed() -> None:
    """And whatever else a function gives, as it can be closed."""

    async def work() -> None:
        log: list[str] = []
        pool: ResourcePool[Any] = ResourcePool(lambda: Gated("it", log))
        async with pool, pool.acquire() as resource:
            assert resource.is_open
        assert resource.state == "closed"
        closed: list[object] = []
        async with ResourcePool(object, close=closed.append) as plain, plain.acquire() as thing:
            pass
        assert closed == [thing]

    run(work)


def test_only_so_many_lie_idle() -> None:
    """The others are closed when they are given back."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=3, max_idle=1)
        async with pool.acquire(), pool.acquire(), pool.acquire():
            assert maker.live == 3
        await turns()
        assert (maker.live, pool.stats().idle) == (1, 1)
        await pool.close()

    run(work)


def test_the_first_ones_are_opened_with_the_pool_and_made_good() -> None:
    """One that breaks is replaced, though nobody has asked for it yet."""

    async def work() -> None:
        maker = Maker()
        pool = await ResourcePool(maker, min_size=2, max_size=3).open()
        assert (maker.made, pool.stats().idle) == (2, 2)
        await failed_use(pool)
        await turns(10)
        assert (maker.made, pool.stats().idle) == (3, 2)
        await pool.close()
        maker.fault = OSError("down")
        with pytest.raises(OSError, match="down"):
            await ResourcePool(maker, min_size=2).open()
        assert maker.live == 0

    run(work)


def test_what_cannot_be_made_good_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again when the next place comes free."""

    async def work() -> None:
        maker = Maker()
        pool = await ResourcePool(maker, min_size=1).open()
        maker.fault = OSError("down")
        await failed_use(pool)
        await turns(10)
        assert "could not open what is missing: OSError: down" in caplog.text
        await pool.close()

    with caplog.at_level(logging.WARNING):
        run(work)


def test_closing_waits_for_those_in_use() -> None:
    """Who waits for one is told that there will be none."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, max_size=1)
        leave = asyncio.Event()
        user = asyncio.ensure_future(hold(pool, leave, []))
        await turns()
        waiting = asyncio.ensure_future(_number(pool, None))
        await turns()
        closing = asyncio.ensure_future(pool.close())
        await turns()
        with pytest.raises(ClosedError, match="the pool was closed"):
            await waiting
        assert not closing.done()
        leave.set()
        await closing
        await user
        assert maker.live == 0
        with pytest.raises(ClosedError):
            await _number(pool, None)

    run(work)


def test_one_that_does_not_come_back_is_closed_under_its_user() -> None:
    """After so long a time; that is told, and giving it back later does nothing."""

    async def work() -> None:
        maker = Maker()
        pool = ResourcePool(maker, close_timeout=0.01)
        leave = asyncio.Event()
        user = asyncio.ensure_future(hold(pool, leave, []))
        await turns()
        with pytest.raises(ResourceTimeout, match="1 resource did not come back"):
            await pool.close()
        assert maker.live == 0
        leave.set()
        await user
        assert pool.stats().closed == 1

    run(work)


def test_one_that_opens_while_the_pool_closes_is_closed() -> None:
    """And who asked for it is told."""

    async def work() -> None:
        maker = Maker()
        maker.gate = asyncio.Event()
        pool = ResourcePool(maker)
        opening = asyncio.ensure_future(_number(pool, None))
        await turns()
        closing = asyncio.ensure_future(pool.close())
        await turns()
        maker.gate.set()
        with pytest.raises(ClosedError):
            await opening
        await closing
        assert (maker.made, maker.live) == (1, 0)

    run(work)


def test_errors_of_closing_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """By the close of the pool; of one that was replaced they are logged."""

    async def work() -> None:
        maker = Maker()
        maker.close_fault = OSError("stuck")
        pool = await ResourcePool(maker, min_size=2).open()
        with pytest.raises(OSError, match="stuck") as caught:
            await pool.close()
        assert len(caught.value.__notes__) == 1
        pool = ResourcePool(maker)
        await failed_use(pool)
        await turns()
        await pool.close()

    with caplog.at_level(logging.WARNING):
        run(work)
    assert "Closing a resource of a pool failed: OSError: stuck" in caplog.text


def test_closing_one_that_takes_too_long_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """It does not keep its place for ever."""

    async def work() -> None:
        maker = Maker()
        maker.close_gate = asyncio.Event()
        pool = ResourcePool(maker, max_size=1, close_timeout=0.01)
        await failed_use(pool)
        assert await _number(pool, "20 s") == 2
        maker.close_gate.set()
        await pool.close()

    with caplog.at_level(logging.WARNING):
        run(work)
    assert "Closing a Thing took longer than 10" in caplog.text


def test_a_pool_that_is_dropped_closes_what_it_has() -> None:
    """And it stays while something of it is in use."""

    async def work() -> None:
        maker = Maker()
        pool = await ResourcePool(maker, min_size=1).open()
        async with pool.acquire():
            del pool
            gc.collect()
            await turns()
            assert maker.live == 1
        gc.collect()
        await turns(10)
        assert maker.live == 0
        assert [it for it in open_resources() if it.kind == "pool"] == []

    run(work)


def test_it_is_listed_with_what_it_holds() -> None:
    """How many are used, lie idle, and may be."""

    async def work() -> None:
        async with ResourcePool(Maker(), max_size=3) as pool, pool.acquire():
            (told,) = [it for it in open_resources() if it.kind == "pool"]
            assert told.meter == (1, 0, 3)
            assert told.busy
            assert told.uses == 1
            assert "1 of 3 in use, 0 idle" in told.holds

    run(work)


def test_a_block_is_entered_once_at_a_time() -> None:
    """Or what it holds would be lost."""

    async def work() -> None:
        async with ResourcePool(Maker()) as pool:
            block = pool.acquire()
            async with block:
                with pytest.raises(ConfigurationError, match="once for each block"):
                    await block.__aenter__()
            async with block:
                assert pool.stats().in_use == 1

    run(work)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"factory": 7}, "factory=7 cannot be called"),
        ({"max_size": 0}, "max_size=0 must be a whole number of 1 or more"),
        ({"min_size": 3, "max_size": 2}, "min_size=3 is more than max_size=2"),
        ({"min_size": 2, "max_idle": 1}, "max_idle=1 is less than min_size=2"),
        ({"idle_timeout": "soon"}, "idle_timeout='soon' is not a duration"),
        ({"acquire_timeout": 0}, "acquire_timeout=0"),
        ({"check": True}, "check=True cannot be called"),
        ({"close": "close"}, "close='close' cannot be called"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], said: str) -> None:
    """When the pool is made."""
    with pytest.raises(ConfigurationError, match=said):
        ResourcePool(**{"factory": Maker(), **options})


def test_its_numbers_are_a_table() -> None:
    """And a line."""
    stats = PoolStats(max_size=10, size=3, idle=1, in_use=2, acquired=1)
    assert repr(stats) == (
        "<PoolStats: 2 of 10 in use, 1 idle, most 0 at once, acquired 1 time, opened 0, closed 0>"
    )
    assert "<tr><th>in use</th><td>2 of 10</td></tr>" in stats._repr_html_()
