"""The line of a run with a pilot: a few items go first, the rest when somebody says so."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from notebook_kit.scheduling.line import Line
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.scheduling.ranked_line import RankedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.scheduling.ledger import Ledger
    from notebook_kit.scheduling.pilot import Pilot
    from notebook_kit.scheduling.terms import Terms

__all__ = ["PilotLine", "line_for"]


class PilotLine(RankedLine):
    """Items by rank, of which only those of the pilot are let in at first.

    Of an input that is known as a whole they are drawn by chance, of any other they are the first
    to come. Who has ended before, because its answer was kept, is none of them.

    Args:
        ledger: knows which items have ended.
        rank: gives the rank of an item, or None where the oldest goes first.
        pilot: says how many, and knows who they are.
        lookahead: as in `RankedLine`.
    """

    __slots__ = ("_back", "_is_ranked", "_pilot")

    def __init__(
        self,
        ledger: Ledger,
        rank: Callable[[int], float] | None,
        pilot: Pilot,
        *,
        lookahead: int = 0,
    ) -> None:
        super().__init__(ledger, rank or _alike, lookahead=0 if rank is None else lookahead)
        self._is_ranked = rank is not None
        self._pilot = pilot
        #: Those who have not been let in, oldest first.
        self._back = array("q")

    def _enter(self, new: Sequence[int]) -> None:
        self._back.extend(new)

    @property
    def reads_ahead(self) -> bool:
        """Whether more is read of the input than is started, so that the best goes first."""
        return self._is_ranked

    @property
    def room(self) -> int:
        """How many more items to read ahead."""
        pilot = self._pilot
        if pilot.gone_on:
            return super().room
        return min(super().room, max(0, pilot.size - len(pilot.sample) - len(self._back)))

    @property
    def has_enough(self) -> bool:
        """Whether no more need come before somebody says how to go on."""
        pilot = self._pilot
        return not pilot.gone_on and len(pilot.sample) + len(self._back) >= pilot.size

    def take(self, now: float) -> int:
        """Take the next item out of the line, or return `NOBODY`."""
        if self._pilot.by_chance is None:
            self._pilot.by_chance = self._pilot.whole
        if self._back:
            self._let_in()
        return super().take(now)

    def _let_in(self) -> None:
        pilot, back = self._pilot, self._back
        if pilot.gone_on:
            # Among equals the oldest goes first, also before those who were let in and wait.
            everybody = array("q", sorted([*self._order[self._at :], *back]))
            self._back, self._order, self._at = array("q"), array("q"), 0
            super()._enter(everybody)
        elif pilot.by_chance and not pilot.sample:
            self._draw()
        elif not pilot.by_chance:
            while self._back and len(pilot.sample) < pilot.size:
                self._take_in(self._back[:1], self._back[1:])

    def _draw(self) -> None:
        pilot, status = self._pilot, self._ledger.status
        left = array("q", (index for index in self._back if status[index] == UNSETTLED))
        if len(left) <= pilot.size:
            # It is all there is, so there is nothing to decide.
            pilot.gone_on = True
            self._take_in(left, array("q"))
            return
        drawn = set(pilot.draw(left, pilot.size))
        self._take_in(
            [index for index in left if index in drawn],
            array("q", (index for index in left if index not in drawn)),
        )

    def _take_in(self, new: Sequence[int], back: array[int]) -> None:
        status = self._ledger.status
        self._back = back
        self._pilot.sample.extend(index for index in new if status[index] == UNSETTLED)
        super()._enter(new)

    @property
    def _anybody_back(self) -> bool:
        status = self._ledger.status
        return any(status[index] == UNSETTLED for index in self._back)

    @property
    def holds_back(self) -> bool:
        """Whether those who are not in the line yet have to wait for somebody's word."""
        pilot = self._pilot
        if pilot.gone_on or len(pilot.sample) < pilot.size:
            return False
        return not pilot.whole or self._anybody_back

    @property
    def stands(self) -> bool:
        """Whether there are such, and nobody else is left."""
        return self.holds_back and super().is_empty()

    def is_empty(self) -> bool:
        """Tell whether nobody is in the line, now or later."""
        return super().is_empty() and not self._anybody_back

    def clear(self) -> list[tuple[float, int]]:
        """Send everybody home; return those that waited for another try, with their times."""
        self._back = array("q")
        return super().clear()

    def _still_there(self, indexes: set[int]) -> set[int]:
        return super()._still_there(indexes) | indexes.intersection(self._back)


def _alike(_index: int) -> float:
    return 0.0


def line_for(ledger: Ledger, terms: Terms, pilot: Pilot | None) -> Line:
    """Return the line of a run with these terms."""
    rank, lookahead = terms.rank, terms.lookahead
    if pilot is not None:
        return PilotLine(ledger, rank, pilot, lookahead=lookahead)
    return Line(ledger) if rank is None else RankedLine(ledger, rank, lookahead=lookahead)
