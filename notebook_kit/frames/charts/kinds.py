"""When what failed, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.attempts_table import OUTCOMES
from notebook_kit.frames.charts.binning import Bins, bins_of
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.model import Axis, Boxes, Key, Panel, Scene, Tone
from notebook_kit.frames.charts.reading import kinds_of, read
from notebook_kit.frames.charts.ticks import nice_top
from notebook_kit.frames.charts.words import left_out, nothing, since
from notebook_kit.numbers import count, percent, plural, took
from notebook_kit.scheduling import Status
from notebook_kit.scheduling.attempts import Came

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = ["failures"]

#: Without blue, which is what was answered in the other charts.
_TONES: Final[tuple[Tone, ...]] = ("vermillion", "orange", "purple", "green", "yellow")
_OTHER: Final = "other"
_WITHOUT: Final = (
    "Counted are rows that ended so; attempts that failed and were tried again are not to be seen "
    "without attempts=run.attempts."
)


def failures(frame: pd.DataFrame, attempts: pd.DataFrame | None = None) -> Chart:
    """Return what failed over time, stacked by kind: the five most frequent, and the others.

    With the attempts, each attempt that failed is counted; without them, each row that ended in a
    failure.

    Arguments and errors are those of `latency`.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger
    >>> failures(build_frame(plan_of([]), Ledger()))
    failures: There are no rows, so there is no failure to show.
    """
    items, tries = read(frame, attempts)
    if not (items.timed.any() if tries is None else len(tries)):
        return Chart(nothing("failures", items, "failure"), _data(None, []))
    bad = _bad_rows(items) if tries is None else tries.outcome == OUTCOMES.index(Came.FAILED)
    noun = "row" if tries is None else "attempt"
    if not bad.any():
        made = int(items.timed.sum()) if tries is None else len(tries)
        title = f"The only {noun} did not fail" if made == 1 else f"None of {made:,} {noun}s failed"
        return Chart(Scene("failures", title, notes=left_out(items, tries)), _data(None, []))
    places, names = kinds_of(frame.loc[bad] if tries is None else tries.table.loc[bad])
    places = np.minimum(places, len(_TONES))
    shown = names[: len(_TONES)] + [_OTHER] * (len(names) > len(_TONES))
    bins = _bins(items, tries)
    ended = (items.ended if tries is None else tries.ended)[bad]
    stacks = [(name, bins.counts(ended[places == at])) for at, name in enumerate(shown)]
    title = _title(places, shown, noun, len(items) if tries is None else len(tries))
    return Chart(_scene(bins, stacks, title, _notes(items, tries, bins)), _data(bins, stacks))


def _bad_rows(items: Items) -> NDArray[np.bool_]:
    return items.timed & np.isin(items.status, (Status.FAILED, Status.TIMEOUT))


def _bins(items: Items, tries: Tries | None) -> Bins:
    if tries is not None:
        return bins_of(tries.started, tries.ended)
    return bins_of(items.started[items.timed], items.ended[items.timed])


def _scene(
    bins: Bins, stacks: list[tuple[str, NDArray[np.float64]]], title: str, notes: tuple[str, ...]
) -> Scene:
    layers: list[Boxes] = []
    keys: list[Key] = []
    below = np.zeros(len(bins.middles))
    for at, (name, numbers) in enumerate(stacks):
        tone = _TONES[at] if at < len(_TONES) else "grey"
        layers.append(Boxes(tone, bins.edges[:-1], bins.edges[1:], below, below + numbers))
        keys.append(Key(tone, f"{name}: {count(int(numbers.sum()))}"))
        below = below + numbers
    panel = Panel(
        Axis(since(bins.begun), "time", 0.0, bins.span),
        Axis(f"failures in {took(bins.width)}", "count", 0.0, nice_top(below.max(), whole=True)),
        tuple(layers),
    )
    return Scene("failures", title, (panel,), tuple(keys), notes)


def _title(places: NDArray[np.int64], names: list[str], noun: str, whole: int) -> str:
    number = len(places)
    first = int((places == 0).sum())
    share = percent(number, whole)
    failed = f"{count(number)} of {plural(whole, noun)} failed ({share})"
    if number == whole:
        failed = f"{'The only' if whole == 1 else 'All'} {plural(whole, noun)} failed"
        failed = failed.replace("The only 1 ", "The only ")
    if len(names) == 1:
        return f"{failed}: {names[0]}"
    most = ", most of them with" if 2 * first > number else ", most often with"
    return f"{failed}{most} {names[0]}"


def _notes(items: Items, tries: Tries | None, bins: Bins) -> tuple[str, ...]:
    notes = (f"Each column is {took(bins.width)}.", *left_out(items, tries))
    if tries is None and (items.attempts > 1).any():
        notes = (*notes, _WITHOUT)
    return (" ".join(notes),)


def _data(bins: Bins | None, stacks: list[tuple[str, NDArray[np.float64]]]) -> pd.DataFrame:
    """Return one row per stretch of time and kind that occurs in it."""
    if bins is None:
        bins = Bins(0.0, np.zeros(1))
    pieces = [
        pd.DataFrame(
            {
                "from_s": bins.edges[:-1],
                "to_s": bins.edges[1:],
                "kind": pd.Series([name] * len(numbers), dtype=object),
                "count": numbers.astype("int64"),
            }
        )
        for name, numbers in stacks or [("", np.zeros(0))]
    ]
    table = pd.concat(pieces, ignore_index=True)
    return table.loc[table["count"] > 0].reset_index(drop=True)
