"""What must be so at every step of a run, however it goes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_kit.policies import CircuitState, FailureKind, Server
from notebook_kit.policies.fallback import unavailable
from notebook_kit.scheduling import DONE, FEED, WAIT, Source, Status
from notebook_kit.scheduling.outcome import UNSETTLED
from notebook_kit.scheduling.pilot import forecast_of
from tests.scheduling.cases import Case
from tests.scheduling.simulation import Flying, Intervention, Rescue, Simulation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.policies import Breaker, Failure, Rate, RateHint

__all__ = ["Grant", "WatchedRun", "WatchedServer"]


class WatchedServer(Server):
    """A server that is called only when it may be, and told of the end of each call once.

    Attributes:
        failed_probes: how many probes failed.
        probed_in_vain: whether the last attempt that failed was one.
        faults: what should not have been done.
    """

    def __init__(self, breaker: Breaker | None = None) -> None:
        super().__init__(breaker)
        self.calls: Counter[float] = Counter()
        self.probe: float | None = None
        self.failed_probes = 0
        self.probed_in_vain = False
        self.faults: list[str] = []

    @staticmethod
    def _tells_of_the_server(failure: Failure) -> bool:
        if failure.kind is FailureKind.STATUS:
            return (failure.status_code or 0) >= 500
        return failure.kind in (FailureKind.TRANSPORT, FailureKind.TIMEOUT)

    def started(self, now: float) -> None:
        # To raise would be of no use: what is raised while an item is let through is its error.
        if self.earliest(now)[0] > now:
            self.faults.append("called although it said to wait")
        if self.circuit is not None and self.circuit.state(now) is not CircuitState.CLOSED:
            if self.probe is not None:
                self.faults.append("two probes at once")
            self.probe = now
        self.calls[now] += 1
        super().started(now)

    def succeeded(self, now: float, *, sent: float, hint: RateHint | None = None) -> None:
        self._landed(sent)
        super().succeeded(now, sent=sent, hint=hint)

    def failed(self, now: float, failure: Failure, *, sent: float) -> bool:
        in_vain = self.probe == sent and self._tells_of_the_server(failure)
        self._landed(sent)
        assert super().failed(now, failure, sent=sent) == in_vain
        self.failed_probes += in_vain
        self.probed_in_vain = in_vain
        return in_vain

    def released(self, now: float, *, sent: float) -> None:
        self._landed(sent)
        super().released(now, sent=sent)

    def _landed(self, sent: float) -> None:
        assert self.calls[sent] > 0, "told twice of one call"
        self.calls[sent] -= 1
        if self.probe == sent:
            self.probe = None


@dataclass(slots=True)
class Grant:
    """What was taken of a rate, as far as anybody knows by now."""

    at: float
    weight: float


@dataclass
class WatchedRun(Simulation):
    """A run of a case that is checked at each step.

    Attributes:
        servers: those that the items go to.
        spans: begin and end of each attempt that ended or was cut, by position.
        told: items whose end was told of.
        grants: what was taken of each rate.
        failures: how the attempts of each item failed, in order.
        excused: how many of these are held against the server alone.
        excused_in_all: how many that were, also of items that were tried once more since.
        firsts: how many starts were the first of an item, or since it was tried once more.
        invalid: how many attempts of each item were none, as it could not be sent.
        reopened: how often each item was tried once more, and since when it is.
        rescued: items whose rescue was begun.
    """

    case: Case = field(default_factory=lambda: Case([]))
    servers: list[WatchedServer] = field(default_factory=list)
    spans: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    told: list[int] = field(default_factory=list)
    grants: dict[Rate, list[Grant]] = field(default_factory=dict)
    failures: dict[int, list[Failure]] = field(default_factory=dict)
    excused: Counter[int] = field(default_factory=Counter)
    excused_in_all: int = 0
    firsts: int = 0
    invalid: Counter[int] = field(default_factory=Counter)
    reopened: dict[int, tuple[int, float]] = field(default_factory=dict)
    rescued: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__post_init__()
        #: Items that were sent, or were since they are tried once more.
        self._begun: set[int] = set()
        self._due: dict[int, float] = {}
        self._backed_off: dict[int, float] = {}
        self._latest: dict[int, list[tuple[Rate, Grant]]] = {}
        self._sent_for: dict[Any, int] = {}
        self._dearest: float | None = None
        self._fruitless = self._progress = 0
        self._dear = self._told_aside = False

    @property
    def ledger(self) -> Any:
        return self.scheduler.ledger

    # Starting

    def starts(self, flying: Flying) -> None:
        scheduler, index, now = self.scheduler, flying.index, self.now
        self._progress += 1
        assert not [fault for server in self.servers for fault in server.faults]
        assert not scheduler.paused
        assert scheduler.stop is None
        assert self.ledger.status[index] == UNSETTLED
        flights = sum(len(flights) for flights in self.under_way.values())
        assert flights + 1 <= scheduler.max_concurrency
        assert scheduler.flight.under_way == flights + 1
        assert now < self.deadline(index)
        self._check_limits(index)
        self._check_pilot(index)
        if index in self.under_way:
            self._check_second(index)
            return
        self.firsts += index not in self._begun
        self._begun.add(index)
        assert scheduler.begun[index] == now
        due = self._due.pop(index, -math.inf)
        assert now >= due - 1e-9, f"tried again at {now!r}, before its time {due!r}"
        self._check_order(index)
        if self.case.keys is not None:
            key = self.case.keys[index]
            assert self._sent_for.setdefault(key, index) == index, "equal items were both sent"

    def deadline(self, index: int) -> float:
        timeout_s = self.case.item_timeout_s
        _, since = self.reopened.get(index, (0, self.ledger.left[index]))
        return math.inf if timeout_s is None else since + timeout_s

    def _check_pilot(self, index: int) -> None:
        """Until somebody says so nobody goes who is not of the pilot."""
        pilot = self.scheduler.pilot
        assert pilot is None or pilot.gone_on or index in pilot.sample

    def _check_second(self, index: int) -> None:
        hedge = self.case.hedge
        assert hedge is not None
        assert self.case.safe
        assert len(self.under_way[index]) == 1, "three attempts of one item at once"
        if hedge.after is not None:
            after: Any = hedge.after
            assert self.now >= self.under_way[index][0].begun + after

    def _check_limits(self, index: int) -> None:
        self._latest[index] = []
        for rate in self.scheduler.limits.rates:
            grant = Grant(self.now, min(self.case.weight(index), rate.amount))
            grants = self.grants.setdefault(rate, [])
            grants.append(grant)
            self._latest[index].append((rate, grant))
            per: Any = rate.per
            used = sum(grant.weight for grant in grants if grant.at > self.now - per)
            assert used <= rate.amount + 1e-6, f"{rate} is broken"

    def _check_order(self, index: int) -> None:
        """Nobody is there who should have gone first."""
        ranked, budget = self.case.ranks is not None, self.case.costs is not None
        again = self.started.get(index) or index in self._put_off or index in self.reopened
        if not ranked and again:
            return
        if budget and (self.started.get(index) or self.ledger.attempts[index]):
            return  # Those who are reckoned with may go before those who are not.
        rank = self._rank(index)
        for other in range(len(self.ledger)):
            if other == index or not self._is_ready(other):
                continue
            if ranked:
                assert (self._rank(other, own=True), other) > (rank, index), "out of its turn"
            elif other < index:
                assert self.started.get(other) or other in self.reopened, "out of its turn"

    @property
    def _put_off(self) -> set[int]:
        return self.scheduler._line._deferred

    @property
    def _back(self) -> set[int]:
        """Those who wait until somebody says how to go on after the pilot."""
        pilot = self.scheduler.pilot
        if pilot is None or pilot.gone_on:
            return set()
        unsettled = {at for at, code in enumerate(self.ledger.status) if code == UNSETTLED}
        return unsettled.difference(pilot.sample)

    def _is_ready(self, index: int) -> bool:
        """Whether an item could be the next to start."""
        if self.ledger.status[index] != UNSETTLED or index in self.under_way:
            return False
        if index in self._back:
            return False
        if index in self._put_off or self._due.get(index, -math.inf) > self.now:
            return False
        twins = self.scheduler.settler.twins
        return twins is None or index not in twins.waiting_for(range(len(self.ledger)))

    def _rank(self, index: int, *, own: bool = False) -> float:
        """Return the rank of an item, or of an equal one that may wait for it."""
        ranks, keys = self.case.ranks, self.case.keys
        if ranks is None:
            return 0.0
        equals = [index]
        if keys is not None and not own:
            equals += [
                other
                for other in range(len(self.ledger))
                if keys[other] is not None
                and keys[other] == keys[index]
                and self.ledger.left[other] <= self.now
            ]
        found = [ranks[other] for other in equals]
        return min(-math.inf if isinstance(rank, Exception) else rank for rank in found)

    # Ending

    def ends(self, flying: Flying, *, again: bool) -> None:
        index, ledger = flying.index, self.ledger
        self._progress += 1
        self.spans.setdefault(index, []).append((flying.begun, self.now))
        if flying.cut:
            return
        failure = flying.attempt.failure
        if failure is None:
            assert ledger.values[index] == index
            self._correct(index)
            return
        self.failures.setdefault(index, []).append(failure)
        excused = failure.refused or self._was_a_probe(index)
        self.excused[index] += excused
        self.excused_in_all += excused
        self.invalid[index] += failure.kind is FailureKind.INVALID
        assert again == (ledger.status[index] == UNSETTLED)
        to_be_rescued = index in self.scheduler.rescues.waiting
        if again and index not in self.scheduler.begun and not to_be_rescued:
            wait = ledger.backoff[index] - self._backed_off.get(index, 0.0)
            self._backed_off[index] = ledger.backoff[index]
            assert wait >= (failure.retry_after_s or 0.0) - 1e-9
            self._due[index] = self.now + wait

    def _was_a_probe(self, index: int) -> bool:
        return bool(self.servers) and self.servers[index % len(self.servers)].probed_in_vain

    def _correct(self, index: int) -> None:
        """Put what the answer says was used in the place of what was thought."""
        if self.case.usages is None:
            return
        used = self.case.usages[index]
        if isinstance(used, float):
            for rate, grant in self._latest[index]:
                if rate.usage is not None:
                    grant.weight = used

    def settled(self, index: int) -> None:
        self._progress += 1
        assert self.ledger.status[index] != UNSETTLED
        self.told.append(index)
        super().settled(index)
        budget = self.scheduler.endings.budget
        if budget is not None and self.costs_anything(index):
            self._check_cost(self.case.cost(index))

    def _check_cost(self, cost: float) -> None:
        budget = self.scheduler.endings.budget
        assert budget is not None
        if budget.limit is None:
            return
        known = budget.limit if self._dearest is None else self._dearest
        # From then on the promise does not hold.
        self._dear = self._dear or cost > known
        self._dearest = max(cost, self._dearest or 0.0)
        assert self._dear or budget.spent <= budget.limit + 1e-6, "more was spent than allowed"

    # Trying once more

    def reopens(self, indexes: Sequence[int]) -> None:
        failed = (Status.FAILED, Status.TIMEOUT)
        assert set(indexes) == {at for at, code in enumerate(self.ledger.status) if code in failed}
        for index in indexes:
            times, _ = self.reopened.get(index, (0, 0.0))
            self.reopened[index] = (times + 1, self.now)
            self.failures.pop(index, None)
            self.excused.pop(index, None)
            self._due.pop(index, None)
            self._begun.discard(index)

    # Rescuing

    def starts_rescue(self, flying: Flying) -> None:
        scheduler, index = self.scheduler, flying.index
        self._progress += 1
        assert not scheduler.paused
        assert scheduler.stop is None
        assert self.ledger.status[index] == UNSETTLED
        assert index not in self.under_way
        assert scheduler.flight.under_way <= scheduler.max_concurrency
        assert unavailable(scheduler.rescues.under_way[index])
        self.rescued.add(index)

    def ends_rescue(self, flying: Flying, rescue: Rescue, *, again: bool) -> None:
        index, ledger = flying.index, self.ledger
        self._progress += 1
        if rescue.sent:
            self.spans.setdefault(index, []).append((flying.begun, self.now))
        assert again == (ledger.status[index] == UNSETTLED)
        if rescue.gives:
            assert (ledger.values[index], ledger.source[index]) == (index, Source.FALLBACK)
            self.failures.pop(index, None)

    # Waiting

    def waits(self, said: int) -> None:  # noqa: C901 - one look at each reason to wait
        scheduler, now = self.scheduler, self.now
        reason, wake_at = scheduler.waiting_for, scheduler.wake_at
        told_aside, self._told_aside = self._told_aside, False
        assert wake_at is None or wake_at > now, "look again in the past"
        self._count_steps()
        if said == DONE:
            assert not self.under_way
            return
        assert said in (WAIT, FEED)
        if scheduler.stop is not None:
            assert scheduler.begun
            return
        assert reason != "pause" or scheduler.paused
        assert not scheduler.paused or reason in {"pause", "pilot"}
        assert scheduler.standing == (reason == "pilot")
        assert (said == FEED) == (reason == "input")
        if reason in {"limit", "backoff", "server", "breaker"}:
            assert wake_at is not None
        if reason == "limit":
            assert scheduler.limits
        elif reason == "backoff":
            assert scheduler.backing_off
        elif reason == "breaker":
            assert self.case.breaker is not None
        elif reason == "budget":
            assert self.case.max_cost is not None
        elif reason == "pilot":
            self._check_stands()
        elif reason == "input":
            assert scheduler.input_open
        elif reason is None:
            self._check_nothing_to_do()
        if not scheduler.paused:
            self._check_deadlines()
            # Who pays for items that ended aside hears of them only now, so there may be more left.
            if told_aside and self.case.max_cost is not None:
                return
            # Who asks once more is told the same.
            assert scheduler.next(now) == said
            assert (scheduler.waiting_for, scheduler.wake_at) == (reason, wake_at)

    def _tell_aside(self) -> None:
        super()._tell_aside()
        self._told_aside = True

    def _check_nothing_to_do(self) -> None:
        scheduler = self.scheduler
        assert scheduler.begun
        full = scheduler.flight.under_way >= scheduler.max_concurrency
        twins = scheduler.settler.twins
        waiting = 0 if twins is None else len(twins.waiting_for(scheduler.begun))
        busy = len(scheduler.begun) + waiting + len(self._back)
        assert full or busy == self.ledger.status.count(UNSETTLED)

    def _check_stands(self) -> None:
        scheduler = self.scheduler
        pilot = scheduler.pilot
        assert pilot is not None
        assert not self.under_way
        assert scheduler.wake_at is None
        assert len(pilot.sample) == len(set(pilot.sample)) == self.case.pilot
        assert all(self.ledger.status[index] != UNSETTLED for index in pilot.sample)
        assert self._back or scheduler.input_open
        assert pilot.by_chance == (self.case.arrivals is None)
        guess = forecast_of(scheduler)
        assert guess is not None
        assert (guess.items_left is None) == scheduler.input_open

    def _check_deadlines(self) -> None:
        for index, status in enumerate(self.ledger.status):
            cared_for = index in self.under_way or index in self.scheduler.rescues.waiting
            if status == UNSETTLED and not cared_for:
                assert not self.now >= self.deadline(index), "its time is over"

    def _count_steps(self) -> None:
        """Look how often somebody asked in vain: no more than a few times a second."""
        self._fruitless += 1
        allowed = 60 + 10 * self._progress + 10 * min(self.now, 200.0)
        assert self._fruitless < allowed, "it goes round in circles"

    def intervene(self, it: Intervention) -> None:
        self._progress += 1
        super().intervene(it)
        if it.action in {"cancel", "expire"}:
            assert self.scheduler.next(self.now) == DONE
            assert Status.SKIPPED is not None
