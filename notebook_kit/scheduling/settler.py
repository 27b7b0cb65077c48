"""How items end otherwise than by an answer of their own, and what that means for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies import FailureKind, classify
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import UNSETTLED, Source, Status
from notebook_kit.scheduling.tempo import ErrorTally
from notebook_kit.scheduling.twins import Twins

if TYPE_CHECKING:
    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.endings import Stop
    from notebook_kit.scheduling.ledger import Ledger
    from notebook_kit.scheduling.outcome import Answer, Rescued
    from notebook_kit.scheduling.tempo import Tempo
    from notebook_kit.scheduling.terms import Terms

__all__ = ["Settler"]


class Settler:
    """Writes down the ends of items, and says when they are a reason to end the run.

    Attributes:
        tally: failures by kind.
        aside: items that ended without an attempt of theirs ending, for who asked to clear.
        twins: who waits for whose answer, or None.
    """

    def __init__(self, ledger: Ledger, tempo: Tempo, terms: Terms) -> None:
        self.tally = ErrorTally()
        self.aside: list[int] = []
        self.twins = Twins(ledger, terms.identify) if terms.identify else None
        self._ledger = ledger
        self._tempo = tempo
        self._endings = terms.endings

    def failed(self, index: int, now: float, failure: Failure) -> Stop | None:
        """Settle an item that failed; return why that should end the run, or None."""
        counts = self._ledger.counts
        status = Status.TIMEOUT if failure.kind is FailureKind.TIMEOUT else Status.FAILED
        self._ledger.settle(index, status, now=now, error=failure.error)
        self.tally.add(index, failure)
        self._tempo.ended(now)
        for twin in self.settle_twins(index, now):
            self.tally.add(twin, failure)
        return self._endings.failed(failure, errors=self._errors, ok=counts[Status.OK])

    def join(self, index: int, now: float) -> int:
        """Let the item have or wait for the answer of an equal one that was sent before.

        Returns:
            The position of that one; `NOBODY` if there is none, and the item has to be sent.

        Raises:
            Exception: whatever the function that tells items apart raises.
        """
        first = NOBODY if self.twins is None else self.twins.join(index, now)
        if first != NOBODY and self._ledger.status[index] != UNSETTLED:
            self.aside.append(index)
            self._tempo.ended(now)
            error = self._ledger.errors.get(index)
            if error is not None:
                self.tally.add(index, classify(error))
        return first

    def settle_twins(self, index: int, now: float) -> list[int]:
        """Settle those that waited for this item, which has just ended, and return them."""
        if self.twins is None:
            return []
        twins = self.twins.settle_with(index, now)
        for _ in twins:
            self._tempo.ended(now)
        self.aside.extend(twins)
        return twins

    def known(self, index: int, now: float, answer: Answer) -> None:
        """Settle an item whose answer was known, so that it is not started."""
        ledger = self._ledger
        left = ledger.left[index]
        ledger.reuse(
            index, answer.value, source=answer.source, status_code=answer.status_code, now=now
        )
        ledger.left[index] = left
        self.aside.append(index)
        self._tempo.ended(now)
        self.settle_twins(index, now)

    def rescued(self, index: int, now: float, given: Rescued) -> None:
        """Settle an item for which something else was given than an answer."""
        ledger = self._ledger
        ledger.source[index] = Source.FALLBACK
        ledger.status_code[index] = given.status_code
        ledger.settle(index, Status.OK, now=now, value=given.value)
        self._tempo.ended(now)
        self.settle_twins(index, now)

    def send_home(self, index: int, now: float, failure: Failure) -> None:
        """Settle an item that failed and that nobody can rescue any more; the run is ending."""
        self.aside.append(index)
        self.failed(index, now, failure)

    def cut(self, index: int, now: float, status: Status, error: Exception | None) -> None:
        """Settle an item whose attempt was cut off with the run."""
        self._ledger.settle(index, status, now=now, error=error)
        if error is not None:
            self.tally.add(index, classify(error))

    def too_many(self) -> Stop | None:
        """Return why so many errors should end the run, or None."""
        return self._endings.too_many(self._errors)

    @property
    def _errors(self) -> int:
        ledger = self._ledger
        # Who takes over failures of an earlier run knows of them.
        failed = ledger.counts[Status.FAILED] + ledger.counts[Status.TIMEOUT]
        return failed - ledger.earlier_failures
