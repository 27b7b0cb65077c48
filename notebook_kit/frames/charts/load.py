"""How many attempts were under way, and how much came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.charts.binning import bins_of
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.model import Axis, Boxes, Dots, Key, Line, Panel, Scene
from notebook_kit.frames.charts.reading import read
from notebook_kit.frames.charts.ticks import nice_top
from notebook_kit.frames.charts.words import left_out, nothing, since
from notebook_kit.numbers import count, rate, took

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.frames.charts.binning import Bins
    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = ["concurrency"]

#: Times are kept in millionths of a second: one that ends as another begins is not beside it.
_ROUNDED_S: Final = 4e-6
_WITHOUT: Final = (
    "Of rows that were tried more than once all attempts are taken to be the last seconds: give "
    "attempts=run.attempts for when they really were."
)
_COLUMNS: Final = ("from_s", "to_s", "under_way", "rows_per_s")


def concurrency(frame: pd.DataFrame, attempts: pd.DataFrame | None = None) -> Chart:
    """Return how many attempts were under way over time, and how many rows ended a second then.

    Each dot is a stretch of time: where more under way does not mean more that ends, the server
    bears no more.

    Arguments and errors are those of `latency`.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger
    >>> concurrency(build_frame(plan_of([]), Ledger()))
    concurrency: There are no rows, so there is no concurrency to show.
    """
    items, tries = read(frame, attempts)
    timed = items.timed
    if not timed.any():
        empty = pd.DataFrame({name: np.zeros(0) for name in _COLUMNS})
        return Chart(nothing("concurrency", items, "concurrency"), empty)
    if tries is not None and len(tries):
        started, ended = tries.started, tries.ended
    else:
        ended = items.ended[timed]
        started = ended - items.network[timed]
    both = (np.append(started, items.ended[timed]), np.append(ended, items.ended[timed]))
    bins = bins_of(*both)
    level = bins.under_way(started, ended)
    per_s = bins.counts(items.ended[timed]) / bins.width
    columns = (bins.edges[:-1], bins.edges[1:], level, per_s)
    data = pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))
    most = _most_at_once(started, ended)
    scene = Scene(
        "concurrency",
        _title(level, most, per_s),
        _panels(bins, level, per_s, most),
        (Key("blue", "under way, mean"), Key("vermillion", "one stretch of time", "dot")),
        _notes(items, tries, bins),
    )
    return Chart(scene, data)


def _most_at_once(started: NDArray[np.float64], ended: NDArray[np.float64]) -> int:
    begun, over = np.sort(started), np.sort(ended)
    at_once = np.arange(1, len(begun) + 1) - np.searchsorted(over, begun + _ROUNDED_S, "right")
    return max(1, int(at_once.max()))


def _panels(
    bins: Bins, level: NDArray[np.float64], per_s: NDArray[np.float64], most: int
) -> tuple[Panel, ...]:
    top = float(max(most, level.max()))
    over_time = Panel(
        Axis(since(bins.begun), "time", 0.0, bins.span),
        Axis("attempts under way", "names", 0.0, top, _even_ticks(most)),
        (
            Boxes("blue", bins.edges[:-1], bins.edges[1:], np.zeros(len(level)), level, faint=True),
            Line("blue", *_steps(bins.edges, level)),
        ),
        height=110.0,
    )
    against = Panel(
        Axis("attempts under way", "number", 0.0, 1.03 * top),
        Axis("rows ended a second", "number", 0.0, nice_top(float(per_s.max()))),
        (Dots("vermillion", level, per_s),),
        height=150.0,
    )
    return over_time, against


def _even_ticks(most: int) -> tuple[tuple[float, str], ...]:
    """Return ticks at equal distances, of which the last is the most that were under way."""
    parts = next((number for number in (3, 2, 4) if most % number == 0), 1)
    return tuple((float(at), count(at)) for at in range(0, most + 1, most // parts))


def _steps(
    edges: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.repeat(edges, 2)[1:-1], np.repeat(values, 2)


def _title(level: NDArray[np.float64], most: int, per_s: NDArray[np.float64]) -> str:
    mean = float(level.mean())
    average = f"{mean:.0f}" if mean >= 10 else f"{mean:.1f}"  # noqa: PLR2004 - two digits are enough
    pace = rate(float(per_s.mean()))
    return f"{average} attempts under way on average, {count(most)} at most, for {pace}"


def _notes(items: Items, tries: Tries | None, bins: Bins) -> tuple[str, ...]:
    notes = (f"Each stretch is {took(bins.width)}.", *left_out(items, tries))
    if tries is None and (items.attempts > 1).any():
        notes = (*notes, _WITHOUT)
    return (" ".join(notes),)
