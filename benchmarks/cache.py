"""What a kept answer costs, in memory and from a file, beside other packages that keep answers.

Run it from the root of the project: ``python -m benchmarks.cache``. All ways take turns in the same
rounds; a time is the processor's time of the whole process for one call, as the median of the
rounds, so that what else the machine does counts little. Others that are not installed are left
out: ``pip install aiocache async-lru cachetools cashews``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib.util
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import notebook_kit as nk
from benchmarks.rounds import interleaved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: What a hit in memory may cost, in microseconds.
MOST_US = 30.0
CALLS = 2_000
BODY = "x" * 300
#: With so many answers in the file, each is asked for once, so that none is in memory.
ON_DISK = 2_000


def timed(calls: int, function: Callable[[], Any]) -> float:
    gc.collect()
    started = time.process_time()
    for _ in range(calls):
        function()
    return (time.process_time() - started) / calls * 1e6


def awaited(
    loop: asyncio.AbstractEventLoop, calls: int, make: Callable[[], Awaitable[Any]]
) -> float:
    async def go() -> float:
        gc.collect()
        started = time.process_time()
        for _ in range(calls):
            await make()
        return (time.process_time() - started) / calls * 1e6

    return loop.run_until_complete(go())


def functions(loop: asyncio.AbstractEventLoop) -> dict[str, Callable[[], float]]:
    ways: dict[str, Callable[[], float]] = {}

    async def fetch(number: int) -> str:
        return f"{number}{BODY}"

    def compute(number: int) -> str:
        return f"{number}{BODY}"

    kept, kept_sync = nk.cached(ttl=3600)(fetch), nk.cached(ttl=3600)(compute)
    ways["nk.cached, async"] = lambda: awaited(loop, CALLS, lambda: kept(1))
    ways["nk.cached, sync"] = lambda: timed(CALLS, lambda: kept_sync(1))
    if importlib.util.find_spec("async_lru"):
        from async_lru import alru_cache  # noqa: PLC0415 - not everybody has it

        lru = alru_cache(ttl=3600)(fetch)
        ways["async-lru"] = lambda: awaited(loop, CALLS, lambda: lru(1))
    if importlib.util.find_spec("aiocache"):
        from aiocache import cached as aiocached  # noqa: PLC0415 - not everybody has it

        aio = aiocached(ttl=3600)(fetch)
        ways["aiocache, memory"] = lambda: awaited(loop, CALLS, lambda: aio(1))
    if importlib.util.find_spec("cashews"):
        from cashews import Cache  # noqa: PLC0415 - not everybody has it

        store = Cache()
        store.setup("mem://")
        cashew = store(ttl=3600)(fetch)
        ways["cashews, memory"] = lambda: awaited(loop, CALLS, lambda: cashew(1))
    if importlib.util.find_spec("cachetools"):
        import cachetools  # noqa: PLC0415 - not everybody has it

        tools = cachetools.cached(cachetools.TTLCache(1000, 3600))(compute)
        ways["cachetools, sync, no lock"] = lambda: timed(CALLS, lambda: tools(1))
    return ways


def on_disk(folder: Path) -> dict[str, Callable[[], float]]:
    path = folder / "functions.db"

    def compute(number: int) -> str:
        return f"{number}{BODY}"

    first = nk.cached(ttl=3600, path=path)(compute)
    for number in range(ON_DISK):
        first(number)
    first.stats()

    def from_file() -> float:
        # Made anew, it has nothing in memory.
        kept = nk.cached(ttl=3600, path=path)(compute)
        numbers = iter(range(ON_DISK))
        taken = timed(ON_DISK, lambda: kept(next(numbers)))
        assert kept.stats().misses == 0
        return taken

    def into_file() -> float:
        kept = nk.cached(ttl=3600, path=path, version=str(time.perf_counter()))(compute)
        numbers = iter(range(ON_DISK))
        return timed(ON_DISK, lambda: kept(next(numbers)))

    before = nk.cached(ttl=3600, path=path)(compute)
    before(1)
    return {
        "nk.cached, memory before a file": lambda: timed(CALLS, lambda: before(1)),
        "nk.cached, out of the file": from_file,
        "nk.cached, into the file": into_file,
    }


def calls(
    loop: asyncio.AbstractEventLoop, client: nk.Client, disk: nk.Client
) -> dict[str, Callable[[], float]]:
    one = client.get("/airports/ZRH")
    filed = disk.get("/airports/ZRH")
    for call in (one, filed):
        call.result()
    return {
        "client, a hit awaited": lambda: awaited(loop, CALLS, lambda: one),
        "client, made and awaited": lambda: awaited(
            loop, CALLS, lambda: client.get("/airports/ZRH")
        ),
        "client, memory before a file": lambda: awaited(loop, CALLS, lambda: filed),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    rounds = options.parse_args().rounds
    loop = asyncio.new_event_loop()
    server = nk.demo.serve()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        client = nk.Client(server.url, cache="1 h")
        disk = nk.Client(server.url, cache=nk.Cache("1 h", path=path / "calls.db"))
        ways = {**calls(loop, client, disk), **functions(loop), **on_disk(path)}
        for way in ways.values():
            way()
        medians = interleaved(ways, rounds)
        print(f"{'a kept answer':<34}{'µs of processor time':>22}")
        for name, value in medians.items():
            print(f"{name:<34}{value:>22,.1f}")
        for held in (client, disk):
            held.close().wait()
    server.close()
    loop.close()
    for name in ("client, a hit awaited", "nk.cached, async", "nk.cached, sync"):
        assert medians[name] <= MOST_US, f"{name}: {medians[name]:.1f} µs is more than {MOST_US:g}"


if __name__ == "__main__":
    main()
