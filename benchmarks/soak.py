"""Minutes of mixed faults over both transports: nothing lost, nothing doubled, nothing kept.

Run it from the root of the project: ``python -m benchmarks.soak --minutes 10``. The server is a
process of its own, does what the path of each request names, and counts what it was asked for.
What is sent, and what is checked of each wave, is in ``tests/faults/soaking.py``.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.request import urlopen

import psutil

from benchmarks.serving import served_by
from notebook_kit.execution.io_thread import pending_tasks
from notebook_kit.testing import FaultServer, answer
from tests.faults.soaking import AT_ONCE, TRANSPORTS, Soak, misbehave

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.testing import Behaviour, ReceivedRequest

#: What the first waves fill, caches and pools of memory, is not held against the rest.
WARM_UP = 0.25
#: The lows of memory may rise by so much with each 10,000 items: pages are given back late.
MOST_RISE_KB = 64.0
#: Descriptors and threads that one wave may have more than another, while closing is under way.
MOST_MORE = 8


# The server


class Counting:
    """Counts what is asked for, tells of it at ``/received``, and forgets it then."""

    def __init__(self, server: FaultServer) -> None:
        self._server = server
        self._counts: Counter[str] = Counter()

    def react(self, request: ReceivedRequest) -> Behaviour:
        # It keeps all requests, of which there are millions here.
        self._server._ledger._requests.clear()  # noqa: SLF001 - this server is to run for hours
        if request.path == "/received":
            counts, self._counts = self._counts, Counter()
            return answer(json.dumps(counts), keep_alive=False)
        self._counts[request.path] += 1
        return misbehave(request)


def serve() -> None:
    with FaultServer() as server:
        server.when("*", Counting(server).react)
        print(server.url, flush=True)
        threading.Event().wait()


# What is measured


@dataclass
class Standing:
    """What stands in this process at one moment, nothing being under way."""

    rss_kb: float
    descriptors: int
    threads: int
    tasks: int

    @classmethod
    def now(cls) -> Standing:
        gc.collect()
        process = psutil.Process()
        return cls(
            process.memory_info().rss / 1024,
            process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
            threading.active_count(),
            len(pending_tasks()),
        )


@dataclass
class Totals:
    """What came of all waves."""

    rows: int = 0
    others: int = 0
    attempts: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    standing: list[tuple[int, Standing]] = field(default_factory=list)

    @property
    def items(self) -> int:
        return self.rows + self.others


def received_at(url: str) -> Mapping[str, int]:
    with urlopen(f"{url}/received", timeout=60) as came:  # noqa: S310 - our own server
        counts: Mapping[str, int] = json.load(came)
    return counts


def soak_for(given: argparse.Namespace, url: str) -> Totals:
    totals = Totals()
    soak = Soak(url, lambda: received_at(url), given.seed)
    start = told = time.monotonic()
    try:
        while (now := time.monotonic()) < start + given.minutes * 60:
            seen = soak.wave(given.rows)
            assert seen.rows == given.rows * len(TRANSPORTS), "a row is missing"
            assert sum(seen.kinds.values()) == seen.rows + seen.others, "a call is missing"
            totals.rows += seen.rows
            totals.others += seen.others
            totals.attempts += seen.attempts
            totals.kinds.update(seen.kinds)
            totals.standing.append((totals.items, Standing.now()))
            if now - told >= given.every * 60:
                told = now
                show(now - start, totals)
    finally:
        soak.close()
    show(time.monotonic() - start, totals)
    return totals


def show(elapsed_s: float, totals: Totals) -> None:
    standing = totals.standing[-1][1]
    kinds = ", ".join(f"{name} {count:,}" for name, count in totals.kinds.most_common())
    print(
        f"{elapsed_s / 60:6.1f} min {totals.rows:>11,} rows {totals.others:>7,} others "
        f"{standing.rss_kb / 1024:8.1f} MB {standing.descriptors:>4} descriptors "
        f"{standing.threads:>3} threads {standing.tasks:>3} tasks | {kinds}",
        flush=True,
    )


def rise_of_lows(points: list[tuple[float, float]]) -> float:
    """Return how fast the lowest points of the thirds of a run rise.

    What is in use for a moment comes and goes by megabytes; what is never given back lifts all.
    """
    third = max(1, len(points) // 3)
    first, last = (min(part, key=lambda it: it[1]) for part in (points[:third], points[-third:]))
    return (last[1] - first[1]) / max(1.0, last[0] - first[0])


def judge(totals: Totals, before: Standing) -> list[str]:
    """Print what became of memory and descriptors; return what is wrong with it."""
    settled = totals.standing[int(len(totals.standing) * WARM_UP) :]
    rise = rise_of_lows([(items / 10_000, it.rss_kb) for items, it in settled])
    descriptors = [it.descriptors for _, it in settled]
    after = Standing.now()
    print(f"\nitems sent {totals.items:,}, settled {sum(totals.kinds.values()):,}, each once")
    highest = max(it.rss_kb for _, it in totals.standing) / 1024
    print(
        f"memory: {highest:.1f} MB at most, lows {rise:+.1f} kB for 10,000 items after the warm-up"
    )
    print(f"descriptors: {before.descriptors} before, {min(descriptors)} to {max(descriptors)}")
    left = f"{after.descriptors} descriptors, {after.threads} threads, {after.tasks} tasks"
    print(f"after closing: {left}")
    wrong = []
    if rise > MOST_RISE_KB:
        wrong.append(f"memory rises by {rise:.1f} kB for 10,000 items")
    if max(descriptors) - min(descriptors) > 2 * AT_ONCE:
        wrong.append("descriptors rise")
    if after.descriptors > before.descriptors + MOST_MORE:
        wrong.append(f"{after.descriptors - before.descriptors} descriptors stay")
    if after.threads > before.threads + MOST_MORE or after.tasks:
        wrong.append(f"{after.threads} threads and {after.tasks} tasks stay")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=1.0, help="minutes between two lines")
    parser.add_argument("--rows", type=int, default=1_000, help="of each run; two at a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    # Each call that fails is told there.
    logging.getLogger("notebook_kit").setLevel(logging.CRITICAL)
    with served_by("benchmarks.soak") as url:
        before = Standing.now()
        totals = soak_for(given, url)
        wrong = judge(totals, before)
    print("\n".join(wrong) if wrong else "all is accounted for, and flat")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
