"""Values that may be credentials by their names, and count all the same: by a salted digest."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.redact import HIDDEN, Sealed, is_credential_name, is_secret_name
from notebook_kit.storage.fingerprints.data import TEXT, digest_of, is_hidden

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SALTED", "is_column", "seal", "text_of_body", "text_of_field", "text_of_sealed"]

#: What the digest of such a value begins with.
SALTED: Final = "salted:"
_BODIES: Final = ("json[", "data[")
_FIELDS: Final = (*_BODIES, "params[")
_COLUMN: Final = re.compile(rf"{TEXT}['\"]nk\.col\(")


def seal(text: str, salt: bytes | None) -> str:
    """Return what stands for a value: no more than that there was one, where there is no salt.

    Args:
        text: what would stand for it if it might be seen.
        salt: of the file.

    >>> seal("text:'abc'", None), seal("text:'abc'", b"one") == seal("text:'abc'", b"other")
    ('text:****', False)
    """
    if salt is None or is_hidden(text):
        return TEXT + HIDDEN
    content = text.encode("utf-8", "surrogatepass")
    return SALTED + hmac.new(salt, content, hashlib.sha256).hexdigest()


def text_of_sealed(sealed: Sealed, salt: bytes | None, unknown: Callable[[Any], str]) -> str:
    """Return what stands for a value that is not to be seen.

    Args:
        sealed: holds it.
        salt: of the file.
        unknown: gives what stands for a part that is no plain data.
    """
    value = sealed.value
    is_plain = sealed.is_empty or isinstance(value, (str, bytes))
    text = TEXT + (HIDDEN if sealed.is_empty else repr(value))
    return seal(text if is_plain else digest_of(value, unknown), salt)


def text_of_field(place: tuple[str, str, str], value: Any, text: str, salt: bytes | None) -> str:
    """Return what stands for a plain value, sealed where it is a field of a request that counts.

    Args:
        place: where it stands: the kind, the path and the last name of that.
        value: itself.
        text: what would stand for it by its name alone.
        salt: of the file.

    >>> text_of_field(("given", "json['api_key']", "api_key"), "abc", "text:****", b"salt")
    'text:****'
    >>> text_of_field(("given", "json['page_token']", "page_token"), "abc", "text:****", b"salt")[
    ...     :7
    ... ]
    'salted:'
    """
    kind, path, name = place
    if kind != "given" or not path.startswith(_FIELDS) or is_credential_name(name):
        return text
    if is_hidden(text) and isinstance(value, str) and is_column(TEXT + repr(value)):
        return TEXT + repr(value)
    # "key" alone is what dictionaries are called too: as a constant it may be seen. In parameters
    # all that counts was sealed before it came here.
    may_be_one = path.startswith(_BODIES) and (is_hidden(text) or name.lower() == "key")
    if not may_be_one or not isinstance(value, (str, bytes)) or is_column(text):
        return text
    sealed = Sealed(value)
    return text if sealed.is_empty else seal(TEXT + repr(sealed.value), salt)


def text_of_body(place: tuple[str, str], value: Any, text: str, salt: bytes | None) -> str:
    """Return what stands for a structure that is one part, sealed where it may hold a credential.

    Args:
        place: where it stands: the kind, and the path.
        value: itself.
        text: its digest.
        salt: of the file.
    """
    kind, path = place
    is_body = kind == "given" and path.partition("[")[0] in ("json", "data")
    return seal(text, salt) if is_body and salt is not None and _has_secret_name(value) else text


def _has_secret_name(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(is_secret_name(str(name)) for name in value) or any(
            map(_has_secret_name, value.values())
        )
    return isinstance(value, (list, tuple)) and any(map(_has_secret_name, value))


def is_column(text: str) -> bool:
    """Tell whether what stands for a value names a column, of which the items hold the values."""
    return _COLUMN.match(text) is not None
