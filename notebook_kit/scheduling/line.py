"""The line of a run: which item is next, and which have to wait for a time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.scheduling.tempo import Trying

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["NOBODY", "Line"]

#: No item can go now.
NOBODY: Final = -1


class Line:
    """Items in the order of the input; those whose time has come before those that are fresh.

    Attributes:
        broken: items that cannot be ranked, and why.
        trying: what those have failed with who wait for another try.

    >>> from notebook_kit.scheduling import Ledger
    >>> ledger = Ledger()
    >>> line = Line(ledger)
    >>> ledger.grow(2)
    >>> line.try_later(5.0, 0)
    >>> line.take(6.0), line.take(6.0), line.due
    (0, 0, None)
    """

    __slots__ = ("_deferred", "_fresh", "_later", "_ledger", "broken", "trying")

    def __init__(self, ledger: Ledger) -> None:
        self.broken: dict[int, BaseException] = {}
        self.trying = Trying()
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
        self.trying.waits_no_more(index)
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
        self.trying.waits_no_more(pair[1])
        return pair[1]

    def put_back(self, index: int) -> bool:
        """Let others go before an item that cannot go now; False where it had better be held."""
        del index
        return False

    def hurry(self, first: int, index: int) -> None:
        """Let an item go as early as another would that waits for its answer."""

    def try_later(self, due: float, index: int, failure: Failure | None = None) -> None:
        """Let the item wait for another try, after this failure."""
        heappush(self._later, (due, index))
        if failure is not None:
            self.trying.waits(index, failure)

    def come_again(self, indexes: Collection[int], now: float) -> set[int]:
        """Let items go that had ended, whatever they waited for before.

        Returns:
            Those that had never left the line, and still have their place in it.
        """
        again = set(indexes)
        # Who ended while waiting was left in these, and would go twice.
        later = [pair for pair in self._later if pair[1] not in again]
        self._deferred -= again
        still_there = self._still_there(again)
        later.extend((now, index) for index in again - still_there)
        heapify(later)
        self._later = later
        return still_there

    def _still_there(self, indexes: set[int]) -> set[int]:
        return {index for index in indexes if index >= self._fresh}

    @property
    def reads_ahead(self) -> bool:
        """Whether more is read of the input than is started, so that the best goes first."""
        return False

    @property
    def room(self) -> int:
        """How many more items to read ahead."""
        return 0

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

    @property
    def holds_back(self) -> bool:
        """Whether those who are not in the line yet have to wait for somebody's word."""
        return False

    @property
    def has_enough(self) -> bool:
        """Whether no more need come before that."""
        return False

    @property
    def stands(self) -> bool:
        """Whether there are such, and nobody else is in the line."""
        return False

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
        self.trying.clear()
        self._fresh = len(self._ledger.status)
        return waiting
