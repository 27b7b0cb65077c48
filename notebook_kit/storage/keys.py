"""What ``key=`` gives for the items of a run, looked at before anything is sent."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.canonical import NotPlain, digest
from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten
from notebook_kit.redact import shown, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Plan

__all__ = ["Keys"]

#: Bytes of a digest that are kept: in one of 40 million runs two of a million keys are alike then.
_KEPT: Final = 8
_FEWEST: Final = 1_024
_LIMIT: Final = 80


class Keys:
    """Finds items for which ``key=`` has nothing, and those that differ and have one key.

    It keeps 12 bytes in a table of so many places that a third of them stays free.

    Args:
        plan: has the items.
        key: the user's function.
        part: gives what of an item a call is made of; None for all of it.
        joins: whether items of one key are meant to be one, so that none can differ.
    """

    def __init__(
        self,
        plan: Plan,
        key: Callable[[Any], Any],
        part: Callable[[Any], Any] | None,
        *,
        joins: bool = False,
    ) -> None:
        self._plan = plan
        self._key = key
        self._part = part
        self._joins = joins
        self._count = 0
        self._marks, self._positions = _places(plan.length or 0)
        #: The first key that items have which differ, how many have it, and how many another one.
        self._clash = 0
        self._clashing = ""
        self._having = self._others = 0

    def check(self) -> None:
        """Look at all items of an input that is known.

        Raises:
            ConfigurationError: for an item that has no key, saying what is wrong with it.
        """
        for position in range(self._plan.length or 0):
            self._note(position, self._digest(position))
        self._count, (self._marks, self._positions) = 0, _places(0)

    def came(self, position: int) -> None:
        """Look at an item that has just come; one that has no key is passed over."""
        try:
            found = self._digest(position)
        except ConfigurationError:
            return
        self._note(position, found)

    @property
    def said(self) -> str | None:
        """What the user should know of items that differ and have one key, or None."""
        if not self._having:
            return None
        others = f", and {self._others:,} more share other keys" if self._others else ""
        return (
            f"{self._having:,} rows that differ have the key {self._clashing}{others}: a later run "
            "may give one of them the answer of another. Let key= return what tells them apart, "
            "as lambda row: (row['a'], row['b'])."
        )

    def _digest(self, position: int) -> bytes:
        item = self._plan.item(position)
        try:
            return digest(self._key(item))
        except NotPlain as why:
            wrong, cause = f"gives a {why.kind}", None
        except Exception as error:  # noqa: BLE001 - a function of the user's raises anything
            wrong, cause = f"raised {type(error).__name__}: {text_of(error)}", error
        message = (
            f"key= {shorten(wrong, 4 * _LIMIT)} for the item at position {position}, "
            f"{shorten(shown(item), _LIMIT)}. Nothing was sent: let key= return text, a number, or "
            "a tuple of these for each item."
        )
        raise ConfigurationError(message) from cause

    def _note(self, position: int, found: bytes) -> None:
        if self._joins:
            return
        if 3 * self._count >= 2 * len(self._marks):
            self._grow()
        # A place that is free holds 0.
        mark = int.from_bytes(found[:_KEPT]) or 1
        at = self._place(mark)
        if not self._marks[at]:
            self._marks[at], self._positions[at] = mark, position
            self._count += 1
        elif self._differ(self._positions[at], position):
            self._clashed(position, mark)

    def _place(self, mark: int) -> int:
        """Return where a mark is, or else where it belongs."""
        marks, last = self._marks, len(self._marks) - 1
        at = mark & last
        while marks[at] and marks[at] != mark:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        marks, positions = self._marks, self._positions
        self._marks, self._positions = _places(len(marks))
        for mark, position in zip(marks, positions, strict=True):
            if mark:
                at = self._place(mark)
                self._marks[at], self._positions[at] = mark, position

    def _clashed(self, position: int, mark: int) -> None:
        if not self._having:
            self._clash, self._having = mark, 1
            self._clashing = shorten(shown(self._key(self._plan.item(position))), _LIMIT)
        if mark == self._clash:
            self._having += 1
        else:
            self._others += 1

    def _differ(self, one: int, other: int) -> bool:
        first, second = self._plan.item(one), self._plan.item(other)
        if first is second:
            return False
        part = self._part or _whole
        try:
            return digest(part(first)) != digest(part(second))
        except Exception:  # noqa: BLE001 - nobody can tell, and they are two
            return True


def _places(count: int) -> tuple[array[int], array[int]]:
    """Return free places for so many and half as many again; a power of two of them."""
    size = max(_FEWEST, 1 << (3 * count // 2).bit_length())
    return array("Q", bytes(8 * size)), array("I", bytes(4 * size))


def _whole(item: Any) -> Any:
    return item
