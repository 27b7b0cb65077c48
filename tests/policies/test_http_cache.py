"""What is said of keeping answers: in a file, although they failed, or by HTTP's own rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebook_kit.errors import APIError, ConfigurationError
from notebook_kit.policies import Cache, HTTPCache


def test_bounds_that_nobody_has_said() -> None:
    """A file holds more than the memory; before it stands as much as without."""
    memory, file = Cache("5 min"), Cache("5 min", path="cache.db")
    assert memory.bounds == (1000, 100_000_000)
    assert file.bounds == (None, 1_000_000_000)
    assert (file.items_in_memory, file.bytes_in_memory) == (10_000, 100_000_000)
    own = Cache("5 min", path=Path("cache.db"), max_items=5, max_bytes=None)
    assert own.bounds == (5, None)
    assert (own.items_in_memory, own.bytes_in_memory) == (5, 100_000_000)
    assert own.path == "cache.db"
    assert Cache("5 min", max_items=None, max_bytes=None).items_in_memory is None


def test_which_errors_are_kept_and_for_how_long() -> None:
    """By status or class; a time of their own, or that of answers."""
    policy = Cache("1 h", cache_errors=(404, KeyError), error_ttl="1 min")
    gone = APIError("gone", status_code=404, call="GET /", attempts=1)
    assert policy.keeps_status(404)
    assert not policy.keeps_status(500)
    kept = [policy.keeps_error(it) for it in (gone, KeyError(), ValueError(), KeyboardInterrupt())]
    assert kept == [True, True, False, False]
    assert policy.error_s == 60.0
    assert policy.is_fresh(59.9, error=True)
    assert not policy.is_fresh(60.0, error=True)
    assert policy.is_fresh(60.0)
    assert Cache("1 h", cache_errors=(404,)).error_s == 3600.0
    assert not Cache("1 h").keeps_error(gone)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": ""}, "path="),
        ({"path": 7}, "path="),
        ({"cache_errors": (200,)}, "cache_errors="),
        ({"cache_errors": ("404",)}, "cache_errors="),
        ({"cache_errors": (KeyboardInterrupt,)}, "cache_errors="),
        ({"error_ttl": 5}, "cache_errors="),
        ({"max_items": 0}, "max_items="),
        ({"max_bytes": "much"}, "max_bytes="),
    ],
)
def test_what_cannot_work_is_refused(options: dict[str, Any], said: str) -> None:
    """With what to write."""
    with pytest.raises(ConfigurationError, match=said):
        Cache("5 min", **options)


def test_https_own_rules() -> None:
    """A word, or a policy; what it keeps is bounded as a cache is."""
    assert HTTPCache.of("HTTP") == HTTPCache()
    assert HTTPCache.of("5 min") is None
    assert HTTPCache.of(Cache("5 min")) is None
    policy = HTTPCache("http.db", max_items=7)
    assert HTTPCache.of(policy) is policy
    assert policy.kept.bounds == (7, 1_000_000_000)
    assert policy.kept.path == "http.db"
    shared: Any = "yes"
    with pytest.raises(ConfigurationError, match="shared="):
        HTTPCache(shared=shared)
    with pytest.raises(ConfigurationError, match="max_items="):
        HTTPCache(max_items=0)
