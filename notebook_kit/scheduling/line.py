"""The line of a run: which item is next, by age or by rank, and which have to wait for a time."""

from __future__ import annotations

import math
from array import array
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from notebook_kit.scheduling.outcome import INTERRUPTS, UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["NOBODY", "Line", "RankedLine"]

#: No item can go now.
NOBODY: Final = -1


class Line:
    """Items in the order of the input; those whose time has come before those that are fresh.

    Attributes:
        broken: items that cannot be ranked, and why.

    >>> from notebook_kit.scheduling import Ledger
    >>> ledger = Ledger()
    >>> line = Line(ledger)
    >>> ledger.grow(2)
    >>> line.try_later(5.0, 0)
    >>> line.take(6.0), line.take(6.0), line.due
    (0, 0, None)
    """

    __slots__ = ("_deferred", "_fresh", "_later", "_ledger", "broken")

    def __init__(self, ledger: Ledger) -> None:
        self.broken: dict[int, BaseException] = {}
        self._ledger = ledger
        self._fresh = 0
        self._later: list[tuple[float, int]] = []
        self._deferred: set[int] = set()

    def added(self, first: int) -> None:
        """Take note that the ledger has grown; the new items begin at this position."""

    def take(self, now: float) -> int:
        """Take the next item out of the line, or return `NOBODY`."""
        later, status, at = self._later, self._ledger.status, self._fresh
        while later and later[0][0] <= now:
            # Its time may have been over before its turn came.
            if status[index := self._take_due()] == UNSETTLED:
                return index
        if at >= len(status):
            return NOBODY
        if status[at] != UNSETTLED:
            at = status.find(UNSETTLED, at)
            if at < 0:
                self._fresh = len(status)
                return NOBODY
        self._fresh = at + 1
        self._ledger.left[at] = now
        return at

    def _take_due(self) -> int:
        _, index = heappop(self._later)
        self._deferred.discard(index)
        return index

    def take_one_of(self, wanted: Collection[int], now: float) -> int:
        """Take one of these items, which came again, if its time has come, or return `NOBODY`.

        Slow, for those who seldom ask.
        """
        return self._pick(self._later, [it for it in self._later if it[0] <= now], wanted)

    def _pick(
        self, heap: list[tuple[float, int]], pairs: list[tuple[float, int]], wanted: Collection[int]
    ) -> int:
        pair = min((pair for pair in pairs if pair[1] in wanted), default=None)
        if pair is None:
            return NOBODY
        heap.remove(pair)
        heapify(heap)
        self._deferred.discard(pair[1])
        return pair[1]

    def put_back(self, index: int) -> bool:
        """Let others go before an item that cannot go now; False where it had better be held."""
        del index
        return False

    def hurry(self, first: int, index: int) -> None:
        """Let an item go as early as another would that waits for its answer."""

    def try_later(self, due: float, index: int) -> None:
        """Let the item wait for another try."""
        heappush(self._later, (due, index))

    def defer(self, due: float, index: int) -> None:
        """Let the item wait for its server."""
        self._deferred.add(index)
        heappush(self._later, (due, index))

    @property
    def due(self) -> float | None:
        """When the first of those that wait for a time may go, or None."""
        later, status = self._later, self._ledger.status
        while later and status[later[0][1]] != UNSETTLED:
            self._take_due()
        return later[0][0] if later else None

    def due_of(self, wanted: Collection[int]) -> float | None:
        """Return when the first of these items may go that wait for a time, or None."""
        return min((due for due, index in self._later if index in wanted), default=None)

    @property
    def deferred(self) -> int:
        """How many wait for their server."""
        return len(self._deferred)

    @property
    def backing_off(self) -> int:
        """How many wait for another try."""
        return len(self._later) - len(self._deferred)

    def is_empty(self) -> bool:
        """Tell whether nobody is in the line, now or later."""
        status = self._ledger.status
        if any(status[index] == UNSETTLED for _, index in self._later):
            return False
        return status.find(UNSETTLED, self._fresh) < 0

    def taken(self) -> Iterator[int]:
        """Give the items that have left the input and have not ended, in order."""
        status = self._ledger.status
        index = status.find(UNSETTLED, 0, self._fresh)
        while index >= 0:
            yield index
            index = status.find(UNSETTLED, index + 1, self._fresh)

    def clear(self) -> list[tuple[float, int]]:
        """Send everybody home; return those that waited for another try, with their times."""
        waiting = [pair for pair in self._later if pair[1] not in self._deferred]
        self._later.clear()
        self._deferred.clear()
        self._fresh = len(self._ledger.status)
        return waiting


class RankedLine(Line):
    """Items by rank, the lowest first; the oldest first among equals.

    The ranks of a whole list are kept as two arrays of numbers; only what comes one by one, or
    comes again, costs an object each.
    """

    __slots__ = ("_at", "_order", "_rank", "_ranks", "_ready")

    def __init__(self, ledger: Ledger, rank: Callable[[int], float]) -> None:
        super().__init__(ledger)
        self._rank = rank
        self._ranks = array("d")
        self._order = array("q")
        self._at = 0
        self._ready: list[tuple[float, int]] = []

    @property
    def ahead(self) -> int:
        """How many fresh items are in the line."""
        return len(self._order) - self._at + len(self._ready)

    def added(self, first: int) -> None:
        """Rank the new items."""
        new = range(first, len(self._ledger))
        self._ranks.extend(self._rank_of(index) for index in new)
        self._fresh = len(self._ledger)
        if len(new) == 1:
            heappush(self._ready, (self._ranks[first], first))
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
            self.broken[index] = error
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
