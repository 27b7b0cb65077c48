"""Credentials on their way into httpx: taken out of their wrapping late, checked early."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import Secret, is_secret_name

__all__ = ["checked_headers", "revealed"]


def revealed(value: Any) -> Any:
    """Return the value with every `Secret` in it, however deep, as clear text.

    >>> revealed({"x-api-key": Secret("sk-0123456789")})
    {'x-api-key': 'sk-0123456789'}
    """
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return type(value)(revealed(part) for part in value)
    return value


def checked_headers(headers: Any) -> Any:
    """Return the headers as httpx takes them, secrets as clear text, checked now and not later.

    Raises:
        ConfigurationError: for a value that no header can carry, named without showing it if it
            is a credential.
    """
    headers = revealed(headers)
    if headers is None:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        if isinstance(value, bytes):
            continue
        if not isinstance(value, str):
            message = f"The header {name!r} must be text, not {type(value).__name__}."
            raise ConfigurationError(message)
        if value != value.strip() or any(character in value for character in "\r\n\0"):
            shown = "" if is_secret_name(str(name)) else f" ({value!r})"
            message = (
                f"The value of the header {name!r}{shown} begins or ends with white space or "
                "holds a line break: pass value.strip()."
            )
            raise ConfigurationError(message)
    return headers
