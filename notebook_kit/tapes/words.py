"""Credentials in what goes onto a tape: each becomes an alias made with the salt of the file.

The same credential has the same alias wherever it stands, and an alias is its own: so an address
that a server gave is, played again, still the one that was asked for, and the credential in it is
nowhere to be found.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus, unquote_plus

from notebook_kit.redact import is_secret_field
from notebook_kit.redact.known import SHORTEST_HIDDEN_BY_VALUE, memory

__all__ = ["Aliases", "without_aliases"]

_ALIAS: Final = re.compile(rb"nk~[0-9a-f]{24}")
_HEX: Final = 24
_PARAMETER: Final = re.compile(r"([?&;])([^=?&;#\s\"'<>]+)=([^&;#\s\"'<>]*)")
_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]+@")
#: What a server that gives out credentials calls them, in JSON and in forms.
_GIVEN_OUT: Final = (
    b"access_token",
    b"refresh_token",
    b"id_token",
    b"client_secret",
    b"client_assertion",
    b"password",
)
_NAMES: Final = b"|".join(_GIVEN_OUT)
_JSON_FIELD: Final = re.compile(rb'("(?:%s)"\s*:\s*")((?:[^"\\]|\\.)+)(?=")' % _NAMES)
_FORM_FIELD: Final = re.compile(rb"((?:^|&)(?:%s)=)([^&\s]+)" % _NAMES)
_LOWER: Final = re.compile("%[0-9A-F]{2}")


def without_aliases(text: bytes) -> bytes:
    """Return a text in which it cannot be seen which credentials were in it.

    >>> without_aliases(b"/x?key=nk~0123456789abcdef01234567")
    b'/x?key=****'
    """
    return _ALIAS.sub(b"****", text)


class Aliases:
    """Puts aliases in the place of credentials.

    Args:
        salt: of the file.

    >>> aliases = Aliases(b"salt")
    >>> once = aliases.in_text("/x?api_key=abc&page=2")
    >>> once == aliases.in_text(once), "abc" in once, once.endswith("&page=2")
    (True, False, True)
    """

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def digest(self, *parts: bytes) -> bytes:
        """Return a digest of parts that says nothing of them to who has not got the file."""
        made = hmac.new(self._salt, digestmod=hashlib.sha256)
        for part in parts:
            made.update(b"%d:" % len(part))
            made.update(part)
        return made.digest()

    def of(self, value: str) -> str:
        """Return the alias of a credential."""
        if _ALIAS.fullmatch(value.encode("utf-8", "surrogateescape")):
            return value
        made = self.digest(b"alias", value.encode("utf-8", "surrogateescape"))
        return f"nk~{made.hex()[:_HEX]}"

    def in_text(self, text: str, words: frozenset[str] = frozenset()) -> str:
        """Return a URL, or the text of a header, with aliases for what is secret in it."""

        def parameter(found: re.Match[str]) -> str:
            name, value = unquote_plus(found[2]), unquote_plus(found[3])
            secret = value and is_secret_field(name, value)
            return f"{found[1]}{found[2]}={self.of(value)}" if secret else found[0]

        text = _USERINFO.sub("", _PARAMETER.sub(parameter, text))
        raw = text.encode("utf-8", "surrogateescape")
        return self._strike(raw, words).decode("utf-8", "surrogateescape")

    def in_body(self, body: bytes, words: frozenset[str] = frozenset()) -> bytes:
        """Return a body with aliases for credentials that were sent or that it gives out."""
        # To look for one text is fast, and an expression over megabytes would hold up the loop.
        if any(name in body for name in _GIVEN_OUT):
            for pattern in (_JSON_FIELD, _FORM_FIELD):
                body = pattern.sub(self._field, body)
        return self._strike(body, words)

    def _field(self, found: re.Match[bytes]) -> bytes:
        return found[1] + self.of(found[2].decode("utf-8", "surrogateescape")).encode()

    def _strike(self, body: bytes, words: frozenset[str]) -> bytes:
        known = {value for value, _ in memory.values} | {
            word for word in words if len(word) >= SHORTEST_HIDDEN_BY_VALUE
        }
        # An alias that is sent, as it was given in an answer that was played, is no credential.
        real = frozenset(it for it in known if not _ALIAS.fullmatch(it.encode()))
        if not real or not body:
            return body
        values = _forms(real)
        present = [form for form in values if form in body]
        if not present:
            return body
        pattern = re.compile(b"|".join(map(re.escape, present)))
        return pattern.sub(lambda found: self._in_place_of(values[found[0]]), body)

    def _in_place_of(self, word: str) -> bytes:
        if not (word.isascii() and word.isdigit()):
            return self.of(word).encode()
        # It may stand where JSON has a number, and there nothing else can be read.
        digits = str(int.from_bytes(self.digest(b"digits", word.encode())))
        return f"1{digits}"[: len(word)].encode()


@lru_cache(maxsize=64)
def _forms(words: frozenset[str]) -> dict[bytes, str]:
    """Return all that these words are written as, and which one each form stands for.

    The longest come first, so that the end of one that begins with another is not left over.
    """
    values = {form: word for word in words for form in _written(word)}
    return {form: values[form] for form in sorted(values, key=len, reverse=True)}


def _written(word: str) -> set[bytes]:
    quoted = {quote(word, safe=""), quote(word), quote_plus(word)}
    quoted |= {_LOWER.sub(lambda it: it[0].lower(), text) for text in quoted}
    texts = {word, json.dumps(word)[1:-1], *quoted}
    raw = word.encode("utf-8", "surrogateescape")
    return {text.encode("utf-8", "surrogateescape") for text in texts} | _base64(raw)


def _base64(raw: bytes) -> set[bytes]:
    """Return the parts of base64 texts that a word alone decides, wherever it begins in them."""
    found = set()
    for before in range(3):
        padded = b"\0" * before + raw
        part = slice(-(-8 * before // 6), 8 * len(padded) // 6)
        found |= {base64.b64encode(padded)[part], base64.urlsafe_b64encode(padded)[part]}
    return {it for it in found if len(it) >= SHORTEST_HIDDEN_BY_VALUE}
