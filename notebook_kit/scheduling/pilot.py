"""The pilot of a run: a few items that are done before anybody decides about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies import seconds
from notebook_kit.scheduling.forecast import Forecast, Sample, Spread, forecast
from notebook_kit.scheduling.outcome import UNSETTLED, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.policies import Limits
    from notebook_kit.scheduling.ledger import Ledger
    from notebook_kit.scheduling.scheduler import Scheduler

__all__ = ["Pilot", "forecast_of"]

#: How items end that say nothing of the others.
_OF_NO_USE = (UNSETTLED, Status.CANCELLED, Status.SKIPPED)


class Pilot:
    """Which items are done first, and what they have cost.

    Args:
        size: how many items there should be.
        draw: gives so many of some positions, by chance.

    Attributes:
        sample: positions of the items, in the order in which they were let in.
        by_chance: whether they were drawn from the whole input; None before the first is let in.
        whole: whether no more items will come.
        gone_on: whether the rest may follow; any thread may say so.
        costs: what each of them has cost, by position, where somebody counts.
    """

    def __init__(self, size: int, draw: Callable[[Sequence[int], int], Sequence[int]]) -> None:
        self.size = size
        self.draw = draw
        self.sample: list[int] = []
        self.by_chance: bool | None = None
        self.whole = False
        self.gone_on = False
        self.costs: dict[int, float] = {}
        #: What attempts have used of limits, and of which ones.
        self._used: list[float] = []
        self._limits: Limits | None = None
        #: What is known of the items, and when that was worked out.
        self._known: tuple[tuple[int, int], Sample | None] = ((-1, -1), None)

    def price(self, index: int, cost: float) -> None:
        """Note what an item has cost; what was tried once more has cost both times."""
        if not self.gone_on:
            self.costs[index] = self.costs.get(index, 0.0) + cost

    def weigh(self, limits: Limits, weights: Sequence[float]) -> None:
        """Note what an attempt has used of limits."""
        if self._limits is not limits:
            self._limits, self._used = limits, [0.0] * len(weights)
        self._used = [used + weight for used, weight in zip(self._used, weights, strict=True)]

    def figures(self, ledger: Ledger, attempts: int) -> Sample | None:
        """Return what is known of the items that have ended, or None if none has."""
        asked = (attempts, ledger.done)
        known_at, known = self._known
        if known_at != asked:
            known = self._figures(ledger)
            self._known = (asked, known)
        return known

    def _figures(self, ledger: Ledger) -> Sample | None:
        status = ledger.status
        ended = [at for at in tuple(self.sample) if status[at] not in _OF_NO_USE]
        if not ended:
            return None
        costs = self.costs.copy()
        return Sample(
            len(ended),
            sum(status[at] != Status.OK for at in ended),
            Spread.of([ledger.network[at] for at in ended]),
            Spread.of([costs.get(at, 0.0) for at in ended]) if costs else None,
        )

    def pace_s(self, limits: Limits) -> float:
        """Return the seconds that limits ask for an item at the least.

        Of those that weigh items it is known only while the limits stay as they were.
        """
        known = self._limits is limits
        found = [0.0]
        for at, rate in enumerate(limits.rates):
            used = self._used[at] / len(self.sample) if known else 1.0
            if known or rate.weight is None:
                found.append(used * seconds(rate.per, name="per") / rate.amount)
        return max(found)


def forecast_of(scheduler: Scheduler) -> Forecast | None:
    """Return what the rest will take, or None where no item of a pilot has ended.

    From any thread, at a cost that does not grow with the run.
    """
    pilot, ledger = scheduler.pilot, scheduler.ledger
    sample = None if pilot is None else pilot.figures(ledger, scheduler.attempts)
    if pilot is None or sample is None:
        return None
    return forecast(
        sample,
        items_left=None if scheduler.input_open else len(ledger) - ledger.done,
        max_concurrency=scheduler.max_concurrency,
        pace_s=pilot.pace_s(scheduler.limits),
    )
