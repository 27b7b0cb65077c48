"""Idempotency keys: one for all attempts of a request, so that a server can tell it comes again.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

__all__ = ["IdempotencyKey", "KeyMaker", "add_key", "key_maker"]

#: The ``idempotency_key`` option: True for a random key, or a function of the item; of a single
#: call, the key itself.
IdempotencyKey: TypeAlias = bool | str | Callable[[Any], str] | None
#: Gives the key for a position of the input and its item.
KeyMaker: TypeAlias = Callable[[int, Any], str]

_HEADER: Final = "idempotency-key"


def key_maker(value: IdempotencyKey, *, batch: bool) -> KeyMaker | None:
    """Return what gives the key of each item, or None where none is asked for.

    The random keys of one maker are the same each time they are asked for, and differ from those of
    every other maker.

    Raises:
        ConfigurationError: when the option cannot work.

    >>> make = key_maker(True, batch=True)
    >>> make(0, "a") == make(0, "a"), make(0, "a") == make(1, "a")
    (True, False)
    """
    if value is None or value is False:
        return None
    if value is True:
        space = uuid.uuid4()
        return lambda position, _item: str(uuid.uuid5(space, str(position)))
    if isinstance(value, str) and value and not batch:
        return lambda _position, _item: value
    if callable(value):
        return lambda _position, item: value(item)
    wanted = "True or a function of the item" if batch else "True or the key as text"
    message = f"idempotency_key={value!r} must be {wanted}: each item needs a key of its own."
    raise ConfigurationError(message)


def add_key(request: httpx.Request, key: object) -> None:
    """Put the key into the request, if it has none.

    Raises:
        ConfigurationError: when it cannot be a header.
    """
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable():
        message = f"idempotency_key gave {key!r}, which must be text of plain printable characters."
        raise ConfigurationError(message)
    request.headers.setdefault(_HEADER, key)
