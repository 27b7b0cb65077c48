"""What a type checker, and with it an editor, knows of resources. Never run."""

from __future__ import annotations

import io
from typing import assert_type

import notebook_kit as nk
from notebook_kit.integrations.files import FileReader, FileWriter
from notebook_kit.lifetime import PoolStats, Track


class Session(nk.AsyncResource):
    async def greet(self) -> str:
        await self.open()
        return "hello"


async def connect() -> Session:
    return await Session().open()


async def one() -> None:
    async with Session() as session:
        assert_type(session, Session)
        assert_type(await session.greet(), str)
    assert_type(await Session().open(), Session)


async def several() -> None:
    manager = nk.ResourceManager()
    assert_type(manager.add("session", Session()), Session)
    assert_type(manager.add("page", io.StringIO()), io.StringIO)


async def many() -> None:
    asynchronous = nk.ResourcePool(connect, max_size=3, check=lambda it: it.is_open)
    plain = nk.ResourcePool(io.StringIO, close=io.StringIO.close)
    assert_type(asynchronous, nk.ResourcePool[Session])
    async with asynchronous.acquire(timeout="2 s") as session, plain.acquire() as page:
        assert_type(session, Session)
        assert_type(page, io.StringIO)
    assert_type(asynchronous.stats(), PoolStats)


async def by_key() -> None:
    async def fetch(key: str) -> int:
        return len(key)

    cache: nk.AsyncCache[str, int] = nk.AsyncCache("5 min")
    assert_type(await cache.get("a", fetch), int)


@nk.track("lookups")
async def look_up(key: str, *, fresh: bool = False) -> int:
    return len(key) + fresh


async def tracked() -> None:
    assert_type(await look_up("a", fresh=True), int)
    assert_type(nk.track("steps"), Track)
    assert_type(nk.track(Session(), kind="session"), Session)


async def files() -> None:
    async for line in FileReader("a.txt"):
        assert_type(line, str)
    assert_type(await FileReader("a.txt", encoding=None).read(), bytes)
    await FileWriter("a.txt").write("line")
