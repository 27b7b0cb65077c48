"""Requests a second of the client, beside httpx and aiohttp.

Run it from the root of the project: ``python -m benchmarks.client``. The server is a process of its
own; every way asks for the same small JSON document and reads it. The first server does nothing but
answer, so that the callers are compared; ``--server demo`` is the demo API, a server as it is met.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import httpx

import notebook_kit as nk
from benchmarks.rounds import interleaved, print_ratios
from benchmarks.serving import served_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

PATH = "/airports/ZRH"


async def kit_map(url: str, count: int, at_once: int) -> None:
    async with nk.Client(url) as client:
        items = ["ZRH"] * count
        frame = await client.map("/airports/{iata}", items, max_concurrency=at_once, progress=False)
    assert frame["status"].eq("ok").all()


async def kit_gather(url: str, count: int, at_once: int) -> None:
    semaphore = asyncio.Semaphore(at_once)
    async with nk.Client(url) as client:

        async def one() -> str:
            async with semaphore:
                return str((await client.get(PATH)).json()["city"])

        await asyncio.gather(*(one() for _ in range(count)))


async def httpx_gather(url: str, count: int, at_once: int) -> None:
    semaphore = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(base_url=url) as client:

        async def one() -> str:
            async with semaphore:
                return str((await client.get(PATH)).json()["city"])

        await asyncio.gather(*(one() for _ in range(count)))


async def aiohttp_gather(url: str, count: int, at_once: int) -> None:
    semaphore = asyncio.Semaphore(at_once)
    async with aiohttp.ClientSession(url) as session:

        async def one() -> str:
            async with semaphore, session.get(PATH) as answer:
                return str((await answer.json())["city"])

        await asyncio.gather(*(one() for _ in range(count)))


WAYS = {
    "notebook_kit: client.map": kit_map,
    "notebook_kit: gather of calls": kit_gather,
    "httpx, gather + semaphore": httpx_gather,
    "aiohttp, gather + semaphore": aiohttp_gather,
}


@contextmanager
def demo() -> Iterator[str]:
    command = [sys.executable, "-m", "notebook_kit.demo", "--latency", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        line = process.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http"))
        try:
            yield url
        finally:
            process.terminate()
            process.communicate()


SERVERS = {"fixed": lambda: served_by("benchmarks.fixed"), "demo": demo}


def rate(
    way: Callable[[str, int, int], Awaitable[None]], url: str, count: int, at_once: int
) -> Callable[[], float]:
    async def main() -> float:
        start = time.perf_counter()
        await way(url, count, at_once)
        return count / (time.perf_counter() - start)

    return lambda: asyncio.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--at-once", type=int, nargs="*", default=[10, 50])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--server", choices=list(SERVERS), default="fixed")
    given = parser.parse_args()
    with SERVERS[given.server]() as url:
        for at_once in given.at_once:
            print(f"\n{given.requests:,} requests, {at_once} at once, {given.rounds} rounds")
            medians = interleaved(
                {name: rate(way, url, given.requests, at_once) for name, way in WAYS.items()},
                given.rounds,
            )
            print_ratios(medians, "requests/s", base="httpx, gather + semaphore")


if __name__ == "__main__":
    main()
