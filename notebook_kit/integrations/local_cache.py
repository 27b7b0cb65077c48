"""A cache in memory that opens and closes as other resources do."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from notebook_kit.decorators.async_cache import AsyncCache
from notebook_kit.errors.brevity import brief
from notebook_kit.lifetime import AsyncResource, Holding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.policies import Duration

__all__ = ["LocalCache"]

K = TypeVar("K")
V = TypeVar("V")


class LocalCache(AsyncResource, Generic[K, V]):
    """Keeps values by key until it closes: one fetch for each, however many wait for it.

    It has the face of `notebook_kit.integrations.redis.SharedCache`, so that one can stand in the
    place of the other. When it closes, it is empty, and what was fetched in the background has
    ended; a fetch that somebody still waits for gives him its answer.

    Args:
        ttl: how long a value is given, a duration; None for as long as it is open.
        fetch: is given a key and returns its value, where `get` names no other; async or not.
        name: what `notebook_kit.open_resources` calls it.
        refresh_before_expiry: so long before the end of ``ttl`` what is kept is given at once, and
            fetched anew in the background; a duration shorter than ``ttl``.
        stale: until it is so old, a value is given where its source is down; a duration longer
            than ``ttl``.
        max_items: values kept; the one not used for longest goes first. None for no bound.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> import asyncio
    >>> async def main():
    ...     async with LocalCache(ttl="60 s", fetch=str.upper) as cache:
    ...         await cache.set("b", "set")
    ...         return [await cache.get("a"), await cache.get("b"), cache.stats().items]
    >>> asyncio.run(main())
    ['A', 'set', 2]
    """

    kind: ClassVar[str] = "cache"

    def __init__(
        self,
        ttl: Duration | None = None,
        *,
        fetch: Callable[[K], Awaitable[V] | V] | None = None,
        name: str = "LocalCache",
        refresh_before_expiry: Duration | None = None,
        stale: Duration | None = None,
        max_items: int | None = 1_000,
    ) -> None:
        with brief:
            self.name = name
            self._fetch = fetch
            self._kept = AsyncCache[K, V](
                fetch=fetch,
                name=name,
                _listed=False,
                ttl=ttl,
                refresh_before_expiry=refresh_before_expiry,
                stale=stale,
                max_items=max_items,
            )

    async def get(self, key: K, fetch: Callable[[K], Awaitable[V] | V] | None = None) -> V | None:
        """Return the value that is kept, or what fetching it gives to all who ask meanwhile.

        Args:
            key: what the value is known by; lists and dictionaries are read through.
            fetch: is given the key and returns the value; async or not. Without one here and at
                the cache, None is returned where nothing is kept.

        Raises:
            ClosedError: when the cache was closed.
            ConfigurationError: when the key is none, or ``fetch`` cannot be called.
            Exception: what ``fetch`` raises; nothing is kept then.
        """
        with brief:
            await self.open()
            if fetch is None and self._fetch is None:
                return self._kept.peek(key)
            return await self._kept.get(key, fetch)

    async def set(self, key: K, value: V) -> None:
        """Keep a value.

        Raises:
            ClosedError: when the cache was closed.
            ConfigurationError: when the key is none.
        """
        with brief:
            await self.open()
            self._kept.set(key, value)

    async def delete(self, key: K) -> bool:
        """Forget the value of a key, also one that is to come; tell whether there was one.

        Raises:
            ClosedError: when the cache was closed.
        """
        with brief:
            await self.open()
            return self._kept.invalidate(key)

    async def clear(self) -> int:
        """Forget all values; return how many there were.

        Raises:
            ClosedError: when the cache was closed.
        """
        with brief:
            await self.open()
            count = self.stats().items
            self._kept.clear()
            return count

    def stats(self) -> CacheStats:
        """Return hits, misses, refreshes and how many values are kept."""
        return self._kept.stats()

    async def _close(self) -> None:
        await self._kept.end()

    def _abort(self) -> None:
        self._kept.clear()

    def _look(self) -> Holding:
        stats = self.stats()
        return Holding(str(stats), uses=stats.hits, busy=self._life.users > 0)
