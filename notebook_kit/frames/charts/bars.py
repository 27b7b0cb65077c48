"""Each row as a bar of its attempts over time, and of what it waited for between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from notebook_kit.frames.attempts_table import CAUSE_LIMIT, CAUSES
from notebook_kit.frames.charts.chart import Chart
from notebook_kit.frames.charts.model import Axis, Key, Panel, Scene, Strips, Tone
from notebook_kit.frames.charts.reading import labels_of, read
from notebook_kit.frames.charts.stretches import (
    HELD,
    LEAST_S,
    UNKNOWN,
    WAITED,
    chosen,
    stretches_of,
    stretches_of_attempts,
)
from notebook_kit.frames.charts.ticks import round_step
from notebook_kit.frames.charts.words import left_out, nothing, since
from notebook_kit.numbers import count, percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from notebook_kit.frames.charts.reading import Items, Tries
    from notebook_kit.frames.charts.stretches import Choice

__all__ = ["timeline"]


_MOST_ROWS: Final = 200
_MOST_LABELS: Final = 24
_HARDLY_ANY: Final = 0.02
_TONES: Final[dict[str, Tone]] = {
    "answered": "blue",
    "ok": "blue",
    "failed": "vermillion",
    "timeout": "vermillion",
    "fallback": "purple",
    "overtaken": "grey",
    "cut": "grey",
    "cancelled": "grey",
    "skipped": "grey",
    UNKNOWN: "grey",
    f"{WAITED}{HELD}": "sky",
    f"{WAITED}back-off": "yellow",
    f"{WAITED}server said so": "orange",
    f"{WAITED}asked again": "green",
    f"{WAITED}fallback": "purple",
}
_WAITED_SO: Final = {
    CAUSE_LIMIT: "for limits or the server",
    "back-off": "for back-off",
    "server said so": "as the server said so",
    "asked again": "until asked again",
}
_WITHOUT: Final = (
    "Of each row the waits are drawn first and all its tries as one: give attempts=run.attempts "
    "for each attempt at its time."
)


def timeline(frame: pd.DataFrame, attempts: pd.DataFrame | None = None) -> Chart:
    """Return each row as a bar over time: its attempts by what came of them, its waits by cause.

    Of more than 200 rows, 200 are chosen evenly in the order in which they were begun.

    Arguments and errors are those of `latency`.

    >>> from notebook_kit.frames import build_frame, plan_of
    >>> from notebook_kit.scheduling import Ledger
    >>> timeline(build_frame(plan_of([]), Ledger()))
    timeline: There are no rows, so there is no timeline to show.
    """
    items, tries = read(frame, attempts)
    stretches = stretches_of(items) if tries is None else stretches_of_attempts(tries)
    choice = chosen(stretches, _MOST_ROWS)
    pieces, rows = choice.table, choice.rows
    if not rows:
        return Chart(nothing("timeline", items, "timeline"), pieces.drop(columns="row"))
    begun = float(pieces["from_s"].min())
    pieces[["from_s", "to_s"]] -= begun
    panel = Panel(
        Axis(since(begun), "time", 0.0, max(float(pieces["to_s"].max()), LEAST_S)),
        _rows_axis(frame, pieces, rows, choice.total),
        _strips(pieces),
        height=float(np.clip(16 * rows, 40, 400)),
    )
    notes = _notes(items, tries, choice)
    scene = Scene("timeline", _title(items, tries), (panel,), _keys(pieces), notes)
    pieces.index = frame.index.take(pieces["position"].to_numpy())
    return Chart(scene, pieces.drop(columns="row"))


def _strips(pieces: pd.DataFrame) -> tuple[Strips, ...]:
    what = pieces["what"].to_numpy()
    started, ended = pieces["from_s"].to_numpy(), pieces["to_s"].to_numpy()
    rows = pieces["row"].to_numpy() + 0.5
    layers: list[Strips] = []
    for name, tone in _TONES.items():
        mine = what == name
        if mine.any():
            thickness = 0.5 if name.startswith(WAITED) else 0.9
            layers.append(Strips(tone, started[mine], ended[mine], rows[mine], thickness))
    # Waits lie below: an attempt, however short, is to be seen.
    return tuple(sorted(layers, key=lambda layer: layer.thickness))


def _keys(pieces: pd.DataFrame) -> tuple[Key, ...]:
    there = set(pieces["what"])
    return tuple(
        Key(tone, name, "thin" if name.startswith(WAITED) else "box")
        for name, tone in _TONES.items()
        if name in there
    )


def _rows_axis(frame: pd.DataFrame, pieces: pd.DataFrame, rows: int, total: int) -> Axis:
    """Return the axis with the first row at its top."""
    label = "rows, in the order of their starts"
    if total <= _MOST_LABELS:
        positions = pieces.drop_duplicates("row").sort_values("row")["position"]
        labels = labels_of(frame, positions.to_numpy())
        names = tuple((place + 0.5, text) for place, text in enumerate(labels))
        return Axis(label, "names", rows, 0, names)
    numbers = range(0, total, int(round_step(total / 8)))
    names = tuple((number / total * rows, count(number)) for number in numbers)
    return Axis(label, "names", rows, 0, names)


def _title(items: Items, tries: Tries | None) -> str:
    waits = _waits(items, tries)
    waited = sum(waits.values())
    spent = float(items.network[items.timed].sum())
    share = waited / (waited + spent) if waited + spent > 0 else 0.0
    if share < _HARDLY_ANY:
        return "Hardly any waiting: the rows spent their time in attempts"
    part = percent(round(1e4 * share), 10_000)
    most = max(waits, key=lambda cause: waits[cause])
    cause = _WAITED_SO.get(most, f"for {most}")
    return f"The rows spent {part} of their time waiting, most of it {cause}"


def _waits(items: Items, tries: Tries | None) -> dict[str, float]:
    """Return the seconds of all rows together by cause."""
    if tries is None:
        held, backoff = items.waited[items.timed].sum(), items.backoff[items.timed].sum()
        return {CAUSE_LIMIT: float(held), "back-off": float(backoff)}
    # A missing cause is counted for itself, and left out with the time that none has.
    by_cause = np.bincount(tries.why + 1, tries.backoff, minlength=len(CAUSES) + 1)[1:]
    waits: dict[str, float] = {}
    waits.update(zip(CAUSES, by_cause.tolist(), strict=True))
    waits[CAUSE_LIMIT] += float(tries.waited.sum())
    return waits


def _notes(items: Items, tries: Tries | None, choice: Choice) -> tuple[str, ...]:
    notes: list[str] = []
    if choice.rows < choice.total:
        rows = f"{count(choice.rows)} of {plural(choice.total, 'row')}"
        notes.append(f"{rows}, chosen evenly in the order of their starts.")
    if choice.drawn < choice.attempts:
        notes.append(f"{count(choice.drawn)} of their {count(choice.attempts)} attempts are drawn.")
    notes += left_out(items, tries)
    if tries is None:
        notes.append(_WITHOUT)
    return (" ".join(notes),) if notes else ()
