"""What there is for a call of a function whose answers are kept, and what is told of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from notebook_kit.lifetime import Holding
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Hashable

    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.flight import Flight
    from notebook_kit.decorators.owners import Owner
    from notebook_kit.decorators.store import Entry

__all__ = ["Key", "Look", "holding_of"]

#: The object that a call is a method of, and what the call is known by beside that.
Key: TypeAlias = "tuple[Owner | None, Hashable]"


class Look(NamedTuple):
    """What there is for a call.

    Attributes:
        entry: what is kept, or None.
        flight: the call to wait for, or, where something is kept, to make in the background.
        begins: whether that call is for the caller to begin.
    """

    entry: Entry[Any] | None
    flight: Flight | None = None
    begins: bool = False


def holding_of(stats: CacheStats) -> Holding | None:
    """Return what the monitor tells of a cache; None where nothing is kept."""
    if not stats.items:
        return None
    text = f"{plural(stats.items, 'answer')}, {plural(stats.hits, 'hit')}"
    return Holding(text, uses=stats.hits, kept=True, acts=("Clear",))
