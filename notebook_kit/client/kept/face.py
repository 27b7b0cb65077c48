"""The cache of a client, as its user sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.decorators.answers import CacheStats

if TYPE_CHECKING:
    from notebook_kit.client.core import Core

__all__ = ["ClientCache"]


class ClientCache:
    """The answers that a client keeps; `Client.cache` gives it. From any thread.

    >>> api = nk.Client(server.url, cache="5 min")
    >>> [api.get("/airports/ZRH").result().source for _ in range(2)]
    ['network', 'cache']
    >>> api.cache
    <cache of a client: 1 answer kept, 1 hit, 1 miss>
    >>> 200 < api.cache.stats().bytes < 2_000
    True
    >>> api.cache.invalidate("/airports/ZRH"), api.cache.stats().items
    (1, 0)
    >>> api.close().wait()
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    def stats(self) -> CacheStats:
        """Return hits, misses, refreshes, and how many answers and bytes are kept."""
        keeper = self._core.care.keeper
        return CacheStats() if keeper is None else keeper.stats()

    def invalidate(self, url: str) -> int:
        """Forget the answers from a URL, to whoever and in whatever form; tell how many there were.

        A call that is under way answers who waits for it, and is not kept.

        Args:
            url: a path with its query, put behind the base URL and given the client's parameters
                as in a call; or a whole URL.

        Raises:
            ConfigurationError: when it is no URL.
        """
        address = str(self._core.build("GET", url, {}).url)
        keeper = self._core.care.keeper
        return 0 if keeper is None else keeper.invalidate(address)

    def clear(self) -> None:
        """Forget all answers; those of calls under way are not kept."""
        if (keeper := self._core.care.keeper) is not None:
            keeper.clear()

    def __repr__(self) -> str:
        stats = self.stats()
        items = f"{stats.items:,} answer{'' if stats.items == 1 else 's'} kept"
        hits = f"{stats.hits:,} hit{'' if stats.hits == 1 else 's'}"
        misses = f"{stats.misses:,} miss{'' if stats.misses == 1 else 'es'}"
        return f"<cache of a client: {items}, {hits}, {misses}>"
