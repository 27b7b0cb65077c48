"""The attempts under way: what begins, what lands, and who has to be told of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from notebook_kit.policies import FailureKind
from notebook_kit.scheduling.attempt_log import Next
from notebook_kit.scheduling.hedger import Hedger
from notebook_kit.scheduling.outcome import INTERRUPTS
from notebook_kit.scheduling.tempo import Tempo

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Failure
    from notebook_kit.policies.auto import AutoConcurrency
    from notebook_kit.policies.hedge import Hedge
    from notebook_kit.policies.hints import RateHint
    from notebook_kit.scheduling.gate import Gate
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["Flight"]


class Flight:
    """Counts attempts, and tells limits, servers and adaptive concurrency what became of them.

    Of two attempts of one item nobody says which has ended, and nobody needs to know: the item was
    begun at two times, and each of these ends once.

    Attributes:
        begun: when each attempt under way was started, by position, in the order of the starts;
            of two attempts of one item the first.
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
        self.mishap: BaseException | None = None
        self._set_by_hand = max_concurrency
        self._start = start
        self._ledger = ledger
        self._gate = gate

    @property
    def is_watched(self) -> bool:
        """Whether anybody has to be told how attempts went."""
        return self._gate.is_told or self.hedger is not None or self.auto is not None

    @property
    def under_way(self) -> int:
        """How many attempts are under way, second ones included."""
        twice = 0 if self.hedger is None else len(self.hedger.under_way)
        return len(self.begun) + twice

    def is_full(self) -> bool:
        """Tell whether as many are under way as may be."""
        return self.under_way >= self.max_concurrency

    def set_max_concurrency(self, value: int) -> None:
        """Let so many be under way at once, and find that number no more; from any thread."""
        self._set_by_hand = value
        self.auto = None
        self.max_concurrency = value

    def late(self, now: float, deadline: Callable[[int], float]) -> int | None:
        """Start a second attempt where the first is late and return its position, or None.

        Args:
            now: the time.
            deadline: gives when an item's time is over: then it is too late for a second attempt.
        """
        hedger = self.hedger
        if hedger is None:
            return None
        while (index := hedger.late(now, self.begun, self.attempts)) is not None:
            at = None if now >= deadline(index) else self._admit_once_more(index, now)
            if at is None:
                hedger.leave_alone(index)
            elif at > now:
                hedger.wake_at = None if math.isinf(at) else at
                return None
            else:
                hedger.started(index, now)
                return index
        return None

    def _admit_once_more(self, index: int, now: float) -> float | None:
        """Let it through and return ``now``, or return when to ask again; None if never."""
        try:
            at = self._gate.admit_once_more(index, now)
        except INTERRUPTS:
            raise
        except BaseException:  # noqa: BLE001 - a user's function raised; the first attempt goes on
            return None
        if index not in self.begun:
            # One of the user's functions has ended the run.
            self._gate.released(index, now, sent=now)
            self._gate.keep_estimate(index)
            return None
        return at

    def count(self, index: int, spent: float) -> None:
        """Count an attempt of the item that took so many seconds."""
        self.attempts += 1
        self._ledger.attempts[index] += 1
        self._ledger.network[index] += spent

    def _count_cut(self, index: int, started: float, now: float) -> None:
        """Count the second of two attempts at once, whose time the other has spent."""
        self.count(index, 0.0)
        number = self._ledger.attempts[index]
        self._ledger.log.second_cut(index, number=number, started=started, ended=now)

    def succeeded(
        self, index: int, now: float, sent: float, value: Any, hint: RateHint | None
    ) -> None:
        """Tell who wants to know that an attempt, counted already, gave an answer."""
        # The number is of interest to that one only; it is counted before the other attempt ends.
        in_flight = 0 if self.auto is None else self.under_way + 1
        second = None if self.hedger is None else self.hedger.ended(index)
        self._gate.succeeded(index, now, sent=sent, hint=hint)
        if second is not None:
            # How long the other would have taken, nobody knows.
            self._count_cut(index, second, now)
            self._gate.released(index, now, sent=second)
            self.overtaken.append(index)
        try:
            self._gate.used(index, now, value)
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - the answer is good; the estimate stays
            self.mishap = self.mishap or error
        self._adapt(now, sent, None, in_flight=in_flight)

    def failed(self, index: int, now: float, sent: float, failure: Failure, *, done: int) -> bool:
        """Count an attempt that failed; False if another of the same item is still under way."""
        if failure.refused:
            self._gate.mind_the_server(admitted=done, since=self._start, now=now)
        self._gate.failed(index, now, failure, sent=sent)
        self._adapt(now, sent, failure, in_flight=self.under_way)
        self._ledger.status_code[index] = failure.status_code or 0
        second = None if self.hedger is None else self.hedger.ended(index)
        del self.begun[index]
        if second is not None:
            # The time that both were under way is spent once.
            self.count(index, second - sent)
            self._ledger.log.failed(
                index,
                failure,
                number=self._ledger.attempts[index],
                started=sent,
                ended=now,
                network_s=second - sent,
                then=Next.SECOND,
            )
            self.begun[index] = second
            return False
        self._gate.keep_estimate(index)
        if failure.kind is not FailureKind.INVALID:
            self.count(index, now - sent)
            self.tempo.attempt(now - sent)
        return True

    def _adapt(self, now: float, sent: float, failure: Failure | None, *, in_flight: int) -> None:
        auto = self.auto
        if auto is None:
            return
        auto.finished(now, sent=sent, in_flight=in_flight, failure=failure)
        self.max_concurrency = auto.limit
        if self.auto is None:
            # Somebody set it in the meantime, from another thread.
            self.max_concurrency = self._set_by_hand

    def cut(self, now: float) -> list[int]:
        """Count every attempt under way as ended, and return whose they were."""
        cut = list(self.begun)
        for index, sent in self.begun.items():
            second = None if self.hedger is None else self.hedger.ended(index)
            self.count(index, now - sent)
            if second is not None:
                self._count_cut(index, second, now)
                self._gate.released(index, now, sent=second)
            self.tempo.attempt(now - sent)
            self._gate.released(index, now, sent=sent)
            self._gate.keep_estimate(index)
        self.begun.clear()
        return cut
