"""What the demo API has seen: counters that its loop feeds, and snapshots for everyone else."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Counters", "DemoStats"]

#: Older arrivals are forgotten, so that a server that runs for days does not grow.
_ARRIVALS_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True)
class DemoStats:
    """What the demo API had seen at one moment; requests to ``/_demo/...`` are not counted.

    Attributes:
        requests: requests that arrived.
        by_route: requests for each route, as ``{"GET /airports/{iata}": 12}``.
        by_status: answers for each status code; 0 counts those whose
            connection was dropped, or whose client left, before the answer was whole.
        in_flight: requests that have arrived and are not yet answered.
        most_in_flight: the highest that ``in_flight`` has been.
        connections_open: connections open now.
        connections_opened: connections opened in total.
        todos_created: creations that were processed; a repeated idempotency key is not another.
        arrivals: when the last 50,000 requests arrived, in seconds of `time.monotonic`.
    """

    requests: int
    by_route: Mapping[str, int]
    by_status: Mapping[int, int]
    in_flight: int
    most_in_flight: int
    connections_open: int
    connections_opened: int
    todos_created: int
    arrivals: tuple[float, ...]


class Counters:
    """Fed by the server's own thread only; read from any."""

    def __init__(self) -> None:
        self.requests = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections_open = 0
        self.connections_opened = 0
        self.todos_created = 0
        self.by_route: Counter[str] = Counter()
        self.by_status: Counter[int] = Counter()
        self.arrivals: deque[float] = deque(maxlen=_ARRIVALS_KEPT)

    def begin(self, now: float) -> None:
        """Count a request that arrived."""
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.arrivals.append(now)

    def end(self, route: str, status: int) -> None:
        """Count the same request as done."""
        self.in_flight -= 1
        self.by_route[route] += 1
        self.by_status[status] += 1

    def reset(self) -> None:
        """Start again from what is open and in flight now."""
        self.requests = 0
        self.most_in_flight = self.in_flight
        self.connections_opened = self.connections_open
        self.todos_created = 0
        self.by_route.clear()
        self.by_status.clear()
        self.arrivals.clear()

    def snapshot(self) -> DemoStats:
        """Return the counts as they are now."""
        return DemoStats(
            requests=self.requests,
            by_route=dict(self.by_route),
            by_status=dict(self.by_status),
            in_flight=self.in_flight,
            most_in_flight=self.most_in_flight,
            connections_open=self.connections_open,
            connections_opened=self.connections_opened,
            todos_created=self.todos_created,
            arrivals=self._arrivals_now(),
        )

    def _arrivals_now(self) -> tuple[float, ...]:
        while True:
            try:
                return tuple(self.arrivals)
            except RuntimeError:
                # Another request arrived while the queue was being copied.
                continue
