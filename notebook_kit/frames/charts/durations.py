"""How long rows took, as a histogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from notebook_kit.frames.attempts_table import OUTCOMES
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.model import Axis, Boxes, Key, Mark, Panel, Scene, Tone
from notebook_kit.frames.charts.reading import read
from notebook_kit.frames.charts.ticks import nice_top
from notebook_kit.frames.charts.words import left_out, nothing
from notebook_kit.frames.spent import spent
from notebook_kit.numbers import count, plural
from notebook_kit.scheduling import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = ["latency"]

Numbers: TypeAlias = "NDArray[np.float64]"
Codes: TypeAlias = "NDArray[np.int64]"

_TONES: Final[dict[str, Tone]] = {
    "ok": "blue",
    "answered": "blue",
    "fallback": "purple",
    "failed": "vermillion",
    "timeout": "orange",
    "cancelled": "grey",
    "skipped": "purple",
}
_MOST_CLASSES: Final = 48
#: What took no time at all cannot stand on a logarithmic axis.
_LEAST_S: Final = 1e-6
#: With fewer, the slowest twentieth is a row or none.
_FEW: Final = 20
_ALIKE: Final = 1.25
_MARKED: Final = (50, 95, 99)


def latency(frame: pd.DataFrame, attempts: pd.DataFrame | None = None) -> Chart:
    """Return how long the rows took that were tried, as a histogram on a logarithmic axis.

    Counted are the seconds in attempts, all those of a row together, without waits; given the
    attempts, each by itself. The 50th, 95th and 99th hundredths are marked.

    Args:
        frame: the frame of a run, also one that was read back from a file.
        attempts: the table of its attempts, `Run.attempts`.

    Raises:
        ConfigurationError: when one of them is something else.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger
    >>> latency(build_frame(plan_of([]), Ledger()))
    latency: There are no rows, so there is no latency to show.
    """
    items, tries = read(frame, attempts)
    took_s, groups, words = _of_rows(items) if tries is None else _of_attempts(tries)
    if not len(took_s):
        return Chart(nothing("latency", items, "latency"), _data(words, [], np.zeros(1)))
    took_s = np.maximum(took_s, _LEAST_S)
    edges = _edges(took_s)
    counts = [
        np.histogram(took_s[groups == code], edges)[0].astype("float64")
        for code in range(len(words))
    ]
    noun = "row" if tries is None else "attempt"
    what = "time in attempts, all of a row together" if tries is None else "time of an attempt"
    panel = Panel(
        Axis(f"{what} (log scale)", "duration", float(edges[0]), float(edges[-1])),
        Axis(f"{noun}s", "count", 0.0, nice_top(float(np.sum(counts, axis=0).max()), whole=True)),
        _stacked(words, counts, edges),
        _marks(took_s),
        height=190.0,
    )
    keys = tuple(
        Key(_TONES.get(word, "grey"), f"{word} {count(int(numbers.sum()))}")
        for word, numbers in zip(words, counts, strict=True)
        if numbers.any()
    )
    notes = left_out(items, tries)
    scene = Scene("latency", _title(took_s, noun), (panel,), keys, notes)
    return Chart(scene, _data(words, counts, edges))


def _of_rows(items: Items) -> tuple[Numbers, Codes, Sequence[str]]:
    chosen = items.tried & (items.status >= 0) & np.isfinite(items.network)
    return items.network[chosen], items.status[chosen], STATUSES


def _of_attempts(tries: Tries) -> tuple[Numbers, Codes, Sequence[str]]:
    chosen = tries.outcome >= 0
    return (tries.ended - tries.started)[chosen], tries.outcome[chosen], OUTCOMES


def _edges(seconds: Numbers) -> Numbers:
    """Return bounds of classes that are equally wide on the axis."""
    low, high = float(seconds.min()), float(seconds.max())
    if high < low * 2:
        # Around values that are all alike, an axis that shows nothing but their differences
        # would make much of them.
        middle = (low * high) ** 0.5
        low, high = min(low, middle / 2), max(high, middle * 2)
    classes = int(np.clip(2 * len(seconds) ** 0.5, 8, _MOST_CLASSES))
    edges = np.geomspace(low, high, classes + 1)
    # What rounding does to the ends must not cost the first value or the last.
    edges[0], edges[-1] = min(edges[0], low), max(edges[-1], high)
    return edges


def _stacked(words: Sequence[str], counts: list[Numbers], edges: Numbers) -> tuple[Boxes, ...]:
    boxes: list[Boxes] = []
    below = np.zeros(len(edges) - 1)
    for word, numbers in zip(words, counts, strict=True):
        if numbers.any():
            tone = _TONES.get(word, "grey")
            boxes.append(Boxes(tone, edges[:-1], edges[1:], below, below + numbers))
            below = below + numbers
    return tuple(boxes)


def _marks(seconds: Numbers) -> tuple[Mark, ...]:
    values = np.percentile(seconds, _MARKED).tolist()
    return tuple(
        Mark(value, f"p{part} {spent(value)}")
        for part, value in zip(_MARKED, values, strict=True)
        if len(seconds) >= _FEW or part == _MARKED[0]
    )


def _title(seconds: Numbers, noun: str) -> str:
    if len(seconds) == 1:
        return f"The only {noun} took {spent(float(seconds[0]))}"
    if len(seconds) < _FEW:
        low, high = spent(float(seconds.min())), spent(float(seconds.max()))
        return f"{plural(len(seconds), noun)} took between {low} and {high}"
    half, slow, _ = np.percentile(seconds, _MARKED).tolist()
    if slow < _ALIKE * half:
        return f"Nearly all {noun}s took about {spent(half)}"
    return f"Half of the {noun}s took up to {spent(half)}, the slowest 5 % over {spent(slow)}"


def _data(words: Sequence[str], counts: list[Numbers], edges: Numbers) -> pd.DataFrame:
    columns: dict[str, Any] = {"from_s": edges[:-1], "to_s": edges[1:]}
    for code, word in enumerate(words):
        columns[word] = (counts[code] if counts else np.zeros(0)).astype("int64")
    return pd.DataFrame(columns)
