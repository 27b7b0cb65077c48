"""The scheduler: told what happened and when, it says what to start and when to look again.

It reads no clock, holds no lock and starts nothing. Workers ask `Scheduler.next` and get a number:
the position of an item to start, or one of `WAIT`, `FEED` and `DONE`. Plain integers, asked for in
line by a few workers that are used again and again, are what makes a million items cheap: what an
option needs is looked at only where that option is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.errors.groups import taken_apart
from notebook_kit.policies import classify
from notebook_kit.scheduling.choice import DONE, FEED, WAIT
from notebook_kit.scheduling.outcome import INTERRUPTS, UNSETTLED, Source, Status
from notebook_kit.scheduling.reopening import Reopening

if TYPE_CHECKING:
    from notebook_kit.errors import RequestTimeout
    from notebook_kit.policies import Failure, RateHint

__all__ = ["DONE", "FEED", "WAIT", "Scheduler"]


class Scheduler(Reopening):
    """Decides for one run.

    All times are seconds on one clock that only goes forward. The scheduler owns no thread: call
    it from one at a time, except for ``paused``, ``max_concurrency``, ``limits`` and `go_on`, which
    any thread may set or call. What it has for reading is told by `Course`.

    >>> from notebook_kit.scheduling import Ledger
    >>> scheduler = Scheduler(Ledger(), max_concurrency=1, start=0.0)
    >>> scheduler.add(2)
    >>> scheduler.end_of_input()
    >>> scheduler.next(0.0), scheduler.next(0.0) == WAIT
    (0, True)
    >>> scheduler.succeeded(0, 0.5, "hello")
    >>> scheduler.next(0.5)
    1
    """

    # What happens

    def succeeded(
        self,
        index: int,
        now: float,
        value: Any,
        *,
        status_code: int = 0,
        source: Source = Source.NETWORK,
        hint: RateHint | None = None,
    ) -> None:
        """An attempt gave an answer."""
        sent = self.begun.pop(index, None)
        if sent is None:
            return
        took = now - sent
        self.flight.attempts += 1
        self.ledger.answered(index, now, took, value, status_code, source)
        self.tempo.answered(now, took)
        if self._watched:
            self.flight.succeeded(index, now, sent, value, hint)
            self.settler.settle_twins(index, now)
            self._retries.ended(index)

    def failed(self, index: int, now: float, failure: Failure) -> bool:
        """An attempt failed; return True if its item goes on, False if the item ended."""
        sent = self.begun.get(index)
        if sent is None:
            return False
        if index in self.rescues.under_way:
            return self._rescue_failed(index, now, failure)
        done = self.ledger.counts[Status.OK]
        ended = self.flight.failed(index, now, sent, failure, done=done)
        self._choose_the_way()
        excused = failure.refused or self.gate.probed
        if not ended:
            if excused:
                self._retries.excuse(index)
            return True
        until = self._deadlines.of(index)
        delay = None
        self._deciding = True
        try:
            if self._rest is None:
                delay = self._retries.delay(index, failure, excused=excused, now=now, until=until)
        except INTERRUPTS:
            raise
        except BaseException as error:  # noqa: BLE001 - a user's predicate: that is its row's error
            failure = classify(taken_apart(error))
        finally:
            self._deciding = False
        if self.ledger.status[index] != UNSETTLED:
            return False  # The predicate has ended the run.
        if delay is None or self._rest is not None:
            return self._give_up(index, now, failure, sent=sent)
        self._log(index, failure, (sent, now), delay_s=delay)
        self.rescues.tried_again(index, failure)
        self.ledger.backoff[index] += delay
        self._line.try_later(now + delay, index, failure)
        self._purse.waits(index)
        self._deadlines.waits(index)
        return True

    def too_late(self, index: int, now: float) -> RequestTimeout:
        """Return the error of an item that has taken longer than an item may."""
        return self._deadlines.error(index, now)

    # What to do

    def next(self, now: float) -> int:
        """Return the position of the item to start now, or `WAIT`, `FEED` or `DONE`."""
        self.wake_at = None
        if self.paused or self._rest is not None:
            return self._stand()
        if self._held >= 0 or not (self._plain or self._only_served):
            return self._next_guarded(now)
        if len(self.begun) >= self.flight.max_concurrency:
            self.waiting_for = None
            return WAIT
        index = self._line.take(now)
        if index < 0:
            return self._nothing_to_start()
        if not (self._plain or self.gate.lets_through(index, now)):
            # What keeps it is found out by asking once more, with care.
            self._held = index
            return self._next_guarded(now)
        self.waiting_for = None
        self.begun[index] = now
        return index
