"""The answers of one function: what is kept, what is under way, and how that went so far."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.decorators.answer_place import FunctionFile
from notebook_kit.decorators.copies import own_copy
from notebook_kit.decorators.flight import Ending, Flight, Lost
from notebook_kit.decorators.keys import KeyMaker
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.look import Look, holding_of
from notebook_kit.decorators.owners import Owners
from notebook_kit.decorators.shelf import Shelf, page_of
from notebook_kit.decorators.under_way import UnderWay
from notebook_kit.execution.functions import name_of
from notebook_kit.lifetime import note
from notebook_kit.policies import classify
from notebook_kit.policies.fallback import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.answer_place import AnswerPlace
    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.clock import Clock
    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.decorators.look import Key
    from notebook_kit.decorators.shelf import Page
    from notebook_kit.decorators.store import Entry
    from notebook_kit.policies import Cache

__all__ = ["Answers"]


class Answers:
    """The answers of one function, shared by all who call it, from any thread and loop.

    Raises:
        StorageError: when the file that the policy names cannot be used.

    Attributes:
        under_way: the calls that are made.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        policy: Cache,
        *,
        key: Callable[..., Any] | None,
        clock: Clock,
        version: object = None,
        listed: bool = True,
    ) -> None:
        #: Makes in another process what keeps answers there: those that are kept here stay here.
        self._begin_anew = partial(
            type(self), function, policy, key=key, clock=clock, version=version, listed=listed
        )
        self._name = name_of(function)
        self._make_key = KeyMaker(function, key)
        #: Whether answers are known by what is the user's own, and belong to no object.
        self._keyed = key is not None
        self._policy = policy
        self._shelf: Shelf[Key, Any] = Shelf(policy)
        self._file = None if policy.path is None else FunctionFile(policy.path, function, version)
        self._owners = Owners()
        self.under_way = UnderWay()
        self._clock = clock
        self._counts = self._shelf.counts
        if listed:
            note(
                self,
                kind="cache",
                name=self._name,
                look=lambda it: holding_of(it.stats()),
                acts={"Clear": Answers.clear},
            )

    def __reduce__(self) -> tuple[Any, ...]:
        return self._begin_anew, ()

    def key(self, args: Arguments, kwargs: Mapping[str, Any]) -> Key:
        """Return what the call is known by."""
        instance, rest = self._make_key(args, kwargs)
        with state_lock:
            return (None if instance is None else self._owners.of(instance)), rest

    def place(self, args: Arguments, kwargs: Mapping[str, Any]) -> AnswerPlace | None:
        """Return where the file has the answer of a call; None where there is no file."""
        file = self._file
        if file is None:
            return None
        self._notice_changes(file)
        return file.place(self._make_key, args, kwargs)

    def _notice_changes(self, file: FunctionFile) -> None:
        """Forget all in memory and what is to come, where the function is another since."""
        if file.is_changed():
            self._forget_all()

    def _forget_all(self) -> None:
        with state_lock:
            self._shelf.clear()
            self.under_way.clear()
            self._owners.forget_keys()

    def look(self, key: Key, place: AnswerPlace | None = None) -> Look:
        """Return what there is for a call, and count it."""
        now, policy = self._clock.now(), self._policy
        # Not under the lock: a file may let one wait.
        found = None if place is None else self._shelf.look(key, policy, now, place)
        with state_lock:
            self._forget_the_departed()
            # Somebody else's call may have ended meanwhile.
            entry = found or self._shelf.look(key, policy, now)
            flight = self.under_way.of(key)
            if entry is not None:
                self._counts.hits += 1
                due = policy.is_due(now - entry.came) and not entry.is_error
                if flight is not None or not due:
                    return Look(entry)
                self._counts.refreshes += 1
            else:
                self._counts.misses += 1
                self._disown(key)
                if flight is not None:
                    self._counts.shared += 1
                    flight.waiting += 1
                    return Look(None, flight)
            flight = self.under_way.begin(key, Flight(self._name, kept=entry is not None))
            flight.waiting += entry is None
            return Look(entry, flight, begins=True)

    def peek(self, key: Key, place: AnswerPlace | None = None) -> Entry[Any] | None:
        """Return the answer that is kept, good, and not to be asked for anew; or None."""
        now = self._clock.now()
        entry = self._shelf.look(key, self._policy, now, place)
        if entry is None or entry.is_error:
            return None
        if key not in self.under_way and self._policy.is_due(now - entry.came):
            return None
        with state_lock:
            self._counts.hits += 1
        return entry

    def kept(self, key: Key) -> Entry[Any] | None:
        """Return the good answer that is kept, also one that is to be asked for anew; count it."""
        entry = self._shelf.look(key, self._policy, self._clock.now())
        with state_lock:
            if entry is None:
                self._counts.misses += 1
            else:
                self._counts.hits += 1
        return entry

    def put(self, key: Key, value: Any) -> None:
        """Keep what somebody says; a call for it that is under way is not kept any more."""
        flight = Flight(self._name)
        with state_lock:
            self.under_way.begin(key, flight)
        self.land(key, flight, Ending(value))

    @property
    def keeps_stale(self) -> bool:
        """Whether answers are kept beyond their time, for when the source is down."""
        return self._policy.stale_s > 0

    def stale(self, key: Key, place: AnswerPlace | None, error: Exception) -> Entry[Any] | None:
        """Return what is kept beyond its time, where an error says that the source is down."""
        if not self._policy.stale_s or not unavailable(classify(error)):
            return None
        limit_s = self._policy.stale_s
        return self._shelf.old(key, self._policy, self._clock.now(), place, limit_s)

    def land(
        self, key: Key, flight: Flight, ending: Ending, place: AnswerPlace | None = None
    ) -> None:
        """A call has ended: keep what it gave, unless it was declared void in the meantime."""
        try:
            if self._file is not None:
                # What it was made by may be something else by now.
                self._notice_changes(self._file)
            if ending.error is None or self._keeps(ending.error):
                self._keep(key, flight, ending, place)
        finally:
            with state_lock:
                self._counts.failed_refreshes += ending.error is not None and flight.kept
                self.under_way.end(key, flight)
            flight.land(ending)

    def lose(self, key: Key, flight: Flight) -> None:
        """A call will not end: who waited for it starts over."""
        with state_lock:
            self._counts.misses -= 1
            self._counts.shared -= 1
            self.under_way.end(key, flight)

    def invalidate(self, args: Arguments, kwargs: Mapping[str, Any], *, wait: bool = True) -> bool:
        """Forget the answer to a call, also one that is still to come; tell whether there was one.

        Who does not wait is not held up by the file.

        From Python 3.13 on, what is inside a classmethod is not told of which class it is asked
        for: then the answers to such a call of all classes are forgotten.
        """
        if not self._make_key.of_class:
            gone = self.forget(self.key(args, kwargs))
            return self._drop_from_file(args, kwargs, wait=wait) or gone
        found = [self.forget(key) for key in self._of_any_class(args, kwargs)]
        return any(found)

    def _drop_from_file(self, args: Arguments, kwargs: Mapping[str, Any], *, wait: bool) -> bool:
        place = self.place(args, kwargs)
        marks = None if place is None else place.marks()
        if place is None or marks is None:
            return False
        was_there = place.file.get(marks[0]) is not None
        place.file.drop(key=marks[0], wait=wait)
        return was_there

    def _of_any_class(self, args: Arguments, kwargs: Mapping[str, Any]) -> list[Key]:
        if args and isinstance(args[0], type):
            # Most likely the class; if it does not fit as that, it is the first argument.
            with suppress(TypeError):
                return [self.key(args, kwargs)]
        with state_lock:
            if self._keyed:
                return [*self._shelf.known(), *self.under_way.keys()]
            _, rest = self._make_key((None, *args), kwargs)
            return [(owner, rest) for owner in self._owners.present()]

    def forget(self, key: Key) -> bool:
        """Forget one answer, also one that is still to come; tell whether there was one."""
        with state_lock:
            coming = self.under_way.forget(key)
            kept = self._shelf.drop(key)
            self._disown(key)
            return kept or coming

    def clear(self, instance: Any = None) -> None:
        """Forget all, or what belongs to one object, where that is known."""
        if instance is None or self._keyed:
            self._forget_all()
            if (file := self._file) is not None:
                self._notice_changes(file)
                file.file.drop(source=file.source())
            return
        with state_lock:
            owner = self._owners.of(instance)
            for rest in owner.keys.copy():
                self.forget((owner, rest))
            self.under_way.forget_those_of(owner)

    def stats(self) -> CacheStats:
        """Return the numbers of this moment."""
        with state_lock:
            self._forget_the_departed()
            for gone in self._shelf.expire(self._clock.now()):
                self._disown(gone)
        file = None if self._file is None else self._file.file
        return self._shelf.stats(self._clock.now(), file)

    def _keeps(self, error: BaseException) -> bool:
        return self._policy.keeps_error(error) and not isinstance(error, Lost)

    def _keep(self, key: Key, flight: Flight, ending: Ending, place: AnswerPlace | None) -> None:
        """Keep what a call gave; not under the lock: a long answer takes time to be written."""
        if key[0] is not None:
            with state_lock:
                key[0].keys.add(key[1])
        is_error = ending.error is not None
        # No error is exact JSON; it is kept without its frames, which would be kept as well.
        page = None if is_error or place is None else self._page_of(ending.value, place)
        value = Ending(None, ending.error) if is_error else own_copy(ending.value)
        gone = self._shelf.put(
            key,
            value,
            self._policy,
            self._clock.now(),
            page,
            is_error=is_error,
            holds=lambda: self.under_way.holds(key, flight),
        )
        with state_lock:
            for each in gone:
                self._disown(each)

    def _page_of(self, value: Any, place: AnswerPlace) -> Page | None:
        page, longest = page_of(value, place), self._policy.max_item_bytes
        if page is None or page.size <= longest:
            return page
        place.file.problems.add(
            f"Answers of {self._name}() that are longer than max_item_bytes={longest:_} are kept "
            f"in memory and not in the cache '{place.file.path.name}': give it a larger number."
        )
        return None

    @staticmethod
    def _disown(key: Key) -> None:
        owner, rest = key
        if owner is not None:
            owner.keys.discard(rest)

    def _forget_the_departed(self) -> None:
        for owner in self._owners.departed():
            for rest in owner.keys:
                self._shelf.drop((owner, rest))
