from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notebook_kit.decorators.async_cache import AsyncCache
from notebook_kit.errors import ConfigurationError
from notebook_kit.lifetime import survey
from notebook_kit.policies import Cache
from notebook_kit.testing import ManualClock


class Source:
    """Counts what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.gate: asyncio.Event | None = None

    async def fetch(self, key: Any) -> str:
        self.asked.append(key)
        number = len(self.asked)
        if self.gate is not None:
            await self.gate.wait()
        return f"{key} {number}"


def test_a_thousand_who_ask_for_one_key_make_one_fetch() -> None:
    """And whoever comes later is answered by what is kept."""
    source, cache = Source(), AsyncCache[str, str]("5 min")

    async def main() -> set[str]:
        source.gate = asyncio.Event()
        asking = [asyncio.ensure_future(cache.get("a", source.fetch)) for _ in range(1_000)]
        await asyncio.sleep(0)
        source.gate.set()
        answers = await asyncio.gather(*asking)
        return {*answers, await cache.get("a", source.fetch)}

    assert asyncio.run(main()) == {"a 1"}
    assert source.asked == ["a"]
    stats = cache.stats()
    assert (stats.misses, stats.shared, stats.hits, stats.items) == (1_000, 999, 1, 1)


def test_answers_expire_and_are_refreshed_before() -> None:
    """In the background: who asks then has the old answer at once."""
    source = Source()

    async def main() -> list[str]:
        with ManualClock() as clock:
            cache = AsyncCache[str, str]("60 s", refresh_before_expiry="10 s", fetch=source.fetch)
            got = [await cache.get("a")]
            for wait in ("30 s", "25 s", "1 s", "70 s"):
                await clock.advance_async(wait)
                got.append(await cache.get("a"))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            return got

    assert asyncio.run(main()) == ["a 1", "a 1", "a 1", "a 2", "a 3"]


def test_what_is_forgotten_is_fetched_again() -> None:
    """One key, or all."""
    source, cache = Source(), AsyncCache[Any, str](Cache("5 min"))

    async def main() -> list[str]:
        got = [await cache.get([1, 2], source.fetch), await cache.get("b", source.fetch)]
        assert cache.invalidate([1, 2])
        assert not cache.invalidate([1, 2])
        got += [await cache.get([1, 2], source.fetch), await cache.get("b", source.fetch)]
        cache.clear()
        return [*got, await cache.get("b", source.fetch)]

    assert asyncio.run(main()) == ["[1, 2] 1", "b 2", "[1, 2] 3", "b 2", "b 4"]


def test_an_error_is_raised_and_not_kept() -> None:
    """None is kept as any answer, and a plain function may fetch."""
    cache = AsyncCache[str, Any]()

    def fails(_: str) -> None:
        raise LookupError

    async def main() -> None:
        with pytest.raises(LookupError):
            await cache.get("a", fails)
        assert await cache.get("a", lambda _: None) is None
        assert await cache.get("a", fails) is None

    asyncio.run(main())


def test_it_is_listed_by_its_name() -> None:
    """As a cache, with what it has."""
    cache = AsyncCache[str, str](name="prices")
    asyncio.run(cache.get("a", str.upper))
    (told,) = [it for it in survey() if it.name == "prices"]
    assert told.kind == "cache"
    assert repr(cache) == "<AsyncCache: 0 hits, 1 miss, 1 answer kept>"


def test_what_cannot_work_is_refused() -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=r"without path=.*Write @nk.cached"):
        AsyncCache(path="cache.db")
    with pytest.raises(ConfigurationError, match="fetch=7 cannot be called"):
        AsyncCache(fetch=7)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="ttll"):
        AsyncCache(ttll=7)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match=r"nk\.AsyncCache"):
        AsyncCache(Cache("5 min"), ttl=7)
    with pytest.raises(ConfigurationError, match="Nothing says how 'a' is fetched"):
        asyncio.run(AsyncCache[str, str]().get("a"))


def test_looking_fetches_nothing() -> None:
    """What is set is kept as what was fetched, with the time that it has."""
    source = Source()

    async def main() -> list[str | None]:
        with ManualClock() as clock:
            cache = AsyncCache[str, str]("60 s", fetch=source.fetch)
            got = [cache.peek("a")]
            cache.set("a", "set")
            got += [cache.peek("a"), await cache.get("a")]
            await clock.advance_async("61 s")
            return [*got, cache.peek("a")]

    assert asyncio.run(main()) == [None, "set", "set", None]
    assert source.asked == []


def test_its_end_ends_what_is_fetched_in_the_background() -> None:
    """Also of what was forgotten since; it may be used again afterwards."""
    source = Source()

    async def main() -> None:
        with ManualClock() as clock:
            cache = AsyncCache[str, str]("60 s", refresh_before_expiry="10 s", fetch=source.fetch)
            await cache.get("a")
            await cache.get("b")
            await clock.advance_async("55 s")
            source.gate = asyncio.Event()
            assert [await cache.get("a"), await cache.get("b")] == ["a 1", "b 2"]
            await asyncio.sleep(0)
            assert len(source.asked) == 4
            cache.invalidate("a")
            await cache.end()
            assert len(asyncio.all_tasks()) == 1
            assert cache.stats().items == 0
            source.gate.set()
            assert await cache.get("a") == "a 5"

    asyncio.run(main())
