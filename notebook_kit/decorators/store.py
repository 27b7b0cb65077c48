"""What is kept, for how long, and when it is due for another look: no clock, no lock, no I/O.

Times are seconds on any clock that only goes forward, so a store that outlives its process can use
those of the calendar.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Entry", "Store"]

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Entry(Generic[V]):
    """One value that is kept; an entry whose value is None is an entry all the same.

    Attributes:
        value: the value.
        expires: until when it may be used.
        stale: from when on it should be fetched again, before it expires.
    """

    value: V
    expires: float = math.inf
    stale: float = math.inf

    def is_due(self, now: float) -> bool:
        """Tell whether it should be fetched again now, while it still may be used."""
        return now >= self.stale


class Store(Generic[K, V]):
    """Values by key: each for ``ttl_s`` seconds, those used last, at most ``max_items`` of them.

    Args:
        ttl_s: how long a value may be used; None for ever.
        refresh_s: so long before the end it is due; zero for never.
        max_items: when there are more, that which was not used for longest goes; None for no bound.

    >>> store = Store(ttl_s=60.0, refresh_s=10.0)
    >>> store.put("a", None, now=0.0)
    []
    >>> store.look("a", now=55.0).is_due(55.0), store.look("a", now=60.0)
    (True, None)
    """

    def __init__(
        self,
        *,
        ttl_s: float | None = None,
        refresh_s: float = 0.0,
        max_items: int | None = None,
    ) -> None:
        self._ttl_s = math.inf if ttl_s is None else ttl_s
        self._refresh_s = refresh_s
        self._max_items = math.inf if max_items is None else max_items
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()

    def look(self, key: K, now: float) -> Entry[V] | None:
        """Return what is kept under the key and may be used now; that counts as a use."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry.expires:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: K, value: V, now: float, *, keep_s: float | None = None) -> list[K]:
        """Keep a value that came now, and return the keys of those that had to go for it.

        It may be used for ``keep_s`` seconds, where that is not the same for all.
        """
        expires = now + (self._ttl_s if keep_s is None else keep_s)
        stale = expires - self._refresh_s if self._refresh_s else math.inf
        self._entries[key] = Entry(value, expires, stale)
        self._entries.move_to_end(key)
        gone: list[K] = []
        while len(self._entries) > self._max_items:
            gone.append(self._entries.popitem(last=False)[0])
        return gone

    def drop(self, key: K) -> bool:
        """Forget one, and tell whether it was there."""
        return self._entries.pop(key, None) is not None

    def expire(self, now: float) -> list[K]:
        """Forget those that may not be used any more, and return their keys."""
        gone = [key for key, entry in self._entries.items() if now >= entry.expires]
        for key in gone:
            del self._entries[key]
        return gone

    def keys(self) -> tuple[K, ...]:
        """Return the keys of all that are kept."""
        return tuple(self._entries)

    def emptied(self) -> Store[K, V]:
        """Return a store with the same bounds that holds nothing."""
        max_items = None if math.isinf(self._max_items) else int(self._max_items)
        return Store(ttl_s=self._ttl_s, refresh_s=self._refresh_s, max_items=max_items)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def __len__(self) -> int:
        """How many are kept, also of those that expired and were not asked for since."""
        return len(self._entries)
