"""Which attempts of a run are sent a second time because the first is late."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.policies.hedge import Hedge
    from notebook_kit.scheduling.tempo import Tempo

__all__ = ["Hedger"]


class Hedger:
    """Finds who is late among the attempts under way.

    Attributes:
        under_way: when the second attempt of each item was started, by position.
        wake_at: when somebody will be late, or None.
    """

    def __init__(self, hedge: Hedge, tempo: Tempo) -> None:
        self.under_way: dict[int, float] = {}
        self.wake_at: float | None = None
        self._hedge = hedge
        self._tempo = tempo
        self._sent = 0

    def late(self, now: float, begun: Mapping[int, float], attempts: int) -> int | None:
        """Return the position of an item to be sent once more, or None."""
        self.wake_at = None
        if not self._hedge.allows(hedged=self._sent, attempts=attempts + len(begun)):
            return None
        late_after = self._hedge.late_after(attempts=attempts, quantile_s=self._tempo.quantile)
        if late_after is None:
            return None
        # In the order in which they were started, so the first that is on time ends the search.
        for index, sent in begun.items():
            if index in self.under_way:
                continue
            if now < sent + late_after:
                self.wake_at = sent + late_after
                return None
            return index
        return None

    def started(self, index: int, now: float) -> None:
        """Note that a second attempt of the item is sent."""
        self.under_way[index] = now
        self._sent += 1

    def ended(self, index: int) -> bool:
        """Note that one of the item's attempts has ended; True if another is still under way."""
        return self.under_way.pop(index, None) is not None
