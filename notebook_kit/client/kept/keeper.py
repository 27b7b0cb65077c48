"""The answers that a client keeps, and the calls under way for all who want their answers.

On the I/O loop only, but for what any thread may ask of it: to forget, and how it did.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

from notebook_kit.client.kept.copies import copy_of, error_copy, is_keepable, size_of
from notebook_kit.client.kept.flights import Flights
from notebook_kit.client.kept.records import source_of
from notebook_kit.client.own_code import was_cut
from notebook_kit.client.translate import api_error
from notebook_kit.decorators.clock import elapsed
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.shelf import Shelf, page_of
from notebook_kit.errors import APIError, RequestTimeout
from notebook_kit.execution.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_kit.client.kept.asked import Asked, Make
    from notebook_kit.client.kept.flights import Flight
    from notebook_kit.client.kept.keys import Key
    from notebook_kit.client.response import Response
    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.flight import Ending
    from notebook_kit.decorators.store import Entry
    from notebook_kit.policies import Cache
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["Keeper"]


class Keeper:
    """Keeps answers, and has each asked for once however many want it.

    Nobody is ever given what is kept but in copies.

    Args:
        policy: says how much is kept.
        clock: gives seconds that only go forward.
    """

    def __init__(self, policy: Cache, *, clock: Callable[[], float] = elapsed) -> None:
        self._shelf: Shelf[Key, Response] = Shelf(policy, size_of=size_of)
        self._flights = Flights(self._ended)
        self._clock = clock
        self._counts = self._shelf.counts
        self._pid = os.getpid()

    # Asking

    def look(self, asked: Asked, refresh: Make | None = None) -> Response | None:
        """Return a copy of the answer that is kept and still good, or None; see `peek`.

        Raises:
            APIError: where it is an error that is kept.
        """
        entry = self._look(asked, refresh)
        if entry is None:
            return None
        response = copy_of(entry.value, "cache")
        if entry.is_error:
            raise api_error(response)
        return response

    def peek(self, asked: Asked, refresh: Make | None = None) -> Response | None:
        """Return the answer that is kept and still good, to be read and left as it is; or None.

        Args:
            asked: what is asked for, and how old it may be.
            refresh: asks for a new one in the background, when it is time; None: nobody does.
        """
        entry = self._look(asked, refresh, errors=False)
        return None if entry is None else entry.value

    def look_on(self, asked: Asked) -> Response | None:
        """Do as `look`, in any thread; None also where it is time to ask for a new answer."""
        now = self._clock()
        entry = self._shelf.look(asked.key, asked.policy, now, asked.place)
        if entry is None:
            return None
        if asked.policy.is_due(now - entry.came) and asked.key not in self._flights:
            return None
        if _is_refused(asked, entry):
            return None
        with state_lock:
            self._counts.hits += 1
        response = copy_of(entry.value, "cache")
        if entry.is_error:
            raise api_error(response)
        return response

    def _look(
        self, asked: Asked, refresh: Make | None, *, errors: bool = True
    ) -> Entry[Response] | None:
        key, policy = asked.key, asked.policy
        now = self._clock()
        entry = self._shelf.look(key, policy, now, asked.place)
        if entry is None or (entry.is_error and not errors) or _is_refused(asked, entry):
            return None
        with state_lock:
            self._counts.hits += 1
        due = not entry.is_error and policy.is_due(now - entry.came)
        if due and refresh is not None and key not in self._flights:
            self._counts.refreshes += 1
            self._flights.begin(asked, refresh, whole=True, background=True)
        return entry

    async def answer(self, asked: Asked, make: Make, *, whole: bool) -> Response:
        """Return what is kept, or what one call, made for all who ask meanwhile, gives.

        Who waits for a call that another makes has his own limit for that. Where it fails and was
        sent on other terms, or is cancelled, or takes longer than he waits and he tries again, he
        makes his own.

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
            if ending is None:
                continue
            if ending.error is None:
                return copy_of(ending.value, "network" if mine else "cache")
            if mine:
                ending.give()
            shares = (flight.whole or not whole) and terms.bear(flight.terms)
            if shares and not was_cut(ending.error):
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

    async def _end_of(self, asked: Asked, flight: Flight) -> Ending | None:
        """Wait for the end of a call; None for one that took too long, and is tried anew.

        Raises:
            RequestTimeout: when it took too long for who waits, and he tries no more.
        """
        limit, late = asked.terms.own_limit(flight.terms), asked.late
        if limit is None or late is None:
            return await self._flights.join(asked.key, flight)
        try:
            async with TimeLimit(limit.limit_s, functools.partial(late, limit)):
                return await self._flights.join(asked.key, flight)
        except RequestTimeout as error:
            if asked.tries_again(error):
                return None
            raise

    def put(
        self, asked: Asked, response: Response, holds: Callable[[], bool] = lambda: True
    ) -> None:
        """Keep a copy of an answer, if it is one that may be kept, and nobody forgets it here."""
        if not is_keepable(response, asked.policy) or not asked.may_keep(response):
            return
        kept = copy_of(response, "cache")
        page = page_of(kept, asked.place)
        key, policy, now, is_error = asked.key, asked.policy, self._clock(), kept.is_error
        self._shelf.put(key, kept, policy, now, page, is_error=is_error, holds=holds)
        if page is not None:
            page.file.say()

    def stale(self, asked: Asked, max_age_s: float) -> Response | None:
        """Return a copy of the answer that is kept and not older than so many seconds, or None."""
        entry = self._shelf.old(asked.key, asked.policy, self._clock(), asked.place, max_age_s)
        return None if entry is None else copy_of(entry.value, "fallback")

    def _ended(
        self, asked: Asked, flight: Flight, ending: Ending, counts: Callable[[], bool]
    ) -> None:
        error = ending.error
        if error is None:
            self.put(asked, ending.value, counts)
            return
        self._counts.failed_refreshes += flight.background
        if isinstance(error, APIError) and error.response is not None:
            self.put(asked, error.response, counts)

    # Forgetting

    def invalidate(self, url: str, files: Iterable[CacheFile] = ()) -> int:
        """Forget the answers from a URL, those still to come too; tell how many were kept."""
        # First of all what is on its way: it might come between one step and the next.
        self._flights.void_url(url)
        with state_lock:
            kept = [key for key in self._shelf.known() if key.url == url]
            count = sum(map(self._shelf.drop, kept))
        return max(count, sum(it.drop(source=source_of(it, url)) for it in files))

    def clear(self, files: Iterable[CacheFile] = ()) -> None:
        """Forget all, what is still to come too."""
        with state_lock:
            self._flights.void_all()
        for file in files:
            file.drop()
        self._shelf.clear()

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

    def stats(self, file: CacheFile | None = None) -> CacheStats:
        """Return the numbers of this moment; of what is kept, those of a file if there is one."""
        return self._shelf.stats(self._clock(), file)


def _is_refused(asked: Asked, entry: Entry[Response]) -> bool:
    """Tell whether whoever asks does not want what is kept."""
    if asked.refuses is None or entry.is_error:
        return False
    return asked.refuses(copy_of(entry.value, "cache"))
