"""Sentences that several charts share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from notebook_kit.frames.charts.model import Scene
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from notebook_kit.frames.charts.reading import Items, Tries

__all__ = ["left_out", "nothing", "since"]


def nothing(name: str, items: Items, thing: str) -> Scene:
    """Return the chart of a frame in which there is nothing to be drawn: a sentence."""
    if not len(items):
        title = f"There are no rows, so there is no {thing} to show."
    elif not items.tried.any():
        title = (
            f"Nothing was sent for {plural(len(items), 'row')}, so there is no {thing} to show: "
            "they were reused, left out or never begun."
        )
    else:
        title = (
            f"No times are known of {plural(len(items), 'row')}, so there is no {thing} to show."
        )
    return Scene(name, title)


def since(moment: float) -> str:
    """Return the words of an axis of time that begins at a moment, in seconds since the epoch."""
    begun = datetime.fromtimestamp(moment, tz=UTC)
    return f"time since {begun:%H:%M:%S} UTC"


def left_out(items: Items, tries: Tries | None = None) -> tuple[str, ...]:
    """Return what the chart does not show of what it was given."""
    notes: list[str] = []
    idle = int((~items.tried).sum())
    if idle:
        notes.append(f"Not shown: {plural(idle, 'row')} for which nothing was sent.")
    if tries is None:
        unknown = int((items.tried & ~items.timed).sum())
        noun = "row"
    else:
        unknown, noun = tries.left_out, "attempt"
    if unknown:
        notes.append(f"Left out: {plural(unknown, noun)} without known times.")
    return tuple(notes)
