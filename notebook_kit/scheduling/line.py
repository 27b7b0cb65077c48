"""The line of a run: which item is next, by age or by rank, and which have to wait for a time."""

from __future__ import annotations

import math
from array import array
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        self.broken: dict[int, Exception] = {}
        self._ledger = ledger
        self._fresh = 0
        self._later: list[tuple[float, int]] = []
        self._deferred: set[int] = set()

    def added(self, first: int) -> None:
        """Take note that the ledger has grown; the new items begin at this position."""

    def take(self, now: float) -> int:
        """Take the next item out of the line, or return `NOBODY`."""
        later = self._later
        if later and later[0][0] <= now:
            return self._take_due()
        status, at = self._ledger.status, self._fresh
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

    def put_back(self, index: int) -> bool:
        """Let others go before an item that cannot go now; False where it had better be held."""
        del index
        return False

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
        return self._later[0][0] if self._later else None

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
        return not self._later and self._ledger.status.find(UNSETTLED, self._fresh) < 0

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
        except Exception as error:  # noqa: BLE001 - a user's function; it is that row's error
            self.broken[index] = error
            return -math.inf

    def take(self, now: float) -> int:
        """Take the next item out of the line, or return `NOBODY`."""
        while self._later and self._later[0][0] <= now:
            self.put_back(self._take_due())
        status, left = self._ledger.status, self._ledger.left
        while (index := self._best()) >= 0:
            if status[index] != UNSETTLED:
                continue
            if math.isnan(left[index]):
                left[index] = now
            return index
        return NOBODY

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

    def is_empty(self) -> bool:
        """Tell whether nobody is in the line, now or later."""
        status = self._ledger.status
        waiting = any(status[index] == UNSETTLED for index in self._order[self._at :])
        return not self._later and not self._ready and not waiting

    def taken(self) -> Iterator[int]:
        """Give the items that have left the input and have not ended, in order."""
        return (index for index in super().taken() if not math.isnan(self._ledger.left[index]))

    def clear(self) -> list[tuple[float, int]]:
        """Send everybody home; return those that waited for another try, with their times."""
        self._ready.clear()
        self._at = len(self._order)
        return super().clear()
