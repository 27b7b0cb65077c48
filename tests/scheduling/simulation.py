"""A driver on a manual clock: carries out what the scheduler says, and checks every step of it."""

from __future__ import annotations

import functools
import heapq
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from notebook_kit.policies import Failure, FailureKind, Limits, Rate, Retry
from notebook_kit.scheduling import DONE, FEED, WAIT, Ledger, Scheduler, Terms
from notebook_kit.scheduling.outcome import UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Attempt", "Case", "Intervention", "Simulation", "most_in_any_window"]

#: More steps than any of the cases needs; one that takes more goes round in circles.
_MOST_STEPS = 20_000

Action: TypeAlias = Literal["pause", "resume", "cancel", "concurrency", "limits"]


@dataclass(frozen=True)
class Attempt:
    """How one attempt goes: how long it takes, and how it fails if it does."""

    takes: float
    failure: Failure | None = None


@dataclass(frozen=True)
class Intervention:
    """What a user does at some time."""

    at: float
    action: Action
    value: Any = None


@dataclass(frozen=True)
class Case:
    """One run: items with the attempts they will see, options, and what the user does."""

    items: list[list[Attempt]]
    max_concurrency: int = 1
    rates: list[Rate] = field(default_factory=list)
    retry: Retry = field(default_factory=Retry)
    safe: bool = True
    #: When each item comes, for an input of unknown length; None for a list.
    arrivals: list[float] | None = None
    interventions: list[Intervention] = field(default_factory=list)
    weights: list[float | Exception] | None = None


class Simulation:
    """Runs a case to its end.

    Attributes:
        starts: time, position and rates in force of each attempt, in order.
        ends: begin and end of each attempt that ended or was cut, by position.
    """

    def __init__(self, case: Case, draw: Callable[[], float]) -> None:
        self.case = case
        self.now = 0.0
        self.ledger = Ledger()
        self.scheduler = Scheduler(
            self.ledger,
            max_concurrency=case.max_concurrency,
            start=0.0,
            terms=Terms(
                retry=case.retry,
                limits=Limits(case.rates),
                weigh=self._weigh,
                safe=case.safe,
                draw=draw,
            ),
        )
        self.starts: list[tuple[float, int, tuple[Rate, ...]]] = []
        self.ends: dict[int, list[tuple[float, float]]] = {}
        self.done = False
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._fed = 0
        self._feeding = False
        if case.arrivals is None:
            self.scheduler.add(len(case.items))
            self.scheduler.end_of_input()

    def run(self) -> Simulation:
        """Run to the end, which every case must have."""
        for it in self.case.interventions:
            self._at(it.at, functools.partial(self._intervene, it))
        self._ask()
        steps = 0
        while not self.done:
            assert self._events, f"stuck, waiting for {self.scheduler.waiting_for!r}"
            self.now, _, event = heapq.heappop(self._events)
            event()
            self._ask()
            steps += 1
            assert steps < _MOST_STEPS, "it never ends"
        self._answer_late()
        return self

    def _at(self, when: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    def _weigh(self, index: int) -> tuple[float, ...]:
        if self.case.weights is None:
            return self.scheduler.limits.weights(index)
        weight = self.case.weights[index]
        if isinstance(weight, Exception):
            raise weight
        return tuple(min(weight, rate.amount) for rate in self.scheduler.limits.rates)

    # What the scheduler says

    def _ask(self) -> None:
        scheduler = self.scheduler
        while True:
            said = scheduler.next(self.now)
            if said >= 0:
                self._start(said)
                continue
            assert scheduler.wake_at is None or scheduler.wake_at > self.now
            if said == DONE:
                self.done = True
                return
            if said == FEED and not self._feeding:
                self._feed()
                continue
            self._check_waiting(said)
            if scheduler.wake_at is not None:
                self._at(scheduler.wake_at, lambda: None)
            return

    def _check_waiting(self, said: int) -> None:
        scheduler = self.scheduler
        assert said in (WAIT, FEED)
        reason = scheduler.waiting_for
        assert (reason == "pause") == scheduler.paused
        if reason == "limit":
            assert scheduler.limits
            assert scheduler.wake_at is not None
        elif reason == "backoff":
            assert scheduler.backing_off
            assert scheduler.wake_at is not None
        elif reason == "input":
            assert said == FEED
            assert scheduler.input_open
        elif reason is None:
            # Then all that can be under way is, or there is nothing more to start.
            assert scheduler.begun
            full = len(scheduler.begun) >= scheduler.max_concurrency
            assert full or len(scheduler.begun) == self.ledger.status.count(UNSETTLED)

    def _start(self, index: int) -> None:
        scheduler = self.scheduler
        assert not scheduler.paused
        assert not scheduler.stopped
        assert len(scheduler.begun) <= scheduler.max_concurrency
        assert scheduler.begun[index] == self.now
        assert self.ledger.status[index] == UNSETTLED
        assert len(self.ends.get(index, [])) == sum(begun == index for _, begun, _ in self.starts)
        self.starts.append((self.now, index, scheduler.limits.rates))
        attempt = self.case.items[index][self.ledger.attempts[index]]
        begun = self.now
        self._at(self.now + attempt.takes, lambda: self._end(index, begun, attempt))

    def _end(self, index: int, begun: float, attempt: Attempt) -> None:
        scheduler, ledger = self.scheduler, self.ledger
        if scheduler.stopped:
            return
        self.ends.setdefault(index, []).append((begun, self.now))
        if attempt.failure is None:
            scheduler.succeeded(index, self.now, index, status_code=200)
            assert ledger.values[index] == index
        else:
            backoff = ledger.backoff[index]
            again = scheduler.failed(index, self.now, attempt.failure)
            assert again == (ledger.status[index] == UNSETTLED)
            assert again or ledger.backoff[index] == backoff
        assert index not in scheduler.begun

    def _feed(self) -> None:
        assert self.case.arrivals is not None
        if self._fed == len(self.case.items):
            self.scheduler.end_of_input()
            return
        arrives = self.case.arrivals[self._fed]
        if arrives <= self.now:
            self._fed += 1
            self.scheduler.add()
            return
        self._feeding = True

        def arrived() -> None:
            self._feeding = False

        self._at(arrives, arrived)

    # What the user does

    def _intervene(self, it: Intervention) -> None:
        scheduler = self.scheduler
        if it.action in {"pause", "resume"}:
            scheduler.paused = it.action == "pause"
        elif it.action == "concurrency":
            scheduler.max_concurrency = it.value
        elif it.action == "limits":
            scheduler.limits = Limits(it.value)
        else:
            for index, begun in scheduler.begun.items():
                self.ends.setdefault(index, []).append((begun, self.now))
            scheduler.cancel(self.now)
            assert scheduler.next(self.now) == DONE

    def _answer_late(self) -> None:
        """Let what was in flight at a cancellation answer after all: nothing may change."""
        before = (list(self.ledger.values), bytes(self.ledger.status), list(self.ledger.attempts))
        for _, index, _ in self.starts:
            self.scheduler.succeeded(index, self.now + 1, "late", status_code=200)
            failure = Failure(FailureKind.TRANSPORT, ValueError("late"))
            assert not self.scheduler.failed(index, self.now + 1, failure)
        after = (list(self.ledger.values), bytes(self.ledger.status), list(self.ledger.attempts))
        assert before == after


def most_in_any_window(taken: list[tuple[float, float]], length: float) -> float:
    """Return the most weight that a half-open window holds, given times and weights."""
    most = used = 0.0
    last = 0
    for begin, first_weight in taken:
        while last < len(taken) and taken[last][0] < begin + length:
            used += taken[last][1]
            last += 1
        most = max(most, used)
        used -= first_weight
    return most
