"""What is kept, for how long, and when it is due for another look: no clock, no lock, no I/O.

Times are seconds on any clock that only goes forward, so a store that outlives its process can use
those of the calendar.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Entry", "Store"]

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")

#: Where fewer are kept, those that expired do no harm until they are asked for.
_FEW: Final = 100


@dataclass(frozen=True, slots=True)
class Entry(Generic[V]):
    """One value that is kept; an entry whose value is None is an entry all the same.

    Attributes:
        value: the value.
        expires: until when it may be used.
        stale: from when on it should be fetched again, before it expires.
        size: its bytes, where they are counted.
    """

    value: V
    expires: float = math.inf
    stale: float = math.inf
    size: int = 0

    def is_due(self, now: float) -> bool:
        """Tell whether it should be fetched again now, while it still may be used."""
        return now >= self.stale


class Store(Generic[K, V]):
    """Values by key: each for ``ttl_s`` seconds, those used last, at most ``max_items`` of them.

    Args:
        ttl_s: how long a value may be used; None for ever.
        refresh_s: so long before the end it is due; zero for never.
        max_items: when there are more, that which was not used for longest goes; None for no bound.
        max_bytes: the same, of the sum of their sizes; one that is longer by itself is not kept.
        size_of: gives the bytes of a value; None where nobody asks.

    Attributes:
        held: bytes of all values that are kept.

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
        max_bytes: int | None = None,
        size_of: Callable[[V], int] | None = None,
    ) -> None:
        self.held = 0
        self._max_bytes = math.inf if max_bytes is None else max_bytes
        self._size_of = size_of
        self._ttl_s = math.inf if ttl_s is None else ttl_s
        self._refresh_s = refresh_s
        self._max_items = math.inf if max_items is None else max_items
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()
        #: With so many kept, those that expired are looked for.
        self._crowded = _FEW

    def look(self, key: K, now: float) -> Entry[V] | None:
        """Return what is kept under the key and may be used now; that counts as a use."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry.expires:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(self, key: K, value: V, now: float, *, keep_s: float | None = None) -> list[K]:
        """Keep a value that came now, and return the keys of those that went at this occasion.

        It may be used for ``keep_s`` seconds, where that is not the same for all.
        """
        expires = now + (self._ttl_s if keep_s is None else keep_s)
        stale = expires - self._refresh_s if self._refresh_s else math.inf
        size = 0 if self._size_of is None else self._size_of(value)
        self.drop(key)
        if size > self._max_bytes:
            return [key]
        self._entries[key] = Entry(value, expires, stale, size)
        self.held += size
        gone: list[K] = []
        while len(self._entries) > self._max_items or self.held > self._max_bytes:
            longest = next(iter(self._entries))
            self.drop(longest)
            gone.append(longest)
        if len(self._entries) >= self._crowded:
            gone += self.expire(now)
            # So that looking costs little for each that is kept, however many there are.
            self._crowded = max(_FEW, 2 * len(self._entries))
        return gone

    def drop(self, key: K) -> bool:
        """Forget one, and tell whether it was there."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.held -= entry.size
        return True

    def expire(self, now: float) -> list[K]:
        """Forget those that may not be used any more, and return their keys."""
        gone = [key for key, entry in self._entries.items() if now >= entry.expires]
        for key in gone:
            self.drop(key)
        return gone

    def keys(self) -> tuple[K, ...]:
        """Return the keys of all that are kept."""
        return tuple(self._entries)

    def emptied(self) -> Store[K, V]:
        """Return a store with the same bounds that holds nothing."""
        max_items = None if math.isinf(self._max_items) else int(self._max_items)
        max_bytes = None if math.isinf(self._max_bytes) else int(self._max_bytes)
        return Store(
            ttl_s=self._ttl_s,
            refresh_s=self._refresh_s,
            max_items=max_items,
            max_bytes=max_bytes,
            size_of=self._size_of,
        )

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.held = 0

    def __len__(self) -> int:
        """How many are kept, also of those that expired and were not asked for since."""
        return len(self._entries)
