"""A pool that two hundred tasks use, of which some break what they use and some are cancelled."""

from __future__ import annotations

import asyncio
import random
import statistics
from contextlib import suppress

from notebook_kit.lifetime import ResourcePool

TASKS = 200
EACH = 50
SHARE = 0.05


class Connection:
    """Counts how many there are."""

    live = most = opened = 0

    def __init__(self) -> None:
        cls = type(self)
        cls.live += 1
        cls.opened += 1
        cls.most = max(cls.most, cls.live)

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        type(self).live -= 1


async def connect() -> Connection:
    """Open one, which takes a moment."""
    await asyncio.sleep(0)
    return Connection()


async def crowd(pool: ResourcePool[Connection], seed: int) -> tuple[list[int], int]:
    """Let all of them use the pool; return how many turns each has waited for, and uses."""
    chance = random.Random(seed)
    served = 0
    waits: list[int] = []

    async def use() -> None:
        nonlocal served
        began = served
        async with pool.acquire():
            served += 1
            waits.append(served - began)
            await asyncio.sleep(0)
            if chance.random() < SHARE:
                raise ConnectionResetError

    async def one() -> int:
        done = 0
        for _ in range(EACH):
            using = asyncio.ensure_future(use())
            if chance.random() < SHARE:
                for _ in range(chance.randrange(60)):
                    await asyncio.sleep(0)
                using.cancel()
            with suppress(ConnectionResetError, asyncio.CancelledError):
                await using
            done += 1
        return done

    ended = await asyncio.gather(*(one() for _ in range(TASKS)))
    return waits, sum(ended)


def test_never_too_many_none_lost_and_all_served_in_turn() -> None:
    """Ten thousand uses: as many closed as opened, and nobody waits much longer than the others."""
    Connection.live = Connection.most = Connection.opened = 0

    async def main() -> None:
        async with ResourcePool(connect, max_size=10) as pool:
            waits, uses = await crowd(pool, seed=1)
            stats = pool.stats()
            assert uses == TASKS * EACH
            assert (stats.in_use, stats.waiting) == (0, 0)
            assert stats.size <= 10
        assert Connection.most == pool.stats().most_in_use == 10
        assert Connection.live == 0
        assert pool.stats().opened == pool.stats().closed == Connection.opened
        assert pool.stats().broken > 400
        # In turns and not in seconds, which a busy machine stretches for some and not for others.
        assert max(waits) <= 3 * statistics.median(waits)

    asyncio.run(main())
