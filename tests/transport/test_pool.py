"""The pool: who gets a slot, who waits, and what becomes of connections."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.client.transports.pool import ConnectionPool, Lease, PoolLimits
from notebook_kit.errors import ClosedError
from tests.transport.helpers import turns

if TYPE_CHECKING:
    from collections.abc import Hashable


@dataclass(eq=False)
class Connection:
    """A connection that only remembers whether it was closed."""

    usable: bool = True
    closed: bool = False


class Pool:
    """A pool of such connections on the running loop."""

    def __init__(self, **limits: float | None) -> None:
        self.pool = ConnectionPool[Connection](
            PoolLimits(**limits),  # type: ignore[arg-type]
            close=self._close,
            usable=lambda connection: connection.usable,
            clock=asyncio.get_running_loop(),
        )

    def _close(self, connection: Connection) -> None:
        assert not connection.closed
        connection.closed = True

    async def take(self, origin: Hashable = "a", timeout: float | None = None) -> Lease[Connection]:
        """Get a slot, and open a connection where there is none."""
        lease = await self.pool.acquire(origin, timeout)
        if lease.connection is None:
            self.pool.opened(lease, Connection())
        return lease

    @property
    def counts(self) -> tuple[int, int, int]:
        counts = self.pool.statistics()
        return counts.open, counts.idle, counts.opened_total


def test_a_connection_is_handed_on() -> None:
    """A connection released for reuse is the next one's of that origin, and only of that one."""

    async def main() -> None:
        pool = Pool()
        lease = await pool.take("a")
        first = lease.connection
        pool.pool.release(lease, reuse=True)
        assert pool.counts == (1, 1, 1)
        other = await pool.take("b")
        again = await pool.take("a")
        assert again.connection is first
        assert other.connection is not first
        assert pool.counts == (2, 0, 2)

    asyncio.run(main())


def test_waiters_are_served_in_order() -> None:
    """Slots go to whoever waits the longest, over all origins."""

    async def main() -> None:
        pool = Pool(max_connections=1)
        held = await pool.take("a")
        order: list[str] = []

        async def use(origin: str) -> None:
            lease = await pool.take(origin)
            order.append(origin)
            pool.pool.release(lease, reuse=True)

        origins = ["b", "a", "c", "a", "b"]
        tasks = []
        for origin in origins:
            tasks.append(asyncio.ensure_future(use(origin)))
            await turns(1)
        assert pool.pool.waiting == 5
        pool.pool.release(held, reuse=True)
        await asyncio.gather(*tasks)
        assert order == origins
        assert pool.pool.waiting == 0

    asyncio.run(main())


def test_a_busy_host_holds_up_nobody_else() -> None:
    """Whoever waits for a host that has all its connections lets others by."""

    async def main() -> None:
        pool = Pool(max_connections=3, max_connections_per_host=1)
        busy = await pool.take("a")
        waiting = asyncio.ensure_future(pool.take("a"))
        await turns()
        other = await pool.take("b", timeout=0)
        assert not waiting.done()
        pool.pool.release(other, reuse=True)
        await turns()
        assert not waiting.done()
        pool.pool.release(busy, reuse=True)
        assert (await waiting).connection is not None

    asyncio.run(main())


def test_a_slot_granted_to_the_cancelled_goes_on() -> None:
    """A waiter cancelled in the turn in which it got the slot hands it to the next one."""

    async def main() -> None:
        pool = Pool(max_connections=1)
        held = await pool.take()
        doomed = asyncio.ensure_future(pool.take())
        lucky = asyncio.ensure_future(pool.take())
        await turns()
        pool.pool.release(held, reuse=True)
        doomed.cancel()
        async with asyncio.timeout(1):
            lease = await lucky
        assert doomed.cancelled()
        pool.pool.release(lease, reuse=False)
        assert pool.counts == (0, 0, 1)

    asyncio.run(main())


def test_waiters_that_gave_up_are_forgotten() -> None:
    """Whoever was cancelled or timed out in the queue leaves nothing in it."""

    async def main() -> None:
        pool = Pool(max_connections=1)
        held = await pool.take()
        for _ in range(100):
            task = asyncio.ensure_future(pool.take())
            await turns(1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        with pytest.raises(httpx.PoolTimeout, match="1 of max_connections=1"):
            await pool.take(timeout=0.001)
        assert pool.pool.waiting == 0
        pool.pool.release(held, reuse=True)
        assert (await pool.take(timeout=0)).connection is not None

    asyncio.run(main())


def test_the_bound_that_was_met_is_named() -> None:
    """A PoolTimeout says which bound was met, and by how many."""

    async def main() -> None:
        pool = Pool(max_connections=5, max_connections_per_host=2)
        for _ in range(2):
            await pool.take("a")
        with pytest.raises(httpx.PoolTimeout, match="2 of max_connections_per_host=2"):
            await pool.take("a", timeout=0)

    asyncio.run(main())


def test_idle_connections_count_against_the_bound() -> None:
    """A new connection to another origin closes the longest idle one when all slots are used."""

    async def main() -> None:
        pool = Pool(max_connections=2)
        leases = [await pool.take(origin) for origin in ("a", "b")]
        connections = [lease.connection for lease in leases]
        for lease in leases:
            pool.pool.release(lease, reuse=True)
        await pool.take("c")
        assert [it.closed for it in connections if it is not None] == [True, False]
        assert pool.counts == (2, 1, 3)

    asyncio.run(main())


def test_what_is_no_longer_usable_is_not_handed_on() -> None:
    """An idle connection that turns out dead is closed, and a new one opened in its place."""

    async def main() -> None:
        pool = Pool()
        lease = await pool.take()
        dead = lease.connection
        assert dead is not None
        pool.pool.release(lease, reuse=True)
        dead.usable = False
        assert (await pool.take()).connection is not dead
        assert dead.closed
        assert pool.counts == (1, 0, 2)

    asyncio.run(main())


def test_an_idle_connection_that_ends_by_itself() -> None:
    """One that the owner says is gone is struck out without being closed again."""

    async def main() -> None:
        pool = Pool()
        lease = await pool.take()
        gone = lease.connection
        assert gone is not None
        pool.pool.release(lease, reuse=True)
        pool.pool.forget(gone)
        pool.pool.forget(gone)
        assert not gone.closed
        assert pool.counts == (0, 0, 1)

    asyncio.run(main())


def test_giving_back_twice_counts_once() -> None:
    """A lease is given back once, however often and in whatever way it is said."""

    async def main() -> None:
        pool = Pool(max_connections=1)
        lease = await pool.take()
        pool.pool.release(lease, reuse=False)
        pool.pool.release(lease, reuse=True)
        pool.pool.discard(lease)
        lease = await pool.take(timeout=0)
        pool.pool.discard(lease)
        pool.pool.discard(lease)
        assert pool.counts == (0, 0, 2)
        await pool.take(timeout=0)
        with pytest.raises(httpx.PoolTimeout):
            await pool.take(timeout=0)

    asyncio.run(main())


def test_a_slot_without_a_connection_can_be_given_back() -> None:
    """A lease whose connection could not be opened frees its slot."""

    async def main() -> None:
        pool = Pool(max_connections=1)
        lease = await pool.pool.acquire("a", 0)
        assert lease.connection is None
        pool.pool.release(lease, reuse=False)
        await pool.take(timeout=0)

    asyncio.run(main())


def test_closing_turns_everybody_away() -> None:
    """After close: idle ones are closed, waiters and newcomers get ClosedError, nothing is kept."""

    async def main() -> None:
        pool = Pool(max_connections=2)
        idle, used = await pool.take("a"), await pool.take("b")
        kept, in_use = idle.connection, used.connection
        pool.pool.release(idle, reuse=True)
        again = await pool.take("a")
        waiting = asyncio.ensure_future(pool.take("c"))
        await turns()
        pool.pool.close()
        with pytest.raises(ClosedError):
            await waiting
        with pytest.raises(ClosedError):
            await pool.take()
        pool.pool.release(used, reuse=True)
        pool.pool.release(again, reuse=True)
        assert kept is not None
        assert in_use is not None
        assert (kept.closed, in_use.closed) == (True, True)
        assert pool.counts == (0, 0, 2)
        assert pool.pool.closed

    asyncio.run(main())


def test_no_bounds_at_all() -> None:
    """With None for every bound nobody waits and nothing is closed."""

    async def main() -> None:
        pool = Pool(
            max_connections=None,
            max_keepalive_connections=None,
            max_connections_per_host=None,
            keepalive_expiry=None,
        )
        leases = [await pool.take(timeout=0) for _ in range(300)]
        for lease in leases:
            pool.pool.release(lease, reuse=True)
        assert pool.counts == (300, 300, 300)
        pool.pool.close()

    asyncio.run(main())


def test_a_slot_that_is_free_is_had_at_once() -> None:
    """`acquire_now` gives what `acquire` gives, without waiting, or nothing."""

    async def main() -> None:
        pool = Pool(max_connections=1).pool
        lease = pool.acquire_now("a")
        assert lease is not None
        assert lease.connection is None
        assert pool.acquire_now("a") is None
        connection = Connection()
        pool.opened(lease, connection)
        pool.release(lease, reuse=True)
        again = pool.acquire_now("a")
        assert again is not None
        assert again.connection is connection
        pool.release(again, reuse=False)
        pool.close()
        with pytest.raises(ClosedError):
            pool.acquire_now("a")

    asyncio.run(main())
