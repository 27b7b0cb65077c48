"""What a DataFrame of a million outcomes costs, from columns and from dictionaries of rows.

Run it from the root of the project: ``python -m benchmarks.frames``. Each way is measured in a
process of its own, so that peaks do not mix: once for the time and the resident memory, once under
tracemalloc for what was allocated.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from notebook_kit.frames import build_frame, plan_of
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
    return build_frame(plan, ledger)


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
    start = time.perf_counter()
    frame = build()
    took = time.perf_counter() - start
    assert len(frame) == count
    if traced:
        return {"traced_mb": tracemalloc.get_traced_memory()[1] / MB}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT
    return {"s": took, "peak_mb": (peak - before) / MB}


def in_its_own_process(way: str, count: int, errors: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for traced in ("", "--traced"):
        command = [sys.executable, "-m", "benchmarks.frames", "--way", way, "--rows", str(count)]
        command += ["--errors", str(errors), *([traced] if traced else [])]
        output = subprocess.run(  # noqa: S603 - this very file
            command, check=True, capture_output=True, text=True, timeout=300, cwd=ROOT
        )
        found |= json.loads(output.stdout)
    return found


def table(count: int, errors: float) -> None:
    print(f"{count:,} outcomes, {errors:.0%} of them errors")
    print(f"{'way':<24}{'s':>8}{'MB peak':>10}{'MB traced':>11}")
    base: dict[str, Any] | None = None
    for way in ("columns", "dicts", "ready dicts"):
        found = in_its_own_process(way, count, errors)
        base = base or found
        print(f"{way:<24}{found['s']:>8.3f}{found['peak_mb']:>10.0f}{found['traced_mb']:>11.0f}")
        if found is not base:
            ratios = (found[name] / base[name] for name in ("s", "peak_mb", "traced_mb"))
            print(f"{'  times columns':<24}{'{:>8.1f}{:>10.1f}{:>11.1f}'.format(*ratios)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--errors", type=float, default=None)
    parser.add_argument("--way", choices=["columns", "dicts", "ready dicts"])
    parser.add_argument("--traced", action="store_true")
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measure(given.way, given.rows, given.errors or 0.0, traced=given.traced)))
        return
    for errors in (0.0, 0.01) if given.errors is None else (given.errors,):
        table(given.rows, errors)


if __name__ == "__main__":
    main()
