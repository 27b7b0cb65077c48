"""The secrets that this process knows: by their values, and the short ones by their fields."""

from __future__ import annotations

import re
import threading
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
        values: every known value with the pattern of its written forms, None if there is but one;
            the longest first, so that the end of one that begins with another is not left over.
            Replaced as a whole.
        fields: short values, each behind the name in small letters of a field that it was given
            for. It only grows, one pair at a time.
    """

    __slots__ = ("_lock", "fields", "values")

    def __init__(self) -> None:
        self.values: tuple[tuple[str, re.Pattern[str] | None], ...] = ()
        self.fields: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def remember_value(self, value: str) -> None:
        """Strike a value out of all texts from now on, unless it is short."""
        if len(value) < SHORTEST_HIDDEN_BY_VALUE:
            return
        plain = _PLAIN.fullmatch(value)
        pattern = None if plain else re.compile("".join(map(_written_forms, value)))
        with self._lock:
            known = {**dict(self.values), value: pattern}
            self.values = tuple(sorted(known.items(), key=lambda pair: -len(pair[0])))

    def remember_field(self, name: str, value: str) -> None:
        """Hide a value in fields of this name from now on, unless it is long."""
        if len(value) < SHORTEST_HIDDEN_BY_VALUE:
            self.fields.add((name.lower(), value))

    def strike(self, text: str) -> str:
        """Return the text without any known value."""
        for value, pattern in self.values:
            text = text.replace(value, HIDDEN) if pattern is None else pattern.sub(HIDDEN, text)
        return text


def _written_forms(character: str) -> str:
    if _PLAIN.fullmatch(character):
        return re.escape(character)
    forms = rf"(?i:{quote(character, safe='')})|\\?{re.escape(character)}"
    return f"(?:{forms}|[+])" if character == " " else f"(?:{forms})"


#: What all that is shown is read against; replaced by the tests alone.
memory = Memory()
