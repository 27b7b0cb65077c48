"""The calls of one function that are under way, each for all who want its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakSet

from notebook_kit.decorators.flight import Ending, Flight, Lost
from notebook_kit.decorators.locks import state_lock

if TYPE_CHECKING:
    import asyncio

    from notebook_kit.decorators.look import Key
    from notebook_kit.decorators.owners import Owner

__all__ = ["UnderWay"]


class UnderWay:
    """Calls by what they are known by, from any thread.

    One that was forgotten answers who waits for it, and is waited for by nobody else.

    >>> calls = UnderWay()
    >>> flight = calls.begin((None, "ZRH"), Flight("fetch"))
    >>> calls.of((None, "ZRH")) is flight, calls.forget((None, "ZRH")), calls.keys()
    (True, True, ())
    """

    def __init__(self) -> None:
        self._flights: dict[Key, Flight] = {}
        #: Those that go on although nobody waits, also where they were forgotten.
        self._in_background: WeakSet[Flight] = WeakSet()

    def of(self, key: Key) -> Flight | None:
        """Return the call that can be waited for, or None."""
        flight = self._flights.get(key)
        return None if flight is None or flight.lost else flight

    def begin(self, key: Key, flight: Flight) -> Flight:
        """Note a call that begins, in the place of one that was lost, and return it."""
        self._flights[key] = flight
        if flight.kept:
            self._in_background.add(flight)
        return flight

    def holds(self, key: Key, flight: Flight) -> bool:
        """Tell whether it is this call that is under way, and not another or none."""
        return self._flights.get(key) is flight

    def __contains__(self, key: Key) -> bool:
        return key in self._flights

    def keys(self) -> tuple[Key, ...]:
        """Return what all of them are known by."""
        return tuple(self._flights)

    def end(self, key: Key, flight: Flight) -> None:
        """This call is under way no more."""
        with state_lock:
            self._in_background.discard(flight)
            if self.holds(key, flight):
                del self._flights[key]

    def left(self, key: Key, flight: Flight) -> None:
        """One who waited was cancelled; the last one takes the call along."""
        with state_lock:
            flight.waiting -= 1
            if flight.waiting or flight.kept or flight.ending.done():
                return
            self.end(key, flight)
        flight.abandon()

    def give_up_unbegun(self, key: Key) -> None:
        """Whoever should have begun a call was interrupted before: nobody is to wait for it."""
        with state_lock:
            flight = self._flights.get(key)
            if flight is None or not flight.is_for_here_to_begin:
                return
            del self._flights[key]
        flight.land(Ending.of(Lost()))

    def forget(self, key: Key) -> bool:
        """Forget one call, and tell whether it was there."""
        with state_lock:
            return self._flights.pop(key, None) is not None

    def forget_those_of(self, owner: Owner) -> None:
        """Forget the calls to the methods of one object."""
        with state_lock:
            for key in [key for key in self._flights if key[0] is owner]:
                del self._flights[key]

    def end_all(self) -> list[asyncio.Task[None]]:
        """Forget all, and cut those that nobody waits for: return what makes them.

        Another that goes on is cut when the last who waits for it leaves.
        """
        with state_lock:
            flights = {*self._flights.values(), *self._in_background}
            self._flights.clear()
            self._in_background.clear()
            for flight in flights:
                flight.kept = False
            unwanted = [it for it in flights if not it.waiting]
        for flight in unwanted:
            flight.abandon()
        return [it.task for it in unwanted if it.task is not None]

    def clear(self) -> None:
        """Forget all."""
        with state_lock:
            self._flights.clear()
