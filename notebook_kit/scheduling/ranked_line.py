"""The line of a run whose items have ranks."""

from __future__ import annotations

import math
from array import array
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from notebook_kit.errors.groups import taken_apart
from notebook_kit.scheduling.line import NOBODY, Line
from notebook_kit.scheduling.outcome import INTERRUPTS, UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["RankedLine"]


class RankedLine(Line):
    """Items by rank, the lowest first; the oldest first among equals.

    The ranks of a whole list are kept as two arrays of numbers; only what comes one by one, or
    comes again, costs an object each.

    Args:
        ledger: knows which items have ended.
        rank: gives the rank of an item.
        lookahead: how many should be known before one goes, of an input that comes one by one.
    """

    __slots__ = ("_at", "_lookahead", "_order", "_rank", "_ranks", "_ready")

    def __init__(self, ledger: Ledger, rank: Callable[[int], float], *, lookahead: int = 0) -> None:
        super().__init__(ledger)
        self._lookahead = lookahead
        self._rank = rank
        self._ranks = array("d")
        self._order = array("q")
        self._at = 0
        self._ready: list[tuple[float, int]] = []

    @property
    def ahead(self) -> int:
        """How many fresh items are in the line."""
        return len(self._order) - self._at + len(self._ready)

    @property
    def reads_ahead(self) -> bool:
        """Whether more is read of the input than is started, so that the best goes first."""
        return True

    @property
    def room(self) -> int:
        """How many more items to read ahead."""
        return max(0, self._lookahead - self.ahead)

    def added(self, first: int) -> None:
        """Rank the new items."""
        new = range(first, len(self._ledger))
        self._ranks.extend(self._rank_of(index) for index in new)
        self._fresh = len(self._ledger)
        self._enter(new)

    def _enter(self, new: Sequence[int]) -> None:
        if len(new) == 1:
            self.put_back(new[0])
        else:
            rest = self._order[self._at :]
            rest.extend(new)
            self._order = array("q", sorted(rest, key=self._ranks.__getitem__))
            self._at = 0

    def _rank_of(self, index: int) -> float:
        try:
            return self._rank(index)
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a user's function; it is that row's error
            self.broken[index] = taken_apart(error)
            return -math.inf

    def take(self, now: float) -> int:
        """Take the next item out of the line, or return `NOBODY`."""
        self._welcome(now)
        status, left = self._ledger.status, self._ledger.left
        while (index := self._best()) >= 0:
            if status[index] != UNSETTLED:
                continue
            if math.isnan(left[index]):
                left[index] = now
            return index
        return NOBODY

    def _welcome(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self.put_back(self._take_due())

    def _best(self) -> int:
        ready, order, at = self._ready, self._order, self._at
        if at < len(order) and not (ready and ready[0] < (self._ranks[order[at]], order[at])):
            self._at += 1
            return order[at]
        return heappop(ready)[1] if ready else NOBODY

    def put_back(self, index: int) -> bool:
        """Let others go before an item that cannot go now, if they rank higher."""
        heappush(self._ready, (self._ranks[index], index))
        return True

    def _still_there(self, indexes: set[int]) -> set[int]:
        self._ready = [pair for pair in self._ready if pair[1] not in indexes]
        heapify(self._ready)
        return indexes.intersection(self._order[self._at :])

    def hurry(self, first: int, index: int) -> None:
        """Let an item go as early as another would that waits for its answer."""
        before, rank = self._ranks[first], self._ranks[index]
        if rank < before:
            self._ranks[first] = rank
            if (before, first) in self._ready:
                self._ready.remove((before, first))
                self._ready.append((rank, first))
                heapify(self._ready)

    def take_one_of(self, wanted: Collection[int], now: float) -> int:
        """Take one of these items, which came again, if its time has come, or return `NOBODY`.

        Slow, for those who seldom ask.
        """
        self._welcome(now)
        return self._pick(self._ready, self._ready, wanted)

    def is_empty(self) -> bool:
        """Tell whether nobody is in the line, now or later."""
        status, order = self._ledger.status, self._order
        while self._at < len(order) and status[order[self._at]] != UNSETTLED:
            self._at += 1
        if self._at < len(order):
            return False
        return not any(status[index] == UNSETTLED for _, index in (*self._later, *self._ready))

    def taken(self) -> Iterator[int]:
        """Give the items that have left the input and have not ended, in order."""
        return (index for index in super().taken() if not math.isnan(self._ledger.left[index]))

    def clear(self) -> list[tuple[float, int]]:
        """Send everybody home; return those that waited for another try, with their times."""
        self._ready.clear()
        self._at = len(self._order)
        return super().clear()
