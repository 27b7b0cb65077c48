"""When two items are the same, so that the work is done once for both."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.canonical import NotPlain, canonical_text, digest_of_text

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["identify"]

#: Characters beyond which a digest is kept in the place of the text.
_LONGEST: Final = 64
#: The equality of a class that does not define one.
_ONLY_ITSELF: Final[Any] = object.__eq__


def identify(item: Any) -> Hashable:
    """Return a key that is the same for items from which the same request would be made.

    * Numbers, text, dates and their like are the same if they are of one kind and are written
      alike: ``1``, ``1.0``, ``True`` and ``"1"`` differ, ``0.0`` and ``-0.0`` too; NaN is like NaN.
      Scalars of numpy are the Python values that they stand for.
    * Lists, tuples, sets, arrays, dataclasses and models of pydantic are the same if they are of
      one kind and hold the same; mappings, rows of a DataFrame among them, if they have the same
      values under the same names, in whatever order.
    * Any other object with an equality and a hash of its own is like one of its class that equals
      it; without them it is only like itself, and so is what holds itself or cannot be read.

    Where that is in doubt two items are not the same: calling twice does less harm than an answer
    that belongs to something else. The key keeps the objects alive that it had to tell apart.

    >>> identify({"a": 1, "b": [2]}) == identify({"b": [2], "a": 1}), identify(1) == identify(1.0)
    (True, False)
    """
    try:
        return _kept(canonical_text(item))
    except NotPlain:
        return _with_objects(item)
    except Exception:  # noqa: BLE001 - a class of the user's may fail to say what it holds
        return _Object(item, by_value=False)


def _kept(text: str) -> str | bytes:
    return text if len(text) <= _LONGEST else digest_of_text(text)


def _with_objects(item: Any) -> Hashable:
    """Return a key of the text, and of the objects in it that have none."""
    objects: dict[_Object, str] = {}

    def write(value: Any) -> str:
        found = _Object.of(value)
        text = objects[found] = f"o{'e' if found.by_value else 'i'}{hash(found)};"
        return text

    try:
        text = canonical_text(item, write)
    except Exception:  # noqa: BLE001 - as above; what holds itself comes here too
        return _Object(item, by_value=False)
    # The text says which object is where, unless two of them have one hash by chance.
    if len(set(objects.values())) < len(objects):
        return _Object(item, by_value=False)
    return _kept(text), frozenset(objects)


class _Object:
    """An object in a key: compared by its own equality, or by being the very same."""

    __slots__ = ("_hash", "by_value", "value")

    def __init__(self, value: Any, *, by_value: bool) -> None:
        self.value = value
        self.by_value = by_value
        self._hash = hash(value) if by_value else id(value)

    @classmethod
    def of(cls, value: Any) -> _Object:
        if type(value).__eq__ is not _ONLY_ITSELF:
            # What has no hash, or one of the user's that fails, cannot be looked up.
            with suppress(Exception):
                return cls(value, by_value=True)
        return cls(value, by_value=False)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Object) or self._hash != other._hash:
            return False
        if self.value is other.value:
            return self.by_value == other.by_value
        if not self.by_value or not other.by_value or type(self.value) is not type(other.value):
            return False
        try:
            return bool(self.value == other.value)
        except Exception:  # noqa: BLE001 - a comparison of the user's must not end the run
            return False
