"""The answers of one function: what is kept, what is under way, and how that went so far."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from notebook_kit.decorators.cache_stats import CacheCounts, CacheStats
from notebook_kit.decorators.flight import Ending, Flight
from notebook_kit.decorators.keys import KeyMaker
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.owners import Owner, Owners
from notebook_kit.execution.functions import name_of
from notebook_kit.lifetime import Holding, note
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from notebook_kit.decorators.clock import Clock
    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.decorators.store import Entry, Store

__all__ = ["Answers", "CacheStats", "Key", "Look"]

#: The object that a call is a method of, and what the call is known by beside that.
Key: TypeAlias = "tuple[Owner | None, Hashable]"


class Look(NamedTuple):
    """What there is for a call.

    Attributes:
        entry: what is kept, or None.
        flight: the call to wait for, or, where something is kept, to make in the background.
        begins: whether that call is for the caller to begin.
    """

    entry: Entry[Any] | None
    flight: Flight | None = None
    begins: bool = False


class Answers:
    """The answers of one function, shared by all who call it, from any thread and loop."""

    def __init__(
        self,
        function: Callable[..., Any],
        store: Store[Key, Any],
        *,
        key: Callable[..., Any] | None,
        clock: Clock,
    ) -> None:
        self._made_from = function, key, clock
        self._name = name_of(function)
        self._make_key = KeyMaker(function, key)
        #: Whether answers are known by what is the user's own, and belong to no object.
        self._keyed = key is not None
        self._store = store
        self._owners = Owners()
        self._flights: dict[Key, Flight] = {}
        self._clock = clock
        self._counts = CacheCounts()
        note(self, kind="cache", name=self._name, look=_holding, acts={"Clear": Answers.clear})

    def __reduce__(self) -> tuple[Any, ...]:
        function, key, clock = self._made_from
        return _begin_anew, (function, self._store.emptied(), key, clock)

    def key(self, args: Arguments, kwargs: Mapping[str, Any]) -> Key:
        """Return what the call is known by."""
        instance, rest = self._make_key(args, kwargs)
        with state_lock:
            return (None if instance is None else self._owners.of(instance)), rest

    def look(self, key: Key) -> Look:
        """Return what there is for a call, and count it."""
        with state_lock:
            now = self._clock.now()
            self._forget_the_departed()
            entry = self._store.look(key, now)
            flight = self._flights.get(key)
            if flight is not None and flight.lost:
                flight = None
            if entry is not None:
                self._counts.hits += 1
                if flight is not None or not entry.is_due(now):
                    return Look(entry)
                self._counts.refreshes += 1
            else:
                self._counts.misses += 1
                self._disown(key)
                if flight is not None:
                    self._counts.shared += 1
                    flight.waiting += 1
                    return Look(None, flight)
            flight = self._flights[key] = Flight(self._name, kept=entry is not None)
            flight.waiting += entry is None
            return Look(entry, flight, begins=True)

    def land(self, key: Key, flight: Flight, ending: Ending) -> None:
        """A call has ended: keep what it gave, unless it was declared void in the meantime."""
        with state_lock:
            current = self._flights.get(key) is flight
            if current:
                del self._flights[key]
            if ending.error is not None:
                self._counts.failed_refreshes += flight.kept
            elif current:
                self._keep(key, ending.value)
        flight.land(ending)

    def left(self, key: Key, flight: Flight) -> None:
        """One who waited was cancelled; the last one takes the call along."""
        with state_lock:
            flight.waiting -= 1
            if flight.waiting or flight.kept or flight.ending.done():
                return
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.abandon()

    def lose(self, key: Key, flight: Flight) -> None:
        """A call will not end: who waited for it starts over."""
        with state_lock:
            self._counts.misses -= 1
            self._counts.shared -= 1
            if self._flights.get(key) is flight:
                del self._flights[key]

    def invalidate(self, args: Arguments, kwargs: Mapping[str, Any]) -> bool:
        """Forget the answer to a call, also one that is still to come; tell whether there was one.

        From Python 3.13 on, what is inside a classmethod is not told of which class it is asked
        for: then the answers to such a call of all classes are forgotten.
        """
        if not self._make_key.of_class:
            return self.forget(self.key(args, kwargs))
        found = [self.forget(key) for key in self._of_any_class(args, kwargs)]
        return any(found)

    def _of_any_class(self, args: Arguments, kwargs: Mapping[str, Any]) -> list[Key]:
        if args and isinstance(args[0], type):
            # Most likely the class; if it does not fit as that, it is the first argument.
            with suppress(TypeError):
                return [self.key(args, kwargs)]
        with state_lock:
            if self._keyed:
                return [*self._store.keys(), *self._flights]
            _, rest = self._make_key((None, *args), kwargs)
            return [(owner, rest) for owner in self._owners.present()]

    def forget(self, key: Key) -> bool:
        """Forget one answer, also one that is still to come; tell whether there was one."""
        with state_lock:
            coming = self._flights.pop(key, None) is not None
            kept = self._store.drop(key)
            self._disown(key)
            return kept or coming

    def clear(self, instance: Any = None) -> None:
        """Forget all, or what belongs to one object, where that is known."""
        with state_lock:
            if instance is None or self._keyed:
                self._store.clear()
                self._flights.clear()
                self._owners.forget_keys()
                return
            owner = self._owners.of(instance)
            for rest in owner.keys.copy():
                self.forget((owner, rest))
            for key in [key for key in tuple(self._flights) if key[0] is owner]:
                del self._flights[key]

    def stats(self) -> CacheStats:
        """Return the numbers of this moment."""
        with state_lock:
            self._forget_the_departed()
            self._forget_the_expired()
            return self._counts.stats(items=len(self._store))

    def _keep(self, key: Key, value: Any) -> None:
        if key[0] is not None:
            key[0].keys.add(key[1])
        for gone in self._store.put(key, value, self._clock.now()):
            self._disown(gone)

    @staticmethod
    def _disown(key: Key) -> None:
        owner, rest = key
        if owner is not None:
            owner.keys.discard(rest)

    def _forget_the_expired(self) -> None:
        for gone in self._store.expire(self._clock.now()):
            self._disown(gone)

    def _forget_the_departed(self) -> None:
        for owner in self._owners.departed():
            for rest in owner.keys:
                self._store.drop((owner, rest))


def _holding(answers: Answers) -> Holding | None:
    stats = answers.stats()
    if not stats.items:
        return None
    text = f"{plural(stats.items, 'answer')}, {plural(stats.hits, 'hit')}"
    return Holding(text, uses=stats.hits, kept=True, acts=("Clear",))


def _begin_anew(
    function: Callable[..., Any],
    store: Store[Key, Any],
    key: Callable[..., Any] | None,
    clock: Clock,
) -> Answers:
    """Make in another process what keeps answers there: those that are kept here stay here."""
    return Answers(function, store, key=key, clock=clock)
