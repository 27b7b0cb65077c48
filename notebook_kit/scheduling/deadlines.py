"""When the time of each item is over, also for those that nobody is working on."""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from notebook_kit.errors import RequestTimeout
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Collection, Container

    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Deadlines"]


class Deadlines:
    """Knows who waits, and finds those whose time has passed.

    Whoever makes an attempt cuts it in time; an item that waits for its server, a limit or another
    try has nobody else to look after it.

    Args:
        ledger: knows when items left the input, and which have ended.
        under_way: items with an attempt under way.
        item_timeout_s: seconds from an item's leaving the input to its end, or None.

    >>> from notebook_kit.scheduling import Ledger
    >>> ledger = Ledger()
    >>> ledger.grow(1)
    >>> ledger.left[0] = 2.0
    >>> deadlines = Deadlines(ledger, (), 10.0)
    >>> deadlines.waits(0)
    >>> deadlines.of(0), deadlines.passed(11.9), deadlines.passed(12.0)
    (12.0, -1, 0)
    """

    __slots__ = ("_item_timeout_s", "_ledger", "_queue", "_since", "_under_way", "_waiting")

    def __init__(
        self, ledger: Ledger, under_way: Container[int], item_timeout_s: float | None
    ) -> None:
        self._ledger = ledger
        self._under_way = under_way
        self._item_timeout_s = item_timeout_s
        self._queue: list[tuple[float, int]] = []
        self._waiting: set[int] = set()
        #: From when on the time counts of those that are tried once more.
        self._since: dict[int, float] = {}

    @property
    def hold(self) -> bool:
        """Whether there is such a limit."""
        return self._item_timeout_s is not None

    def of(self, index: int) -> float:
        """Return when the item's time is over; infinite without a limit."""
        if self._item_timeout_s is None:
            return math.inf
        since = self._since.get(index) if self._since else None
        return (self._ledger.left[index] if since is None else since) + self._item_timeout_s

    def reopened(self, indexes: Collection[int], now: float) -> None:
        """Let the time of items that had ended begin anew."""
        if self._item_timeout_s is None:
            return
        self._since.update(dict.fromkeys(indexes, now))
        self._waiting.difference_update(indexes)
        self._queue = [pair for pair in self._queue if pair[1] in self._waiting]
        heapify(self._queue)

    def waits(self, index: int) -> None:
        """Note that the item has left the input, and nobody is working on it."""
        if self._item_timeout_s is not None and index not in self._waiting:
            self._waiting.add(index)
            heappush(self._queue, (self.of(index), index))

    def waits_no_more(self, index: int) -> None:
        """Note that somebody is going to end the item, whenever that is."""
        self._waiting.discard(index)

    def passed(self, now: float) -> int:
        """Return an item that waits and whose time is over, or `NOBODY`."""
        due = self.due
        return NOBODY if due is None or due > now else self._queue[0][1]

    @property
    def due(self) -> float | None:
        """When the time of the first of those that wait is over, or None."""
        queue, status = self._queue, self._ledger.status
        while queue:
            due, index = queue[0]
            waits = index in self._waiting and index not in self._under_way
            if waits and status[index] == UNSETTLED:
                return due
            # It is noted again should it wait again.
            heappop(queue)
            self._waiting.discard(index)
        return None

    def error(self, index: int, now: float) -> RequestTimeout:
        """Return the error of an item whose time is over."""
        return RequestTimeout(
            f"Not done within item_timeout={self._item_timeout_s:g} s.",
            phase="item",
            attempts=self._ledger.attempts[index],
            elapsed_s=now - self._ledger.left[index],
        )
