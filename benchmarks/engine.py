"""What the engine itself costs for each item, beside gather, aiometer and tqdm.

Run it from the root of the project: ``python -m benchmarks.engine``. Every way awaits the same
``sleep(0)`` for each item; the kit keeps status, attempts and times of each beside the answer. The
memory is the highest that was in use at once, less the answers themselves, as tracemalloc counts
it, in a pass of its own, because counting costs time.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import gc
import importlib.util
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING

import notebook_kit as nk
from benchmarks.rounds import interleaved, print_ratios

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONCURRENCY = 50


async def work(item: int) -> int:
    await asyncio.sleep(0)
    return item


async def with_kit(count: int) -> None:
    run = nk.map(work, range(count), max_concurrency=CONCURRENCY, progress=False)
    ended = asyncio.Event()
    # Not awaited: the frame is a cost of its own, measured in benchmarks.frames.
    run.add_done_callback(lambda _: ended.set())
    await ended.wait()
    assert run.snapshot().ok == count


async def with_gather(count: int) -> None:
    semaphore = asyncio.Semaphore(CONCURRENCY)

    async def limited(item: int) -> int:
        async with semaphore:
            return await work(item)

    assert len(await asyncio.gather(*(limited(item) for item in range(count)))) == count


async def with_aiometer(count: int) -> None:
    import aiometer  # noqa: PLC0415 - not a dependency of the project

    calls = [functools.partial(work, item) for item in range(count)]
    assert len(await aiometer.run_all(calls, max_at_once=CONCURRENCY)) == count


async def with_tqdm(count: int) -> None:
    from tqdm.asyncio import tqdm  # noqa: PLC0415 - not a dependency of the project

    semaphore = asyncio.Semaphore(CONCURRENCY)

    async def limited(item: int) -> int:
        async with semaphore:
            return await work(item)

    calls = (limited(item) for item in range(count))
    assert len(await tqdm.gather(*calls, disable=True, total=count)) == count


def timed(way: Callable[[int], Awaitable[None]], count: int) -> Callable[[], float]:
    async def main() -> float:
        start = time.perf_counter()
        await way(count)
        return (time.perf_counter() - start) / count * 1e6

    return lambda: asyncio.run(main())


def bytes_per_item(way: Callable[[int], Awaitable[None]], count: int) -> float:
    """Return the bytes that an item needs beside its answer, an int."""
    gc.collect()
    tracemalloc.start()
    asyncio.run(way(count))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    nk.forget()
    return peak / count - sys.getsizeof(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    ways = {"notebook_kit": with_kit, "gather + semaphore": with_gather}
    if importlib.util.find_spec("aiometer"):
        ways["aiometer"] = with_aiometer
    if importlib.util.find_spec("tqdm"):
        ways["tqdm.asyncio.gather"] = with_tqdm
    print(f"{given.items:,} items, {CONCURRENCY} at once, median of {given.rounds} rounds")
    medians = interleaved(
        {name: timed(way, given.items) for name, way in ways.items()}, given.rounds
    )
    print_ratios(medians, "µs an item", base="gather + semaphore")
    found = {name: bytes_per_item(way, given.items) for name, way in ways.items()}
    print_ratios(found, "bytes an item", base="gather + semaphore")


if __name__ == "__main__":
    main()
