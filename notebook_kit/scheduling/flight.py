"""The attempts under way: what begins, what lands, and who has to be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.policies import FailureKind
from notebook_kit.scheduling.hedger import Hedger
from notebook_kit.scheduling.tempo import Tempo

if TYPE_CHECKING:
    from notebook_kit.policies import Failure
    from notebook_kit.policies.auto import AutoConcurrency
    from notebook_kit.policies.hedge import Hedge
    from notebook_kit.policies.hints import RateHint
    from notebook_kit.scheduling.gate import Gate
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Flight"]


class Flight:
    """Counts attempts, and tells limits, servers and adaptive concurrency what became of them.

    Attributes:
        begun: when each attempt under way was started, by position, in the order of the starts.
        attempts: attempts that have ended.
        max_concurrency: attempts that may be under way at once.
        auto: what finds that number, or None where somebody has set it.
        hedger: what finds those that are late, or None.
        overtaken: items whose other attempt was faster, so that one has to be cut.
        mishap: what a function of the user's raised that nobody waits for, the first one.
    """

    def __init__(
        self,
        ledger: Ledger,
        gate: Gate,
        *,
        max_concurrency: int,
        start: float,
        auto: AutoConcurrency | None,
        hedge: Hedge | None,
    ) -> None:
        self.begun: dict[int, float] = {}
        self.attempts = 0
        self.max_concurrency = max_concurrency if auto is None else auto.limit
        self.auto = auto
        self.tempo = Tempo(start=start)
        self.hedger = None if hedge is None else Hedger(hedge, self.tempo)
        self.overtaken: list[int] = []
        self.mishap: Exception | None = None
        self._start = start
        self._ledger = ledger
        self._gate = gate

    @property
    def is_watched(self) -> bool:
        """Whether anybody has to be told how attempts went."""
        hedged = self.hedger is not None
        return not self._gate.is_open or hedged or self.auto is not None

    def is_full(self) -> bool:
        """Tell whether as many are under way as may be, second attempts included."""
        twice = 0 if self.hedger is None else len(self.hedger.under_way)
        return len(self.begun) + twice >= self.max_concurrency

    def late(self, now: float) -> int | None:
        """Start a second attempt where the first is late and return its position, or None."""
        if self.hedger is None:
            return None
        index = self.hedger.late(now, self.begun, self.attempts)
        if index is None or self._gate.admit(index, now) > now:
            return None
        self.hedger.started(index, now)
        return index

    def count(self, index: int, took: float) -> None:
        """Count an attempt that has ended."""
        self.attempts += 1
        self._ledger.attempts[index] += 1
        self._ledger.network[index] += took
        self.tempo.attempt(took)

    def succeeded(
        self, index: int, now: float, sent: float, value: Any, hint: RateHint | None
    ) -> None:
        """Tell who wants to know that an attempt, counted already, gave an answer."""
        if self.hedger is not None and self.hedger.ended(index):
            self.count(index, 0.0)
            self.overtaken.append(index)
        self._gate.succeeded(index, now, sent=sent, hint=hint)
        try:
            self._gate.used(index, now, value)
        except Exception as error:  # noqa: BLE001 - the answer is good; the estimate stays
            self.mishap = self.mishap or error
        self._adapt(now, sent, None, in_flight=len(self.begun) + 1)

    def failed(self, index: int, now: float, sent: float, failure: Failure, *, done: int) -> bool:
        """Count an attempt that failed; False if another of the same item is still under way."""
        if failure.refused:
            self._gate.mind_the_server(admitted=done, since=self._start, now=now)
        self._gate.failed(index, now, failure, sent=sent)
        self._adapt(now, sent, failure, in_flight=len(self.begun))
        self._ledger.status_code[index] = failure.status_code or 0
        if self.hedger is not None and self.hedger.ended(index):
            self.count(index, 0.0)
            return False
        del self.begun[index]
        if failure.kind is not FailureKind.INVALID:
            self.count(index, now - sent)
        return True

    def _adapt(self, now: float, sent: float, failure: Failure | None, *, in_flight: int) -> None:
        if self.auto is not None:
            self.auto.finished(now, sent=sent, in_flight=in_flight, failure=failure)
            self.max_concurrency = self.auto.limit

    def cut(self, now: float) -> list[int]:
        """Count every attempt under way as ended, and return whose they were."""
        cut = list(self.begun)
        for index, sent in self.begun.items():
            self.count(index, now - sent)
            self._gate.released(index, now, sent=sent)
        self.begun.clear()
        return cut
