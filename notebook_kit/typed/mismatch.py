"""Plain data that is not what a type says: where, what was expected, and what came."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from notebook_kit.markup import shorten
from notebook_kit.redact import HIDDEN, is_secret_name, scrub, shown

__all__ = ["Mismatch", "came", "told_by_msgspec", "told_by_pydantic"]

_PLACE: Final = re.compile(r"^(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<number>\d+)\]|(?P<any>\[\.\.\.\])")
_NAMES: Final = re.compile(r"[.\[\]]+")
#: More than this are counted only.
_TOLD: Final = 3
_PLACE_SHOWN: Final = 200
_NOTHING: Final = object()


class Mismatch(ValueError):
    """Plain data is not what a type says; the text tells where and what came, without secrets."""


def told_by_msgspec(said: str, data: Any, *, at: str = "") -> Mismatch:
    """Return the error for what `msgspec` said of plain data.

    Args:
        said: its message, which ends in the place, as in ``Expected `int` - at `$.items[0].id```.
        data: what it was given.
        at: where the data stands.
    """
    match = _PLACE.match(said)
    path = "" if match is None else match["path"] or ""
    words = said if match is None else match["said"]
    found = _found(data, path)
    tail = "" if found is _NOTHING else f"; {came(found, path)} came"
    return Mismatch(f"{_place(at, path)}: {scrub(words)}{tail}")


def told_by_pydantic(found: Sequence[Any], *, at: str = "") -> Mismatch:
    """Return the error for what `pydantic` found.

    Args:
        found: its errors, each with ``loc``, ``msg`` and ``input``.
        at: where the data stands.
    """
    told = []
    for error in found[:_TOLD]:
        path = "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in error["loc"])
        told.append(
            f"{_place(at, path)}: {scrub(str(error['msg']))}; {came(error['input'], path)} came"
        )
    more = len(found) - len(told)
    return Mismatch("; ".join(told) + (f"; and {more} more" if more else ""))


def came(value: Any, path: str) -> str:
    """Return what came at a place, short, and hidden where a name on the way is a secret's.

    >>> came("high", "elevation_ft"), came("hush", "login.password")
    ("'high'", "'****'")
    """
    is_told = value is None or not any(map(is_secret_name, _NAMES.split(path)))
    return shown(value) if is_told else repr(HIDDEN)


def _place(at: str, path: str) -> str:
    # Keys of a mapping came with the answer, too.
    return shorten(scrub(f"{at}{path}".lstrip(".")), _PLACE_SHOWN) or "the whole"


def _found(data: Any, path: str) -> Any:
    """Return what stands at a place, as far as the place is told; nothing if it is not."""
    for step in _STEP.finditer(path):
        if step["any"]:
            return _NOTHING
        if step["number"] is not None and isinstance(data, list):
            number = int(step["number"])
            data = data[number] if number < len(data) else _NOTHING
        elif isinstance(data, Mapping):
            data = data.get(step["name"], _NOTHING)
        else:
            return _NOTHING
    return data
