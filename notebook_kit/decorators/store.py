"""What is kept in memory, and for how long: no clock, no lock, no I/O.

Times are seconds on any clock that only goes forward.
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
        came: when it came.
        expires: when it is forgotten.
        size: its bytes, where they are counted.
        is_error: whether it is an error, to be raised again.
        mark: what it is known by in a file that keeps it too; None where none does.
    """

    value: V
    came: float
    expires: float = math.inf
    size: int = 0
    is_error: bool = False
    mark: bytes | None = None


class Store(Generic[K, V]):
    """Values by key: those used last, at most ``max_items`` of them.

    Args:
        max_items: when there are more, that which was not used for longest goes; None for no bound.
        max_bytes: the same, of the sum of their sizes; one that is longer by itself is not kept.
        size_of: gives the bytes of a value; None where nobody asks.

    Attributes:
        held: bytes of all values that are kept.

    >>> store = Store(max_items=2)
    >>> store.put("a", None, now=0.0, keep_s=60.0)
    []
    >>> store.look("a", now=55.0).came, store.look("a", now=60.0)
    (0.0, None)
    """

    def __init__(
        self,
        *,
        max_items: int | None = None,
        max_bytes: int | None = None,
        size_of: Callable[[V], int] | None = None,
    ) -> None:
        self.held = 0
        self._max_items = math.inf if max_items is None else max_items
        self._max_bytes = math.inf if max_bytes is None else max_bytes
        self._size_of = size_of
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()
        #: With so many kept, those that expired are looked for.
        self._crowded = _FEW

    def look(self, key: K, now: float) -> Entry[V] | None:
        """Return what is kept under the key; that counts as a use."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if now >= entry.expires:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put(
        self,
        key: K,
        value: V,
        now: float,
        *,
        keep_s: float = math.inf,
        came: float | None = None,
        is_error: bool = False,
        mark: bytes | None = None,
    ) -> list[K]:
        """Keep a value and return the keys of those that went at this occasion.

        It is forgotten ``keep_s`` seconds after it came, which is now unless something else is
        said.
        """
        came = now if came is None else came
        size = 0 if self._size_of is None else self._size_of(value)
        self.drop(key)
        if size > self._max_bytes:
            return [key]
        self._entries[key] = Entry(value, came, came + keep_s, size, is_error, mark)
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
        """Forget those whose time is over, and return their keys."""
        gone = [key for key, entry in self._entries.items() if now >= entry.expires]
        for key in gone:
            self.drop(key)
        return gone

    def keys(self) -> tuple[K, ...]:
        """Return the keys of all that are kept."""
        return tuple(self._entries)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.held = 0

    def __len__(self) -> int:
        """How many are kept, also of those whose time is over and were not asked for since."""
        return len(self._entries)
