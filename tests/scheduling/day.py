"""A day in the life of a run: a hundred thousand items, two rates, refusals and an outage."""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import NotFound, RateLimited, RequestTimeout, ServerError
from notebook_kit.policies import Breaker, Failure, FailureKind, Limits, Rate, Retry
from notebook_kit.scheduling import Ledger, Scheduler, Terms
from notebook_kit.scheduling.outcome import UNSETTLED
from tests.scheduling.simulation import Attempt, Flying, Intervention, Rescue, Simulation
from tests.scheduling.watched import WatchedServer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ITEMS", "MAX_CONCURRENCY", "OUTAGE_S", "Day", "DayRun", "run_day"]

ITEMS: Final = 100_000
#: Seconds of the day for each item, about.
_PACE_S: Final = 24 * 3600 / ITEMS
OUTAGE_S: Final = 30 * 60.0
#: How often the server has too much to do, for how long, and whom it turns away then.
_BUSY_EVERY_S: Final = 2 * 3600.0
_BUSY_FOR_S: Final = 300.0
_BUSY: Final = 0.3
_RETRY_AFTER_S: Final = 7.0

MAX_CONCURRENCY: Final = 4
#: How many, in how many seconds, and whether all at once; both hold.
_RATES: Final = ((80, 60.0, False), (4_500, 3600.0, True))
_RETRY: Final = Retry(max_attempts=5, base_delay=1.0, max_delay=10.0)
_BREAKER: Final = Breaker(failure_threshold=6, reset_timeout=60.0)

_DOWN: Final = Failure(FailureKind.TRANSPORT, ConnectionError("refused"), maybe_sent=False)
_TOO_MANY: Final = RateLimited("too many", status_code=429)
_REFUSED: Final = Failure(FailureKind.STATUS, _TOO_MANY, 429, _RETRY_AFTER_S)
#: What goes wrong on any day, and how often.
_FAULTS: Final = (
    (0.005, Failure(FailureKind.STATUS, NotFound("no such row", status_code=404), 404)),
    (0.020, Failure(FailureKind.STATUS, ServerError("out of order", status_code=500), 500)),
    (0.010, Failure(FailureKind.TRANSPORT, ConnectionError("reset"))),
    (0.003, Failure(FailureKind.TIMEOUT, RequestTimeout("late", phase="read"))),
)


@dataclass
class Day:
    """What the items meet: all by chance, and the same again for the same seed.

    Attributes:
        count: how many items there are; the server fails when about half of them are done.
        down_from: when it fails.
        up_from: when it is back.
    """

    count: int
    chance: random.Random
    arrivals: Sequence[float] | None = None
    interventions: Sequence[Intervention] = ()

    def __post_init__(self) -> None:
        self.down_from = self.count * _PACE_S / 2
        self.up_from = self.down_from + OUTAGE_S

    def is_down(self, now: float) -> bool:
        """Tell whether the server is out of order."""
        return self.down_from <= now < self.up_from

    def attempt(self, index: int, number: int, now: float) -> Attempt:
        """Say how an attempt will go that begins now."""
        drawn = self.chance.random()
        if self.is_down(now):
            return Attempt(0.05 + drawn, _DOWN)
        if now % _BUSY_EVERY_S < _BUSY_FOR_S and drawn < _BUSY:
            return Attempt(0.02, _REFUSED)
        takes = self.chance.lognormvariate(0.5, 0.5)
        for share, failure in _FAULTS:
            drawn -= share
            if drawn < 0:
                return Attempt(takes, failure)
        return Attempt(takes)

    def rescue(self, index: int) -> Rescue:
        """Nobody is rescued."""
        raise NotImplementedError

    def cost(self, index: int) -> float:
        """Nobody asks: there is no budget."""
        raise NotImplementedError


class _Window:
    """Holds a rate against the starts themselves, whatever the package believes of them."""

    def __init__(self, amount: int, per_s: float) -> None:
        self._latest: deque[float] = deque(maxlen=amount)
        self._per_s = per_s

    def started(self, now: float) -> None:
        full = len(self._latest) == self._latest.maxlen
        assert not full or now - self._latest[0] >= self._per_s, "a rate is broken"
        self._latest.append(now)


@dataclass
class DayRun(Simulation):
    """A run through a day, checked at each step, at a cost that does not grow with the run.

    Attributes:
        day: what its items meet.
        server: whom they call.
        told: how often each item was said to have ended.
        final: how an item failed that was not tried again, by position.
        excused: how many failures of an item are held against the server alone.
        drawn: which share of the longest wait each back-off took.
        refusals: when the server turned somebody away.
        probes: when the breaker let a single one through.
        in_vain: how many attempts began while the server was down.
        back_at: when the first one began that was no probe, after the server was back.
    """

    day: Day = field(kw_only=True)
    server: WatchedServer = field(kw_only=True)
    told: Counter[int] = field(default_factory=Counter)
    final: dict[int, Failure] = field(default_factory=dict)
    excused: Counter[int] = field(default_factory=Counter)
    drawn: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    probes: list[float] = field(default_factory=list)
    in_vain: int = 0
    back_at: float = math.inf

    def __post_init__(self) -> None:
        super().__post_init__()
        self._windows = [_Window(amount, per_s) for amount, per_s, _ in _RATES]
        #: Until when an item backs off, and how long it has done so in all.
        self._due: dict[int, tuple[float, float]] = {}

    @property
    def ledger(self) -> Ledger:
        """What became of the items."""
        return self.scheduler.ledger

    def starts(self, flying: Flying) -> None:
        """Nobody starts twice, too early, too often, or while the server asks to wait."""
        index, now = flying.index, self.now
        assert not self.server.faults
        assert self.ledger.status[index] == UNSETTLED, "it has ended"
        assert index not in self.under_way, "it is under way"
        assert len(self.under_way) < MAX_CONCURRENCY, "too many at once"
        due, _ = self._due.get(index, (now, 0.0))
        assert now >= due - 1e-6, "tried again before its time"
        asked_until = self.refusals[-1] + _RETRY_AFTER_S if self.refusals else now
        assert now >= asked_until - 1e-6, "the server said to wait"
        for window in self._windows:
            window.started(now)
        self.in_vain += self.day.is_down(now)
        if self.server.probe is not None:
            self.probes.append(now)
        elif now >= self.day.up_from:
            self.back_at = min(self.back_at, now)

    def ends(self, flying: Flying, *, again: bool) -> None:
        """Each answer is its own item's, and who is tried again backs off as long as told."""
        index, failure = flying.index, flying.attempt.failure
        if failure is None:
            assert self.ledger.values[index] == index
            return
        self.excused[index] += failure.refused or self.server.probed_in_vain
        if failure.refused:
            self.refusals.append(self.now)
        if again:
            self._backs_off(index, failure)
        else:
            self.final[index] = failure

    def _backs_off(self, index: int, failure: Failure) -> None:
        _, before = self._due.get(index, (0.0, 0.0))
        in_all = self.ledger.backoff[index]
        wait = in_all - before
        self._due[index] = (self.now + wait, in_all)
        longest = _RETRY.ceiling(attempts=self.ledger.attempts[index])
        if failure.retry_after_s:
            assert 0 <= wait - failure.retry_after_s <= 1.0 + 1e-6
        else:
            assert -1e-6 <= wait <= longest + 1e-6
            self.drawn.append(wait / longest)

    def settled(self, index: int) -> None:
        """Count how often the end of each item is told."""
        self.told[index] += 1

    def is_hopeless(self, index: int) -> bool:
        """Tell whether an item that failed could not have been tried again."""
        wait = _RETRY.delay(
            self.final[index],
            attempts=self.ledger.attempts[index],
            refusals=self.excused[index],
            safe=True,
            draw=lambda: 0.0,
        )
        return wait is None

    def digest(self) -> str:
        """Return a text that differs if the outcome of a single item does, to the last bit."""
        ledger = self.ledger
        summed = hashlib.sha256(ledger.status)
        for column in (ledger.source, ledger.status_code, ledger.attempts, ledger.left):
            summed.update(bytes(memoryview(column)))
        for column in (ledger.settled, ledger.network, ledger.backoff):
            summed.update(bytes(memoryview(column)))
        summed.update(repr(sorted((at, repr(it)) for at, it in ledger.errors.items())).encode())
        return summed.hexdigest()[:16]


def run_day(seed: int, count: int = ITEMS) -> DayRun:
    """Run so many items through a day, or through as much of it as they take."""
    day = Day(count, random.Random(seed))
    server = WatchedServer(_BREAKER)
    scheduler = Scheduler(
        Ledger(),
        max_concurrency=MAX_CONCURRENCY,
        start=0.0,
        terms=Terms(
            retry=_RETRY,
            limits=Limits(Rate(amount, per=per_s, burst=burst) for amount, per_s, burst in _RATES),
            server_of=lambda _: server,
            draw=random.Random(f"jitter {seed}").random,
        ),
    )
    run = DayRun(scheduler, day, most_steps=20 * count + 10_000, day=day, server=server)
    run.run()
    return run
