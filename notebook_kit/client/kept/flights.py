"""The calls under way for all who want their answers. On the I/O loop, but for forgetting."""

from __future__ import annotations

import asyncio
import functools
import time
from typing import TYPE_CHECKING

from notebook_kit.decorators.flight import Ending
from notebook_kit.decorators.locks import state_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.kept.asked import Asked, Make, Terms
    from notebook_kit.client.kept.keys import Key

__all__ = ["Flight", "Flights"]


class Flight:
    """A call under way.

    Attributes:
        task: makes the call.
        waiting: how many wait for it.
        background: whether it goes on although nobody waits.
        whole: whether it is a call with all its tries, and not a single try.
        terms: how it is sent.
        began: when, in seconds of `time.monotonic`.
    """

    __slots__ = ("background", "began", "task", "terms", "waiting", "whole")

    def __init__(self, terms: Terms, *, background: bool, whole: bool) -> None:
        self.task: asyncio.Task[Ending]
        self.waiting = 0
        self.background = background
        self.whole = whole
        self.terms = terms
        self.began = time.monotonic()


class Flights:
    """All calls under way.

    Args:
        ended: told of a call that has ended, by what was asked, with what tells whether it counts
            still: it does not if it was declared void in the meantime.
    """

    def __init__(self, ended: Callable[[Asked, Flight, Ending, Callable[[], bool]], None]) -> None:
        self._by_key: dict[Key, list[Flight]] = {}
        self._ended = ended

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: Key) -> bool:
        return key in self._by_key

    def find(self, key: Key, terms: Terms) -> Flight | None:
        """Return the call under way that one who asks on these terms can wait for."""
        now = time.monotonic()
        for flight in self._by_key.get(key, ()):
            if flight.background or terms.wait_for(flight.terms, now - flight.began):
                return flight
        return None

    def begin(self, asked: Asked, make: Make, *, whole: bool, background: bool = False) -> Flight:
        """Make a call, for all who ask for it from now on."""
        flight = Flight(asked.terms, background=background, whole=whole)
        flight.task = asyncio.get_running_loop().create_task(self._fly(asked, flight, make))
        self._by_key.setdefault(asked.key, []).append(flight)
        return flight

    async def _fly(self, asked: Asked, flight: Flight, make: Make) -> Ending:
        key = asked.key
        try:
            try:
                ending = Ending(await make())
            except (asyncio.CancelledError, GeneratorExit):
                raise
            except BaseException as error:  # noqa: BLE001 - raised by who waits: here it ends the loop
                ending = Ending.of(error)
            # Not gone before it is kept: who forgets it meanwhile has to find it.
            self._ended(asked, flight, ending, functools.partial(self._counts, key, flight))
        finally:
            self._gone(key, flight)
        return ending

    def _counts(self, key: Key, flight: Flight) -> bool:
        return flight in self._by_key.get(key, ())

    def _gone(self, key: Key, flight: Flight) -> None:
        """Note that a call has ended, unless it was declared void before."""
        with state_lock:
            flights = self._by_key.get(key, [])
            if flight in flights:
                flights.remove(flight)
            if key in self._by_key and not flights:
                del self._by_key[key]

    async def join(self, key: Key, flight: Flight) -> Ending:
        """Wait for the end of a call, which goes on for others where this one is cancelled."""
        flight.waiting += 1
        try:
            # Shielded: this caller may be cancelled, and others wait for the same call.
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError as cancelled:
            me = asyncio.current_task()
            if not flight.task.cancelled() or (me is not None and me.cancelling()):
                raise
            # Nobody has cancelled the one who waits: it is the call that was.
            return Ending.of(cancelled)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.background and not flight.task.done():
                self._gone(key, flight)
                flight.task.cancel()

    def void(self, key: Key) -> None:
        """Have what is under way for a key answer who waits for it, and nobody else."""
        with state_lock:
            self._by_key.pop(key, None)

    def void_url(self, url: str) -> None:
        """Do the same for all from a URL; from any thread."""
        with state_lock:
            for key in [key for key in tuple(self._by_key) if key.url == url]:
                del self._by_key[key]

    def void_all(self) -> None:
        """Do the same for all; from any thread."""
        with state_lock:
            self._by_key.clear()

    def unattended(self) -> list[Flight]:
        """Return the calls that nobody waits for."""
        every = [flight for flights in self._by_key.values() for flight in flights]
        return [flight for flight in every if not flight.waiting]
