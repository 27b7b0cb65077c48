"""A pool of what is costly to open: so many at most, used in turn, replaced when broken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, Unpack, overload

from notebook_kit.lifetime.async_resource import AsyncResource
from notebook_kit.lifetime.monitor.holding import Holding
from notebook_kit.lifetime.pooling.lease import Lease
from notebook_kit.lifetime.pooling.options import PoolOptions
from notebook_kit.lifetime.pooling.stats import PoolStats
from notebook_kit.lifetime.pooling.supply import Supply
from notebook_kit.lifetime.pooling.tally import Tally
from notebook_kit.lifetime.pooling.upkeep import Upkeep
from notebook_kit.lifetime.pooling.words import took_too_long
from notebook_kit.lifetime.uncut import in_time, one_of
from notebook_kit.policies import seconds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.errors import ResourceTimeout
    from notebook_kit.lifetime.pooling.options import PoolKeywords
    from notebook_kit.policies import Duration

__all__ = ["ResourcePool"]

T = TypeVar("T")


class ResourcePool(AsyncResource, Generic[T]):
    """So many resources of one sort at most, each used by one block at a time.

    They are opened when they are needed, kept for those who come next, and replaced when they are
    broken. Who finds none waits, first come, first served. The pool opens itself on first use, and
    is closed as any `AsyncResource` is; it belongs to one event loop.

    Args:
        factory: opens one: a function or an async function without arguments. An `AsyncResource`
            that it returns is opened, too.
        min_size: resources that stay open, also while nobody needs them.
        max_size: resources that there are at most, those included that are being opened or closed.
        max_idle: resources that are kept while nobody uses them, as a count; all, if None.
        idle_timeout: how long one is kept that nobody uses, a duration; for ever, if None.
        max_age: how long one is used at most, a duration.
        check: is given one that lay idle before it is used again, and one whose block ended with an
            error; tells whether it is sound. May be async.
        reset: is given one whose block has ended, to make it as new for the next; one for which it
            raises, or takes longer than ``close_timeout``, is replaced. May be async. Without it
            and ``check``, one whose block ended with an error is replaced, because nobody knows
            what state it is in.
        close: closes one; its ``aclose()`` or ``close()``, if None. May be async.
        acquire_timeout: how long a block waits for one, a duration; for ever, if None.
        close_timeout: how long closing one may take, and how long closing the pool waits for those
            that are in use, a duration.
        name: what messages call it.

    Raises:
        ConfigurationError: when an option cannot work.

    >>> import asyncio, io
    >>> async def main() -> str:
    ...     async with ResourcePool(io.StringIO, max_size=2) as pool:
    ...         async with pool.acquire() as page:
    ...             page.write("hello")
    ...         async with pool.acquire() as page:
    ...             return page.getvalue()
    >>> asyncio.run(main())
    'hello'
    """

    kind: ClassVar[str] = "pool"

    @overload
    def __init__(
        self, factory: Callable[[], Awaitable[T]], **options: Unpack[PoolKeywords[T]]
    ) -> None: ...
    @overload
    def __init__(self, factory: Callable[[], T], **options: Unpack[PoolKeywords[T]]) -> None: ...
    def __init__(
        self,
        factory: Callable[[], Any],
        *,
        min_size: int = 0,
        max_size: int = 10,
        max_idle: int | None = None,
        idle_timeout: Duration | None = None,
        max_age: Duration | None = None,
        check: Callable[[T], bool | Awaitable[bool]] | None = None,
        reset: Callable[[T], object] | None = None,
        close: Callable[[T], object] | None = None,
        acquire_timeout: Duration | None = "30 s",
        close_timeout: Duration = "5 s",
        name: str = "the pool",
    ) -> None:
        self._options = PoolOptions.checked(
            factory,
            sizes=(min_size, max_size, max_idle),
            lengths={
                "idle_timeout": idle_timeout,
                "max_age": max_age,
                "acquire_timeout": acquire_timeout,
                "close_timeout": close_timeout,
            },
            check=check,
            reset=reset,
            close=close,
        )
        self.name = name
        # Waiting for those in use comes first, then all are closed at once.
        self.close_timeout_s = 2 * self._options.close_timeout_s + 1
        self.supply: Supply[T] | None = None
        self._acquire_timeout_s = self._options.acquire_timeout_s
        self._tally = Tally()
        self._upkeep: Upkeep | None = None

    def acquire(self, *, timeout: Duration | None = None) -> Lease[T]:
        """Return a block that has a resource for itself: ``async with pool.acquire() as it:``.

        Args:
            timeout: how long this block waits for one, a duration, in place of `acquire_timeout`.

        Raises:
            ResourceTimeout: when the block is entered and none comes free in time.
            ClosedError: when the pool is closed.
            Exception: what `factory` raises, where one had to be opened.
        """
        if timeout is None:
            return Lease(self, self._acquire_timeout_s)
        return Lease(self, seconds(timeout, name="timeout"))

    async def opened_within(self, timeout_s: float | None) -> tuple[Supply[T], float | None]:
        """Return what it has, opened on first use, and the seconds that are left of the time.

        Raises:
            ClosedError: when the pool is closed.
            ConfigurationError: when it is open on another event loop.
            ResourceTimeout: when opening its first resources takes longer.
            Exception: what `factory` raises for one of those.
        """
        now = asyncio.get_running_loop().time
        until = None if timeout_s is None else now() + timeout_s

        def late() -> ResourceTimeout:
            self._tally.timed_out += 1
            return took_too_long(f"opening {self._called}", timeout_s or 0.0)

        async with in_time(until, late):
            await self.open()
        assert self.supply is not None  # noqa: S101 - it is there from the opening on
        return self.supply, None if until is None else max(until - now(), 0.0)

    def stats(self) -> PoolStats:
        """Return how it stands now and what it has seen so far."""
        tally, supply = self._tally, self.supply
        places = supply.places if supply is not None else None
        return PoolStats(
            max_size=self._options.max_size,
            size=places.taken if places else 0,
            idle=len(places.idle) if places else 0,
            in_use=places.in_use if places else 0,
            waiting=places.waits if places else 0,
            most_in_use=tally.most_in_use,
            acquired=places.acquired if places else 0,
            opened=tally.opened,
            closed=tally.closed,
            broken=tally.broken,
            failed=tally.failed,
            timed_out=tally.timed_out,
            longest_wait_s=tally.longest_wait_s,
        )

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what answers depend on, for the fingerprint of a function that uses this."""
        return {"factory": self._options.factory}

    async def _open(self) -> None:
        before, here = self.supply, asyncio.get_running_loop()
        supply = self.supply = Supply(self._options, self._called, self._tally, here)
        if before is not None:
            supply.places.acquired = before.places.acquired
        # Where opening the first ones fails, those that are there already are closed.
        self._stack.push_async_callback(supply.end)
        self._upkeep = Upkeep(supply)
        await self._upkeep.begin()

    async def _close(self) -> None:
        if self._upkeep is not None:
            self._upkeep.end()
        if self.supply is not None and (faults := await self.supply.end()):
            raise one_of(faults)

    def _look(self) -> Holding:
        stats = self.stats()
        return Holding(
            str(stats),
            uses=stats.acquired,
            busy=stats.in_use > 0,
            meter=(stats.in_use, stats.idle, stats.max_size),
        )
