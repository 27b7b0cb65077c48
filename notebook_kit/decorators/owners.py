"""The objects whose methods are cached: told apart by identity, and not kept alive."""

from __future__ import annotations

import weakref
from collections import deque
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Owner", "Owners"]


class Owner:
    """Stands in a key for one object, also when that is gone and its `id` is another's.

    Attributes:
        keys: what is kept of the object: the rest of each key.
    """

    __slots__ = ("keys",)

    def __init__(self) -> None:
        self.keys: set[Hashable] = set()


class Owners:
    """The objects that something is kept of.

    >>> class Session: ...
    >>> owners, session = Owners(), Session()
    >>> owners.of(session) is owners.of(session)
    True
    >>> del session
    >>> len(owners.departed())
    1
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], Owner]] = {}
        # A callback runs at any moment, in the middle of anything: it only leaves a word here.
        self._gone: deque[int] = deque()
        self._replaced: list[Owner] = []

    def of(self, instance: object) -> Owner:
        """Return what stands for the object.

        Raises:
            ConfigurationError: when nobody could tell when it is gone.
        """
        known = self._known.get(id(instance))
        if known is not None and known[0]() is instance:
            return known[1]
        if known is not None:
            # Another has its place already, before anybody asked for the departed.
            self._replaced.append(known[1])
        gone, place = self._gone, id(instance)
        try:
            ref = weakref.ref(instance, lambda _: gone.append(place))
        except TypeError as error:
            message = (
                f"@cached cannot tell when a {type(instance).__name__} is gone: add '__weakref__' "
                "to its __slots__, or say what a call is known by with @cached(key=...)."
            )
            raise ConfigurationError(message) from error
        owner = Owner()
        self._known[place] = (ref, owner)
        return owner

    def present(self) -> list[Owner]:
        """Return all that are known."""
        return [owner for _, owner in tuple(self._known.values())]

    def departed(self) -> list[Owner]:
        """Return those that have gone since the last time, and forget them."""
        found, self._replaced = self._replaced, []
        while self._gone:
            known = self._known.get(place := self._gone.popleft())
            if known is not None and known[0]() is None:
                del self._known[place]
                found.append(known[1])
        return found

    def forget_keys(self) -> None:
        """Nothing is kept of any of them any more."""
        for owner in self.present():
            owner.keys.clear()
