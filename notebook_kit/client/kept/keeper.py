"""The answers that a client keeps, and the calls under way for all who want their answers.

On the I/O loop only, but for what any thread may ask of it: to forget, and how it did.
"""

from __future__ import annotations

import asyncio
import functools
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from notebook_kit.client.kept.copies import copy_of, error_copy, is_keepable, size_of
from notebook_kit.client.kept.flights import Flights
from notebook_kit.decorators.cache_stats import CacheCounts
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.store import Store
from notebook_kit.execution.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.kept.asked import Asked, Make
    from notebook_kit.client.kept.flights import Flight
    from notebook_kit.client.kept.keys import Key
    from notebook_kit.client.response import Response
    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.flight import Ending
    from notebook_kit.policies import Cache

__all__ = ["Keeper", "Kept"]


class Kept(NamedTuple):
    """An answer that is kept, which nobody is ever given but in copies, and when it came."""

    came: float
    response: Response


class Keeper:
    """Keeps answers, and has each asked for once however many want it.

    Args:
        max_items: answers kept; the one not used for longest goes first. None for no bound.
        max_bytes: the same of their bytes.
        clock: gives seconds that only go forward.
    """

    def __init__(
        self,
        *,
        max_items: int | None,
        max_bytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store: Store[Key, Kept] = Store(
            max_items=max_items,
            max_bytes=max_bytes,
            size_of=lambda kept: size_of(kept.response),
        )
        self._flights = Flights(self._ended)
        self._clock = clock
        self._counts = CacheCounts()
        self._pid = os.getpid()

    # Asking

    def look(self, asked: Asked, refresh: Make | None = None) -> Response | None:
        """Return a copy of the answer that is kept and still good, or None; see `peek`."""
        kept = self.peek(asked, refresh)
        return None if kept is None else copy_of(kept, "cache")

    def peek(self, asked: Asked, refresh: Make | None = None) -> Response | None:
        """Return the answer that is kept and still good, to be read and left as it is; or None.

        Args:
            asked: what is asked for, and how old it may be.
            refresh: asks for a new one in the background, when it is time; None: nobody does.
        """
        key, policy = asked.key, asked.policy
        now = self._clock()
        with state_lock:
            entry = self._store.look(key, now)
            if entry is None or not policy.is_fresh(now - entry.value.came):
                return None
            self._counts.hits += 1
        kept = entry.value
        due = refresh is not None and policy.is_due(now - kept.came)
        if due and refresh is not None and key not in self._flights:
            self._counts.refreshes += 1
            self._flights.begin(asked, refresh, whole=True, background=True)
        return kept.response

    async def answer(self, asked: Asked, make: Make, *, whole: bool) -> Response:
        """Return what is kept, or what one call, made for all who ask meanwhile, gives.

        Who waits for a call that another makes has his own limit for that. Where it fails and was
        sent on other terms, or is cancelled, he makes his own.

        Args:
            asked: what is asked for, how old it may be, and for how long it is kept.
            make: makes the call, all of it or a single try.
            whole: whether it is all of it. Then it is made also where somebody else's single try
                has failed that was waited for.

        Raises:
            Exception: whatever the call raises; each who waited has an error of his own.
        """
        if self._pid != os.getpid():
            self._begin_anew()
        terms = asked.terms
        counted = False
        while True:
            response = self.look(asked, make if whole else None)
            if response is not None:
                return response
            flight = self._flights.find(asked.key, terms)
            mine = flight is None
            if not counted:
                self._counts.misses += 1
                self._counts.shared += not mine
                counted = True
            if flight is None:
                flight = self._flights.begin(asked, make, whole=whole)
            ending = await self._end_of(asked, flight)
            if ending.error is None:
                return copy_of(ending.value, "network" if mine else "cache")
            if mine:
                ending.give()
            was_cancelled = isinstance(ending.error, asyncio.CancelledError)
            if (flight.whole or not whole) and terms.bear(flight.terms) and not was_cancelled:
                raise error_copy(ending.error)

    async def renew(self, asked: Asked, make: Make, *, whole: bool) -> Response:
        """Return what a new call gives, and keep it in the place of what came or comes before it.

        It is waited for within its own limits.

        Raises:
            Exception: whatever the call raises.
        """
        self._flights.void(asked.key)
        flight = self._flights.begin(asked, make, whole=whole)
        ending = await self._flights.join(asked.key, flight)
        ending.give()
        return copy_of(ending.value, "network")

    async def _end_of(self, asked: Asked, flight: Flight) -> Ending:
        limit, late = asked.terms.own_limit(flight.terms), asked.late
        if limit is None or late is None:
            return await self._flights.join(asked.key, flight)
        async with TimeLimit(limit.limit_s, functools.partial(late, limit)):
            return await self._flights.join(asked.key, flight)

    def put(self, key: Key, policy: Cache, response: Response) -> None:
        """Keep a copy of an answer, if it is one that may be kept."""
        if not is_keepable(response, policy):
            return
        now = self._clock()
        kept = Kept(now, copy_of(response, "cache"))
        with state_lock:
            self._store.put(key, kept, now, keep_s=policy.keep_s)

    def stale(self, key: Key, max_age_s: float) -> Response | None:
        """Return a copy of the answer that is kept and not older than so many seconds, or None."""
        now = self._clock()
        with state_lock:
            entry = self._store.look(key, now)
        if entry is None or now - entry.value.came > max_age_s:
            return None
        return copy_of(entry.value.response, "fallback")

    def _ended(self, key: Key, flight: Flight, ending: Ending, counts: bool) -> None:  # noqa: FBT001 - as it is told
        if ending.error is not None:
            self._counts.failed_refreshes += flight.background
        elif counts:
            self.put(key, flight.policy, ending.value)

    # Forgetting

    def invalidate(self, url: str) -> int:
        """Forget the answers from a URL, those still to come too; tell how many were kept."""
        with state_lock:
            self._flights.void_url(url)
            kept = self._store.keys()
            return sum(self._store.drop(key) for key in kept if key.url == url)

    def clear(self) -> None:
        """Forget all, what is still to come too."""
        with state_lock:
            self._flights.void_all()
            self._store.clear()

    def close(self) -> None:
        """Forget all, and make no more calls that nobody waits for; on the I/O loop."""
        background = self._flights.unattended()
        self.clear()
        for flight in background:
            flight.task.cancel()

    def _begin_anew(self) -> None:
        """Forget, in a forked child, the calls that are under way in the parent."""
        self._pid = os.getpid()
        self._flights.void_all()

    def stats(self) -> CacheStats:
        """Return the numbers of this moment."""
        with state_lock:
            self._store.expire(self._clock())
            return self._counts.stats(items=len(self._store), held=self._store.held)
