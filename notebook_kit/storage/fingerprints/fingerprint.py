"""The fingerprint of a work: what its answers depend on, so that it can be kept and compared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.storage.fingerprints.compared import compared, with_present_names
from notebook_kit.storage.fingerprints.data import is_hidden
from notebook_kit.storage.fingerprints.sealing import SALTED, is_column, seal
from notebook_kit.storage.fingerprints.words import changes, version_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fingerprint", "Part"]

#: Counted up when what is kept of a work takes another form, so that it cannot be compared.
_FORM: Final = 2
#: Says that what may be a credential is sealed. Before, it was hidden, but could be seen in a body
#: under ``key``; and the kind of ``auth=`` of a client that a function uses counted.
_SEALED: Final = "sealed"
_KIND_OF_AUTH: Final = ".auth_kind"
#: The part that holds what the user says of the rest.
_VERSION: Final = "given version"


class Part(NamedTuple):
    """One thing that the answers depend on.

    Attributes:
        value: a text, or a digest.
        user: the function that uses it; None for the work itself. It says where a change is, and is
            no part of what is compared.
    """

    value: str
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a work is.

    Attributes:
        parts: what the answers depend on, by their kinds and names.
        versions: of the installed modules that are used. They are told when they have changed, and
            do not make it other work: a patch of a library would throw all answers away.
        unreadable: what could not be read, so that a change in it goes unnoticed.
        left_out: what is not compared, because the work changes it itself.
        is_known_by_name: whether functions of other names are other functions.
        salt: what digests of values that may be credentials were made with.
    """

    parts: Mapping[str, Part]
    versions: Mapping[str, str] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    is_known_by_name: bool = False
    salt: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def digest(self) -> bytes:
        """32 bytes that differ for works that differ."""
        # Functions that are the same as far as is known may differ in the rest.
        values = sorted(compared(self.parts, named=self.is_known_by_name).items())
        return hashlib.sha256(json.dumps([_FORM, values]).encode()).digest()

    def to_json(self) -> str:
        """Return the parts as JSON, without any secret."""
        parts = dict(sorted(self.parts.items()))
        versions = dict(sorted(self.versions.items()))
        return json.dumps({"form": _FORM, _SEALED: True, "parts": parts, "versions": versions})

    def changes_since(self, earlier: str) -> str:
        """Say in what this differs from a fingerprint that was kept with `to_json`.

        >>> one = Fingerprint({"given method": Part("text:'GET'")})
        >>> Fingerprint({"given method": Part("text:'PUT'")}).changes_since(one.to_json())
        "method was 'GET' and is 'PUT'"
        """
        before, versions = self._read(earlier)
        told = changes(with_present_names(before, self.parts), self.parts)
        return "; ".join(filter(None, (told, version_changes(versions, self.versions))))

    def distance_from(self, earlier: str) -> int:
        """Return in how many parts this differs from a fingerprint that was kept."""
        before, now = compared(self._read(earlier)[0]), compared(self.parts)
        return sum(before.get(name) != now.get(name) for name in {*before, *now})

    def begins_anew_after(self, earlier: str) -> bool:
        """Tell whether the user has said that it is other work: with another version."""
        declared = self.parts.get(_VERSION)
        before = _read(earlier)[0].get(_VERSION)
        return declared is not None and (before is None or before[0] != declared.value)

    def was_kept_as(self, earlier: str) -> bool:
        """Tell whether a fingerprint that was kept in an earlier form is of the same work."""
        if not _is_of_before(earlier):
            return False
        before, named = self._read(earlier)[0], self.is_known_by_name
        return compared(before, named=named) == compared(self.parts, named=named)

    def _read(self, earlier: str) -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
        """Return what was kept, in the form of today as far as that can be told."""
        parts, versions = _read(earlier)
        if _is_of_before(earlier):
            parts = {
                name: (self._as_now(name, value), user)
                for name, (value, user) in parts.items()
                if name in self.parts or not name.endswith(_KIND_OF_AUTH)
            }
        return parts, versions

    def _as_now(self, name: str, value: str) -> str:
        now = self.parts.get(name)
        if now is None:
            return value
        if is_hidden(value):
            # The items hold what stands in a column, so that another one was never unnoticed.
            return now.value if is_column(now.value) else value
        return seal(value, self.salt) if now.value.startswith(SALTED) else value

    def version_changes_since(self, earlier: str) -> str:
        """Say which of the modules have another version now; an empty text for none."""
        return version_changes(_read(earlier)[1], self.versions)


def _is_of_before(earlier: str) -> bool:
    """Tell whether what was kept of a work was written before anything was sealed."""
    try:
        kept: Any = json.loads(earlier)
    except (ValueError, RecursionError):
        return False
    return isinstance(kept, dict) and kept.get("form") == _FORM and kept.get(_SEALED) is not True


def _read(earlier: str) -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
    """Return the parts and the versions that were kept; nothing for what has another form."""
    try:
        kept: Any = json.loads(earlier)
        if kept["form"] != _FORM:
            return {}, {}
        parts = {
            str(name): (str(value), None if user is None else str(user))
            for name, (value, user) in kept["parts"].items()
        }
        versions = {str(name): str(version) for name, version in kept["versions"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}, {}
    return parts, versions
