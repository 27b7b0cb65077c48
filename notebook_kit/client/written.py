"""A `Secret` that was written into a text, which a body would carry as stars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import HIDDEN, is_credential_name, is_secret_name, is_written_secret

__all__ = ["refuse_in_json", "refuse_in_other_bodies"]

_BYTES: Final = HIDDEN.encode()
#: What a Secret gives by its repr: nothing else is written so.
_REPR: Final = f"Secret('{HIDDEN}')"


def refuse_in_json(value: Any, body: bytes) -> None:
    """Check that no text under the name of a credential holds what a `Secret` gives as text.

    Under other names stars are data: words that somebody else has taken out.

    Args:
        value: what is sent as JSON.
        body: the same in bytes; it is searched first, as most hold no stars.

    Raises:
        ConfigurationError: when one does, with its name.

    >>> refuse_in_json({"comment": "****"}, b'{"comment": "****"}')
    """
    if _BYTES not in body:
        return
    name = next(_names(value), None)
    if name is not None:
        _refuse(f"{name!r} of json=" if name else "json=")


def refuse_in_other_bodies(options: Mapping[str, Any]) -> None:
    """Check the same of fields of a form, and of a body that is a text.

    Of a field, as of a parameter, stars alone are refused under any name. Bytes are sent as they
    are.

    Raises:
        ConfigurationError: when a `Secret` was written into one.
    """
    data = options.get("data")
    for field, value in data.items() if isinstance(data, Mapping) else ():
        for text in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(text, str) and _is_written(str(field), text):
                _refuse(f"{field!r} of data=")
    for name in ("content", "data"):
        text = options.get(name)
        if isinstance(text, str) and (text.strip() == HIDDEN or _REPR in text):
            _refuse(f"{name}=")


def _is_written(field: str, text: str) -> bool:
    if text == HIDDEN or _REPR in text:
        return True
    return is_secret_name(field) and is_written_secret(text)


def _names(value: Any) -> Iterator[str]:
    """Yield the names under which a `Secret` stands as text; "" for one under none."""
    # Each with whether something above it is called like a credential beyond doubt.
    left = [(value, "", False)]
    while left:
        part, name, held = left.pop()
        if isinstance(part, str):
            if _REPR in part or (is_written_secret(part) and (held or is_secret_name(name))):
                yield name
        elif isinstance(part, Mapping):
            names = ((inner, str(key)) for key, inner in part.items())
            left += ((it, name, held or is_credential_name(name)) for it, name in names)
        elif isinstance(part, (list, tuple)):
            # What is in a list may be the tokens of a text.
            left += ((inner, name if held else "", held) for inner in part)


def _refuse(what: str) -> NoReturn:
    message = (
        f"{what[:200]} holds {HIDDEN!r}: a Secret was written into a text. Give the Secret itself, "
        "or key.reveal(); where stars are meant, give the whole body as content= in bytes."
    )
    raise ConfigurationError(message)
