"""Who comes next: first come, first served, and nobody waits for one who does not come.

It reads no clock and holds no lock. Those who wait stand at places, one for each event loop and
each thread, because a loop that is busy with something else cannot take its turn.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["Line", "Waiter"]

#: How late one may be, in seconds, before others go first.
PATIENCE_S: Final = 0.25


class Waiter:
    """One who waits.

    Attributes:
        number: those who came earlier have lower ones; -1 before this one has come.
        place: where this one waits.
        weights: what this one wants of each rate.
        call: tells this one that it is its turn, from any thread; false if nobody is there.
        due: from when on this one should have come, or None if it was not called.
        passed: whether this one has come and gone through.
    """

    __slots__ = ("call", "due", "number", "passed", "place", "weights")

    def __init__(
        self,
        place: Hashable,
        weights: Sequence[float] = (),
        call: Callable[[], bool] = lambda: True,
    ) -> None:
        self.number = -1
        self.place = place
        self.weights = weights
        self.call = call
        self.due: float | None = None
        self.passed = False

    def is_late(self, now: float) -> bool:
        """Tell whether this one was called and did not come."""
        return self.due is not None and now > self.due + PATIENCE_S


class Line:
    """Those who wait, in the order in which they came.

    >>> line = Line()
    >>> first, second = line.join(Waiter("loop")), line.join(Waiter("thread"))
    >>> line.front(0.0) is first
    True
    >>> first.due = 0.0
    >>> line.front(1.0) is second
    True
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        # Ordered dictionaries, because those that are cancelled leave from the middle.
        self._places: dict[Hashable, OrderedDict[int, Waiter]] = {}

    def join(self, waiter: Waiter) -> Waiter:
        """Come to the end of the line.

        An interrupt may come in the middle of it: who is known to whoever waits can `leave` then.
        """
        waiter.number = next(self._numbers)
        there = self._places.get(waiter.place)
        if there is None:
            self._places[waiter.place] = OrderedDict({waiter.number: waiter})
        else:
            there[waiter.number] = waiter
        return waiter

    def leave(self, waiter: Waiter) -> None:
        """Go out of the line, from wherever in it."""
        there = self._places.get(waiter.place)
        if there is not None:
            there.pop(waiter.number, None)
            if not there:
                del self._places[waiter.place]

    def front(self, now: float) -> Waiter | None:
        """Return whose turn it is: who came first of those who are not late; None if nobody is."""
        first: Waiter | None = None
        for there in self._places.values():
            waiter = next(iter(there.values()))
            if not waiter.is_late(now) and (first is None or waiter.number < first.number):
                first = waiter
        return first

    def __len__(self) -> int:
        return sum(map(len, self._places.values()))

    def __bool__(self) -> bool:
        return bool(self._places)
