"""The bodies and headers of scripted answers, checked when they are written down."""

from __future__ import annotations

import json as json_text
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

__all__ = ["ABSENT", "body_of", "check_mapping", "checked_headers"]

#: Stands for a value that was not given, as None is one.
ABSENT: Final[Any] = type("_Absent", (), {"__repr__": lambda _: "ABSENT"})()
#: Would end a header, or the message.
_CONTROL: Final = re.compile(r"[\r\n\0]")


def body_of(
    json: Any, text: str | None, content: bytes | None, pieces: Iterable[bytes | str] | None
) -> tuple[str, tuple[bytes, ...]]:
    """Return the content type and the pieces of a body that is given in one of four ways.

    Raises:
        ConfigurationError: for more than one, and for what cannot be sent.
    """
    given = {"json": json, "text": text, "content": content, "pieces": pieces}
    named = [name for name, value in given.items() if value is not None and value is not ABSENT]
    if json is None:
        named.append("json")
    if len(named) > 1:
        message = f"{'= and '.join(named)}= are one body too many: give one of them."
        raise ConfigurationError(message)
    if text is not None:
        _check_kind("text", text, str, "content=b'...'")
        return "text/plain; charset=utf-8", (text.encode(),)
    if pieces is not None:
        return "", tuple(_checked_pieces(pieces))
    if json is ABSENT:
        if content is not None:
            _check_kind("content", content, (bytes, bytearray), "text='...'")
        return "", (bytes(content),) if content else ()
    try:
        return "application/json", (json_text.dumps(json).encode(),)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"json= cannot be written as JSON: {error}. Give plain data, or content=b'...'."
        raise ConfigurationError(message) from None


def checked_headers(headers: Any) -> dict[str, str]:
    """Return the headers with small names.

    Raises:
        ConfigurationError: for what is no mapping, no text, or has a line break.

    >>> checked_headers({"ETag": "1"})
    {'etag': '1'}
    """
    check_mapping("headers", headers)
    for name, value in (headers or {}).items():
        for it in (name, value):
            if not isinstance(it, str):
                message = f"headers= has {shown(it)}, which is no text: write '...'."
                raise ConfigurationError(message)
            if _CONTROL.search(it):
                message = f"the header {shown(name)} has a line break or a zero: leave it out."
                raise ConfigurationError(message)
    return {name.lower(): value for name, value in (headers or {}).items()}


def check_mapping(name: str, value: Any) -> None:
    """Check that an option is a mapping, or None.

    Raises:
        ConfigurationError: when it is neither.
    """
    if value is not None and not isinstance(value, Mapping):
        message = f"{name}={shown(value)} is no mapping: write {name}={{'name': 'value'}}."
        raise ConfigurationError(message)


def _checked_pieces(pieces: Any) -> Iterable[bytes]:
    if isinstance(pieces, (str, bytes)) or not isinstance(pieces, Iterable):
        message = f"pieces={shown(pieces)} is no list of pieces: write ['one', 'two'], or text=."
        raise ConfigurationError(message)
    for it in pieces:
        _check_kind("pieces", it, (str, bytes, bytearray), "['one', b'two']")
        yield it.encode() if isinstance(it, str) else bytes(it)


def _check_kind(name: str, value: Any, kind: type | tuple[type, ...], write: str) -> None:
    if not isinstance(value, kind):
        message = f"{name}= has {shown(value)}, a {type(value).__name__}: write {write}."
        raise ConfigurationError(message)
