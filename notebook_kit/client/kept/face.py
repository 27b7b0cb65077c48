"""The cache of a client, as its user sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.decorators.cache_stats import CacheStats

if TYPE_CHECKING:
    from notebook_kit.client.core import Core

__all__ = ["ClientCache"]


class ClientCache:
    """The answers that a client keeps; `Client.cache` gives it. From any thread.

    >>> api = nk.Client(server.url, cache="5 min")
    >>> [api.get("/airports/ZRH").result().source for _ in range(2)]
    ['network', 'cache']
    >>> api.cache
    <cache of a client: 1 hit, 1 miss, 1 answer kept, ...>
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
        care = self._core.care
        if care.rules is not None:
            return care.rules.stats()
        keeper = care.any_keeper()
        if keeper is None:
            return CacheStats()
        return keeper.stats(care.files[0] if care.files else None)

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
        care = self._core.care
        if care.rules is not None:
            return care.rules.forget([address])
        keeper = care.any_keeper()
        return 0 if keeper is None else keeper.invalidate(address, care.files)

    def clear(self) -> None:
        """Forget all answers; those of calls under way are not kept.

        Where there is a file, all that is in it is forgotten, for all who share it.
        """
        care = self._core.care
        if care.rules is not None:
            care.rules.forget(None)
        if (keeper := care.any_keeper()) is not None:
            keeper.clear(care.files)

    def __repr__(self) -> str:
        return f"<cache of a client: {self.stats()}>"
