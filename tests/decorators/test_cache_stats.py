"""The numbers of a cache."""

from __future__ import annotations

from notebook_kit.decorators.cache_stats import CacheCounts, CacheStats
from notebook_kit.markup import Markup


def test_each_number_is_told_by_its_own_name() -> None:
    """What was counted under a name is shown under that name, beside how many are kept."""
    counts = CacheCounts()
    assert counts.stats(items=0) == CacheStats()
    counts.hits, counts.misses, counts.shared = 1, 2, 3
    counts.refreshes, counts.failed_refreshes, counts.stale = 4, 5, 8
    assert counts.stats(items=6, held=7) == CacheStats(
        hits=1, misses=2, shared=3, refreshes=4, failed_refreshes=5, items=6, bytes=7, stale=8
    )


def test_numbers_once_told_stay() -> None:
    """They are of one moment, and counting on does not change them."""
    counts = CacheCounts()
    told = counts.stats(items=0)
    counts.hits += 1
    assert told.hits == 0


def test_it_is_shown_in_a_line_and_as_a_table() -> None:
    """What did not happen is left out of the line; the table has each number once."""
    assert str(CacheStats()) == "0 hits, 0 misses, 0 answers kept"
    stats = CacheStats(1_000, 1, 2, 3, 4, 5, 6_000, 7)
    assert repr(stats).replace("\xa0", " ") == (
        "<CacheStats: 1,000 hits, 1 miss, 2 shared, 3 refreshed, 4 failed to refresh, 7 stale, "
        "5 answers kept, 6.0 kB>"
    )
    html = stats._repr_html_()
    assert isinstance(html, Markup)
    assert "<caption>what the cache did</caption>" in html
    for name, value in (("hits", "1,000"), ("misses", "1"), ("refreshes", "3, 4 failed")):
        assert f"<tr><th>{name}</th><td>{value}</td></tr>" in html
    assert html.count("<tr>") == 7
