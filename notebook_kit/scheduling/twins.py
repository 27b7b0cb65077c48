"""Equal items of a run, of which one is sent for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.scheduling.outcome import UNSETTLED, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Twins"]


class Twins:
    """Who waits for whose answer.

    >>> from notebook_kit.scheduling import Ledger, Status
    >>> ledger = Ledger()
    >>> ledger.grow(2)
    >>> twins = Twins(ledger, identify=lambda index: "the same")
    >>> twins.joins(0), twins.joins(1)
    (False, True)
    >>> ledger.settle(0, Status.OK, now=1.0, value="answer")
    >>> list(twins.settle_with(0, now=1.0)), ledger.values
    ([1], ['answer', 'answer'])
    """

    def __init__(self, ledger: Ledger, identify: Callable[[int], Hashable]) -> None:
        self._ledger = ledger
        self._identify = identify
        self._first: dict[Hashable, int] = {}
        self._waiting: dict[int, list[int]] = {}

    def joins(self, index: int) -> bool:
        """Tell whether an equal item went before, in which case this one has its answer or waits.

        Raises:
            Exception: whatever the function that tells items apart raises.
        """
        first = self._first.setdefault(self._identify(index), index)
        if first == index:
            return False
        if self._ledger.status[first] == UNSETTLED:
            self._waiting.setdefault(first, []).append(index)
        else:
            self._copy(first, index, self._ledger.left[index])
        return True

    def settle_with(self, first: int, now: float) -> Iterator[int]:
        """Settle those that waited for this item as it was settled; give their positions."""
        for index in self._waiting.pop(first, ()):
            self._copy(first, index, now)
            yield index

    def _copy(self, first: int, index: int, now: float) -> None:
        ledger = self._ledger
        left = ledger.left[index]
        ledger.copy(first, index, source=Source.CACHE, now=now)
        ledger.left[index] = left
