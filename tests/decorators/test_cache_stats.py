"""The numbers of a cache."""

from __future__ import annotations

from notebook_kit.decorators.cache_stats import CacheCounts, CacheStats


def test_each_number_is_told_by_its_own_name() -> None:
    """What was counted under a name is shown under that name, beside how many are kept."""
    counts = CacheCounts()
    assert counts.stats(items=0) == CacheStats()
    counts.hits, counts.misses, counts.shared = 1, 2, 3
    counts.refreshes, counts.failed_refreshes = 4, 5
    assert counts.stats(items=6) == CacheStats(
        hits=1, misses=2, shared=3, refreshes=4, failed_refreshes=5, items=6
    )


def test_numbers_once_told_stay() -> None:
    """They are of one moment, and counting on does not change them."""
    counts = CacheCounts()
    told = counts.stats(items=0)
    counts.hits += 1
    assert told.hits == 0
