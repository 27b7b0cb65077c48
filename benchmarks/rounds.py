"""Measuring several ways of doing one thing in one interleaved run."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["interleaved", "print_ratios"]


def interleaved(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Measure each way once a round and return the medians.

    The order turns from round to round, so that no way always runs on a warm or a tired machine.
    """
    names = list(ways)
    found: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(ways[name]())
    return {name: statistics.median(values) for name, values in found.items()}


def print_ratios(medians: Mapping[str, float], unit: str, *, base: str) -> None:
    """Print each median and how many times the base it is."""
    print(f"{'way':<34}{unit:>14}{'x ' + base:>30}")
    for name, value in medians.items():
        print(f"{name:<34}{value:>14,.2f}{value / medians[base]:>30.2f}")
