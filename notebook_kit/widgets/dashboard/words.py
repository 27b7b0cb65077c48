"""What the monitor says, in words: who holds sockets, since when, used how often."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from notebook_kit.numbers import count, plural
from notebook_kit.widgets.foreign import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.lifetime import OpenResource

__all__ = [
    "EMPTY",
    "KEPT",
    "holders",
    "how_many",
    "made",
    "name_of",
    "servers",
    "sockets",
    "used",
    "when",
]

EMPTY: Final = "Nothing is open."
#: What stands above what is no more than kept.
KEPT: Final = "Stays until you let go of it"

#: As `notebook_kit.track` lists things, if nothing else is said.
TRACKED: Final = "tracked"

_NAME_LIMIT: Final = 120
_PLACE_LIMIT: Final = 60


def name_of(resource: OpenResource, limit: int = _NAME_LIMIT) -> str:
    """Return its name, fit to be shown on one line."""
    return plain(resource.name, limit)


def sockets(resources: Sequence[OpenResource]) -> str:
    """Return how many sockets are open, in words.

    >>> sockets([])
    'no sockets open'
    """
    number = sum(it.sockets for it in resources)
    return f"{plural(number, 'socket')} open" if number else "no sockets open"


def holders(resources: Sequence[OpenResource]) -> str:
    """Return who holds the sockets, the greatest first: ``"3 held by 1 client"``."""
    held: Counter[str] = Counter()
    who: Counter[str] = Counter()
    for it in resources:
        if it.sockets:
            held[it.kind] += it.sockets
            who[it.kind] += 1
    return ", ".join(
        f"{count(number)} held by {_of_kind(who[kind], kind)}"
        for kind, number in held.most_common()
    )


def servers(resources: Sequence[OpenResource]) -> str:
    """Return who holds sockets that no client opened, in words: ``"1 demo server"``."""
    others = [it for it in resources if it.sockets and it.meter is None]
    return how_many(others)


def how_many(resources: Sequence[OpenResource]) -> str:
    """Return how many there are of each kind, in the order in which they were made."""
    kinds = Counter(it.kind for it in resources)
    return ", ".join(_of_kind(number, kind) for kind, number in kinds.items())


def _of_kind(number: int, kind: str) -> str:
    """Return a number of one kind; what is tracked is called by no noun."""
    return f"{count(number)} {kind}" if kind == TRACKED else plural(number, kind)


def when(moment: float, *, now: float | None = None) -> str:
    """Return a moment as the clock on the wall shows it, with its date if it is not of today."""
    then = datetime.fromtimestamp(moment).astimezone()
    today = datetime.fromtimestamp(time.time() if now is None else now).astimezone()
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%Y-%m-%d %H:%M}"


def made(resource: OpenResource) -> str:
    """Return since when it is there, and what line made it."""
    return f"since {when(resource.opened)}, {plain(str(resource.made_at), _PLACE_LIMIT)}"


def used(resource: OpenResource) -> str:
    """Return how often it was used, and when last."""
    if not resource.uses:
        return "not used yet"
    times = "used once" if resource.uses == 1 else f"used {count(resource.uses)} times"
    last = resource.last_used
    return times if last is None else f"{times}, last at {when(last)}"
