"""Credentials on their way into httpx: taken out of their wrapping late, checked early."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import httpx

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import (
    HIDDEN,
    Secret,
    is_placeholder,
    is_secret_field,
    is_secret_name,
    is_written_secret,
    remember_field,
    scrub,
    shown,
)

__all__ = [
    "Pairs",
    "checked_headers",
    "checked_keys",
    "header_pairs",
    "is_credential",
    "refuse_mistyped",
    "revealed",
]

Pairs: TypeAlias = list[tuple[Any, Any]]

_PAIR: Final = 2
#: What a name of a header is made of (RFC 9110, 5.6.2).
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def revealed(value: Any) -> Any:
    """Return the value with every `Secret` in it, however deep, as clear text.

    What holds no secret is returned as it is, so that jars and multi-dicts stay what they are.

    >>> revealed({"x-api-key": Secret("sk-0123456789")})
    {'x-api-key': 'sk-0123456789'}
    """
    if isinstance(value, Secret):
        return value.reveal()
    if not _holds_secret(value):
        return value
    if isinstance(value, Mapping):
        for key, part in value.items():
            _remember(key, part)
        return {revealed(key): revealed(part) for key, part in value.items()}
    if isinstance(value, tuple) and len(value) == _PAIR:
        _remember(*value)
    parts = [revealed(part) for part in value]
    make = getattr(type(value), "_make", type(value))
    return make(parts)


def _remember(name: object, value: object) -> None:
    """Note what is secret by its wrapping, and not by its name, so that it is not shown either."""
    for part in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(part, Secret):
            remember_field(name, part)


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping) and not isinstance(value, httpx.Cookies):
        return any(_holds_secret(key) or _holds_secret(part) for key, part in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(_holds_secret, value))
    return False


def is_credential(name: object, value: object) -> bool:
    """Tell whether a header or a parameter of this name and value must stay with its origin."""
    name, value = _text(name), value if isinstance(value, Secret) else _text(value)
    return isinstance(value, Secret) or is_secret_field(name, value) or scrub(value) != value


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def header_pairs(headers: Any) -> Pairs:
    """Return headers, in any form that httpx takes, as pairs; an iterator is read here, once.

    Raises:
        ConfigurationError: when they are no headers.
    """
    if headers is None:
        return []
    if isinstance(headers, httpx.Headers):
        return list(headers.multi_items())
    if isinstance(headers, Mapping):
        return list(headers.items())
    if isinstance(headers, Iterable) and not isinstance(headers, (str, bytes)):
        pairs = list(headers)
        if all(isinstance(pair, (list, tuple)) and len(pair) == _PAIR for pair in pairs):
            return [(name, value) for name, value in pairs]
    message = (
        f"headers= is a {type(headers).__name__}: give a dict such as {{'accept': 'text/csv'}}, "
        "or a list of pairs."
    )
    raise ConfigurationError(message)


def checked_headers(headers: Any) -> Pairs:
    """Return the headers as pairs, secrets as clear text, checked now and not later.

    Raises:
        ConfigurationError: for a value that no header can carry, named without showing it if it
            is a credential.
    """
    given = header_pairs(headers)
    for pair in given:
        _remember(*pair)
    pairs = [(revealed(name), revealed(value)) for name, value in given]
    for name, value in pairs:
        if not isinstance(name, (str, bytes)) or not _text(name).isascii():
            message = f"A header is named by plain text in ASCII, not by {name!r}."
            raise ConfigurationError(message)
        if not _NAME.fullmatch(_text(name)):
            message = (
                f"The header name {shown(_text(name))} is none: it is one word of "
                "letters, digits and hyphens, such as 'x-request-id'."
            )
            raise ConfigurationError(message)
        if not isinstance(value, (str, bytes)):
            message = f"The header {_text(name)!r} must be text, not {type(value).__name__}."
            raise ConfigurationError(message)
        _check_value(_text(name), value)
    return pairs


def checked_keys(params: Any) -> Any:
    """Return parameters, whose credentials were checked; clear text already.

    Raises:
        ConfigurationError: for a key that was plainly mistyped.
    """
    pairs: Any = list(params.items()) if isinstance(params, Mapping) else params
    for pair in pairs if isinstance(pairs, (list, tuple)) else ():
        if isinstance(pair, (list, tuple)) and len(pair) == _PAIR and is_secret_name(str(pair[0])):
            refuse_mistyped(f"parameter {pair[0]!r}", pair[1])
    return params


def refuse_mistyped(what: str, value: object) -> None:
    """Check that a credential is no `Secret` as text, nothing left of an example, and whole.

    Raises:
        ConfigurationError: when it is or has; the value is not shown.
    """
    text = _text(value)
    if is_written_secret(text):
        message = (
            f"The {what} holds {HIDDEN!r}: a Secret was written into a text. Give the Secret "
            "itself, or nk.Secret(f'... {key.reveal()}')."
        )
        raise ConfigurationError(message)
    if text != text.strip() or any(character in text for character in "\r\n\0"):
        message = (
            f"The {what} begins or ends with white space or holds a line break: pass value.strip()."
        )
        raise ConfigurationError(message)
    if is_placeholder(text):
        message = (
            f"The {what} is the placeholder of an example, not a key: put yours there, as in "
            "nk.Secret.from_env('NAME')."
        )
        raise ConfigurationError(message)


def _check_value(name: str, value: str | bytes) -> None:
    text = _text(value)
    if HIDDEN in text:
        message = (
            f"The header {name!r} holds {HIDDEN!r}: a Secret was written into a text. Write "
            f"nk.Secret(f'Bearer {{key.reveal()}}'), or give the Secret itself."
        )
        raise ConfigurationError(message)
    if is_secret_name(name):
        refuse_mistyped(f"value of the header {name!r}", value)
    if text != text.strip() or any(character in text for character in "\r\n\0"):
        said = "" if is_credential(name, value) else f" ({value!r})"
        message = (
            f"The value of the header {name!r}{said} begins or ends with white space or "
            "holds a line break: pass value.strip()."
        )
        raise ConfigurationError(message)
    if isinstance(value, str) and not value.isascii():
        message = (
            f"The value of the header {name!r} holds a character outside of ASCII, such as '…' "
            "or a typeset dash: copy it again; or give bytes, which are sent as they are."
        )
        raise ConfigurationError(message)
