"""Whether a run can pay for one more attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from notebook_kit.scheduling.endings import Endings, Stop
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Purse"]


class Purse:
    """Reckons with all who may still have to be paid for.

    What an item costs is known when it has ended. Until then everybody counts who was sent: who is
    under way, who waits for another try, and who ended while waiting and has not been told of.

    Args:
        endings: hold the budget.
        ledger: knows who was sent.
        begun: items under way.
        hedged: those of them that are under way twice, and may have to be paid for twice.
        aside: items that ended without an attempt of theirs ending, not told of so far.

    Attributes:
        counts: whether anybody counts what is spent.
        tried: items that were sent and wait for another try.
    """

    __slots__ = ("_aside", "_begun", "_endings", "_hedged", "_ledger", "counts", "tried")

    def __init__(
        self,
        endings: Endings,
        ledger: Ledger,
        begun: Collection[int],
        *,
        hedged: Collection[int],
        aside: Sequence[int],
    ) -> None:
        self.counts = endings.budget is not None
        self.tried: set[int] = set()
        self._endings = endings
        self._ledger = ledger
        self._begun = begun
        self._hedged = hedged
        self._aside = aside

    def waits(self, index: int) -> None:
        """Note that an item that was sent waits for another try."""
        if self.counts:
            self.tried.add(index)

    def waits_no_more(self, index: int) -> None:
        """Note that the item is sent again, or has ended."""
        self.tried.discard(index)

    def too_little(self) -> Stop | None:
        """Return why nothing more may be sent, or None."""
        return self._endings.out_of_budget(self._pending) if self.counts else None

    @property
    def enough_for_one_of_the_tried(self) -> bool:
        """Whether an item that was sent before may be sent again."""
        return bool(self.tried) and self._endings.out_of_budget(self._pending - 1) is None

    @property
    def _pending(self) -> int:
        attempts = self._ledger.attempts
        untold = sum(1 for index in self._aside if attempts[index])
        return len(self._begun) + len(self._hedged) + len(self.tried) + untold
