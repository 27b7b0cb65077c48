"""How many rows ended a second, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from notebook_kit.frames.charts.binning import Bins, bins_of, smooth
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.model import Axis, Boxes, Key, Line, Panel, Scene
from notebook_kit.frames.charts.reading import read
from notebook_kit.frames.charts.ticks import nice_top
from notebook_kit.frames.charts.words import left_out, nothing, since
from notebook_kit.numbers import duration, plural, rate, took

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = ["throughput"]


def throughput(frame: pd.DataFrame, attempts: pd.DataFrame | None = None) -> Chart:
    """Return how many rows ended a second over time, with a smoothed line.

    Rows for which nothing was sent are left out. With the attempts, a second line has these: the
    room between the lines is what was tried again.

    Arguments and errors are those of `latency`.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger
    >>> throughput(build_frame(plan_of([]), Ledger()))
    throughput: There are no rows, so there is no throughput to show.
    """
    items, tries = read(frame, attempts)
    timed = items.timed
    if not timed.any():
        empty = pd.DataFrame({name: np.zeros(0) for name in ("from_s", "to_s", "rows_per_s")})
        return Chart(nothing("throughput", items, "throughput"), empty)
    bins = bins_of(items.started[timed], items.ended[timed])
    rows = bins.counts(items.ended[timed]) / bins.width
    columns = {"from_s": bins.edges[:-1], "to_s": bins.edges[1:], "rows_per_s": rows}
    columns["smoothed_per_s"] = smooth(rows)
    if tries is not None and len(tries) > timed.sum():
        columns["attempts_per_s"] = smooth(bins.counts(tries.ended) / bins.width)
    data = pd.DataFrame(columns)
    return Chart(_scene(bins, data, items, tries), data)


def _scene(bins: Bins, data: pd.DataFrame, items: Items, tries: Tries | None) -> Scene:
    rows, line = data["rows_per_s"].to_numpy(), data["smoothed_per_s"].to_numpy()
    highest = max(float(data.iloc[:, 2:].to_numpy().max()), 0.0)
    layers: list[Boxes | Line] = [
        Boxes("blue", bins.edges[:-1], bins.edges[1:], np.zeros(len(rows)), rows, faint=True)
    ]
    keys = [Key("blue", "rows ended, smoothed", "line")]
    if "attempts_per_s" in data:
        tried = data["attempts_per_s"].to_numpy()
        layers.append(Line("vermillion", bins.middles, tried, dashed=True))
        keys.append(Key("vermillion", "attempts ended, smoothed", "dashed"))
    layers.append(Line("blue", bins.middles, line))
    panel = Panel(
        Axis(since(bins.begun), "time", 0.0, bins.span),
        Axis("rows a second", "number", 0.0, nice_top(highest)),
        tuple(layers),
    )
    notes = [f"Each column is {took(bins.width)}.", *left_out(items)]
    if tries is None and (items.attempts > 1).any():
        notes.append("What was tried again is not to be seen: give attempts=run.attempts.")
    return Scene("throughput", _title(items, bins, line), (panel,), tuple(keys), (" ".join(notes),))


def _title(items: Items, bins: Bins, line: NDArray[np.float64]) -> str:
    number = int(items.timed.sum())
    if number == 1:
        return f"The only row ended after {took(bins.span)}"
    mean = rate(number / bins.span)
    title = f"{plural(number, 'row')} in {duration(bins.span)}: {mean} on average"
    low, high = rate(float(line.min())), rate(float(line.max()))
    return title if low == high else f"{title}, smoothed between {low} and {high}"
