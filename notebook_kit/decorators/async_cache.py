"""A cache that is asked by key, with what fetches an answer that is not there: `AsyncCache`."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

from notebook_kit.decorators.answers import Answers
from notebook_kit.decorators.cache_runner import CacheRunner, given
from notebook_kit.decorators.caching import policy_of
from notebook_kit.decorators.clock import AgeClock
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.caching import CacheKeywords
    from notebook_kit.policies import Cache, Duration

__all__ = ["AsyncCache"]

K = TypeVar("K")
V = TypeVar("V")


class AsyncCache(Generic[K, V]):
    """Keeps answers by key: one fetch for each, however many wait for it.

    It goes by the same rules as `notebook_kit.cached`, which is for a function whose arguments are
    the key. It may be used from any thread and event loop; there is nothing to open or close.

    Args:
        policy: for how long answers are kept, or an `notebook_kit.Cache`.
        fetch: is given a key and returns its answer, where `get` names no other; async or not.
        name: what `notebook_kit.open_resources` calls it.
        options: as those of `notebook_kit.cached`, but for ``path``: in a file answers are known by
            the function that made them, which is `notebook_kit.cached`.

    Raises:
        ConfigurationError: for an option that cannot work.

    >>> import asyncio
    >>> cache = AsyncCache("60 s", refresh_before_expiry="10 s")
    >>> async def fetch(key):
    ...     return key.upper()
    >>> async def main():
    ...     return [await cache.get("a", fetch) for _ in range(3)]
    >>> asyncio.run(main()), cache.stats().hits
    (['A', 'A', 'A'], 2)
    """

    def __init__(
        self,
        policy: Cache | Duration | None = None,
        *,
        fetch: Callable[[K], Awaitable[V] | V] | None = None,
        name: str = "AsyncCache",
        _listed: bool = True,
        **options: Unpack[CacheKeywords],
    ) -> None:
        _refuse_uncallable(fetch)
        checked = policy_of(policy, options, of="nk.AsyncCache")
        if checked.path is not None:
            message = (
                "nk.AsyncCache keeps answers in memory, without path=: nobody could tell from a "
                "file what made them. Write @nk.cached(path=...) over the function that fetches."
            )
            raise ConfigurationError(message)

        async def ask(key: K, fetch: Callable[[K], Awaitable[V] | V]) -> Any:
            answer = fetch(key)
            return await answer if inspect.isawaitable(answer) else answer

        ask.__name__ = ask.__qualname__ = name
        self._fetch = fetch
        self._answers = Answers(ask, checked, key=_first, clock=AgeClock(), listed=_listed)
        self._runner = CacheRunner(ask, self._answers)

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what answers depend on, for the fingerprint of a function that uses this."""
        return {"fetch": self._fetch}

    async def get(self, key: K, fetch: Callable[[K], Awaitable[V] | V] | None = None) -> V:
        """Return what is kept for a key, or what fetching it gives to all who ask meanwhile.

        Args:
            key: what the answer is known by; lists and dictionaries are read through.
            fetch: is given the key and returns the answer; async or not.

        Raises:
            ConfigurationError: when there is nothing to fetch it with, or the key is none.
            Exception: what ``fetch`` raises; it is not kept unless asked for.
        """
        _refuse_uncallable(fetch)
        if fetch is None and (fetch := self._fetch) is None:
            message = (
                f"Nothing says how {shown(key)} is fetched: write `await cache.get(key, fetch)` or "
                "nk.AsyncCache(fetch=...)."
            )
            raise ConfigurationError(message)
        return await self._runner.run_async((key, fetch), {})  # type: ignore[no-any-return]

    def peek(self, key: K) -> V | None:
        """Return what is kept for a key, or None where there is nothing; nothing is fetched."""
        entry = self._answers.kept(self._answers.key((key, None), {}))
        if entry is None:
            return None
        value: V = given(entry)
        return value

    def set(self, key: K, value: V) -> None:
        """Keep a value; who waits for a fetch of it is given what that gives, and it is not kept.

        Raises:
            ConfigurationError: when the key is none.
        """
        self._answers.put(self._answers.key((key, None), {}), value)

    async def end(self) -> None:
        """Forget all answers, and cut what is fetched in the background; return when it has ended.

        A fetch that somebody waits for goes on, and its answer is not kept.
        """
        tasks = self._answers.under_way.end_all()
        self._answers.clear()
        if tasks:
            await asyncio.wait(tasks)

    def invalidate(self, key: K) -> bool:
        """Forget the answer for a key, also one that is to come; tell whether there was one."""
        return self._answers.invalidate((key, None), {})

    def clear(self) -> None:
        """Forget all answers."""
        self._answers.clear()

    def stats(self) -> CacheStats:
        """Return hits, misses, refreshes and how many answers are kept."""
        return self._answers.stats()

    def __repr__(self) -> str:
        return f"<AsyncCache: {self.stats()}>"


def _first(key: Any, _: Any) -> Any:
    return key


def _refuse_uncallable(fetch: object) -> None:
    if fetch is not None and not callable(fetch):
        message = f"fetch={shown(fetch)} cannot be called: give a function of the key."
        raise ConfigurationError(message)
