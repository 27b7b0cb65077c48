"""The fingerprint of a work: what its answers depend on, so that it can be kept and compared."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.markup import shorten
from notebook_kit.redact import scrub
from notebook_kit.storage.canonical import NotPlain, digest
from notebook_kit.storage.source import is_python, qualified_name, source_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Fingerprint", "fingerprint"]

#: Parts that are kept as text. Of all others, which may hold the user's data, only a hash is kept.
_KEPT_AS_TEXT: Final = frozenset({"method", "url", "path", "parse"})
_HASH: Final = "sha256:"
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a work is.

    Attributes:
        parts: texts and hashes by the names of what they describe.
        unreadable: parts that could not be read, so that a change in them goes unnoticed.
    """

    parts: Mapping[str, str]
    unreadable: tuple[str, ...] = ()

    @property
    def digest(self) -> bytes:
        """32 bytes that differ for works that differ."""
        return hashlib.sha256(self.to_json().encode()).digest()

    def to_json(self) -> str:
        """Return the parts as JSON, without any secret."""
        return json.dumps(dict(sorted(self.parts.items())))

    def changes_since(self, earlier: str) -> str:
        """Say in what this differs from a fingerprint that was kept with `to_json`.

        >>> fingerprint({"method": "PUT"}).changes_since(fingerprint({"method": "GET"}).to_json())
        "method was 'GET' and is 'PUT'"
        """
        before: dict[str, str] = json.loads(earlier)
        names = [
            name
            for name in sorted({*before, *self.parts})
            if before.get(name) != self.parts.get(name)
        ]
        return "; ".join(_change(name, before.get(name), self.parts.get(name)) for name in names)


def fingerprint(description: Mapping[str, Any]) -> Fingerprint:
    """Return the fingerprint of a work.

    Args:
        description: what the answers depend on, by name, credentials left out. A function counts
            with its name and its source, anything else with what it holds.

    >>> list(fingerprint({"path": "/users/{id}", "json": {"a": 1}}).parts)
    ['path', 'json']
    """
    parts: dict[str, str] = {}
    unreadable: list[str] = []
    for name, value in description.items():
        if callable(value):
            _add_function(name, value, parts, unreadable)
        elif name in _KEPT_AS_TEXT and isinstance(value, str):
            parts[name] = scrub(value)
        else:
            parts[name] = _hash_of(value)
            if parts[name] == _UNREADABLE:
                unreadable.append(f"{name}=, {type(value).__name__}")
    return Fingerprint(parts, tuple(unreadable))


def _add_function(
    name: str, function: Callable[..., Any], parts: dict[str, str], unreadable: list[str]
) -> None:
    parts[name] = qualified_name(function)
    source = source_of(function)
    if source is not None:
        parts[f"source of {name}"] = _HASH + hashlib.sha256(source.encode()).hexdigest()
    elif is_python(function):
        parts[f"source of {name}"] = _UNREADABLE
        unreadable.append(f"the source of {qualified_name(function)}")
    while isinstance(function, functools.partial):
        given = (function.args, function.keywords)
        parts[f"arguments of {name}"] = _hash_of(given) + parts.get(f"arguments of {name}", "")
        if _hash_of(given) == _UNREADABLE:
            unreadable.append(f"the arguments of partial({qualified_name(function)})")
        function = function.func


def _hash_of(value: Any) -> str:
    try:
        return _HASH + digest(value).hex()
    except NotPlain:
        return _UNREADABLE


def _change(name: str, before: str | None, now: str | None) -> str:
    if before is None:
        return f"{name} is new"
    if now is None:
        return f"{name} is gone"
    if before.startswith(_HASH) or now.startswith(_HASH):
        return f"{name} is another"
    return f"{name} was {shorten(before, 200)!r} and is {shorten(now, 200)!r}"
