from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.integrations.local_cache import LocalCache
from notebook_kit.lifetime import survey
from notebook_kit.testing import ManualClock, nothing_left_open
from tests.lifetime.resources import turns
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """Nothing is open after any of it."""
    with nothing_left_open():
        yield


class Source:
    """Counts what it was asked for, and may be held up."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.ended: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, key: str) -> str:
        self.asked.append(key)
        number = len(self.asked)
        try:
            await self.gate.wait()
        finally:
            self.ended.append(key)
        return f"{key} {number}"


@in_loop
async def test_one_fetch_for_all_who_ask() -> None:
    """It opens on first use; what was set or deleted meanwhile is heeded."""
    source, cache = Source(), LocalCache[str, str]("5 min")
    assert (
        await asyncio.gather(*(cache.get("a", source.fetch) for _ in range(100))) == ["a 1"] * 100
    )
    assert cache.is_open
    await cache.set("a", "set")
    assert await cache.get("a", source.fetch) == "set"
    assert (await cache.delete("a"), await cache.delete("a")) == (True, False)
    assert await cache.get("a", source.fetch) == "a 2"
    await cache.close()


@in_loop
async def test_without_a_fetch_it_gives_what_it_has() -> None:
    """None where there is nothing; also what is to be fetched anew soon."""
    with ManualClock() as clock:
        async with LocalCache[str, str]("60 s", refresh_before_expiry="10 s") as cache:
            assert await cache.get("a") is None
            await cache.set("a", "set")
            await clock.advance_async("55 s")
            assert await cache.get("a") == "set"
            await clock.advance_async("10 s")
            assert await cache.get("a") is None
            assert (cache.stats().hits, cache.stats().misses) == (1, 2)


@in_loop
async def test_what_is_set_holds_against_a_fetch_under_way() -> None:
    """Who waits for that is given its answer, and it is not kept."""
    source = Source()
    async with LocalCache[str, str](fetch=source.fetch) as cache:
        source.gate.clear()
        asking = asyncio.create_task(cache.get("a"))
        await turns()
        await cache.set("a", "set")
        source.gate.set()
        assert await asking == "a 1"
        assert await cache.get("a") == "set"


@in_loop
async def test_clearing_tells_how_many_there_were() -> None:
    """And a fetch under way is not kept."""
    source = Source()
    async with LocalCache[str, str](fetch=source.fetch) as cache:
        await cache.get("a")
        await cache.get("b")
        source.gate.clear()
        asking = asyncio.create_task(cache.get("c"))
        await turns()
        assert await cache.clear() == 2
        source.gate.set()
        assert await asking == "c 3"
        assert cache.stats().items == 0


@in_loop
async def test_values_given_are_copies() -> None:
    """Who changes what he was given changes nothing for others."""
    async with LocalCache[str, Any]() as cache:
        await cache.set("a", [1])
        given = await cache.get("a")
        assert given is not None
        given.append(2)
        assert await cache.get("a") == [1]


@in_loop
async def test_closing_empties_it() -> None:
    """And a closed one is not used again."""
    cache = LocalCache[str, str]()
    await cache.set("a", "set")
    await cache.close()
    assert cache.stats().items == 0
    with pytest.raises(nk.ClosedError):
        await cache.get("a")


@in_loop
async def test_closing_ends_what_is_fetched_in_the_background() -> None:
    """Also what somebody has set, forgotten or cleared in the meantime."""
    source = Source()
    with ManualClock() as clock:
        cache = LocalCache[str, str]("60 s", refresh_before_expiry="10 s", fetch=source.fetch)
        for key in "abc":
            await cache.get(key)
        await clock.advance_async("55 s")
        source.gate.clear()
        for key in "abc":
            await cache.get(key)
        await turns()
        assert len(source.asked) == 6
        await cache.set("a", "set")
        await cache.delete("b")
        await cache.close()
    assert sorted(source.ended) == ["a", "a", "b", "b", "c", "c"]
    assert len(asyncio.all_tasks()) == 1


@in_loop
async def test_closing_leaves_a_fetch_to_who_waits_for_it() -> None:
    """He is given its answer; when he leaves, it ends."""
    source = Source()
    source.gate.clear()
    cache = LocalCache[str, str](fetch=source.fetch)
    asking, leaving = (asyncio.create_task(cache.get(key)) for key in "ab")
    await turns()
    await cache.close()
    assert source.ended == []
    leaving.cancel()
    await asyncio.wait([leaving])
    await turns()
    assert source.ended == ["b"]
    source.gate.set()
    assert await asking == "a 1"
    assert cache.stats().items == 0


@in_loop
async def test_closing_leaves_a_refresh_to_who_waits_for_it_by_now() -> None:
    """What was kept is too old meanwhile; when he leaves, the refresh ends."""
    source = Source()
    with ManualClock() as clock:
        cache = LocalCache[str, str]("60 s", refresh_before_expiry="10 s", fetch=source.fetch)
        await cache.get("a")
        await clock.advance_async("55 s")
        source.gate.clear()
        assert await cache.get("a") == "a 1"
        await clock.advance_async("10 s")
        asking = asyncio.create_task(cache.get("a"))
        await turns()
        await cache.close()
    assert source.ended == ["a"]
    asking.cancel()
    await asyncio.wait([asking])
    await turns()
    assert source.ended == ["a", "a"]


@in_loop
async def test_it_is_listed_once() -> None:
    """With how it did, among what is open."""
    async with LocalCache[str, str](name="prices") as cache:
        await cache.set("a", "set")
        await cache.get("a")
        (told,) = [it for it in survey() if it.name == "prices"]
        assert told.kind == "cache"
        assert "1 hit, 0 misses, 1 answer kept" in str(told)


@in_loop
async def test_one_that_is_dropped() -> None:
    """Is closed, and its refreshes end."""
    source = Source()
    with ManualClock() as clock:
        cache = LocalCache[str, str]("60 s", refresh_before_expiry="10 s", fetch=source.fetch)
        await cache.get("a")
        await clock.advance_async("55 s")
        source.gate.clear()
        await cache.get("a")
        await turns()
    del cache
    await turns(20)
    assert source.ended == ["a", "a"]
    assert nk.open_resources() == []


def test_one_whose_loop_was_closed() -> None:
    """Is let go of without a word."""
    loop = asyncio.new_event_loop()
    cache = LocalCache[str, str]()
    loop.run_until_complete(cache.set("a", "set"))
    loop.close()
    asyncio.run(cache.close())
    assert cache.stats().items == 0


def test_what_cannot_work_is_refused() -> None:
    """With what to write instead."""
    with pytest.raises(nk.ConfigurationError, match="ttl='soon' is not a duration"):
        LocalCache("soon")
    with pytest.raises(nk.ConfigurationError, match="fetch=7 cannot be called"):
        LocalCache(fetch=7)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="refresh_before_expiry"):
        LocalCache("5 s", refresh_before_expiry="6 s")
