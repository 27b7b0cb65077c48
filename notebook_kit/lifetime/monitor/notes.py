"""What is at work or kept in memory, but closes by itself: noted, and never held.

A note has a weak reference to what it is about, and goes when that goes. Nothing here takes a lock,
for the reason that the registry takes none: the collector may run in the middle of anything.
"""

from __future__ import annotations

import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from notebook_kit.lifetime.monitor.clicked import clicked_origin
from notebook_kit.lifetime.monitor.numbers import numbers
from notebook_kit.lifetime.origin import Origin, caller_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.lifetime.monitor.holding import Holding

__all__ = ["Note", "act_on_note", "note", "notes"]

T = TypeVar("T")

_notes: Final[dict[int, Note]] = {}


@dataclass(slots=True, eq=False)
class Note:
    """What is noted of one thing.

    Attributes:
        kind: as in `OpenResource`.
        name: as in `OpenResource`.
        owner: gives the thing, as long as it lives.
        look: given the thing, says what it holds; None where there is nothing to tell of it.
        acts: given the thing, each does what a button of that name says.
        made_at: the line or cell that made it.
        opened: when, in seconds since the epoch.
        number: what tells it from every other.
        keeper: what is offered by who keeps it in memory, by the name of a button; None if nobody.
    """

    kind: str
    name: str
    owner: weakref.ref[Any]
    look: Callable[[Any], Holding | None]
    acts: Mapping[str, Callable[[Any], object]]
    made_at: Origin
    opened: float
    number: int
    keeper: Mapping[str, Callable[[], object]] | None = field(default=None)


def note(
    owner: T,
    *,
    kind: str,
    name: str,
    look: Callable[[T], Holding | None],
    acts: Mapping[str, Callable[[T], object]],
    made_at: Origin | None = None,
    opened: float | None = None,
) -> Note:
    """Take note of something that somebody may want to look at, as long as it lives.

    Neither ``look`` nor ``acts`` may hold it: they are given it when they are called.
    """
    number = next(numbers)
    made = Note(
        kind,
        name,
        weakref.ref(owner, lambda _: _notes.pop(number, None)),
        look,
        acts,
        clicked_origin() or made_at or caller_origin(),
        time.time() if opened is None else opened,
        number,
    )
    _notes[number] = made
    return made


def notes() -> list[Note]:
    """Return all notes, oldest first."""
    return list(_notes.values())


def act_on_note(number: int, act: str) -> object:
    """Do what a button says, if what it is about is still there."""
    known = _notes.get(number)
    owner = None if known is None else known.owner()
    if known is None or owner is None:
        return None
    if known.keeper is not None and act in known.keeper:
        return known.keeper[act]()
    return known.acts[act](owner) if act in known.acts else None
