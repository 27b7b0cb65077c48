"""Where ``max_concurrency="auto"`` settles, and what it gives beside the best fixed number.

Run it from the root of the project: ``python -m benchmarks.auto``. Three kinds of server, in a
process of its own: one that serves 8 at once and lets the rest wait, one that serves 64, and one
that serves all but each the slower the more there are. What ``auto`` gives counts from its first
request to its last, the time in which it settles included.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import web

import notebook_kit as nk
from benchmarks.rounds import interleaved
from benchmarks.serving import serve, served_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LATENCY_S: Final = 0.02
FIXED: Final = tuple(2**power for power in range(9))
#: What each kind of server is asked for, the most that it can answer a second, and what it is.
KINDS: Final = {
    "/eight": (400, "serves 8 at once, 20 ms each, the rest waits"),
    "/many": (3_200, "serves 64 at once, 20 ms each, the rest waits"),
    "/crowded": (400, "serves all at once, each in 20 ms x (1 + (n / 16)^2)"),
}


def queueing(capacity: int) -> Callable[[web.Request], Awaitable[web.Response]]:
    places = asyncio.Semaphore(capacity)

    async def answer(_: web.Request) -> web.Response:
        async with places:
            await asyncio.sleep(LATENCY_S)
        return web.json_response({"ok": True})

    return answer


def crowded() -> Callable[[web.Request], Awaitable[web.Response]]:
    under_way = 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal under_way
        under_way += 1
        try:
            await asyncio.sleep(LATENCY_S * (1 + (under_way / 16) ** 2))
        finally:
            under_way -= 1
        return web.json_response({"ok": True})

    return answer


async def main_of_server() -> None:
    app = web.Application()
    app.router.add_get("/eight/{item}", queueing(8))
    app.router.add_get("/many/{item}", queueing(64))
    app.router.add_get("/crowded/{item}", crowded())
    await serve(app)


class Measured:
    """One way to call one kind of server; the last limit is kept beside the rate."""

    def __init__(self, url: str, kind: str, at_once: int | Literal["auto"], count: int) -> None:
        self.url, self.kind, self.at_once, self.count = url, kind, at_once, count
        self.settled = 0

    def __call__(self) -> float:
        return asyncio.run(self.rate())

    async def rate(self) -> float:
        async with nk.Client(self.url, max_connections=max(FIXED)) as client:
            start = time.perf_counter()
            run = client.map(
                f"{self.kind}/{{item}}",
                range(self.count),
                max_concurrency=self.at_once,
                progress=False,
            )
            frame = await run
            took = time.perf_counter() - start
        assert frame["status"].eq("ok").all()
        self.settled = int(run.max_concurrency)
        return self.count / took


def few_enough(at_once: int, items: int, at_best: int, seconds: float) -> int:
    """Return how many items to send so that a fixed number at once is measured well in time."""
    expected = min(at_once / LATENCY_S, at_best)
    return min(items, max(2 * at_once, int(expected * seconds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each fixed number")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(main_of_server())
    with served_by("benchmarks.auto") as url:
        for kind, (at_best, words) in KINDS.items():
            ways: dict[str, Callable[[], float]] = {}
            for at_once in FIXED:
                count = few_enough(at_once, given.items, at_best, given.seconds)
                ways[str(at_once)] = Measured(url, kind, at_once, count)
            auto = ways["auto"] = Measured(url, kind, "auto", given.items)
            medians = interleaved(ways, given.rounds)
            best = max(medians[str(at_once)] for at_once in FIXED)
            print(f"\n{kind}: {words}; auto: {given.items:,} items, median of {given.rounds}")
            print(f"{'at once':<10}{'requests/s':>14}{'x the best fixed':>20}")
            for name, value in medians.items():
                print(f"{name:<10}{value:>14,.1f}{value / best:>20.2f}")
            print(f"auto settled at {auto.settled}")


if __name__ == "__main__":
    main()
