"""Which attempts of a run are sent a second time because the first is late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.policies.hedge import Hedge
    from notebook_kit.scheduling.tempo import Tempo

__all__ = ["Hedger"]

#: What is late is worked out anew when so much of an attempt more has ended.
_FRESH: Final = 0.02


class Hedger:
    """Finds who is late among the attempts under way.

    Attributes:
        under_way: when the second attempt of each item was started, by position.
        wake_at: when somebody will be late, or None.
    """

    __slots__ = (
        "_hedge",
        "_late_after",
        "_left_alone",
        "_sent",
        "_tempo",
        "_until",
        "under_way",
        "wake_at",
    )

    def __init__(self, hedge: Hedge, tempo: Tempo) -> None:
        self.under_way: dict[int, float] = {}
        self.wake_at: float | None = None
        self._hedge = hedge
        self._tempo = tempo
        self._sent = 0
        #: Items that cannot be sent twice.
        self._left_alone: set[int] = set()
        #: After how many seconds an attempt is late, and until how many have ended that is good.
        self._late_after: float | None = None
        self._until = 0.0

    def late(self, now: float, begun: Mapping[int, float], attempts: int) -> int | None:
        """Return the position of an item to be sent once more, or None."""
        self.wake_at = None
        if not self._hedge.allows(hedged=self._sent, attempts=attempts + len(begun)):
            return None
        late_after = self._late_after_s(attempts)
        if late_after is None:
            return None
        # In the order in which they were started, so the first that is on time ends the search.
        for index, sent in begun.items():
            if index in self.under_way or index in self._left_alone:
                continue
            if now < sent + late_after:
                self.wake_at = sent + late_after
                return None
            return index
        return None

    def _late_after_s(self, attempts: int) -> float | None:
        if attempts >= self._until:
            self._until = attempts * (1 + _FRESH)
            self._late_after = self._hedge.late_after(
                attempts=attempts, quantile_s=self._tempo.quantile
            )
        return self._late_after

    def started(self, index: int, now: float) -> None:
        """Note that a second attempt of the item is sent."""
        self.under_way[index] = now
        self._sent += 1

    def leave_alone(self, index: int) -> None:
        """Do not send the item's present attempt a second time."""
        self._left_alone.add(index)

    def ended(self, index: int) -> float | None:
        """Note that one of the item's attempts has ended.

        Returns:
            When the second attempt was started if there were two, so that one is still under way.
        """
        self._left_alone.discard(index)
        return self.under_way.pop(index, None)
