"""Answers that are not what an endpoint says: where, what came, and of which call."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import DecodeError
from notebook_kit.markup import shorten
from notebook_kit.redact import HIDDEN, is_secret_name, scrub, shown

if TYPE_CHECKING:
    from notebook_kit.client.response import Response

__all__ = ["mismatch", "mismatches", "unreadable"]

_PLACE: Final = re.compile(r"^(?P<said>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<number>\d+)\]|(?P<any>\[\.\.\.\])")
#: More than this are counted only.
_TOLD: Final = 3
_PLACE_SHOWN: Final = 200
_NOTHING: Final = object()


def mismatch(said: str, data: Any, response: Response | None, *, at: str = "") -> DecodeError:
    """Return the error for what `msgspec` said of plain data.

    Args:
        said: its message, which ends in the place, as in ``Expected `int` - at `$.items[0].id```.
        data: what it was given.
        response: the answer that the data stands in.
        at: where in the answer.
    """
    match = _PLACE.match(said)
    path = "" if match is None else match["path"] or ""
    words = said if match is None else match["said"]
    came = _found(data, path)
    tail = "" if came is _NOTHING else f"; {_shown(came, path)} came"
    return unreadable(f"{_place(at, path)}: {scrub(words)}{tail}", response)


def mismatches(found: Sequence[Any], response: Response | None, *, at: str = "") -> DecodeError:
    """Return the error for what `pydantic` found.

    Args:
        found: its errors, each with ``loc``, ``msg`` and ``input``.
        response: the answer.
        at: where in the answer the data stands.
    """
    told = []
    for error in found[:_TOLD]:
        path = "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in error["loc"])
        came = _shown(error["input"], path)
        told.append(f"{_place(at, path)}: {scrub(str(error['msg']))}; {came} came")
    more = len(found) - len(told)
    return unreadable("; ".join(told) + (f"; and {more} more" if more else ""), response)


def unreadable(what: str, response: Response | None) -> DecodeError:
    """Return the error for an answer that cannot be read as what was asked for."""
    call = "an answer that was kept" if response is None else response._call()  # noqa: SLF001 - its own words for itself
    status = None if response is None else response.status_code
    message = f"{call}: the answer is not as declared: {what}."
    return DecodeError(message, call=call, attempts=1, status_code=status)


def _place(at: str, path: str) -> str:
    # Keys of a mapping came with the answer, too.
    return shorten(scrub(f"{at}{path}".lstrip(".")), _PLACE_SHOWN) or "the whole"


def _shown(came: Any, path: str) -> str:
    name = path.rpartition(".")[2].partition("[")[0]
    is_told = came is None or not is_secret_name(name)
    return shown(came) if is_told else repr(HIDDEN)


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
