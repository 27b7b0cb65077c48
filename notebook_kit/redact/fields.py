"""Fields that hold a credential: by their names, or because one was given for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.redact import known
from notebook_kit.redact.names import is_secret_name

if TYPE_CHECKING:
    from notebook_kit.redact.secret import Secret

__all__ = ["is_secret_field", "remember_field"]


def remember_field(name: object, secret: Secret) -> None:
    """Hide a secret that is too short to be found by its value in fields of this name."""
    known.memory.remember_field(_text(name), secret.reveal())


def is_secret_field(name: object, value: object) -> bool:
    """Tell whether a header or parameter holds a credential, by its name or as one that was given.

    >>> from notebook_kit.redact import Secret
    >>> remember_field("pin", Secret("1234"))
    >>> is_secret_field("pin", "1234"), is_secret_field("pin", "1"), is_secret_field("n", "1234")
    (True, False, False)
    """
    name = _text(name)
    if is_secret_name(name):
        return True
    fields = known.memory.fields
    return (name.lower(), _text(value)) in fields if fields else False


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
