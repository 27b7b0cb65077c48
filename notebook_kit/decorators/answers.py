"""The answers of one function: what is kept, what is under way, and how that went so far."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from notebook_kit.decorators.flight import Ending, Flight
from notebook_kit.decorators.keys import KeyMaker
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.owners import Owner, Owners
from notebook_kit.execution.functions import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from notebook_kit.decorators.clock import Clock
    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.decorators.store import Entry, Store

__all__ = ["Answers", "CacheStats", "Key", "Look"]

#: Where fewer are kept, those that expired do no harm until they are asked for.
_FEW: Final = 100

#: The object that a call is a method of, and what the call is known by beside that.
Key: TypeAlias = "tuple[Owner | None, Hashable]"


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How a cache did so far.

    Attributes:
        hits: calls answered at once by what was kept.
        misses: calls that had to wait for the function.
        shared: how many of those waited for a call that another had begun.
        refreshes: calls made in the background before an answer expired.
        failed_refreshes: how many of those failed, so that the old answer stayed.
        items: answers kept now.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    refreshes: int = 0
    failed_refreshes: int = 0
    items: int = 0


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
        #: With so many kept, those that expired are looked for.
        self._crowded = _FEW
        self._hits = self._misses = self._shared = 0
        self._refreshes = self._failed_refreshes = 0

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
                self._hits += 1
                if flight is not None or not entry.is_due(now):
                    return Look(entry)
                self._refreshes += 1
            else:
                self._misses += 1
                self._disown(key)
                if flight is not None:
                    self._shared += 1
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
                self._failed_refreshes += flight.kept
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
            self._misses -= 1
            self._shared -= 1
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
            return CacheStats(
                self._hits,
                self._misses,
                self._shared,
                self._refreshes,
                self._failed_refreshes,
                len(self._store),
            )

    def _keep(self, key: Key, value: Any) -> None:
        if key[0] is not None:
            key[0].keys.add(key[1])
        for gone in self._store.put(key, value, self._clock.now()):
            self._disown(gone)
        if len(self._store) >= self._crowded:
            self._forget_the_expired()
            # So that looking costs little for each that is kept, however many there are.
            self._crowded = max(_FEW, 2 * len(self._store))

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


def _begin_anew(
    function: Callable[..., Any],
    store: Store[Key, Any],
    key: Callable[..., Any] | None,
    clock: Clock,
) -> Answers:
    """Make in another process what keeps answers there: those that are kept here stay here."""
    return Answers(function, store, key=key, clock=clock)
