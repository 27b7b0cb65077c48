"""A driver on a manual clock: carries out at once, for a world that is made up, what is decided."""

from __future__ import annotations

import functools
import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import Failure, FailureKind, Limits, classify
from notebook_kit.scheduling import DONE, FEED, NotRescued, Rescued

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.policies.hints import RateHint
    from notebook_kit.scheduling import Scheduler

__all__ = ["Action", "Attempt", "Flying", "Intervention", "Rescue", "Simulation", "World"]

Action: TypeAlias = Literal[
    "pause",
    "resume",
    "go",
    "again",
    "cancel",
    "drain",
    "expire",
    "concurrency",
    "limits",
    "poke",
]

OVERDUE: Final = Failure(FailureKind.TIMEOUT, RequestTimeout("item_timeout", phase="item"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt goes: how long it takes, how it fails if it does, what the server says."""

    takes: float
    failure: Failure | None = None
    hint: RateHint | None = None


@dataclass(frozen=True, slots=True)
class Rescue:
    """How the rescue of an item goes: how long it takes, what comes of it, whether it was sent."""

    takes: float
    gives: bool
    sent: bool


@dataclass(frozen=True, slots=True)
class Intervention:
    """What a user does at some time."""

    at: float
    action: Action
    value: Any = None


@dataclass(slots=True)
class Flying:
    """An attempt under way."""

    index: int
    begun: float
    attempt: Attempt
    cut: bool = False
    rescue: Rescue | None = None


class World(Protocol):
    """What a run meets."""

    @property
    def count(self) -> int:
        """How many items there are."""
        ...

    @property
    def arrivals(self) -> Sequence[float] | None:
        """When each item comes, for an input of unknown length; None for a list."""
        ...

    @property
    def interventions(self) -> Sequence[Intervention]:
        """What the user does."""
        ...

    def attempt(self, index: int, number: int, now: float) -> Attempt:
        """Say how an attempt will go, given how many there were before."""
        ...

    def rescue(self, index: int) -> Rescue:
        """Say how the rescue of an item will go."""
        ...

    def cost(self, index: int) -> float:
        """Say what an item has cost."""
        ...


@dataclass
class Simulation:
    """Runs one world to its end; what is checked on the way is up to who inherits from it.

    Attributes:
        now: seconds of the manual clock.
        under_way: attempts, by position; two of one item where it was sent twice.
        started: how many attempts of each item were started.
        paid: how many attempts each item had that was tried once more, and paid for before.
        steps: how often something happened or was waited for.
    """

    scheduler: Scheduler
    world: World
    most_steps: float = math.inf
    now: float = 0.0
    steps: int = 0
    under_way: dict[int, list[Flying]] = field(default_factory=dict)
    started: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    done: bool = False

    def __post_init__(self) -> None:
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._fed = 0
        self._arrives = -math.inf
        if self.world.arrivals is None:
            self.scheduler.add(self.world.count)
            self.scheduler.end_of_input()

    def run(self) -> None:
        """Run to the end, which every world must have."""
        for it in self.world.interventions:
            self._at(it.at, functools.partial(self.intervene, it))
        self._ask()
        while not self.done:
            wake_at = self.scheduler.wake_at
            due = self._events[0][0] if self._events else math.inf
            if wake_at is not None and wake_at < due:
                self.now = max(self.now, wake_at)
            else:
                assert self._events, f"stuck, waiting for {self.scheduler.waiting_for!r}"
                self.now, _, event = heapq.heappop(self._events)
                event()
            self._ask()
            self.steps += 1
            assert self.steps < self.most_steps, "it goes round in circles"

    def _at(self, when: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), event))

    # What the scheduler says

    def _ask(self) -> None:
        scheduler = self.scheduler
        while True:
            said = scheduler.next(self.now)
            if scheduler.aside:
                self._tell_aside()
            if said >= 0:
                self._start(said)
                continue
            if said == FEED and self.now >= self._arrives:
                self._feed()
                continue
            self.waits(said)
            if said == DONE:
                self.done = True
            return

    def _tell_aside(self) -> None:
        ended = self.scheduler.aside[:]
        self.scheduler.aside.clear()
        for index in ended:
            self.settled(index)

    def _start(self, index: int) -> None:
        if index in self.scheduler.rescues.under_way:
            self._start_rescue(index)
            return
        number = self.started.get(index, 0)
        attempt = self.world.attempt(index, number, self.now)
        left = self.scheduler.time_left(index, self.now)
        if left < attempt.takes:
            attempt = Attempt(left, OVERDUE)
        flying = Flying(index, self.now, attempt)
        self.starts(flying)
        self.started[index] = number + 1
        self.under_way.setdefault(index, []).append(flying)
        self._at(self.now + attempt.takes, functools.partial(self._end, flying))

    def _start_rescue(self, index: int) -> None:
        rescue = self.world.rescue(index)
        left = max(0.0, self.scheduler.time_left(index, self.now))
        if left < rescue.takes:
            rescue = Rescue(left, gives=False, sent=rescue.sent)
        flying = Flying(index, self.now, Attempt(rescue.takes), rescue=rescue)
        self.starts_rescue(flying)
        self.under_way.setdefault(index, []).append(flying)
        self._at(self.now + rescue.takes, functools.partial(self._end_rescue, flying, rescue))

    def _end_rescue(self, flying: Flying, rescue: Rescue) -> None:
        if flying.cut:
            return
        index, again = flying.index, False
        del self.under_way[index]
        if rescue.gives:
            self.scheduler.rescued(index, self.now, Rescued(index, 200, sent=rescue.sent))
        else:
            why = classify(NotRescued("nothing there", sent=rescue.sent))
            again = self.scheduler.failed(index, self.now, why)
        self.ends_rescue(flying, rescue, again=again)
        if not again:
            self.settled(index)

    def _end(self, flying: Flying) -> None:
        if flying.cut:
            return
        index, attempt, scheduler = flying.index, flying.attempt, self.scheduler
        self.under_way[index].remove(flying)
        if attempt.failure is None:
            scheduler.succeeded(index, self.now, index, status_code=200, hint=attempt.hint)
            again = False
            while scheduler.flight.overtaken:
                self._cut(scheduler.flight.overtaken.pop())
        else:
            again = scheduler.failed(index, self.now, attempt.failure)
        if not self.under_way[index]:
            del self.under_way[index]
        self.ends(flying, again=again)
        if not again:
            self.settled(index)

    def _cut(self, index: int) -> None:
        for flying in self.under_way[index]:
            flying.cut = True
            if flying.rescue is None:
                self.ends(flying, again=False)
        self.under_way[index].clear()

    def _feed(self) -> None:
        """Give what has come, one item and as many more as there is room for."""
        scheduler, arrivals = self.scheduler, self.world.arrivals
        assert arrivals is not None, "what is known in full needs no feeding"
        while True:
            if self._fed == self.world.count:
                scheduler.end_of_input()
                return
            if arrivals[self._fed] > self.now:
                self._arrives = arrivals[self._fed]
                self._at(self._arrives, self._arrived)
                return
            self._fed += 1
            scheduler.add()
            if scheduler.room <= 0:
                return

    def _arrived(self) -> None:
        if self.scheduler.input_open and self.scheduler.room > 0:
            self._feed()

    # What the user does

    def intervene(self, it: Intervention) -> None:
        """Do what the user does."""
        scheduler = self.scheduler
        if it.action in {"pause", "resume"}:
            scheduler.paused = it.action == "pause"
        elif it.action == "concurrency":
            scheduler.max_concurrency = it.value
        elif it.action == "limits":
            scheduler.limits = Limits(it.value)
        elif it.action == "go":
            scheduler.go_on()
        elif it.action == "again":
            self._again()
        elif it.action == "drain":
            scheduler.drain(self.now)
        elif it.action in {"cancel", "expire"}:
            if it.action == "cancel":
                scheduler.cancel(self.now)
            else:
                scheduler.expire(self.now, "Not done within batch_timeout.")
            for index in list(self.under_way):
                self._cut(index)
            self.under_way.clear()

    def _again(self) -> None:
        failed = self.scheduler.failed_items
        if failed:
            self._tell_aside()
            attempts = self.scheduler.ledger.attempts
            self.paid.update({index: attempts[index] for index in failed})
            self.reopens(failed)
            self.scheduler.reopen(failed, self.now)

    # What may be looked at

    def reopens(self, indexes: Sequence[int]) -> None:
        """Items that have failed are going to be tried once more."""

    def starts(self, flying: Flying) -> None:
        """An attempt is started."""

    def ends(self, flying: Flying, *, again: bool) -> None:
        """An attempt has ended or was cut; its item goes on or does not."""

    def starts_rescue(self, flying: Flying) -> None:
        """Something else is going to be given for an item."""

    def ends_rescue(self, flying: Flying, rescue: Rescue, *, again: bool) -> None:
        """It was given, or not; then the item goes on or does not."""

    def waits(self, said: int) -> None:
        """Nothing more is to be started now."""

    def settled(self, index: int) -> None:
        """An item has ended, and who pays for it hears of it."""
        budget = self.scheduler.endings.budget
        if budget is not None and self.costs_anything(index):
            budget.add(self.world.cost(index))

    def costs_anything(self, index: int) -> bool:
        """Tell whether an item was sent since it was paid for last."""
        return self.scheduler.ledger.attempts[index] > self.paid.get(index, 0)
