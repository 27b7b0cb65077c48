"""What of a work is compared: no credentials, and no names of functions that it was given.

A function that only gets another name is the same function, and a credential may be renewed, added
and taken away at any time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.storage.fingerprints.words import NAME, may_come_and_go

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compared", "with_present_names"]

_GIVEN: Final = "given "
_CODE: Final = "code "
#: What a part has a function in its key for, or stands for one itself.
_WITH_FUNCTION: Final = ("argument ", "closure ", _CODE, "default ")
_PARTIAL: Final = "partial("


def compared(parts: Mapping[str, tuple[str, Any]], *, named: bool = False) -> dict[str, str]:
    """Return the values that are the same of two works if they are the same work, by their keys.

    Args:
        parts: of the work.
        named: whether the names of its functions count.

    >>> one = {"given function": ("name:ask()", None), "code ask()": ("sha256:1", None)}
    >>> compared(one)
    {'given function': 'name:<given function>', 'code <given function>': 'sha256:1'}
    """
    names: dict[str, str] = {}
    for given, name in () if named else _functions(parts).items():
        names.setdefault(name, f"<{given}>")
    called = _Called(names)
    return {
        called.in_key(key): called.in_value(value)
        for key, (value, *_) in parts.items()
        if not may_come_and_go(key, value)
    }


def with_present_names(
    before: Mapping[str, tuple[str, str | None]], now: Mapping[str, tuple[str, str | None]]
) -> dict[str, tuple[str, str | None]]:
    """Return the parts of a work, functions that it was given called what they are called now."""
    present = _functions(now)
    earlier = _functions(before).items()
    called = _Called({name: present[given] for given, name in earlier if given in present})
    return {
        called.in_key(key): (called.in_value(value), user) for key, (value, user) in before.items()
    }


def _functions(parts: Mapping[str, tuple[str, Any]]) -> dict[str, str]:
    """Return the names of the user's functions that were given, by what they were given as."""
    found: dict[str, str] = {}
    for key, (value, *_) in sorted(parts.items()):
        if key.startswith(_GIVEN) and value.startswith(NAME):
            name = value.removeprefix(NAME)
            if name.startswith(_PARTIAL) and name.endswith(")"):
                name = name[len(_PARTIAL) : -1]
            if _CODE + name in parts:
                found[key] = name
    return found


class _Called:
    """Calls functions by other names, wherever they stand in a key or a value."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        before = rf"^{_CODE}|^{NAME}|\b{re.escape(_PARTIAL)}| of | around "
        self._pattern = re.compile(rf"({before})({known})(?=$|\)| \()") if names else None

    def in_key(self, key: str) -> str:
        return self._renamed(key) if key.startswith(_WITH_FUNCTION) else key

    def in_value(self, value: str) -> str:
        return self._renamed(value) if value.startswith(NAME) else value

    def _renamed(self, text: str) -> str:
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda it: it[1] + self._names[it[2]], text)
