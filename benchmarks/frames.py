"""What a DataFrame of a million outcomes costs, from columns and from dictionaries of rows.

Run it from the root of the project: ``python -m benchmarks.frames``. Each way is measured in
processes of its own, so that peaks do not mix, in rounds of which the medians are told: for the
time and the resident memory, and once more under tracemalloc for what was allocated through Python.

``python -m benchmarks.frames --few`` measures what a frame of no, one and ten outcomes costs.

``python -m benchmarks.frames --opening`` measures instead what it costs to open the answers into
columns, beside `pandas.json_normalize`, in one interleaved run.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.rounds import interleaved, print_ratios
from notebook_kit.frames import plan_of
from notebook_kit.frames.run_frames import RunFrames
from notebook_kit.scheduling import Ledger, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from notebook_kit.scheduling import Plan

ROWS = 1_000_000
MB = 1e6
#: What getrusage counts in: bytes on macOS, kilobytes elsewhere.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
ROOT = Path(__file__).resolve().parent.parent


def outcomes(count: int, errors: float) -> tuple[Plan, Ledger]:
    """Return a plan and its ledger, with a share of items that failed."""
    ledger = Ledger(epoch=1.7e9)
    ledger.grow(count)
    each = int(1 / errors) if errors else count + 1
    for at in range(count):
        ledger.left[at] = at * 1e-3
        ledger.attempts[at] = 1
        ledger.network[at] = 0.01
        if at % each == each - 1:
            error = ValueError(f"GET https://api.example.com/items/{at} answered 500: no such luck")
            ledger.settle(at, Status.FAILED, now=at * 1e-3 + 0.02, error=error)
        else:
            ledger.settle(at, Status.OK, now=at * 1e-3 + 0.02, value=at)
    return plan_of(list(range(count))), ledger


def from_columns(plan: Plan, ledger: Ledger) -> pd.DataFrame:
    """Return the frame as `run.frame` does, with what it knows of the run."""
    return RunFrames({"name": "measured"}, None).frame(plan, ledger)


def from_dicts(plan: Plan, ledger: Ledger) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - so that both ways pay alike for what they import

    rows = []
    for at, item in enumerate(plan.items(len(ledger))):
        outcome = ledger.outcome(at, item)
        error = outcome.error
        rows.append(
            {
                "item": item,
                "result": outcome.value,
                "status": outcome.status,
                "status_code": outcome.status_code,
                "error_type": type(error).__name__ if error else None,
                "error": str(error) if error else None,
                "source": outcome.source,
                "attempts": outcome.attempts,
                "started": outcome.started,
                "waited_s": outcome.waited_s,
                "network_s": outcome.network_s,
                "backoff_s": outcome.backoff_s,
                "elapsed_s": outcome.elapsed_s,
            }
        )
    return pd.DataFrame(rows)


def from_ready_dicts(plan: Plan, ledger: Ledger) -> Callable[[], pd.DataFrame]:
    """Return what makes the frame of dictionaries that are there already: pandas' part alone."""
    import pandas as pd  # noqa: PLC0415 - as in from_dicts

    rows = from_dicts(plan, ledger).to_dict("records")
    return lambda: pd.DataFrame(rows)


def measure(way: str, count: int, errors: float, *, traced: bool) -> dict[str, float]:
    plan, ledger = outcomes(count, errors)
    build: Callable[[], pd.DataFrame]
    if way == "ready dicts":
        build = from_ready_dicts(plan, ledger)
    else:
        by_way = {"columns": from_columns, "dicts": from_dicts}[way]
        by_way(*outcomes(10, 0.1))

        def build() -> pd.DataFrame:
            return by_way(plan, ledger)

    if traced:
        tracemalloc.start()
    before = psutil.Process().memory_info().rss
    # It computes in one thread and waits for nothing: what else the machine does is not to count.
    start = time.process_time()
    frame = build()
    took = time.process_time() - start
    assert len(frame) == count
    if traced:
        return {"traced_mb": tracemalloc.get_traced_memory()[1] / MB}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT
    return {"s": took, "peak_mb": (peak - before) / MB}


def in_its_own_process(way: str, count: int, errors: float, *, traced: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.frames", "--way", way, "--rows", str(count)]
    command += ["--errors", str(errors), *(["--traced"] if traced else [])]
    output = subprocess.run(  # noqa: S603 - this very file
        command, check=True, capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    found: dict[str, float] = json.loads(output.stdout)
    return found


def table(count: int, errors: float, rounds: int) -> None:
    ways = ("columns", "dicts", "ready dicts")
    measured: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for turn in range(rounds):
        for way in (*ways[turn % 3 :], *ways[: turn % 3]):
            measured[way].append(in_its_own_process(way, count, errors, traced=False))
    print(f"{count:,} outcomes, {errors:.0%} of them errors; medians of {rounds}")
    print(f"{'way':<24}{'CPU s':>8}{'MB peak':>10}{'MB traced':>11}")
    base: dict[str, float] | None = None
    for way in ways:
        found = in_its_own_process(way, count, errors, traced=True)
        for name in ("s", "peak_mb"):
            found[name] = statistics.median(each[name] for each in measured[way])
        base = base or found
        print(f"{way:<24}{found['s']:>8.3f}{found['peak_mb']:>10.0f}{found['traced_mb']:>11.0f}")
        if found is not base:
            ratios = (base[name] / found[name] for name in ("s", "peak_mb", "traced_mb"))
            print(f"{'  columns take of that':<24}{'{:>8.2f}{:>10.2f}{:>11.2f}'.format(*ratios)}")


def few_table(rounds: int) -> None:
    """Print what frames cost in which there is next to nothing."""
    print(f"{'outcomes':<24}{'CPU µs':>8}")
    for count in (0, 1, 10):
        plan, ledger = outcomes(count, 0.1)

        def hundreds(plan: Plan = plan, ledger: Ledger = ledger) -> float:
            start = time.process_time()
            for _ in range(300):
                from_columns(plan, ledger)
            return (time.process_time() - start) / 300 * 1e6

        hundreds()
        print(f"{count:<24}{statistics.median(hundreds() for _ in range(rounds)):>8.0f}")


@dataclasses.dataclass
class Place:
    """A three-field answer, as a schema."""

    id: int
    name: str
    score: float


def answers_of_a_kind(kind: str, count: int) -> list[dict[str, Any]]:
    flat = [{"id": at, "name": f"name {at}", "score": at / 7} for at in range(count)]
    if kind == "keys that differ":
        for at in range(0, count, 10):
            del flat[at]["score"]
    if kind == "nested":
        return [{"id": it["id"], "in": {"name": it["name"], "score": it["score"]}} for it in flat]
    return flat


def opening_table(count: int, kind: str, rounds: int) -> None:
    import pandas as pd  # noqa: PLC0415 - as in from_dicts

    from notebook_kit.frames.opening import expand  # noqa: PLC0415 - imports pandas

    answers = answers_of_a_kind(kind, count)
    results = pd.Series(answers, dtype=object)
    frame = pd.DataFrame({"result": results, "status": pd.Categorical(["ok"] * count)})

    def timed(open_all: Callable[[], pd.DataFrame]) -> Callable[[], float]:
        def once() -> float:
            gc.collect()
            # Each way computes in one thread and waits for nothing: what else the machine does
            # is not to count.
            start = time.process_time()
            assert open_all().shape == (count, 3)
            return time.process_time() - start

        return once

    base = "json_normalize"
    ways = {
        base: timed(lambda: pd.json_normalize(answers)),
        "DataFrame(list)": timed(lambda: pd.DataFrame(answers)),
        "expand": timed(lambda: expand(frame)),
        "expand, three paths": timed(lambda: expand(frame, ["id", "name", "score"])),
    }
    if kind == "nested":
        paths = ["id", "in.name", "in.score"]
        ways = {
            base: ways[base],
            "expand, depth 2": timed(lambda: expand(frame, 2)),
            "expand, three paths": timed(lambda: expand(frame, paths)),
        }
    elif kind == "flat":
        chosen = ["id", "name", "score"]
        by_schema = timed(lambda: expand(frame, chosen, schema=Place, errors="raise"))
        ways["expand, by a dataclass"] = by_schema
    print(f"\n{count:,} answers of three fields, {kind}; seconds of CPU, medians of {rounds}")
    print_ratios(interleaved(ways, rounds), "s", base=base)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--errors", type=float, default=None)
    parser.add_argument("--way", choices=["columns", "dicts", "ready dicts"])
    parser.add_argument("--traced", action="store_true")
    parser.add_argument("--opening", action="store_true")
    parser.add_argument("--few", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if given.few:
        few_table(given.rounds)
        return
    if given.opening:
        for kind in ("flat", "keys that differ", "nested"):
            opening_table(given.rows, kind, given.rounds)
        return
    if given.way:
        print(json.dumps(measure(given.way, given.rows, given.errors or 0.0, traced=given.traced)))
        return
    for errors in (0.0, 0.01) if given.errors is None else (given.errors,):
        table(given.rows, errors, given.rounds)


if __name__ == "__main__":
    main()
