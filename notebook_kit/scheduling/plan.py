"""The plan of a run: where its items come from, and which row each one is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Plan"]


@dataclass(slots=True)
class Plan:
    """Where the items come from.

    Attributes:
        source: a sequence of known length, or an iterator of either kind, consumed as needed.
        index: labels of the rows, as the frame wants them, or None for 0, 1, 2, ...
        keep_items: whether the frame shows the items (a DataFrame's rows are beside it anyway).
        name: what the user called the work, for headings.
        positions: where the items stood in the plan that these were taken from, or None.
        settled: called with the position of each item that has ended, or None.
    """

    source: Sequence[Any] | Iterator[Any] | AsyncIterator[Any]
    index: Any = None
    keep_items: bool = True
    name: str = ""
    positions: Sequence[int] | None = None
    settled: Callable[[int], None] | None = None
    pulled: list[Any] = field(default_factory=list)

    @property
    def length(self) -> int | None:
        """How many items there are, or None as long as nobody knows."""
        return len(self.source) if isinstance(self.source, Sequence) else None

    def item(self, index: int) -> Any:
        """Return the item at a position that has left the input."""
        if isinstance(self.source, Sequence):
            return self.source[index]
        return self.pulled[index]

    @property
    def getter(self) -> Callable[[int], Any]:
        """What gives the item at a position, asked for a million times without asking which."""
        known = self.source if isinstance(self.source, Sequence) else self.pulled
        return known.__getitem__

    def position(self, index: int) -> int:
        """Return where the item stood in the first plan that these were taken from."""
        return index if self.positions is None else self.positions[index]

    def numbered(self, index: int) -> tuple[int, Any]:
        """Return the item with that position, which stays the same if it is tried in a new run."""
        return self.position(index), self.item(index)

    def items(self, count: int) -> Sequence[Any]:
        """Return the first ``count`` items."""
        known = self.source if isinstance(self.source, Sequence) else self.pulled
        return known[:count]
