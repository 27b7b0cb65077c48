"""The block in which a resource of a pool is used."""

from __future__ import annotations

from asyncio import get_running_loop
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime.pooling.entry import Entry
from notebook_kit.lifetime.wakeful import stay_awake

if TYPE_CHECKING:
    from types import TracebackType

    from notebook_kit.lifetime.pooling.pool import ResourcePool
    from notebook_kit.lifetime.pooling.supply import Supply

__all__ = ["Lease"]

T = TypeVar("T")

#: Stands for the resource while a block waits for it, so that no other is entered meanwhile.
_COMING: Final[Entry[Any]] = Entry(None, 0.0)

_HOW: Final = "write `async with pool.acquire() as it:`"


class Lease(Generic[T]):
    """Takes a resource of a pool where its ``async with`` begins, and gives it back where it ends.

    See `ResourcePool.acquire`.
    """

    __slots__ = ("_entry", "_pool", "_supply", "_timeout_s")

    _supply: Supply[T]

    def __init__(self, pool: ResourcePool[T], timeout_s: float | None) -> None:
        # A pool of which something is in use is not dropped.
        self._pool = pool
        self._timeout_s = timeout_s
        self._entry: Entry[T] | None = None

    def __await__(self) -> NoReturn:
        message = f"pool.acquire() is not awaited, or nobody would give it back: {_HOW}."
        raise ConfigurationError(message)

    def __repr__(self) -> str:
        return f"<Lease: has a resource inside its block; {_HOW}>"

    async def __aenter__(self) -> T:
        if self._entry is not None:
            message = "This block of the pool is in use: write pool.acquire() once for each block."
            raise ConfigurationError(message)
        supply = self._pool.supply
        if supply is None or supply.places.loop is not get_running_loop():
            entry = await self._first()
            places = self._supply.places
        else:
            self._supply = supply
            places = supply.places
            if not places.is_kept_awake:
                stay_awake(places)
            # The way of most: something lies idle, and nothing is to be asked of it.
            if places.taken_plainly and places.idle:
                entry = places.idle.pop()
            else:
                self._entry = _COMING
                try:
                    entry = await supply.obtain(self._timeout_s)
                except BaseException:
                    self._entry = None
                    raise
        self._entry = entry
        places.acquired += 1
        if len(places.idle) < places.fewest_idle:
            places.note_use()
        return entry.resource

    async def _first(self) -> Entry[T]:
        """Return a resource of a pool that is to be opened before, both in the time of one wait."""
        self._entry = _COMING
        try:
            supply, left_s = await self._pool.opened_within(self._timeout_s)
            self._supply = supply
            stay_awake(supply.places)
            return await supply.obtain(left_s)
        except BaseException:
            self._entry = None
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entry, self._entry = self._entry, None
        if entry is None:
            return
        places = self._supply.places
        if error is not None:
            await self._supply.give_after_error(entry)
        elif not places.given_plainly:
            await self._supply.give_back(entry)
        elif not places.waiting or not places.hand_over(entry):
            if places.keeps_time:
                entry.since = places.now()
            places.idle.append(entry)
