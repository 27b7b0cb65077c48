"""How a cache does: counted as it is asked, told at any moment; no lock."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CacheCounts", "CacheStats"]


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How a cache did so far.

    Attributes:
        hits: calls answered at once by what was kept.
        misses: calls that had to wait for the function.
        shared: how many of those waited for a call that another had begun.
        refreshes: calls made in the background before an answer expired.
        failed_refreshes: how many of those failed, so that the old answer stayed.
        items: answers kept now.
        bytes: how long they are, bodies and headers, where that is counted: in the cache of a
            client.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    refreshes: int = 0
    failed_refreshes: int = 0
    items: int = 0
    bytes: int = 0


class CacheCounts:
    """Counts for whoever keeps the answers; each number is that of `CacheStats`.

    >>> counts = CacheCounts()
    >>> counts.hits += 2
    >>> counts.stats(items=1)
    CacheStats(hits=2, misses=0, shared=0, refreshes=0, failed_refreshes=0, items=1, bytes=0)
    """

    __slots__ = ("failed_refreshes", "hits", "misses", "refreshes", "shared")

    def __init__(self) -> None:
        self.hits = self.misses = self.shared = 0
        self.refreshes = self.failed_refreshes = 0

    def stats(self, *, items: int, held: int = 0) -> CacheStats:
        """Return the numbers of this moment, in which so many answers and bytes are kept."""
        return CacheStats(
            self.hits, self.misses, self.shared, self.refreshes, self.failed_refreshes, items, held
        )
