"""Random runs with all options at once."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from notebook_kit.errors import RequestTimeout
from notebook_kit.policies import (
    AutoConcurrency,
    Breaker,
    Budget,
    FailFast,
    Failure,
    FailureKind,
    Hedge,
    Limits,
    Rate,
    Retry,
)
from notebook_kit.policies.fallback import unavailable
from notebook_kit.scheduling import Answer, Endings, Ledger, Scheduler, Source, Terms
from tests.scheduling.simulation import Attempt, Intervention, Rescue

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Server
    from tests.scheduling.simulation import Action

__all__ = ["FAILURES", "INVALID", "LONG_AFTER", "Case", "random_case"]

T = TypeVar("T")

#: How often an option is there, an attempt fails, a function raises, a run is ended by its user.
_WITH: Final = 0.5
_FAILING: Final = 0.4
_BAD: Final = 0.04
_ENDED: Final = 0.25

#: Longer than any case takes without a pause: by then a paused run must go on.
LONG_AFTER: Final = 1e6

#: A number for each item, or what a function of the user's raises for it.
Numbers: TypeAlias = "list[float | Exception]"

ERROR: Final = ValueError("no")
INVALID: Final = Failure(FailureKind.INVALID, ERROR, maybe_sent=False)
FAILURES: Final = [
    Failure(FailureKind.TRANSPORT, ERROR),
    Failure(FailureKind.TRANSPORT, ERROR, maybe_sent=False),
    Failure(FailureKind.TIMEOUT, ERROR),
    Failure(FailureKind.STATUS, ERROR, 503),
    Failure(FailureKind.STATUS, ERROR, 429),
    Failure(FailureKind.STATUS, ERROR, 429, 0.7),
    Failure(FailureKind.STATUS, ERROR, 503, 2.0),
    Failure(FailureKind.STATUS, ERROR, 429, quota_gone=True),
    Failure(FailureKind.STATUS, ERROR, 401),
    Failure(FailureKind.STATUS, ERROR, 404),
    Failure(FailureKind.OTHER, ERROR),
    Failure(FailureKind.OTHER, LookupError("of a function")),
    INVALID,
]
_DOWN: Final = FAILURES[0]


@dataclass(frozen=True)
class Case:
    """One run: items with the attempts they will see, options, and what the user does.

    Attributes:
        items: the attempts that each item will see; after these, good ones.
        arrivals: when each item comes, for an input of unknown length; None for a list.
        ranks, keys, weights: of each item; an exception is raised.
        usages: what each answer says was used; None where it does not tell.
        costs: what each item costs.
        servers: how many there are; the items go to them in turn.
        outages: when each of them is down, from and to.
        known: after how many attempts the answer to each item is known; an exception is raised.
        rescues: how the rescue of each item goes, whenever it is tried; None: nobody is rescued.
        pilot: how many items are done first, or None.
    """

    items: list[list[Attempt]]
    max_concurrency: int = 1
    rates: list[Rate] = field(default_factory=list)
    retry: Retry = field(default_factory=Retry)
    safe: bool = True
    arrivals: list[float] | None = None
    interventions: list[Intervention] = field(default_factory=list)
    ranks: Numbers | None = None
    lookahead: int = 0
    keys: Numbers | None = None
    weights: Numbers | None = None
    usages: list[float | Exception | None] | None = None
    costs: list[float] | None = None
    max_cost: float | None = None
    max_errors: int | None = None
    fail_fast: bool = False
    item_timeout_s: float | None = None
    servers: int = 0
    outages: list[tuple[float, float]] = field(default_factory=list)
    breaker: Breaker | None = None
    hedge: Hedge | None = None
    auto: tuple[int, int] | None = None
    known: Numbers | None = None
    rescues: list[Rescue] | None = None
    pilot: int | None = None

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.items)

    def attempt(self, index: int, number: int, now: float) -> Attempt:
        """Say how an attempt will go, given how many there were before."""
        seen = self.items[index]
        attempt = seen[number] if number < len(seen) else Attempt(0.25)
        if attempt.failure is INVALID:
            # What cannot be sent is known at once, before it could be sent a second time.
            return Attempt(0.0, INVALID) if self.hedge is None else Attempt(0.25)
        if self.servers and index % self.servers < len(self.outages):
            down, up = self.outages[index % self.servers]
            if down <= now < up:
                return Attempt(attempt.takes, _DOWN)
        return attempt

    def rescue(self, index: int) -> Rescue:
        """Say how the rescue of an item will go."""
        assert self.rescues is not None
        return self.rescues[index]

    def cost(self, index: int) -> float:
        """Say what an item has cost."""
        assert self.costs is not None
        return self.costs[index]

    def weight(self, index: int) -> float:
        """Return what an item uses of each limit."""
        return 1.0 if self.weights is None else _given(self.weights, index)

    def scheduler(self, servers: list[Server], draw: Callable[[], float]) -> Scheduler:
        """Return a scheduler with these options."""
        ranks, keys, auto = self.ranks, self.keys, self.auto

        def weigh(index: int) -> tuple[float, ...]:
            weight = self.weight(index)
            return tuple(min(weight, rate.amount) for rate in scheduler.limits.rates)

        def known(index: int) -> Answer | None:
            assert self.known is not None
            after = _given(self.known, index)
            if scheduler.ledger.attempts[index] < after:
                return None
            return Answer(("known", index), 200, source=Source.CACHE)

        scheduler = Scheduler(
            Ledger(),
            max_concurrency=self.max_concurrency,
            start=0.0,
            terms=Terms(
                retry=self.retry,
                safe=self.safe,
                limits=Limits(self.rates),
                weigh=weigh,
                server_of=(lambda index: servers[index % len(servers)]) if servers else None,
                several_servers=len(servers) > 1,
                auto=AutoConcurrency(start=auto[0], most=auto[1]) if auto else None,
                hedge=self.hedge,
                rank=None if ranks is None else lambda index: _given(ranks, index),
                lookahead=self.lookahead,
                identify=None if keys is None else lambda index: _given(keys, index),
                known=None if self.known is None else known,
                rescues=None if self.rescues is None else unavailable,
                item_timeout_s=self.item_timeout_s,
                pilot=self.pilot,
                sample=random.Random(self.count).sample,
                endings=Endings(
                    max_errors=self.max_errors,
                    fail_fast=FailFast() if self.fail_fast else None,
                    budget=None if self.costs is None else Budget(self.max_cost),
                ),
                draw=draw,
            ),
        )
        return scheduler


def _raises(error: Exception) -> bool:
    """Decide about most failures, and break at some."""
    if isinstance(error, LookupError):
        message = "of the predicate"
        raise ZeroDivisionError(message)
    return not isinstance(error, RequestTimeout)


def _given(numbers: Numbers, index: int) -> Any:
    number = numbers[index]
    if isinstance(number, Exception):
        raise number
    return number


class _Dice:
    """Draws the parts of a case."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def eighths(self, most: int) -> float:
        return self.chance.randint(0, most) / 8

    def maybe(self, draw: Callable[[], T]) -> T | None:
        return draw() if self.chance.random() < _WITH else None

    def up_to(self, most: int, draw: Callable[[], T]) -> list[T]:
        return [draw() for _ in range(self.chance.randint(0, most))]

    def moment(self) -> float:
        return self.eighths(160)

    def attempt(self) -> Attempt:
        failure = self.chance.choice(FAILURES) if self.chance.random() < _FAILING else None
        return Attempt(self.eighths(16), failure)

    def numbers(self, count: int, most: int, of: str) -> list[Any]:
        """Return a number for each item, or rather seldom something to raise."""
        bad = ZeroDivisionError(f"of the {of}")
        return [
            bad if self.chance.random() < _BAD else float(self.chance.randint(0, most))
            for _ in range(count)
        ]

    def rescue(self) -> Rescue:
        gives, sent = self.chance.random() < _WITH, self.chance.random() < _WITH
        return Rescue(self.eighths(16) if sent else 0.0, gives=gives, sent=sent)

    def retry(self) -> Retry:
        pick = self.chance.choice
        return Retry(
            max_attempts=pick([1, 2, 3, 4]),
            base_delay=pick([0, 0.25, 1]),
            factor=pick([1, 2, 5]),
            deadline=pick([None, None, 0.5, 4]),
            budget=pick([None, None, 0.01, 0.5]),
            max_refusals=pick([0, 1, 3]),
            retry_if=pick([None, None, None, _raises]),
            unsafe=pick([True, False]),
        )

    def breaker(self) -> Breaker:
        pick = self.chance.choice
        return Breaker(
            failure_threshold=pick([1, 2, 3]),
            reset_timeout=pick([0.5, 3.0]),
            window=pick([None, 2.0]),
        )

    def hedge(self) -> Hedge:
        return Hedge(after=self.chance.choice([0.25, 1.0, None]), max_share=1.0)

    def rates(self, usages: list[Any] | None) -> list[Rate]:
        def usage(value: int) -> float | None:
            assert usages is not None
            used: float | None = _given(usages, value)
            return used

        pick = self.chance.choice
        told = [None] if usages is None else [None, usage]
        return self.up_to(
            2,
            lambda: Rate(
                pick(range(1, 9)), per=pick([0.5, 2.0]), burst=pick([True, False]), usage=pick(told)
            ),
        )

    def intervention(self, usages: list[Any] | None) -> Intervention:
        actions: list[Action] = ["pause", "resume", "go", "poke", "concurrency", "limits"]
        actions += ["again"] * 3
        action = self.chance.choice(actions)
        if action == "concurrency":
            return Intervention(self.moment(), action, self.chance.randint(1, 6))
        if action == "limits":
            return Intervention(self.moment(), action, self.rates(usages))
        return Intervention(self.moment(), action)

    def ending(self) -> Intervention:
        endings: list[Action] = ["cancel", "drain", "expire"]
        return Intervention(self.moment(), self.chance.choice(endings))

    def user(self, usages: list[Any] | None) -> list[Intervention]:
        done = self.maybe(lambda: self.up_to(4, lambda: self.intervention(usages))) or []
        ends = self.up_to(2, self.ending) if self.chance.random() < _ENDED else []
        on: list[Intervention] = [
            Intervention(LONG_AFTER, "resume"),
            Intervention(LONG_AFTER, "go"),
        ]
        return [*done, *ends, *on]


def _as_is(value: float | Exception) -> float | Exception:
    return value


def random_case(chance: random.Random, most: int) -> Case:
    """Return a run of so many items at most, with any combination of options."""
    dice, pick = _Dice(chance), chance.choice
    maybe = dice.maybe
    items = dice.up_to(most, lambda: dice.up_to(4, dice.attempt))
    count, servers = len(items), pick([0, 0, 1, 2, 3])
    usages = maybe(
        lambda: [maybe(functools.partial(_as_is, u)) for u in dice.numbers(count, 8, "usage")]
    )
    costs = maybe(lambda: pick([[1.0] * count, [dice.eighths(8) for _ in items]]))
    return Case(
        items=items,
        max_concurrency=chance.randint(1, 6),
        rates=dice.rates(usages),
        retry=dice.retry(),
        safe=chance.random() < _WITH,
        arrivals=maybe(lambda: sorted(dice.moment() for _ in items)),
        interventions=dice.user(usages),
        ranks=maybe(lambda: dice.numbers(count, 3, "rank")),
        lookahead=pick(range(5)),
        keys=maybe(lambda: dice.numbers(count, max(1, count // 2), "key")),
        weights=maybe(lambda: dice.numbers(count, 8, "weight")),
        usages=usages,
        costs=costs,
        max_cost=None if costs is None else maybe(lambda: dice.eighths(16 * count)),
        max_errors=chance.randint(0, 9) if chance.random() < _ENDED else None,
        fail_fast=chance.random() < _ENDED,
        item_timeout_s=maybe(lambda: pick([0.5, 3.0, 20.0])),
        servers=servers,
        outages=[(dice.moment(), dice.moment()) for _ in range(servers)],
        breaker=maybe(dice.breaker) if servers else None,
        hedge=maybe(dice.hedge),
        auto=maybe(lambda: (chance.randint(1, 3), chance.randint(3, 6))),
        known=maybe(lambda: dice.numbers(count, 3, "known answer")),
        rescues=maybe(lambda: [dice.rescue() for _ in items]),
        pilot=maybe(lambda: chance.randint(1, count + 1)),
    )
