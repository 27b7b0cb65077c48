"""Servers that limit their callers, only reckoned, and a batch that keeps a pace towards them.

A discrete-event simulation on a clock of its own: nothing waits, and half a minute of three
thousand requests takes a tenth of a second.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from notebook_kit.policies.hints import RateHint
from notebook_kit.policies.pace import ServerPace

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Figures",
    "FixedWindow",
    "Server",
    "SlidingWindow",
    "TokenBucket",
    "as_date",
    "exactly",
    "nothing",
    "run_batch",
    "whole_seconds",
]

_ROUNDING = 1e-9


class Server(Protocol):
    """Lets requests in, or not."""

    rate: float

    def ask(self, now: float) -> float:
        """Return 0.0 if the request is let in, or the seconds after which one would be."""

    def hint(self, now: float) -> RateHint:
        """Return what the headers of an answer would say of the limit."""


@dataclass
class TokenBucket:
    """Holds ``burst`` tokens at most, and gets ``rate`` new ones a second."""

    rate: float
    burst: float
    _level: float = math.inf
    _at: float = -math.inf

    def ask(self, now: float) -> float:
        if now > self._at:
            refilled = self._level + (now - self._at) * self.rate
            self._level, self._at = min(self.burst, refilled), now
        if self._level >= 1.0 - _ROUNDING:
            self._level -= 1.0
            return 0.0
        return (1.0 - self._level) / self.rate

    def hint(self, now: float) -> RateHint:
        missing = self.burst - self._level
        return RateHint(self.burst, float(int(self._level)), missing / self.rate, refills=True)


@dataclass
class FixedWindow:
    """Lets in ``rate`` a second, counted anew at each full ``period``."""

    rate: float
    period: float = 1.0
    _window: int = -1
    _used: int = 0

    def ask(self, now: float) -> float:
        window = math.floor(now / self.period)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used < self.rate * self.period:
            self._used += 1
            return 0.0
        return max(1e-9, (window + 1) * self.period - now)

    def hint(self, now: float) -> RateHint:
        limit = self.rate * self.period
        return RateHint(limit, limit - self._used, (self._window + 1) * self.period - now)


@dataclass
class SlidingWindow:
    """Lets in ``rate`` a second in any stretch of one ``period``."""

    rate: float
    period: float = 1.0
    _stamps: deque[float] = field(default_factory=deque)

    def ask(self, now: float) -> float:
        stamps = self._stamps
        while stamps and stamps[0] <= now - self.period:
            stamps.popleft()
        room = self.rate * self.period
        if len(stamps) < room:
            stamps.append(now)
            return 0.0
        return max(1e-9, stamps[len(stamps) - int(room)] + self.period - now)

    def hint(self, now: float) -> RateHint:
        limit = self.rate * self.period
        return RateHint(limit, limit - len(self._stamps), self._stamps[0] + self.period - now)


# What a refused request is told: of the seconds it should wait, and the time of day


def nothing(_wait: float, _clock: float) -> float | None:
    return None


def whole_seconds(wait: float, _clock: float) -> float | None:
    return float(max(1, math.ceil(wait)))


def exactly(wait: float, _clock: float) -> float | None:
    return wait


def as_date(wait: float, clock: float) -> float | None:
    """A date has no fractions: what lies behind the full second is lost on the way."""
    return math.floor(clock + max(1, math.ceil(wait))) - clock


@dataclass
class Figures:
    """What became of a batch.

    Attributes:
        sent: when each request was sent, and whether the server refused it.
        ended: when the last item was answered.
    """

    sent: list[tuple[float, bool]] = field(default_factory=list)
    ended: float = 0.0

    def refused(self, since: float = 0.0) -> int:
        """How many of those sent from that time on were refused."""
        return sum(refused for at, refused in self.sent if at >= since)

    def share_refused(self, since: float = 0.0) -> float:
        """The share that was refused of those sent from that time on."""
        return self.refused(since) / max(1, sum(at >= since for at, _ in self.sent))

    def admitted(self, begin: float, end: float) -> int:
        """How many of those sent in that stretch of time were let in."""
        return sum(begin <= at < end and not refused for at, refused in self.sent)


@dataclass
class _Run:
    items: int
    in_flight: int = 0
    wake_at: float = math.inf
    again: list[float] = field(default_factory=list)


class _Batch:
    """Several runs that share one pace, each sending its items until they are answered."""

    def __init__(
        self,
        pace: ServerPace,
        server: Server,
        *,
        items: int,
        workers: int,
        runs: int,
        latency: tuple[float, float],
        says: Callable[[float, float], float | None],
        way: float,
        seed: int,
        lateness: float,
        hints: bool,
    ) -> None:
        self.pace, self.server, self.says = pace, server, says
        self._hints = hints
        self.figures = Figures()
        self._latency, self._way, self._lateness = latency, way, lateness
        self._draw = random.Random(seed)
        self._workers = workers
        self._runs = [_Run(items // runs) for _ in range(runs)]
        self._left = items // runs * runs
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0

    def at(self, when: float, action: Callable[[float], None]) -> None:
        self._serial += 1
        heappush(self._events, (when, self._serial, action))

    def play(self, most: int = 2_000_000) -> Figures:
        for run in self._runs:
            self._start(run, 0.0)
        for _ in range(most):
            if not self._left:
                return self.figures
            now, _, action = heappop(self._events)
            action(now)
        raise AssertionError("it never ends")

    def _start(self, run: _Run, now: float) -> None:
        while run.in_flight < self._workers:
            due = bool(run.again) and run.again[0] <= now
            if not due and not run.items:
                if run.again:
                    self._wake(run, run.again[0])
                return
            at = self.pace.earliest(now)
            if at > now:
                self._wake(run, at)
                return
            if due:
                heappop(run.again)
            else:
                run.items -= 1
            self._send(run, now)

    def _wake(self, run: _Run, when: float) -> None:
        if when < run.wake_at:
            run.wake_at = when

            def wake(now: float) -> None:
                if run.wake_at == when:
                    run.wake_at = math.inf
                self._start(run, now)

            self.at(when + self._draw.random() * self._lateness, wake)

    def _send(self, run: _Run, now: float) -> None:
        run.in_flight += 1
        self.pace.started(now)
        slot = len(self.figures.sent)
        self.figures.sent.append((now, False))
        least, most = self._latency
        takes = least + self._draw.random() * (most - least)

        def arrive(there: float) -> None:
            wait = self.server.ask(there)
            if wait:
                self.figures.sent[slot] = (now, True)
            hint = self.server.hint(there) if self._hints else None
            # A refusal is no work, only the way back.
            after = min(takes, max(0.001, 2 * takes * self._way)) if wait else takes
            self.at(now + after, lambda back: self._answer(run, now, wait, hint, back))

        self.at(now + takes * self._way, arrive)

    def _answer(
        self, run: _Run, sent: float, wait: float, hint: RateHint | None, now: float
    ) -> None:
        run.in_flight -= 1
        if wait:
            # The server's own clock is not at zero when ours is.
            said = self.says(wait, now + 0.37)
            said = None if said is None else max(0.0, said)
            self.pace.refused(now, sent=sent, retry_after_s=said, hint=hint)
            spread = self._draw.random() * 0.5
            heappush(run.again, now + (said + min(said, spread) if said else spread))
        else:
            self.pace.succeeded(now, sent=sent, hint=hint)
            self._left -= 1
            self.figures.ended = now
        self._start(run, now)


def run_batch(
    server: Server,
    *,
    pace: ServerPace | None = None,
    items: int = 3_000,
    workers: int = 64,
    runs: int = 1,
    latency: tuple[float, float] = (0.005, 0.020),
    says: Callable[[float, float], float | None] = whole_seconds,
    way: float = 0.1,
    lateness: float = 0.0015,
    seed: int = 1,
    changes: dict[float, float] | None = None,
    hints: bool = False,
) -> Figures:
    """Send so many items to a server until each is answered, and return what became of them.

    Args:
        server: who is called.
        pace: what is known of it; None for a new one.
        items: how many, shared out evenly among the runs.
        workers: how many each run has under way at once.
        runs: how many runs share the pace.
        latency: the least and the most seconds from a request to its answer.
        says: what a refused request is told of the wait.
        way: the share of the latency that passes before the server decides; the less, the less
            it varies.
        lateness: by how many seconds a timer is late at most.
        seed: of the random numbers.
        changes: new limits of the server, by the time from which they hold.
        hints: whether its answers say what it has left.
    """
    batch = _Batch(
        pace or ServerPace(),
        server,
        items=items,
        workers=workers,
        runs=runs,
        latency=latency,
        says=says,
        way=way,
        seed=seed,
        lateness=lateness,
        hints=hints,
    )

    def change(rate: float) -> Callable[[float], None]:
        return lambda _now: setattr(server, "rate", rate)

    for when, rate in (changes or {}).items():
        batch.at(when, change(rate))
    return batch.play()
