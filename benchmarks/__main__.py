"""Run every benchmark, one after the other: ``python -m benchmarks``."""

from __future__ import annotations

import runpy
import sys

ALL = ("engine", "virtual_day", "client", "frames", "auto", "storm", "rates", "cache", "pool")


def main() -> None:
    for name in ALL:
        print(f"\n== benchmarks.{name}", flush=True)
        # Each reads its own options from the command line; here they all get their defaults.
        sys.argv = [f"benchmarks/{name}.py"]
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
