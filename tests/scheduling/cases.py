"""Random runs with all options at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

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
from notebook_kit.scheduling import Endings, Ledger, Scheduler, Terms
from tests.scheduling.simulation import Attempt, Intervention

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.policies import Server

__all__ = ["FAILURES", "INVALID", "LONG_AFTER", "Case", "cases"]

#: Longer than any case takes without a pause: by then a paused run must go on.
LONG_AFTER: Final = 1e6

#: A number for each item, or what a function of the user's raises for it.
Numbers = list[float | Exception]

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

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self.items)

    def attempt(self, index: int, number: int, now: float) -> Attempt:
        """Say how an attempt will go, given how many there were before."""
        seen = self.items[index]
        attempt = seen[number] if number < len(seen) else Attempt(0.25)
        if self.servers and index % self.servers < len(self.outages):
            down, up = self.outages[index % self.servers]
            if down <= now < up:
                return Attempt(attempt.takes, _DOWN)
        return attempt

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
                item_timeout_s=self.item_timeout_s,
                endings=Endings(
                    max_errors=self.max_errors,
                    fail_fast=FailFast() if self.fail_fast else None,
                    budget=None if self.costs is None else Budget(self.max_cost),
                ),
                draw=draw,
            ),
        )
        return scheduler


def _given(numbers: Numbers, index: int) -> float:
    number = numbers[index]
    if isinstance(number, Exception):
        raise number
    return number


def _eighths(most: int) -> st.SearchStrategy[float]:
    return st.integers(0, most).map(lambda eighths: eighths / 8)


moments = _eighths(160)
attempts = st.builds(
    Attempt,
    takes=_eighths(16),
    failure=st.one_of(st.none(), st.none(), st.sampled_from(FAILURES)),
)
retries = st.builds(
    Retry,
    max_attempts=st.integers(1, 4),
    base_delay=st.sampled_from([0, 0.25, 1]),
    factor=st.sampled_from([1, 2, 5]),
    deadline=st.sampled_from([None, None, 0.5, 4]),
    budget=st.sampled_from([None, None, 0.01, 0.5]),
    max_refusals=st.integers(0, 3),
    unsafe=st.booleans(),
)
breakers = st.builds(
    Breaker,
    failure_threshold=st.integers(1, 3),
    reset_timeout=st.sampled_from([0.5, 3.0]),
    window=st.sampled_from([None, 2.0]),
)
hedges = st.builds(Hedge, after=st.sampled_from([0.25, 1.0, None]), max_share=st.just(1.0))


def _rates(usages: list[float | Exception | None] | None) -> st.SearchStrategy[list[Rate]]:
    def usage(value: int) -> float | None:
        assert usages is not None
        used = usages[value]
        if isinstance(used, Exception):
            raise used
        return used

    told = st.just(None) if usages is None else st.sampled_from([None, usage])
    amounts, windows = st.integers(1, 8), st.sampled_from([0.5, 2.0])
    rate = st.builds(Rate, amounts, per=windows, burst=st.booleans(), usage=told)
    return st.lists(rate, max_size=2)


@st.composite
def cases(draw: Any) -> Case:
    """Any combination of options, each of them absent as often as not."""

    def maybe(strategy: st.SearchStrategy[Any]) -> Any:
        return draw(strategy) if draw(st.booleans()) else None

    def of_each(*values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
        return st.lists(st.one_of(*values), min_size=count, max_size=count)

    items = draw(st.lists(st.lists(attempts, max_size=4), max_size=12))
    count = len(items)
    usages = maybe(of_each(st.none(), _eighths(64), st.just(ZeroDivisionError("of the usage"))))
    rates = _rates(usages)
    costs = maybe(st.one_of(st.just([1.0] * count), of_each(_eighths(8))))
    interventions = st.one_of(
        st.builds(Intervention, moments, st.sampled_from(["pause", "resume", "poke"])),
        st.builds(Intervention, moments, st.sampled_from(["cancel", "drain", "expire"])),
        st.builds(Intervention, moments, st.just("concurrency"), st.integers(1, 6)),
        st.builds(Intervention, moments, st.just("limits"), rates),
    )
    servers = maybe(st.integers(1, 3)) or 0
    outages = st.lists(st.tuples(moments, moments), max_size=servers)
    return Case(
        items=items,
        max_concurrency=draw(st.integers(1, 5)),
        rates=draw(rates),
        retry=draw(retries),
        safe=draw(st.booleans()),
        arrivals=maybe(st.lists(moments, min_size=count, max_size=count).map(sorted)),
        interventions=[
            *(maybe(st.lists(interventions, max_size=5)) or ()),
            Intervention(LONG_AFTER, "resume"),
        ],
        ranks=maybe(of_each(st.integers(0, 3), st.just(ZeroDivisionError("of the rank")))),
        lookahead=draw(st.integers(0, 4)),
        keys=maybe(of_each(st.integers(0, 4), st.just(ZeroDivisionError("of the key")))),
        weights=maybe(of_each(_eighths(64), st.just(ZeroDivisionError("of the weight")))),
        usages=usages,
        costs=costs,
        max_cost=None if costs is None else maybe(_eighths(64)),
        max_errors=maybe(st.integers(0, 4)),
        fail_fast=draw(st.booleans()),
        item_timeout_s=maybe(st.sampled_from([0.5, 3.0, 20.0])),
        servers=servers,
        outages=draw(outages) if servers else [],
        breaker=maybe(breakers) if servers else None,
        hedge=maybe(hedges),
        auto=maybe(st.tuples(st.integers(1, 3), st.integers(3, 6))),
    )
