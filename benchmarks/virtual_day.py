"""A day of the scheduler in seconds: what it decides, on a clock that jumps to what comes next.

Run it from the root of the project: ``python -m benchmarks.virtual_day``. The day is that of
``tests/scheduling/day.py``: two rates, retries with back-off and jitter, refusals with Retry-After,
a breaker, and half an hour in which the server is down. Every step is checked as in the tests, and
the checks and the made-up world are in the time. The digest is over status, attempts, times and
errors of all items: the same seed gives the same one.
"""

from __future__ import annotations

import argparse
import time

from tests.scheduling.day import ITEMS, run_day


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 1, 2])
    given = parser.parse_args()
    print(f"{given.items:,} items, checked at each step")
    print(
        f"{'seed':>4}{'seconds':>10}{'items/s':>10}{'hours':>8}{'attempts':>10}{'refused':>9}"
        f"{'probes':>8}{'failed':>8}  digest"
    )
    for seed in given.seeds:
        start = time.perf_counter()
        day = run_day(seed, given.items)
        seconds = time.perf_counter() - start
        assert len(day.told) == given.items
        print(
            f"{seed:>4}{seconds:>10.2f}{given.items / seconds:>10,.0f}{day.now / 3600:>8.2f}"
            f"{day.scheduler.attempts:>10,}{len(day.refusals):>9,}{len(day.probes):>8}"
            f"{len(day.final):>8,}  {day.digest()}",
            flush=True,
        )


if __name__ == "__main__":
    main()
