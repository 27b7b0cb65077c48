"""The secrets that this process knows: by their values, and the short ones by their fields."""

from __future__ import annotations

import base64
import json
import re
import threading
from html import escape
from typing import Final
from urllib.parse import quote

__all__ = ["HIDDEN", "SHORTEST_HIDDEN_BY_VALUE", "Memory", "memory"]

#: What stands in the place of a secret.
HIDDEN: Final = "****"

#: Shorter values turn up in ordinary text by chance, so they are hidden by field only.
SHORTEST_HIDDEN_BY_VALUE: Final = 8

#: Never percent-encoded, and never behind a backslash.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*")


class Memory:
    """What is to be hidden; from any thread, and read without a lock.

    Attributes:
        values: every known value with the pattern of its written forms, and that of a text in
            base64 which it is a part of, at whatever place; the longest first, so that the end of
            one that begins with another is not left over. Replaced as a whole.
        fields: short values, each behind the name in small letters of a field that it was given
            for. It only grows, one pair at a time.
    """

    __slots__ = ("_lock", "fields", "values")

    def __init__(self) -> None:
        self.values: tuple[tuple[str, _Forms], ...] = ()
        self.fields: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def remember_value(self, value: str) -> None:
        """Strike a value out of all texts from now on, unless it is short."""
        if len(value) < SHORTEST_HIDDEN_BY_VALUE:
            return
        with self._lock:
            known = {**dict(self.values), value: _Forms(value)}
            self.values = tuple(sorted(known.items(), key=lambda pair: -len(pair[0])))

    def remember_field(self, name: str, value: str) -> None:
        """Hide a value in fields of this name from now on, unless it is long."""
        if len(value) < SHORTEST_HIDDEN_BY_VALUE:
            self.fields.add((name.lower(), value))

    def strike(self, text: str) -> str:
        """Return the text without any known value."""
        for _value, forms in self.values:
            text = forms.strike(text)
        return text


class _Forms:
    """The ways that a value is written in.

    Each in base64 depends on what stands before the value: there are three, less the characters
    at both ends that hold bits of something else. Of those, one at each end is hidden as well.
    """

    __slots__ = ("_coded", "_pieces", "_value", "_written")

    def __init__(self, value: str) -> None:
        self._value = value
        plain = _PLAIN.fullmatch(value)
        self._written = None if plain else re.compile("".join(map(_written_forms, value)))
        cores = [_in_base64(value, before) for before in range(3)]
        #: Of each, what is written in one way only.
        self._pieces = tuple(max(re.split("[+/]", core), key=len) for core in cores)
        coded = "|".join("".join(map(_coded_forms, core)) for core in cores)
        self._coded = re.compile(f"[\\w+/-]?(?:{coded})[\\w+/-]?(?:=|%3[Dd]){{0,2}}", re.ASCII)

    def strike(self, text: str) -> str:
        """Return the text without the value."""
        if self._written is None:
            text = text.replace(self._value, HIDDEN)
        else:
            text = self._written.sub(HIDDEN, text)
        # Most texts have nothing of it.
        if any(piece in text for piece in self._pieces):
            text = self._coded.sub(HIDDEN, text)
        return text


def _in_base64(value: str, before: int) -> str:
    """Return what is in each text in base64 that has the value behind so many bytes, modulo 3."""
    whole = value.encode("utf-8", "surrogatepass")
    coded = base64.b64encode(b" " * before + whole).decode()
    bits = 8 * (before + len(whole))
    return coded[-(-8 * before // 6) : bits // 6]


def _coded_forms(character: str) -> str:
    if character == "+":
        return r"(?:\+|-|%2[Bb])"
    return r"(?:\\?/|_|%2[Ff])" if character == "/" else character


def _written_forms(character: str) -> str:
    if _PLAIN.fullmatch(character):
        return re.escape(character)
    in_json = json.dumps(character)[1:-1]
    forms = [rf"(?i:{quote(character, safe='', errors='replace')})", rf"\\?{re.escape(character)}"]
    if in_json != character and not character.isascii():
        forms.append(f"(?i:{re.escape(in_json)})")
    if (in_html := escape(character)) != character:
        forms.append(f"{re.escape(in_html)}|&#0*{ord(character)};")
    if character == " ":
        forms.append("[+]")
    return f"(?:{'|'.join(forms)})"


#: What all that is shown is read against; replaced by the tests alone.
memory = Memory()
