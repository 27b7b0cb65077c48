"""Connections that wait for their next request, and the clock that ends their waiting."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["SETTLED_S", "Clock", "IdleShelf"]

C = TypeVar("C")

#: How long a connection may be idle before it counts against `max_keepalive_connections`.
SETTLED_S: Final = 1.0


class Timer(Protocol):
    """What a clock hands out for a call in the future."""

    def cancel(self) -> None:
        """Make sure that the call is not made."""


class Clock(Protocol):
    """The part of an event loop that is needed here; tests bring one that they move themselves."""

    def time(self) -> float:
        """Return the time in seconds."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Have `callback` called at `when`."""
        ...


class IdleShelf(Generic[C]):
    """Idle connections of all origins; drops by the clock those that have been there too long.

    A connection is dropped when it has been idle for `expiry` seconds, or when it is the longest
    idle of more than `max_settled` that have each been idle for a second.
    """

    def __init__(
        self, *, max_settled: float, expiry: float, drop: Callable[[C], None], clock: Clock
    ) -> None:
        self._max_settled = max_settled
        self._expiry = expiry
        self._drop = drop
        self._clock = clock
        # The longest idle first: once over all origins, for the clock, with the time since when;
        # once for each origin, for the next request.
        self._since: dict[C, float] = {}
        self._origins: dict[C, Hashable] = {}
        self._by_origin: dict[Hashable, dict[C, None]] = {}
        self._timer: Timer | None = None
        self._due = math.inf

    def __len__(self) -> int:
        return len(self._since)

    def put(self, origin: Hashable, connection: C) -> bool:
        """Keep a connection; False when none are kept at all."""
        if self._expiry <= 0:
            return False
        now = self._clock.time()
        self._since[connection] = now
        self._origins[connection] = origin
        self._by_origin.setdefault(origin, {})[connection] = None
        wait = self._expiry
        if len(self._since) > self._max_settled:
            wait = min(wait, SETTLED_S)
        if now + wait < self._due:
            self._set_timer(now + wait)
        return True

    def take(self, origin: Hashable) -> C | None:
        """Take out the connection to this origin that was used last, or return None.

        That one is the least likely to have been closed by the server meanwhile.
        """
        here = self._by_origin.get(origin)
        if here is None:
            return None
        connection = next(reversed(here))
        self.remove(connection)
        return connection

    def take_oldest(self) -> C:
        """Take out the connection that has been idle the longest; there has to be one."""
        connection = next(iter(self._since))
        self.remove(connection)
        return connection

    def remove(self, connection: C) -> bool:
        """Take out this connection; False when it is not here."""
        if self._since.pop(connection, None) is None:
            return False
        origin = self._origins.pop(connection)
        siblings = self._by_origin[origin]
        del siblings[connection]
        if not siblings:
            del self._by_origin[origin]
        return True

    def clear(self) -> None:
        """Drop all connections and stop the clock."""
        self._set_timer(math.inf)
        while self._since:
            self._drop(self.take_oldest())

    # --- the clock ------------------------------------------------------------------------------

    def _sweep(self) -> None:
        self._timer = None
        now = self._clock.time()
        # The due time is computed anew instead of `since + expiry <= now` being asked, so that
        # both sides of the comparison are rounded the same way.
        while self._next_due() <= now:
            self._drop(self.take_oldest())
        self._set_timer(self._next_due())

    def _next_due(self) -> float:
        """Return when the longest idle connection has to go, if nothing happens before."""
        if not self._since:
            return math.inf
        due = next(iter(self._since.values())) + self._expiry
        if len(self._since) > self._max_settled:
            # With this one, more have settled than may be kept.
            first_surplus = next(islice(self._since.values(), int(self._max_settled), None))
            due = min(due, first_surplus + SETTLED_S)
        return due

    def _set_timer(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due < math.inf:
            self._timer = self._clock.call_at(due, self._sweep)
