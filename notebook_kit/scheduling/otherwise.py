"""How items end otherwise than by an attempt that went well: failed, late, known, rescued."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.policies import FailureKind, classify
from notebook_kit.scheduling.attempt_log import Next
from notebook_kit.scheduling.course import Course
from notebook_kit.scheduling.line import NOBODY
from notebook_kit.scheduling.outcome import UNSETTLED, NotRescued

if TYPE_CHECKING:
    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.outcome import Rescued

__all__ = ["Otherwise"]


class Otherwise(Course):
    """A course with the ends that are not in the course of things."""

    # Failed and late

    def _log(
        self,
        index: int,
        failure: Failure,
        times: tuple[float, float],
        *,
        delay_s: float = 0.0,
        then: Next | None = None,
    ) -> None:
        """Keep an attempt, begun and ended then, that failed and after which its item goes on."""
        if failure.kind is FailureKind.INVALID:
            return  # It was none.
        started, ended = times
        self.ledger.log.failed(
            index,
            failure,
            number=self.ledger.attempts[index],
            started=started,
            ended=ended,
            network_s=ended - started,
            delay_s=delay_s,
            then=then,
        )

    def _give_up(self, index: int, now: float, failure: Failure, *, sent: float) -> bool:
        """Try the item no more: return True if something else may be given for it."""
        if self._rest is None and self.rescues.takes_on(index, failure):
            self._log(index, failure, (sent, now), then=Next.FALLBACK)
            self._purse.waits(index)
            # Its time may pass before the rescue begins, which is what ends it all the same.
            self._deadlines.waits_no_more(index)
            return True
        self._settle_failed(index, now, failure)
        return False

    def _settle_failed(self, index: int, now: float, failure: Failure) -> None:
        self._retries.ended(index)
        self._purse.waits_no_more(index)
        self._line.trying.waits_no_more(index)
        stop = self.settler.failed(index, now, failure)
        if stop is not None:
            self.drain(now, stop)

    def _settle_aside(self, index: int, now: float, failure: Failure) -> None:
        self.settler.aside.append(index)
        self._settle_failed(index, now, failure)

    def _settle_overdue(self, index: int, now: float) -> None:
        if index == self._held:
            self._held = NOBODY
        # Others who share a limit must not wait for one who waits no more.
        self.gate.let_go()
        self._settle_aside(index, now, classify(self._deadlines.error(index, now)))

    # Known

    def _is_known(self, index: int, now: float) -> bool:
        """Settle the item if its answer is known already, and tell whether it has ended.

        Raises:
            Exception: whatever making a result of a known answer raises.
        """
        answer = None if self._known is None else self._known(index)
        if answer is None:
            return False
        if self.ledger.status[index] == UNSETTLED:
            self.gate.let_go()
            self._retries.ended(index)
            self._purse.waits_no_more(index)
            self.settler.known(index, now, answer)
        return True

    # Rescued

    def _begin_rescue(self, now: float) -> int:
        """Begin with the next of those who are to be rescued: no limit and no server is asked."""
        index = self.rescues.begin()
        self._purse.waits_no_more(index)
        if self.flight.hedger is not None:
            self.flight.hedger.leave_alone(index)
        self.waiting_for = None
        self.begun[index] = now
        return index

    def rescued(self, index: int, now: float, given: Rescued) -> None:
        """Something else was given in the place of an answer."""
        if index not in self.rescues.under_way:
            return
        self.rescues.ended(index)
        self._rescue_ended(index, now, sent=given.sent)
        self._retries.ended(index)
        self.settler.rescued(index, now, given)

    def _rescue_failed(self, index: int, now: float, why: Failure) -> bool:
        """Nothing else could be given: return True if the item goes on, False if it ended."""
        first, unsent = self.rescues.failed(index, why.error)
        sent = not isinstance(why.error, NotRescued) or why.error.sent
        begun = self._rescue_ended(index, now, sent=sent)
        if not unsent or self._rest is not None:
            self._settle_failed(index, now, first)
            return False
        if sent:
            self._log(index, why, (begun, now))
        # It waits for its server, as it would have done if there were nothing else to ask for.
        self._line.defer(now, index)
        self._deadlines.waits(index)
        if self.ledger.attempts[index]:
            self._purse.waits(index)
        return True

    def _rescue_ended(self, index: int, now: float, *, sent: bool) -> float:
        """Note that a rescue is over, and return when it was begun."""
        begun = self.begun.pop(index)
        if self.flight.hedger is not None:
            self.flight.hedger.ended(index)
        if sent:
            self.flight.count(index, now - begun)
            self.tempo.attempt(now - begun)
        return begun
