"""The credentials that a request has: in its headers, in its URL and in its body."""

from __future__ import annotations

import base64
import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from notebook_kit.redact import is_secret_field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["askers", "credentials"]

#: In longer bodies nobody sends credentials, and to look would hold up the loop.
_LOOKED_THROUGH: Final = 1_000_000
_PARAMETER: Final = re.compile(r"([^=?&;#\s]+)=([^&;#\s]*)")
_FIELD: Final = re.compile(r'"([^"\\]{1,80})"\s*:\s*("(?:[^"\\]|\\.)+")')


def credentials(url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> frozenset[str]:
    """Return what of a request must not be on a tape, wherever it comes back.

    >>> sorted(credentials("https://host/x?api_key=abc1", [("authorization", "Bearer def2")]))
    ['Bearer def2', 'abc1', 'def2']
    """
    found: set[str] = set()
    kind = ""
    for name, value in headers:
        if is_secret_field(name, value):
            found |= {value, value.partition(" ")[2], *_basic(value)}
        if name.lower() == "cookie":
            found |= {pair.partition("=")[2] for pair in value.split("; ")}
        elif name.lower() == "content-type":
            kind = value.lower()
    found |= set(_of_form(url.partition("?")[2]))
    if body and len(body) <= _LOOKED_THROUGH:
        text = body.decode("utf-8", "surrogateescape")
        if "json" in kind:
            found |= set(_of_json(text))
        elif "form-urlencoded" in kind:
            found |= set(_of_form(text))
    return frozenset(found - {""})


def askers(headers: Sequence[tuple[str, str]]) -> list[str]:
    """Return the credentials in headers that say who asks; cookies change from answer to answer."""
    return [
        value.partition(" ")[2] or value
        for name, value in headers
        if name.lower() != "cookie" and is_secret_field(name, value)
    ]


def _of_form(text: str) -> Iterator[str]:
    for found in _PARAMETER.finditer(text):
        name, value = unquote_plus(found[1]), unquote_plus(found[2])
        if _is_credential(name, value):
            yield value


def _of_json(text: str) -> Iterator[str]:
    for found in _FIELD.finditer(text):
        with suppress(ValueError):
            value = json.loads(found[2])
            if _is_credential(found[1], value):
                yield value


def _is_credential(name: str, value: str) -> bool:
    # A word under "key" says what is asked for, as in ?key=temperature: it is in every answer.
    return is_secret_field(name, value) and not (name.lower() == "key" and value.isalpha())


def _basic(value: str) -> set[str]:
    """Return the password in a header for it, and the pair that it stands in."""
    scheme, _, written = value.partition(" ")
    if scheme.lower() != "basic":
        return set()
    with suppress(ValueError):
        pair = base64.b64decode(written).decode()
        return {pair, pair.partition(":")[2]}
    return set()
