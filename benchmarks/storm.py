"""A batch against a server that refuses what is too much, beside the usual way.

Run it from the root of the project: ``python -m benchmarks.storm``. The server is a process of its
own and counts what it lets in and what it refuses; it limits as those of the simulation in
``tests/policies/servers.py`` do. The usual way is a gather under a semaphore, and for each call an
exponential back-off of its own until it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import aiohttp
import httpx
from aiohttp import web

import notebook_kit as nk
from benchmarks.serving import serve, served_by
from tests.policies.servers import (
    FixedWindow,
    Server,
    SlidingWindow,
    TokenBucket,
    exactly,
    whole_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

#: What a refused request is told of the wait; a date has no fractions.
SAYS: dict[str, Callable[[float], str]] = {
    "whole": lambda wait: f"{whole_seconds(wait, 0.0):.0f}",
    "exact": lambda wait: f"{exactly(wait, 0.0):.4f}",
    "date": lambda wait: formatdate(time.time() + max(1.0, wait), usegmt=True),
    "none": lambda _wait: "",
}


# The server


def limiter(kind: str, rate: float, burst: float) -> Server:
    if kind == "bucket":
        return TokenBucket(rate, burst)
    return FixedWindow(rate) if kind == "fixed" else SlidingWindow(rate)


class Storm:
    """Lets in what its limiter allows, and counts."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._limiter = limiter(given.kind, given.rate, given.burst)
        self._says = SAYS[given.says]
        self._latency = [milliseconds / 1_000 for milliseconds in given.latency_ms]
        self.seen: list[tuple[float, bool]] = []

    async def item(self, request: web.Request) -> web.Response:
        now = time.monotonic()
        wait = self._limiter.ask(now)
        self.seen.append((now, bool(wait)))
        if wait:
            said = self._says(wait)
            headers = {"retry-after": said} if said else {}
            return web.json_response({"error": "too many"}, status=429, headers=headers)
        await asyncio.sleep(random.uniform(*self._latency))
        return web.json_response({"item": request.match_info["i"]})

    async def figures(self, _request: web.Request) -> web.Response:
        begin, end = self.seen[0][0], self.seen[-1][0]
        later = [refused for at, refused in self.seen if at >= begin + 1.0]
        return web.json_response(
            {
                "seconds": end - begin,
                "sent": len(self.seen),
                "refused": sum(refused for _, refused in self.seen),
                "sent_later": len(later),
                "refused_later": sum(later),
            }
        )


async def main_of_server(given: argparse.Namespace) -> None:
    storm = Storm(given)
    app = web.Application()
    app.add_routes([web.get("/item/{i}", storm.item), web.get("/figures", storm.figures)])
    await serve(app)


def server(given: argparse.Namespace, says: str) -> AbstractContextManager[str]:
    options = ["--says", says, "--kind", given.kind, "--rate", str(given.rate)]
    options += ["--burst", str(given.burst), "--latency-ms", *map(str, given.latency_ms)]
    return served_by("benchmarks.storm", *options)


# The ways


async def kit_map(url: str, count: int, at_once: int) -> int:
    async with nk.Client(url, retry=nk.Retry(max_attempts=3)) as client:
        frame = await client.map("/item/{i}", range(count), max_concurrency=at_once, progress=False)
    return int(frame["status"].ne("ok").sum())


async def back_off(attempt: int) -> None:
    """Wait as `tenacity.wait_random_exponential(multiplier=0.5, max=60)` does."""
    await asyncio.sleep(random.uniform(0.0, min(60.0, 0.5 * 2**attempt)))


async def aiohttp_gather(url: str, count: int, at_once: int) -> int:
    semaphore = asyncio.Semaphore(at_once)
    async with aiohttp.ClientSession(url) as session:

        async def one(i: int) -> None:
            async with semaphore:
                for attempt in range(1_000):
                    async with session.get(f"/item/{i}") as answer:
                        await answer.read()
                    if answer.status == 200:
                        return
                    await back_off(attempt)

        await asyncio.gather(*(one(i) for i in range(count)))
    return 0


async def httpx_gather(url: str, count: int, at_once: int) -> int:
    semaphore = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(base_url=url) as client:

        async def one(i: int) -> None:
            async with semaphore:
                for attempt in range(1_000):
                    if (await client.get(f"/item/{i}")).status_code == 200:
                        return
                    await back_off(attempt)

        await asyncio.gather(*(one(i) for i in range(count)))
    return 0


WAYS: dict[str, Callable[[str, int, int], Awaitable[int]]] = {
    "notebook_kit: client.map": kit_map,
    "aiohttp, gather + back-off": aiohttp_gather,
    "httpx, gather + back-off": httpx_gather,
}


def measure(
    way: Callable[[str, int, int], Awaitable[int]], given: argparse.Namespace, says: str
) -> dict[str, Any]:
    async def main(url: str) -> tuple[float, int]:
        start = time.perf_counter()
        failed = await way(url, given.items, given.at_once)
        return time.perf_counter() - start, failed

    with server(given, says) as url:
        seconds, failed = asyncio.run(main(url))
        with urlopen(f"{url}/figures") as answer:  # noqa: S310 - our own server
            figures: dict[str, Any] = json.load(answer)
    return {**figures, "seconds": seconds, "failed": failed}


def show(name: str, figures: dict[str, Any], ideal: float) -> None:
    later = 100 * figures["refused_later"] / max(1, figures["sent_later"])
    in_all = 100 * figures["refused"] / figures["sent"]
    print(
        f"{name:<30}{figures['seconds']:>9.1f} s{figures['seconds'] / ideal:>9.2f}"
        f"{later:>12.2f} %{in_all:>12.2f} %{figures['sent']:>9,}{figures['failed']:>8}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--kind", choices=["bucket", "fixed", "sliding"], default="bucket")
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--burst", type=float, default=10.0, help="what a bucket holds")
    parser.add_argument("--latency-ms", type=float, nargs=2, default=[5.0, 20.0])
    parser.add_argument("--retry-after", choices=SAYS, nargs="*", default=["whole", "none"])
    parser.add_argument("--way", choices=WAYS, nargs="*", default=list(WAYS))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--says", choices=SAYS, default="whole", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(main_of_server(given))
        return
    ideal = given.items / given.rate
    limit = f"{given.kind} of {given.rate:g}/s"
    limit += f" with a burst of {given.burst:g}" if given.kind == "bucket" else ""
    for says in given.retry_after:
        print(f"\n{given.items:,} items, {given.at_once} at once, {limit}; Retry-After: {says}")
        print(
            f"{'way':<30}{'total':>11}{'x ideal':>9}{'refused*':>14}{'in all':>14}"
            f"{'sent':>9}{'failed':>8}"
        )
        for name in given.way:
            show(name, measure(WAYS[name], given, says), ideal)
    print("\n* of what was sent after the first second; counted by the server")


if __name__ == "__main__":
    main()
