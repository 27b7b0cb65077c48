"""What a client holds, as the monitor tells it; asked of its inner part, never of the client."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from notebook_kit.lifetime import Holding, note
from notebook_kit.numbers import count, plural, size

if TYPE_CHECKING:
    from notebook_kit.client.core import Core
    from notebook_kit.client.kept import Care

__all__ = ["client_holding", "note_cache"]

#: From the clock that requests are timed with to the one on the wall.
_EPOCH_S: Final = time.time() - time.perf_counter()


def client_holding(core: Core, most: int | None) -> Holding:
    """Return what a client with so many connections at most holds; from any thread.

    ``most`` is None where there is no bound.
    """
    stats, counts = core.stats(), core.connections()
    flying = f"{plural(stats.in_flight, 'request')} in flight" if stats.in_flight else ""
    last_s = core.watch.last_s
    told = Holding(
        uses=stats.requests,
        last_used=None if last_s is None else _EPOCH_S + last_s,
        busy=stats.in_flight > 0 or bool(core.streams),
    )
    if counts is None:
        return replace(told, text=_listed("connections of its own transport", flying))
    idle = f"{count(counts.idle)} idle" if counts.idle else ""
    of_most = f" of {count(most)}" if most else ""
    noun = "connection" if counts.open == 1 and not most else "connections"
    return replace(
        told,
        text=_listed(f"{count(counts.open)}{of_most} {noun}", idle, flying),
        sockets=counts.open,
        meter=(counts.open - counts.idle, counts.idle, most) if most else None,
    )


def _listed(*facts: str) -> str:
    return ", ".join(filter(None, facts))


def note_cache(core: Core, *, name: str) -> None:
    """Take note of the answers that a client keeps; nothing is told while there are none."""
    note(
        core.care,
        kind="cache",
        name=name,
        look=_cache_holding,
        acts={"Clear": _clear},
        made_at=core.handle.made_at,
    )


def _clear(care: Care) -> None:
    if care.keeper is not None:
        care.keeper.clear(care.files)


def _cache_holding(care: Care) -> Holding | None:
    if care.keeper is None or not (stats := care.keeper.stats()).items:
        return None
    text = _listed(plural(stats.items, "answer"), size(stats.bytes), plural(stats.hits, "hit"))
    return Holding(text, uses=stats.hits, kept=True, acts=("Clear",))
