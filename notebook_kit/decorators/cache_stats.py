"""How a cache does: counted as it is asked, told at any moment; no lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_kit.markup import numbers_html
from notebook_kit.numbers import count, plural, size

if TYPE_CHECKING:
    from notebook_kit.markup import Markup

__all__ = ["CacheCounts", "CacheStats"]


@dataclass(frozen=True, slots=True, repr=False)
class CacheStats:
    """How a cache did so far.

    Attributes:
        hits: calls answered at once by what was kept.
        misses: calls that had to wait for the function, or for the server.
        shared: how many of those waited for a call that another had begun.
        refreshes: calls made in the background before an answer expired; by HTTP's own rules, how
            often the server has said (304) that what is kept still holds.
        failed_refreshes: how many of those failed, so that the old answer stayed.
        items: answers kept now; where there is a file, those in it, of all who share it.
        bytes: how long they are, bodies and headers, where that is counted: in the cache of a
            client, and in a file.
        stale: answers given beyond their time, because the source was down.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    refreshes: int = 0
    failed_refreshes: int = 0
    items: int = 0
    bytes: int = 0
    stale: int = 0

    def __str__(self) -> str:
        parts = [plural(self.hits, "hit"), _misses(self.misses)]
        for number, word in (
            (self.shared, "shared"),
            (self.refreshes, "refreshed"),
            (self.failed_refreshes, "failed to refresh"),
            (self.stale, "stale"),
        ):
            if number:
                parts.append(f"{count(number)} {word}")
        parts.append(f"{plural(self.items, 'answer')} kept")
        if self.bytes:
            parts.append(size(self.bytes))
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"<CacheStats: {self}>"

    def _repr_html_(self) -> Markup:
        rows = [
            ("hits", count(self.hits)),
            ("misses", count(self.misses)),
            ("shared", count(self.shared)),
            ("refreshes", f"{count(self.refreshes)}, {count(self.failed_refreshes)} failed"),
            ("stale", count(self.stale)),
            ("kept", plural(self.items, "answer")),
            ("size", size(self.bytes)),
        ]
        return numbers_html("what the cache did", rows)


def _misses(number: int) -> str:
    return "1 miss" if number == 1 else f"{count(number)} misses"


class CacheCounts:
    """Counts for whoever keeps the answers; each number is that of `CacheStats`.

    >>> counts = CacheCounts()
    >>> counts.hits += 2
    >>> counts.stats(items=1)
    <CacheStats: 2 hits, 0 misses, 1 answer kept>
    """

    __slots__ = ("failed_refreshes", "hits", "misses", "refreshes", "shared", "stale")

    def __init__(self) -> None:
        self.hits = self.misses = self.shared = 0
        self.refreshes = self.failed_refreshes = self.stale = 0

    def stats(self, *, items: int, held: int = 0) -> CacheStats:
        """Return the numbers of this moment, in which so many answers and bytes are kept."""
        counted = {name: getattr(self, name) for name in self.__slots__}
        return CacheStats(items=items, bytes=held, **counted)
