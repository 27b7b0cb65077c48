"""The scheduler: told what happened and when, it says what to start and when to look again.

It reads no clock, holds no lock and starts nothing. Workers ask `Scheduler.next` and get a number:
the position of an item to start, or one of `WAIT`, `FEED` and `DONE`. Plain integers, asked for in
line by a few workers that are used again and again, are what makes a million items cheap.
"""

from __future__ import annotations

import random
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.policies import FailureKind, Limits, Retry, classify
from notebook_kit.scheduling.outcome import UNSETTLED, Source, Status
from notebook_kit.scheduling.tempo import ErrorTally, Tempo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling.ledger import Ledger

__all__ = ["DONE", "FEED", "WAIT", "Scheduler"]

#: Nothing to start now; look again when told, or at `Scheduler.wake_at`.
WAIT: Final = -1
#: Room for one more item, and the input may have one: `Scheduler.add` or `Scheduler.end_of_input`.
FEED: Final = -2
#: Nothing is left, and nothing is under way.
DONE: Final = -3


class Scheduler:
    """Decides for one run.

    All times are seconds on one clock that only goes forward. The scheduler owns no thread: call
    it from one at a time, except for ``paused``, ``max_concurrency`` and ``limits``, which any
    thread may set.

    Attributes:
        ledger: where outcomes are written.
        max_concurrency: attempts that may be under way at once.
        limits: the rates that hold.
        paused: while True nothing is started; a run that has nothing left ends all the same.
        begun: when each attempt under way was started, by position.
        wake_at: after `WAIT` or `FEED`, the time to ask again, or None.
        waiting_for: why the last question was answered with `WAIT`.
        refused: items that ended because they cannot be weighed, for who asked to clear.

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

    def __init__(
        self,
        ledger: Ledger,
        *,
        max_concurrency: int,
        start: float,
        retry: Retry | None = None,
        limits: Limits | None = None,
        weigh: Callable[[int], Sequence[float]] | None = None,
        safe: bool = True,
        draw: Callable[[], float] | None = None,
    ) -> None:
        self.ledger = ledger
        self.max_concurrency = max_concurrency
        self.limits = limits or Limits()
        self.paused = False
        self.begun: dict[int, float] = {}
        self.wake_at: float | None = None
        self.waiting_for: str | None = None
        self.refused: list[int] = []
        self.attempts = 0
        self.tempo = Tempo(start=start)
        self.tally = ErrorTally()
        self._retry = retry or Retry.of(None)
        self._weigh = weigh
        self._safe = safe
        self._draw = draw or random.Random().random  # noqa: S311 - jitter is not cryptography
        self._fresh = 0
        self._input_open = True
        self._stopped = False
        #: The item that a limit does not let start yet; those behind it do not overtake it.
        self._held: int | None = None
        #: What the limits were when the weights were asked for, and what they are of.
        self._weighed: tuple[Limits, Sequence[float]] = (self.limits, ())
        #: Stands for this run where it shares a rate with others.
        self._ticket = object()
        self._retries: list[tuple[float, int]] = []

    # What happens

    def add(self, count: int = 1) -> None:
        """So many more items have come; too late for a cancelled run, which cancels them too."""
        self.ledger.grow(count)
        if self._stopped:
            self.ledger.cancel_rest()

    def end_of_input(self) -> None:
        """No more items will come."""
        self._input_open = False

    def succeeded(
        self,
        index: int,
        now: float,
        value: Any,
        *,
        status_code: int = 0,
        source: Source = Source.NETWORK,
    ) -> None:
        """An attempt gave an answer."""
        if not self._finish_attempt(index, now):
            return
        ledger = self.ledger
        ledger.status_code[index] = status_code
        ledger.source[index] = source
        ledger.settle(index, Status.OK, now=now, value=value)
        self.tempo.ended(now)

    def failed(self, index: int, now: float, failure: Failure) -> bool:
        """An attempt failed; return True if it will be tried again, False if the item ended."""
        if not self._finish_attempt(index, now, counts=failure.kind is not FailureKind.INVALID):
            return False
        ledger = self.ledger
        ledger.status_code[index] = failure.status_code or 0
        delay = self._retry.delay(
            failure, attempts=ledger.attempts[index], safe=self._safe, draw=self._draw
        )
        if delay is not None:
            ledger.backoff[index] += delay
            heappush(self._retries, (now + delay, index))
            return True
        self._settle_failed(index, now, failure)
        return False

    def cancel(self, now: float) -> None:
        """End the run: whatever has not ended is cancelled, answers that come later are ignored."""
        self._stopped = True
        self._input_open = False
        ledger = self.ledger
        for due, index in self._retries:
            ledger.backoff[index] -= max(0.0, due - now)
        for index, begun in self.begun.items():
            self._count_attempt(index, now - begun)
        index = ledger.status.find(UNSETTLED, 0, self._fresh)
        while index >= 0:
            ledger.settle(index, Status.CANCELLED, now=now)
            index = ledger.status.find(UNSETTLED, index, self._fresh)
        ledger.cancel_rest()
        self.begun.clear()
        self._retries.clear()
        self._let_go()

    # What to do

    def next(self, now: float) -> int:
        """Return the position of the item to start now, or `WAIT`, `FEED` or `DONE`."""
        self.wake_at = None
        if self._stopped:
            return DONE
        if self.paused:
            return self._pause()
        if len(self.begun) >= self.max_concurrency:
            self.waiting_for = None
            return WAIT
        index = self._due_or_fresh(now) if self._held is None else self._held
        if index < 0:
            return index
        if self.limits or self._held is not None:
            return self._within_limits(index, now)
        self.waiting_for = None
        self.begun[index] = now
        return index

    def _pause(self) -> int:
        # Others who share a limit must not wait for a run that stands still.
        self.limits.leave(self._ticket)
        if self._nothing_left:
            self.waiting_for = None
            return DONE
        self.waiting_for = "pause"
        return WAIT

    def _within_limits(self, index: int, now: float) -> int:
        """Start the item if the limits let it, or the next one if it cannot be weighed."""
        while index >= 0:
            try:
                limits, weights = self._weights_of(index)
            except Exception as error:  # noqa: BLE001 - a user's weight function is that row's error
                self._let_go()
                self._settle_failed(index, now, classify(error))
                self.refused.append(index)
                index = self._due_or_fresh(now)
                continue
            at = limits.take_or_wait(now, weights, self._ticket)
            if at > now:
                self._held, self.wake_at, self.waiting_for = index, at, "limit"
                return WAIT
            self._held, self.waiting_for = None, None
            self.begun[index] = now
            return index
        return index

    def _weights_of(self, index: int) -> tuple[Limits, Sequence[float]]:
        if self._held is not None:
            if self._weighed[0] is self.limits:
                return self._weighed
            self._weighed[0].leave(self._ticket)
        while True:
            limits = self.limits
            weights = self._weigh(index) if self._weigh else limits.weights(None)
            # They may be replaced in the meantime, and others need other weights.
            if limits is self.limits:
                self._weighed = limits, weights
                return self._weighed

    def _let_go(self) -> None:
        self._held = None
        self._weighed[0].leave(self._ticket)

    def _due_or_fresh(self, now: float) -> int:
        if self._retries:
            due, index = self._retries[0]
            if due <= now:
                heappop(self._retries)
                return index
            self.wake_at = due
        status = self.ledger.status
        while self._fresh < len(status):
            index = self._fresh
            self._fresh += 1
            if status[index] == UNSETTLED:
                self.ledger.left[index] = now
                return index
        if self._input_open:
            self.waiting_for = "input"
            return FEED
        if self._retries:
            self.waiting_for = "backoff"
            return WAIT
        self.waiting_for = None
        return WAIT if self.begun else DONE

    @property
    def _nothing_left(self) -> bool:
        fresh = self.ledger.status.find(UNSETTLED, self._fresh)
        waiting = self._input_open or self._retries or self.begun or self._held is not None
        return not waiting and fresh < 0

    # What is so

    @property
    def backing_off(self) -> int:
        """How many items wait for another try."""
        return len(self._retries)

    @property
    def input_open(self) -> bool:
        """Whether more items may come."""
        return self._input_open

    @property
    def stopped(self) -> bool:
        """Whether the run was cancelled."""
        return self._stopped

    def _finish_attempt(self, index: int, now: float, *, counts: bool = True) -> bool:
        """Take the item out of flight; False if it was settled in the meantime."""
        begun = self.begun.pop(index, None)
        if begun is None:
            return False
        if counts:
            self._count_attempt(index, now - begun)
        return True

    def _count_attempt(self, index: int, took: float) -> None:
        self.attempts += 1
        self.ledger.attempts[index] += 1
        self.ledger.network[index] += took
        self.tempo.attempt(took)

    def _settle_failed(self, index: int, now: float, failure: Failure) -> None:
        status = Status.TIMEOUT if failure.kind is FailureKind.TIMEOUT else Status.FAILED
        self.ledger.settle(index, status, now=now, error=failure.error)
        self.tally.add(index, failure)
        self.tempo.ended(now)
