"""What a panel costs: messages a second, and wall time beside a run without one.

Run it from the root of the project: ``python -m benchmarks.panel``. The run goes on in a kernel of
its own that takes this program for a person's front end. First 20,000 items a second are let
through and the messages counted that the kernel sends; then the same work is done as fast as it can
be, with and without a panel by turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.blocking.client import BlockingKernelClient

_SETUP = """
import json, time
import notebook_kit as nk

async def work(number):
    return number

async def take(count, **options):
    began = time.perf_counter()
    run = nk.map(work, range(count), max_concurrency=50, retry=0, **options)
    await run
    return time.perf_counter() - began
"""
_OF_A_RUN = frozenset({"display_data", "update_display_data", "comm_open", "comm_msg"})
_DEADLINE_S = 300.0


@contextmanager
def _kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()


def _execute(client: BlockingKernelClient, code: str) -> tuple[str, list[float]]:
    """Execute a cell; return what it printed, and when each message of a panel came."""
    cell = client.execute(code, allow_stdin=True)
    printed, stamps = "", []
    while True:
        message: dict[str, Any] = client.get_iopub_msg(timeout=_DEADLINE_S)
        kind, content = message["msg_type"], message["content"]
        if kind in _OF_A_RUN:
            stamps.append(time.monotonic())
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind == "stream":
            printed += content["text"]
        ended = kind == "status" and content["execution_state"] == "idle"
        if ended and message["parent_header"].get("msg_id") == cell:
            return printed, stamps


def _busiest(stamps: list[float]) -> int:
    """Return the most messages within one second, after the first one: opening is not updating."""
    later = [stamp for stamp in stamps if stamp > stamps[0] + 1]
    return max(sum(1 for other in later if stamp <= other < stamp + 1) for stamp in later)


def messages(client: BlockingKernelClient, per_second: int, seconds: int) -> None:
    """Print how many messages a second a run of so many items a second sends."""
    count = per_second * seconds
    code = f"print(await take({count}, rate='{per_second}/s', progress=True))"
    printed, stamps = _execute(client, code)
    took = float(printed)
    print(
        f"{count:,} items at {count / took:,.0f}/s: {len(stamps)} messages in {took:.1f} s, "
        f"{len(stamps) / took:.1f} a second, at most {_busiest(stamps)} in any second"
    )


def cost(client: BlockingKernelClient, count: int, rounds: int) -> None:
    """Print how much longer a run takes that has a panel."""
    walls: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(rounds):
        for shown in (True, False):
            printed, _ = _execute(client, f"print(await take({count}, progress={shown}))")
            walls[shown].append(float(printed))
    ratios = [shown / bare for shown, bare in zip(walls[True], walls[False], strict=True)]
    print(json.dumps({"with": walls[True], "without": walls[False]}))
    print(
        f"{count:,} items as fast as it goes, {rounds} rounds: median "
        f"{statistics.median(walls[False]):.2f} s without a panel, "
        f"{statistics.median(walls[True]):.2f} s with one; median ratio "
        f"{statistics.median(ratios):.3f}, of the shortest "
        f"{min(walls[True]) / min(walls[False]):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-second", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with _kernel() as client:
        _execute(client, _SETUP)
        messages(client, given.per_second, given.seconds)
        cost(client, given.items, given.rounds)


if __name__ == "__main__":
    main()
