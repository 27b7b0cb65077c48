"""Resources that a function uses: they count by what is opened, and not by whether it is open."""

from __future__ import annotations

import asyncio

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.fingerprints.reaching import edited, read
from tests.storage.helpers import run_cell

CELL = """
import notebook_kit as nk

class Session(nk.AsyncResource):
    def __init__(self, host):
        self.host = host
    async def _open(self):
        self.token = object()

def connect():
    return Session("pooled")

session = Session("alone")
pool = nk.ResourcePool(connect, max_size=3)
manager = nk.ResourceManager()
manager.add("session", Session("managed"))
cache = nk.AsyncCache("5 min", fetch=lambda key: key + 1)

async def f(row):
    async with pool.acquire() as one:
        await session.open()
        await manager.get("session")
        return await cache.get(row)
"""


def test_nothing_about_them_is_unreadable() -> None:
    """A checkpoint has nothing to warn of."""
    assert read(CELL).unreadable == ()


def test_it_makes_no_difference_whether_they_are_open() -> None:
    """Nor how often they were used."""
    names = run_cell(CELL)
    before = fingerprint({"function": names["f"]}).digest

    async def main() -> None:
        await names["f"](1)
        assert names["session"].is_open
        assert fingerprint({"function": names["f"]}).digest == before
        for name in ("pool", "session", "manager"):
            await names[name].close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"alone"', '"other"', "session.host"),
        ('"pooled"', '"other"', "connect()"),
        ('"managed"', '"other"', "host"),
        ("key + 1", "key + 2", "fetch"),
    ],
)
def test_what_is_opened_counts(old: str, new: str, said: str) -> None:
    """Another server, or another way to ask, is other work."""
    assert said in edited(CELL, old, new)


def test_how_many_does_not_count() -> None:
    """Limits change no answer."""
    assert edited(CELL, "max_size=3", "max_size=9") == ""
    assert edited(CELL, "5 min", "6 min") == ""
