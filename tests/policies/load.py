"""Servers that are only reckoned, and a client that calls them with so many at once.

A discrete-event simulation: nothing waits, and a batch of thousands takes milliseconds. The client
keeps as many under way as its controller allows, as a run does.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

from notebook_kit.policies.failure import Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Batch",
    "Controller",
    "Crowded",
    "Fixed",
    "Flaky",
    "Growing",
    "Impatient",
    "Queueing",
    "Refusing",
    "Server",
    "best_fixed",
    "lognormal",
    "steady",
]

_ERROR = ValueError("of no meaning here")
_REFUSED = Failure(FailureKind.STATUS, _ERROR, 429)
_TIMED_OUT = Failure(FailureKind.TIMEOUT, _ERROR)
_REFUSED_IN_S = 0.001


class Controller(Protocol):
    """What decides how many may be under way."""

    limit: int

    def finished(
        self, now: float, *, sent: float, in_flight: int, failure: Failure | None
    ) -> None: ...


class Server(Protocol):
    """What takes requests: says when each will be answered, and how."""

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]: ...


@dataclass
class Fixed:
    """Always the same number at once."""

    limit: int

    def finished(
        self, now: float, *, sent: float, in_flight: int, failure: Failure | None
    ) -> None: ...


def steady(seconds: float) -> Callable[[], float]:
    """Every request takes so long."""
    return lambda: seconds


def lognormal(seconds: float, sigma: float, seed: int = 0) -> Callable[[], float]:
    """Requests take so long in the middle, and are spread as those of a language model are."""
    draw = random.Random(seed)
    return lambda: seconds * math.exp(draw.gauss(0.0, sigma))


class Queueing:
    """Serves so many at once, first come, first served; the rest waits inside it.

    The way there and back takes ``way`` seconds and needs no room in it.
    """

    def __init__(self, capacity: int, takes: Callable[[], float], *, way: float = 0.0) -> None:
        self._takes = takes
        self._way = way
        self._free = [0.0] * capacity

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        begins = max(now, heappop(self._free))
        ends = begins + self._takes()
        heappush(self._free, ends)
        return ends + self._way, None

    def resize(self, capacity: int) -> None:
        """Serve so many at once from now on."""
        free = sorted(self._free)
        spare = [free[0]] * (capacity - len(free))
        self._free = (spare + free)[len(spare) + len(free) - capacity :]


@dataclass
class Crowded:
    """Serves all at once, and each the slower the more there are."""

    takes: Callable[[], float]
    bearable: float = 16.0

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        return now + self.takes() * (1.0 + (under_way / self.bearable) ** 2), None


@dataclass
class Refusing:
    """Answers 429 at once when more than so many are under way."""

    allowed: int
    takes: Callable[[], float]
    refused: int = 0
    _ends: deque[float] = field(default_factory=deque)

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        self._ends = deque(end for end in self._ends if end > now)
        if len(self._ends) >= self.allowed:
            self.refused += 1
            return now + _REFUSED_IN_S, _REFUSED
        self._ends.append(now + self.takes())
        return self._ends[-1], None


@dataclass
class Impatient:
    """Gives up what another server has not answered in time; that one does the work all the same.

    Attributes:
        given_up: how often.
    """

    server: Server
    seconds: float
    given_up: int = 0

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        ends, failure = self.server.take(now, under_way)
        if ends - now <= self.seconds:
            return ends, failure
        self.given_up += 1
        return now + self.seconds, _TIMED_OUT


@dataclass
class Growing:
    """Items take so many times as long from one item on, as where rows are longer in the end."""

    server: Callable[[Callable[[], float]], Server]
    takes: Callable[[], float]
    after: int
    times: float
    _taken: int = 0

    def __post_init__(self) -> None:
        self._server = self.server(self._draw)

    def _draw(self) -> float:
        return self.takes() * (self.times if self._taken > self.after else 1.0)

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        self._taken += 1
        return self._server.take(now, under_way)


@dataclass
class Flaky:
    """Loses some of what another server is asked, after as long as it would have taken."""

    server: Server
    share: float
    failure: Failure
    _draw: random.Random = field(default_factory=lambda: random.Random(1))

    def take(self, now: float, under_way: int) -> tuple[float, Failure | None]:
        ends, failure = self.server.take(now, under_way)
        return ends, self.failure if self._draw.random() < self.share else failure


class Batch:
    """So many items, each sent until it is answered.

    Attributes:
        throughput: items answered a second, from the first one sent to the last one answered.
        limits: what the limit was as each attempt ended.
    """

    def __init__(
        self,
        server: Server,
        controller: Controller,
        items: int,
        *,
        interval: float = 0.0,
        at: dict[int, Callable[[], None]] | None = None,
    ) -> None:
        """Run the batch.

        Args:
            server: who is called.
            controller: who says how many at once.
            items: how many.
            interval: the least seconds between two starts, for a client with a rate limit.
            at: what happens when so many items are answered.
        """
        self.limits: list[int] = []
        self._server, self._controller = server, controller
        self._interval, self._next_start = interval, 0.0
        self._ends: list[tuple[float, int, float, Failure | None]] = []
        self._left, self._in_flight, self._serial = items, 0, 0
        answered, now = 0, 0.0
        self._start(now)
        while answered < items:
            if not self._ends or (self._may_start and self._next_start < self._ends[0][0]):
                now = self._next_start
                self._start(now)
                continue
            now, _, sent, failure = heappop(self._ends)
            controller.finished(now, sent=sent, in_flight=self._in_flight, failure=failure)
            self.limits.append(controller.limit)
            self._in_flight -= 1
            answered += failure is None
            self._left += failure is not None
            if failure is None and at and answered in at:
                at[answered]()
            self._start(now)
        self.throughput = answered / now

    @property
    def _may_start(self) -> bool:
        return self._left > 0 and self._in_flight < self._controller.limit

    def _start(self, now: float) -> None:
        while self._may_start and now >= self._next_start:
            self._next_start = now + self._interval
            self._left -= 1
            self._in_flight += 1
            self._serial += 1
            ends, failure = self._server.take(now, self._in_flight)
            heappush(self._ends, (ends, self._serial, now, failure))


def best_fixed(server: Callable[[], Server], items: int) -> tuple[int, float]:
    """Return the smallest of 1, 2, 4 ... 256 at once within 2 % of the best, and the best."""
    found = {
        at_once: Batch(server(), Fixed(at_once), items).throughput
        for at_once in (2**power for power in range(9))
    }
    best = max(found.values())
    return min(at_once for at_once, value in found.items() if value >= 0.98 * best), best
