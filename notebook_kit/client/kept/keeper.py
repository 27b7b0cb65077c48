"""The answers that a client keeps, and the calls under way for all who want their answers.

On the I/O loop only, but for what any thread may ask of it: to forget, and how it did.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.client.kept.copies import copy_of, error_copy, is_keepable
from notebook_kit.decorators.answers import CacheStats
from notebook_kit.decorators.flight import Ending
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.client.kept.keys import Key
    from notebook_kit.client.response import Response
    from notebook_kit.policies import Cache

__all__ = ["Keeper", "Kept"]

#: Where fewer are kept, those that are too old do no harm until they are asked for.
_FEW: Final = 100


class Kept(NamedTuple):
    """An answer that is kept, which nobody is ever given but in copies, and when it came."""

    came: float
    response: Response


class _Flight:
    """A call under way.

    Attributes:
        task: makes the call.
        waiting: how many wait for it.
        background: whether it goes on although nobody waits.
        whole: whether it is a call with all its tries, and not a single try.
    """

    __slots__ = ("background", "task", "waiting", "whole")

    def __init__(self, *, background: bool, whole: bool) -> None:
        self.task: asyncio.Task[Ending]
        self.waiting = 0
        self.background = background
        self.whole = whole


class Keeper:
    """Keeps answers, and has each asked for once however many want it.

    Args:
        max_items: answers kept; the one not used for longest goes first. None for no bound.
        clock: gives seconds that only go forward.
    """

    def __init__(
        self, *, max_items: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store: Store[Key, Kept] = Store(max_items=max_items)
        self._flights: dict[Key, _Flight] = {}
        self._clock = clock
        #: With so many kept, those that are too old are looked for.
        self._crowded = _FEW
        self._hits = self._misses = self._shared = 0
        self._refreshes = self._failed_refreshes = 0
        self._pid = os.getpid()

    # Asking

    def look(
        self, key: Key, policy: Cache, refresh: Callable[[], Awaitable[Response]] | None = None
    ) -> Response | None:
        """Return a copy of the answer that is kept and still good, or None; see `peek`."""
        kept = self.peek(key, policy, refresh)
        return None if kept is None else copy_of(kept, "cache")

    def peek(
        self, key: Key, policy: Cache, refresh: Callable[[], Awaitable[Response]] | None = None
    ) -> Response | None:
        """Return the answer that is kept and still good, to be read and left as it is; or None.

        Args:
            key: what is asked for.
            policy: says how old it may be.
            refresh: asks for a new one in the background, when it is time; None: nobody does.
        """
        now = self._clock()
        with state_lock:
            entry = self._store.look(key, now)
            if entry is None or not policy.is_fresh(now - entry.value.came):
                return None
            self._hits += 1
        kept = entry.value
        due = refresh is not None and policy.is_due(now - kept.came)
        if due and refresh is not None and key not in self._flights:
            self._refreshes += 1
            self._take_off(key, policy, refresh, background=True, whole=True)
        return kept.response

    async def answer(
        self, key: Key, policy: Cache, make: Callable[[], Awaitable[Response]], *, whole: bool
    ) -> Response:
        """Return what is kept, or what one call, made for all who ask meanwhile, gives.

        Args:
            key: what is asked for.
            policy: says how old it may be, and for how long the answer is kept.
            make: makes the call, all of it or a single try.
            whole: whether it is all of it. Then it is made also where somebody else's single try
                has failed that was waited for.

        Raises:
            Exception: whatever the call raises; each who waited has an error of his own.
        """
        if self._pid != os.getpid():
            self._begin_anew()
        counted = False
        while True:
            response = self.look(key, policy, make if whole else None)
            if response is not None:
                return response
            flight = self._flights.get(key)
            mine = flight is None
            if not counted:
                self._misses += 1
                self._shared += not mine
                counted = True
            if flight is None:
                flight = self._take_off(key, policy, make, background=False, whole=whole)
            ending = await self._join(key, flight)
            if ending.error is None:
                return copy_of(ending.value, "network" if mine else "cache")
            if mine:
                ending.give()
            if flight.whole or not whole:
                raise error_copy(ending.error)

    async def renew(
        self, key: Key, policy: Cache, make: Callable[[], Awaitable[Response]], *, whole: bool
    ) -> Response:
        """Return what a new call gives, and keep it in the place of what came or comes before it.

        Raises:
            Exception: whatever the call raises.
        """
        # Another that is under way is declared void by this one, which takes its place.
        flight = self._take_off(key, policy, make, background=False, whole=whole)
        ending = await self._join(key, flight)
        ending.give()
        return copy_of(ending.value, "network")

    def put(self, key: Key, policy: Cache, response: Response) -> None:
        """Keep a copy of an answer, if it is one that may be kept."""
        if not is_keepable(response, policy):
            return
        now = self._clock()
        kept = Kept(now, copy_of(response, "cache"))
        with state_lock:
            self._store.put(key, kept, now, keep_s=policy.keep_s)
            if len(self._store) >= self._crowded:
                self._store.expire(now)
                # So that looking costs little for each that is kept, however many there are.
                self._crowded = max(_FEW, 2 * len(self._store))

    def stale(self, key: Key, max_age_s: float) -> Response | None:
        """Return a copy of the answer that is kept and not older than so many seconds, or None."""
        now = self._clock()
        with state_lock:
            entry = self._store.look(key, now)
        if entry is None or now - entry.value.came > max_age_s:
            return None
        return copy_of(entry.value.response, "fallback")

    # Calls under way

    def _take_off(
        self,
        key: Key,
        policy: Cache,
        make: Callable[[], Awaitable[Response]],
        *,
        background: bool,
        whole: bool,
    ) -> _Flight:
        flight = _Flight(background=background, whole=whole)
        work = self._fly(key, flight, policy, make)
        flight.task = asyncio.get_running_loop().create_task(work)
        self._flights[key] = flight
        return flight

    async def _fly(
        self, key: Key, flight: _Flight, policy: Cache, make: Callable[[], Awaitable[Response]]
    ) -> Ending:
        try:
            ending = Ending(await make())
        except (asyncio.CancelledError, GeneratorExit):
            self._gone(key, flight)
            raise
        except BaseException as error:  # noqa: BLE001 - raised by who waits: here it ends the loop
            ending = Ending.of(error)
        if ending.error is not None:
            self._failed_refreshes += flight.background
        if self._gone(key, flight) and ending.error is None:
            self.put(key, policy, ending.value)
        return ending

    def _gone(self, key: Key, flight: _Flight) -> bool:
        """Note that a call has ended; False if it was declared void in the meantime."""
        with state_lock:
            current = self._flights.get(key) is flight
            if current:
                del self._flights[key]
        return current

    async def _join(self, key: Key, flight: _Flight) -> Ending:
        flight.waiting += 1
        try:
            # Shielded: this caller may be cancelled, and others wait for the same call.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.background and not flight.task.done():
                self._gone(key, flight)
                flight.task.cancel()

    # Forgetting

    def invalidate(self, url: str) -> int:
        """Forget the answers from a URL, those still to come too; tell how many were kept."""
        with state_lock:
            for key in [key for key in tuple(self._flights) if key.url == url]:
                del self._flights[key]
            kept = self._store.keys()
            return sum(self._store.drop(key) for key in kept if key.url == url)

    def clear(self) -> None:
        """Forget all, what is still to come too."""
        with state_lock:
            self._flights.clear()
            self._store.clear()

    def close(self) -> None:
        """Forget all, and make no more calls that nobody waits for; on the I/O loop."""
        background = [flight for flight in self._flights.values() if not flight.waiting]
        self.clear()
        for flight in background:
            flight.task.cancel()

    def _begin_anew(self) -> None:
        """Forget, in a forked child, the calls that are under way in the parent."""
        self._pid = os.getpid()
        self._flights.clear()

    def stats(self) -> CacheStats:
        """Return the numbers of this moment."""
        with state_lock:
            self._store.expire(self._clock())
            return CacheStats(
                self._hits,
                self._misses,
                self._shared,
                self._refreshes,
                self._failed_refreshes,
                len(self._store),
            )
