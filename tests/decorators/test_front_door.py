"""What the room offers."""

from __future__ import annotations

from notebook_kit import decorators

NAMES = """
AsyncCache BreakerKeywords CacheStats Cached Caching CircuitBreaker Coalescer Guarded Limiter
Monitor Monitored Permit RetryKeywords Retrying Stats breaker cached limit monitor retry
"""


def test_public_names() -> None:
    """These names and no others; the verbs are functions, not the modules they are in."""
    assert sorted(decorators.__all__) == sorted(NAMES.split())
    for name in NAMES.split():
        assert callable(getattr(decorators, name))
