"""What changes while a work runs, whichever of its functions changes it."""

from __future__ import annotations

from typing import Any

__all__ = ["Moving"]


class Moving:
    """Notes names whose values the work changes itself, so that nothing compares them.

    A value may have been read before the function that changes it is come upon: then all must be
    read once more, with the same notes.

    >>> moving, scope = Moving(), {"total": 0}
    >>> moving.changer_of(scope, "total"), moving.is_late
    (None, False)
    >>> moving.note(scope, "total", "count()")
    >>> moving.changer_of(scope, "total"), moving.is_late
    ('count()', True)
    """

    def __init__(self) -> None:
        # The owners are held, so that their numbers stay their own.
        self._owners: dict[int, Any] = {}
        self._changers: dict[tuple[int, str], str] = {}
        self._taken_as_still: set[tuple[int, str]] = set()
        self.is_late = False

    def begin(self) -> None:
        """Begin to read once more."""
        self._taken_as_still.clear()
        self.is_late = False

    def note(self, owner: Any, name: str, changer: str) -> None:
        """Note that something of a scope, a variable, a class or an object is changed by code."""
        key = id(owner), name
        self._owners[id(owner)] = owner
        self._changers.setdefault(key, changer)
        self.is_late = self.is_late or key in self._taken_as_still

    def changer_of(self, owner: Any, name: str) -> str | None:
        """Return what changes it; None where nothing does, as far as is known now."""
        key = id(owner), name
        found = self._changers.get(key)
        if found is None:
            self._owners[id(owner)] = owner
            self._taken_as_still.add(key)
        return found
