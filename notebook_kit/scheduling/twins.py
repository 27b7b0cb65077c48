"""Equal items of a run, of which one is sent for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import UNSETTLED, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Twins"]


class Twins:
    """Who waits for whose answer.

    >>> from notebook_kit.scheduling import Ledger, Status
    >>> ledger = Ledger()
    >>> ledger.grow(2)
    >>> twins = Twins(ledger, identify=lambda index: "the same")
    >>> twins.join(0, now=0.0)
    -1
    >>> twins.begun(0)
    >>> twins.join(1, now=0.5)
    0
    >>> ledger.settle(0, Status.OK, now=1.0, value="answer")
    >>> twins.settle_with(0, now=1.0), ledger.values
    ([1], ['answer', 'answer'])
    """

    def __init__(self, ledger: Ledger, identify: Callable[[int], Hashable]) -> None:
        self._ledger = ledger
        self._identify = identify
        self._first: dict[Hashable, int] = {}
        self._waiting: dict[int, list[int]] = {}
        #: Which item was asked about last, and what it is told from others by.
        self._asked: tuple[int, Hashable] = (NOBODY, None)

    def join(self, index: int, now: float) -> int:
        """Let the item have or wait for the answer of an equal one that was sent before.

        Returns:
            The position of that one; `NOBODY` if there is none, and the item has to be sent.

        Raises:
            Exception: whatever the function that tells items apart raises.
        """
        # Those who wait for an item that is tried again must not be left behind.
        if self._ledger.attempts[index]:
            return NOBODY
        if self._asked[0] != index:
            self._asked = (index, self._identify(index))
            if self._ledger.status[index] != UNSETTLED:
                return NOBODY  # That function has ended the run.
        first = self._first.get(self._asked[1], NOBODY)
        # What was to be rescued in vain, unsent, is asked about again.
        if first in (NOBODY, index):
            return NOBODY
        if self._ledger.status[first] == UNSETTLED:
            self._waiting.setdefault(first, []).append(index)
        else:
            self._copy(first, index, now)
        return first

    def begun(self, index: int) -> None:
        """Note that the item that was asked about last is sent: for all that are equal to it.

        Not before, for an item that is put off must not keep an equal one back that is urgent.
        """
        if self._asked[0] == index:
            self._first[self._asked[1]] = index

    def settle_with(self, first: int, now: float) -> list[int]:
        """Settle those that still waited for this item as it was settled, and return them."""
        waiting = self.waiting_for((first,))
        self._waiting.pop(first, None)
        for index in waiting:
            self._copy(first, index, now)
        return waiting

    def waiting_for(self, firsts: Iterable[int]) -> list[int]:
        """Return those that wait for one of these items."""
        status = self._ledger.status
        waiting = (index for first in firsts for index in self._waiting.get(first, ()))
        return [index for index in waiting if status[index] == UNSETTLED]

    def _copy(self, first: int, index: int, now: float) -> None:
        ledger = self._ledger
        left = ledger.left[index]
        # What stood in for an answer is none, for whoever has it.
        fallback = ledger.source[first] == Source.FALLBACK
        ledger.copy(first, index, source=Source.FALLBACK if fallback else Source.CACHE, now=now)
        ledger.left[index] = left
