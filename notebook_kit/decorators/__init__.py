"""Policies for any function: `retry`, `limit`, `breaker`, `cached`, `monitor`, and `Coalescer`.

Each works on async functions and on those that are not, on methods, partials and callable objects,
and leaves the signature as it was. Where several are used, this order, from the outside in, is the
one that does what one expects::

    @nk.monitor  # counts what the caller sees, hits of the cache too
    @nk.cached(ttl="5 min")  # what is kept needs nothing of what is below
    @nk.breaker(failure_threshold=5)  # counts calls that failed in spite of all tries
    @nk.retry(max_attempts=5)  # each try waits for its turn like any other
    @nk.limit("50/s", max_concurrency=5)  # next to the function: counts what is really sent
    async def fetch(key): ...

With `limit` outside of `retry`, tries would not be counted; with `breaker` inside of `retry`, an
open circuit would end the tries at once, and each try would count as a failure of its own.
"""

from __future__ import annotations

from notebook_kit.decorators.async_cache import AsyncCache
from notebook_kit.decorators.breaking import (
    BreakerKeywords,
    CircuitBreaker,
    Guarded,
    breaker,
)
from notebook_kit.decorators.cache_stats import CacheStats
from notebook_kit.decorators.caching import Cached, Caching, cached
from notebook_kit.decorators.coalescer import Coalescer
from notebook_kit.decorators.limiting import Limiter, Permit, limit
from notebook_kit.decorators.monitoring import Monitor, Monitored, monitor
from notebook_kit.decorators.retrying import Retrying, RetryKeywords, retry
from notebook_kit.decorators.tally import Stats

__all__ = [
    "AsyncCache",
    "BreakerKeywords",
    "CacheStats",
    "Cached",
    "Caching",
    "CircuitBreaker",
    "Coalescer",
    "Guarded",
    "Limiter",
    "Monitor",
    "Monitored",
    "Permit",
    "RetryKeywords",
    "Retrying",
    "Stats",
    "breaker",
    "cached",
    "limit",
    "monitor",
    "retry",
]
