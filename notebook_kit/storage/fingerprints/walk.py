"""The walk through all that a work reaches: functions, classes, objects, modules and data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from notebook_kit.redact import Sealed
from notebook_kit.storage.fingerprints.data import (
    digest_of,
    is_plain,
    leaves,
    table_digest,
    text_of_plain,
)
from notebook_kit.storage.fingerprints.fingerprint import Part
from notebook_kit.storage.fingerprints.locks import is_lock
from notebook_kit.storage.fingerprints.modules import installed_version, is_users_class
from notebook_kit.storage.fingerprints.sealing import text_of_body, text_of_field, text_of_sealed
from notebook_kit.storage.fingerprints.sources import Sources
from notebook_kit.storage.fingerprints.words import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_kit.storage.fingerprints.changing import Changes
    from notebook_kit.storage.fingerprints.moving import Moving

__all__ = ["HOOK", "Place", "Reader", "Walk", "describes_itself"]

#: A method that says what the answers of an object depend on, by name and without credentials; or
#: gives something else that stands for it.
HOOK: Final = "_fingerprint_"

#: More values than this are not looked at one by one.
_MOST: Final = 20_000
#: A longer list is not read: that would take seconds.
_LONGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value was come upon.

    Attributes:
        kind: what the value is to its user: ``"value"`` for a global name, ``"default"``, ...
        name: what it is called, with the path to it.
        user: the function that uses it; None for the work itself.
        last: the last name of the path, which may say that it is a credential.
        asked: the attributes that are asked of it, where that is known.
        of: what it belongs to, as `` of g()``; behind the name, paths and all.
    """

    kind: str
    name: str
    user: str | None = None
    last: str = ""
    asked: frozenset[str] = frozenset()
    of: str = ""

    @property
    def key(self) -> str:
        """What the part is kept under."""
        return f"{self.kind} {self.name}{self.of}"

    def at(self, path: str, last: str = "") -> Place:
        """Return the place of a part of what stands here."""
        if not path:
            return self
        return replace(self, name=self.name + path, last=last, asked=frozenset())


class Walk:
    """Goes through what a work reaches, and notes each thing once.

    Args:
        reader_of: finds what reads a value that is no plain data.
        functions_in: gives the functions of the user's that an object of a library holds.
        moving: what is known to change while the work runs.
        salt: of the file, for what may be a credential.

    Attributes:
        parts: what was found.
        versions: of installed modules.
        sources: where functions are looked up.
        functions_in: gives the functions of the user's that an object of a library holds.
        moving: what changes while the work runs.
        copies: what stands for functions that others are made like, as by a cell that is run again.
        forms: of code, by its number.
        changed_by_helpers: by the number of the code that calls them.
    """

    def __init__(
        self,
        reader_of: Callable[[Any], Reader | None],
        functions_in: Callable[[Any], Iterable[Any]],
        moving: Moving,
        salt: bytes | None = None,
    ) -> None:
        self.parts: dict[str, Part] = {}
        self.versions: dict[str, str] = {}
        self.sources = Sources()
        self.moving = moving
        self.copies: dict[tuple[object, ...], str] = {}
        self.forms: dict[int, str] = {}
        self.changed_by_helpers: dict[int, Changes] = {}
        self._reader_of = reader_of
        self._salt = salt
        self.functions_in = functions_in
        self._unread: dict[str, None] = {}
        self._left_out: dict[str, None] = {}
        self._names: dict[str, int] = {}
        # The objects are held, so that their numbers stay their own.
        self._marks: dict[int, tuple[Any, str]] = {}
        self._left = _MOST

    @property
    def unread(self) -> tuple[str, ...]:
        """What could not be read, in words."""
        return tuple(self._unread)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What is not compared because the work changes it itself, in words."""
        return tuple(self._left_out)

    def read(self, place: Place, value: Any) -> None:
        """Note a value, part by part where it is a structure."""
        for path, last, leaf in leaves(value):
            here = place.at(path, last)
            self.put(here, self.mark(here, leaf))

    def put(self, place: Place, value: str) -> None:
        """Note what stands at a place."""
        key, count = place.key, 1
        while key in self.parts and self.parts[key].value != value:
            count += 1
            key = f"{place.key} ({count})"
        self.parts.setdefault(key, Part(value, place.user))

    def mark(self, place: Place, value: Any) -> str:
        """Return what stands for a value, having noted what it reaches."""
        if isinstance(value, Sealed):
            return text_of_sealed(value, self._salt, lambda part: self.mark(place, part))
        name = place.last or place.name
        text = text_of_plain(name, value)
        if text is not None:
            return text_of_field((place.kind, place.name, name), value, text, self._salt)
        held = self._marks.get(id(value))
        if held is not None:
            return held[1]
        self._left -= 1
        if self._left < 0:
            return self.not_read(place, value)
        try:
            reader = self._reader_of(value)
            mark = self._read_data(place, value) if reader is None else reader(self, place, value)
        except Exception:  # noqa: BLE001 - what a user's object raises when it is looked at
            mark = self.not_read(place, value)
        self.hold(value, mark)
        return mark

    def hold(self, value: Any, mark: str) -> None:
        """Take note of what stands for a value, so that it is looked at once."""
        self._marks[id(value)] = value, mark

    def _read_data(self, place: Place, value: Any) -> str:
        text = self._data(place, value)
        return text_of_body((place.kind, place.name), value, text, self._salt)

    def _data(self, place: Place, value: Any) -> str:
        table = table_digest(value)
        if table is not None:
            return table
        if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > _LONGEST:
            return self.not_read(place, value)
        held: list[str] = []
        if isinstance(value, (set, frozenset)) and not all(map(is_plain, value)):
            # The order in which a set gives its objects is another in each process.
            value = sorted(value, key=self._alone)
        within = _numbered(value)

        def unknown(part: Any) -> str:
            here = place.at(within.get(id(part), f"[{len(held)}]"))
            held.append(self._object(place, part) if part is value else self.mark(here, part))
            return held[-1]

        digest = digest_of(value, unknown)
        for cls in sorted({type(it) for it in _parts(value)}, key=_class_name):
            # Data of a class of the user's is in the digest, and what the class does is not.
            if is_users_class(cls):
                self.mark(Place("value", cls.__qualname__, place.user), cls)
        # An object that cannot be read is known by its kind alone.
        return held[0] if len(held) == 1 and held[0].startswith(f"{NAME}an object") else digest

    def _alone(self, value: Any) -> str:
        """Return a text that stands for a value and what it reaches, wherever it stands."""
        walk = Walk(self._reader_of, self.functions_in, self.moving, self._salt)
        walk.read(Place("value", "it"), value)
        return repr(sorted((key, part.value) for key, part in walk.parts.items()))

    def _object(self, place: Place, value: Any) -> str:
        """Note of an object of a library what can be read: the functions of the user's in it."""
        self.version_of(type(value).__module__)
        for part in self.functions_in(value):
            self.mark(place, part)
        return self.not_read(place, value)

    def not_read(self, place: Place, value: Any) -> str:
        """Take note that a value cannot be read, and return what stands for it."""
        kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
        user = f" that {place.user} uses" if place.user and not place.of else ""
        self._unread[f"{place.name}{place.of}{user}, an object of {kind}"] = None
        return f"{NAME}an object of {kind}"

    def leave_out(self, place: Place, value: Any, changer: str | None = None) -> None:
        """Take note that a value is left out because the work changes it itself."""
        if not is_lock(value):
            self._left_out[f"{place.name}, which {changer or place.user} changes itself"] = None

    def not_seen(self, what: str) -> None:
        """Take note of something in words that cannot be found by reading."""
        self._unread[what] = None

    def version_of(self, module: str) -> None:
        """Note the version of an installed module."""
        known = installed_version(module)
        if known is not None:
            self.versions[known[0]] = known[1]

    def unique(self, name: str) -> str:
        """Return a name of code that no other code has."""
        self._names[name] = count = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name} ({count})"


def _parts(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return [*value, *value.values()] if isinstance(value, dict) else []


def _numbered(value: Any) -> dict[int, str]:
    """Return where the parts of a structure stand in it, by their numbers as objects."""
    if isinstance(value, dict):
        return {id(part): f"[{key!r}]" for key, part in value.items() if isinstance(key, str)}
    return {id(part): f"[{at}]" for at, part in enumerate(_parts(value))}


def _class_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def describes_itself(value: Any) -> bool:
    """Tell whether an object says itself what counts of it."""
    return not isinstance(value, type) and any(HOOK in vars(it) for it in type(value).__mro__)


class Reader(Protocol):
    """What reads a kind of values."""

    def __call__(self, walk: Walk, place: Place, value: Any, /) -> str:
        """Return what stands for the value, having noted what it reaches."""
        ...
