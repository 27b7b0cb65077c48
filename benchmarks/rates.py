"""How exactly rates are kept, and how much of them is used, beside aiolimiter and aiometer.

Run it from the root of the project: ``python -m benchmarks.rates``. Stamps are taken by the clock
at the beginning of the function that is called, or where the request arrives, in a server that is
a process of its own. For each way it prints, as the median of the rounds and the worst of them:

* the fullest window of the limit's length, laid wherever it is fullest, over what is allowed;
* the time for the whole call over the ideal, in which one item after the other goes in even steps.

A limit must hold in every round where a function is called. What a server sees depends on what else
the machine does between the two processes, so there the median is judged.

At the server the table ends at 1,000 a second: client.map sends some 3,500 on a small machine.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import importlib.util
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

import notebook_kit as nk
from benchmarks.rounds import interleaved
from benchmarks.serving import serve, served_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AT_ONCE = 50
KIT = "notebook_kit"
#: What the kit must keep: the fullest window over what is allowed, and the time over the ideal.
MOST_CALLED, MOST_ARRIVED, SLOWEST = 1.0, 1.02, 1.02


@dataclass(frozen=True)
class Case:
    """Items of these weights, under limits of so much in so many seconds."""

    name: str
    limits: tuple[tuple[int, float], ...]
    weights: tuple[int, ...]

    @property
    def weighted(self) -> bool:
        return any(weight != 1 for weight in self.weights)

    @property
    def ideal_s(self) -> float:
        """Seconds from the first item to the last, in even steps."""
        before_last = sum(self.weights[:-1])
        return max(before_last * per / amount for amount, per in self.limits)

    def rates(self) -> list[nk.Rate]:
        weight = float if self.weighted else None
        return [nk.Rate(amount, per=per, weight=weight) for amount, per in self.limits]


@dataclass
class Found:
    """What one way was measured to do in one case, round by round."""

    fullest: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def even(rate: int, seconds: float) -> Case:
    return Case(f"{rate:,} a second", ((rate, 1.0),), (1,) * round(rate * seconds))


def cases(seconds: float) -> dict[str, list[Case]]:
    """Return the cases of a function and those of a server."""
    several = (1,) * round(50 * 2 * seconds)
    weights = tuple(1 + position * 7 % 10 for position in range(round(1000 / 5.5 * seconds)))
    called = [
        *(even(rate, seconds) for rate in (10, 100, 1_000, 5_000)),
        Case("100 a second and 250 in 5 s", ((100, 1.0), (250, 5.0)), several),
        Case("1,000 a second, weights 1 to 10", ((1_000, 1.0),), weights),
    ]
    arrived = [even(rate, seconds) for rate in (10, 100, 1_000)]
    return {"called": called, "arrived": arrived}


# Measuring


def fullest_window(stamps: list[tuple[float, int]], length: float) -> float:
    """Return the most weight in any half-open window of this length; it begins at a stamp."""
    most = used = 0
    last = 0
    for begin, weight in stamps:
        while last < len(stamps) and stamps[last][0] < begin + length:
            used += stamps[last][1]
            last += 1
        most = max(most, used)
        used -= weight
    return most


def note(found: Found, case: Case, stamps: list[tuple[float, int]], wall_s: float) -> float:
    """Keep what one round showed and return how full the fullest window was."""
    assert sorted(weight for _, weight in stamps) == sorted(case.weights)
    stamps.sort()
    fullest = max(fullest_window(stamps, per) / amount for amount, per in case.limits)
    found.fullest.append(fullest)
    found.times.append(wall_s / case.ideal_s)
    return fullest


# Ways to call a function


async def kit_function(case: Case, call: Callable[[int], Awaitable[None]]) -> None:
    run = nk.map(call, case.weights, rate=case.rates(), max_concurrency=AT_ONCE, progress=False)
    assert (await run)["status"].eq("ok").all()


async def aiolimiter_function(case: Case, call: Callable[[int], Awaitable[None]]) -> None:
    from aiolimiter import AsyncLimiter  # noqa: PLC0415 - not a dependency of the project

    limiters = [AsyncLimiter(amount, per) for amount, per in case.limits]

    async def limited(weight: int) -> None:
        for limiter in limiters:
            await limiter.acquire(weight)
        await call(weight)

    await asyncio.gather(*(limited(weight) for weight in case.weights))


async def aiometer_function(case: Case, call: Callable[[int], Awaitable[None]]) -> None:
    import aiometer  # noqa: PLC0415 - not a dependency of the project

    calls = [functools.partial(call, weight) for weight in case.weights]
    ((amount, per),) = case.limits
    await aiometer.run_all(calls, max_at_once=AT_ONCE, max_per_second=amount / per)


def ways_for(case: Case) -> dict[str, Callable[..., Awaitable[None]]]:
    ways: dict[str, Callable[..., Awaitable[None]]] = {KIT: kit_function}
    if importlib.util.find_spec("aiolimiter"):
        ways["aiolimiter, gather"] = aiolimiter_function
    # It knows one limit, and no weights.
    if importlib.util.find_spec("aiometer") and len(case.limits) == 1 and not case.weighted:
        ways["aiometer"] = aiometer_function
    return ways


async def measure_calls(case: Case, way: Callable[..., Awaitable[None]], found: Found) -> float:
    stamps: list[tuple[float, int]] = []

    async def call(weight: int) -> None:
        stamps.append((time.monotonic(), weight))

    start = time.monotonic()
    await way(case, call)
    return note(found, case, stamps, time.monotonic() - start)


# Ways to ask a server


async def kit_requests(case: Case, url: str) -> None:
    async with nk.Client(url, rate=case.rates()) as client:
        items = [{"weight": weight} for weight in case.weights]
        path = "/stamp/{weight}"
        frame = await client.map(path, items, max_concurrency=AT_ONCE, progress=False)
    assert frame["status"].eq("ok").all()


async def measure_arrivals(
    case: Case, way: Callable[..., Awaitable[None]], found: Found, url: str
) -> float:
    async with aiohttp.ClientSession(url) as session:

        async def call(weight: int) -> None:
            async with session.get(f"/stamp/{weight}") as answer:
                await answer.read()

        start = time.monotonic()
        await (kit_requests(case, url) if way is kit_function else way(case, call))
        wall_s = time.monotonic() - start
        async with session.get("/stamps") as answer:
            stamps = [(when, weight) for when, weight in await answer.json()]
    return note(found, case, stamps, wall_s)


async def main_of_server() -> None:
    """Stamp what arrives, until killed."""
    stamps: list[tuple[float, int]] = []

    async def stamp(request: web.Request) -> web.Response:
        stamps.append((time.monotonic(), int(request.match_info["weight"])))
        return web.Response()

    async def tell(_: web.Request) -> web.Response:
        told = stamps.copy()
        stamps.clear()
        return web.json_response(told)

    app = web.Application()
    app.add_routes([web.get("/stamp/{weight}", stamp), web.get("/stamps", tell)])
    await serve(app)


# The table


def print_case(title: str, found: dict[str, Found]) -> None:
    print(f"\n{title:<42}{'fullest':>9}{'worst':>8}{'time':>9}{'worst':>8}")
    for name, one in found.items():
        figures = (
            f"{statistics.median(of):>9.3f}{max(of):>8.3f}" for of in (one.fullest, one.times)
        )
        print(f"{name:<42}{''.join(figures)}", flush=True)


def run_case(case: Case, rounds: int, *, url: str | None) -> list[str]:
    """Measure and print one case, and return what the kit did not keep."""
    ways = ways_for(case)
    found = {name: Found() for name in ways}

    def round_of(name: str) -> Callable[[], float]:
        def once() -> float:
            if url is None:
                return asyncio.run(measure_calls(case, ways[name], found[name]))
            return asyncio.run(measure_arrivals(case, ways[name], found[name], url))

        return once

    medians = interleaved({name: round_of(name) for name in ways}, rounds)
    title = f"{case.name}, {'called' if url is None else 'arrived'}"
    print_case(title, found)
    fullest = max(found[KIT].fullest) if url is None else medians[KIT]
    took = statistics.median(found[KIT].times)
    broken = []
    if fullest > (MOST_CALLED if url is None else MOST_ARRIVED):
        broken.append(f"{title}: the fullest window held {fullest:.3f} of the limit")
    if took > SLOWEST:
        broken.append(f"{title}: it took {took:.3f} times the ideal")
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="for one way in one case")
    parser.add_argument("--only", choices=["called", "arrived"])
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(main_of_server())
        return
    print(f"{given.rounds} rounds of {given.seconds:g} s, {AT_ONCE} at once")
    all_cases = cases(given.seconds)
    # What is imported when it is first used is no part of what is measured.
    asyncio.run(measure_calls(even(100, 0.1), kit_function, Found()))
    broken = []
    if given.only != "arrived":
        for case in all_cases["called"]:
            broken += run_case(case, given.rounds, url=None)
    if given.only != "called":
        with served_by("benchmarks.rates") as url:
            for case in all_cases["arrived"]:
                broken += run_case(case, given.rounds, url=url)
    print("\n" + ("\n".join(broken) or "All that the kit must keep was kept."), flush=True)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
