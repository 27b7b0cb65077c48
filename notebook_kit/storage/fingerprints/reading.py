"""`fingerprint`: what a work is, read from its description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.redact import scrub
from notebook_kit.storage.fingerprints.data import TEXT
from notebook_kit.storage.fingerprints.fingerprint import Fingerprint
from notebook_kit.storage.fingerprints.moving import Moving
from notebook_kit.storage.fingerprints.readers import reader_of
from notebook_kit.storage.fingerprints.walk import Place, Walk
from notebook_kit.storage.fingerprints.wrappers import functions_held_by

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fingerprint"]

#: Parts that may hold what looks like a credential and is none, as the path of a URL.
_ADDRESSES: Final = frozenset({"method", "url", "path", "parse"})


def fingerprint(description: Mapping[str, Any], *, salt: bytes | None = None) -> Fingerprint:
    """Return the fingerprint of a work.

    Args:
        description: what the answers depend on, by name, credentials left out. A function counts
            with its code and all that it reaches; ``version``, if it is there and not None, is what
            the user says of the rest.
        salt: of the file that it is for: what may be a credential by its name counts by a digest
            made with it. Without one it does not count.

    >>> list(fingerprint({"path": "/users/{id}", "json": {"a": 1}}).parts)
    ['given path', "given json['a']"]
    """
    moving = Moving()
    walk = _walked(description, moving, salt)
    while moving.is_late:
        moving.begin()
        walk = _walked(description, moving, salt)
    declared = description.get("version")
    told = (walk.unread, walk.left_out) if declared is None else ((), ())
    return Fingerprint(
        walk.parts, walk.versions, *told, is_known_by_name=bool(walk.unread), salt=salt
    )


def _walked(description: Mapping[str, Any], moving: Moving, salt: bytes | None) -> Walk:
    walk = Walk(reader_of, functions_held_by, moving, salt)
    for name, value in description.items():
        if name == "version" and value is None:
            continue
        place = Place("given", name, last=name)
        if name in _ADDRESSES and isinstance(value, str):
            walk.put(place, TEXT + repr(scrub(value)))
        else:
            walk.read(place, value)
    return walk
