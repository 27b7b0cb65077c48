"""What taking a resource out of a pool and giving it back costs, beside `asyncio.Queue`.

Run it from the root of the project: ``python -m benchmarks.pool``. A queue of ten objects is the
least that can hand things round in turn: it replaces nothing, waits without an end and counts
nothing. All ways take turns in the same rounds; a time is the processor's, as the median.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from typing import TYPE_CHECKING, Any

import notebook_kit as nk
from benchmarks.rounds import interleaved, print_ratios

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SIZE = 10
#: Tasks that want one of them at the same time.
CROWD = 200
#: How many times as long as a queue a pool may take.
MOST = 1.5

LOOP = asyncio.new_event_loop()


def processor_us(uses: int, work: Callable[[], Awaitable[None]]) -> float:
    """Return microseconds of the processor for each use."""
    gc.collect()
    started = time.process_time()
    LOOP.run_until_complete(work())  # type: ignore[arg-type]
    return (time.process_time() - started) / uses * 1e6


def filled() -> asyncio.Queue[object]:
    queue: asyncio.Queue[object] = asyncio.Queue()
    for _ in range(SIZE):
        queue.put_nowait(object())
    return queue


def opened(**options: Any) -> nk.ResourcePool[object]:
    pool = nk.ResourcePool(object, min_size=SIZE, max_size=SIZE, **options)
    LOOP.run_until_complete(pool.open())
    return pool


def one_by_one(uses: int, thing: Any) -> Callable[[], float]:
    async def from_queue() -> None:
        for _ in range(uses):
            one = await thing.get()
            try:
                pass
            finally:
                await thing.put(one)

    async def from_pool() -> None:
        for _ in range(uses):
            async with thing.acquire():
                pass

    work = from_queue if isinstance(thing, asyncio.Queue) else from_pool
    return lambda: processor_us(uses, work)


def in_a_crowd(uses: int, thing: Any) -> Callable[[], float]:
    async def from_queue() -> None:
        for _ in range(uses // CROWD):
            one = await thing.get()
            try:
                await asyncio.sleep(0)
            finally:
                await thing.put(one)

    async def from_pool() -> None:
        for _ in range(uses // CROWD):
            async with thing.acquire():
                await asyncio.sleep(0)

    work = from_queue if isinstance(thing, asyncio.Queue) else from_pool

    async def crowd() -> None:
        await asyncio.gather(*(work() for _ in range(CROWD)))

    return lambda: processor_us(uses, crowd)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uses", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    pools = {
        "nk.ResourcePool": opened(),
        "the same, idle_timeout=": opened(idle_timeout="60 s"),
        "the same, check=": opened(check=lambda _: True),
    }
    for title, way in (
        ("one after the other", one_by_one),
        (f"{CROWD} tasks, {SIZE} resources", in_a_crowd),
    ):
        ways = {"asyncio.Queue": way(given.uses, filled())}
        ways |= {name: way(given.uses, pool) for name, pool in pools.items()}
        medians = interleaved(ways, given.rounds)
        print(f"\n{title}: {given.uses:,} uses, {given.rounds} rounds")
        print_ratios(medians, "µs", base="asyncio.Queue")
        ratio = medians["nk.ResourcePool"] / medians["asyncio.Queue"]
        print(f"{'fine' if ratio <= MOST else 'TOO MUCH'}: {ratio:.2f}, at most {MOST}")
    for pool in pools.values():
        LOOP.run_until_complete(pool.close())
    LOOP.close()


if __name__ == "__main__":
    main()
