"""What an error carries of an answer, whatever library it is of; to look for it never raises."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["attribute_of", "headers_of", "json_of", "status_of"]

_STATUS_RANGE = range(400, 600)
#: Longer bodies are not read for the sake of a word in them.
_LONGEST_BODY: Final = 100_000


def status_of(error: BaseException) -> int | None:
    """Return the error status of the answer as the error, or its response, has it; or None."""
    for holder in (error, attribute_of(error, "response")):
        for name in ("status_code", "status"):
            value = attribute_of(holder, name)
            if isinstance(value, int) and value in _STATUS_RANGE:
                return int(value)
    return None


def headers_of(error: BaseException) -> Callable[[str], str | None]:
    """Return what gives a header of the answer by its name in lower case, and never raises."""
    sources: list[Any] = []
    for holder in (attribute_of(error, "response"), error):
        headers = attribute_of(holder, "headers")
        if isinstance(headers, dict):
            # A plain dict knows only one way of writing a name.
            named = dict.items(headers)
            headers = {name.lower(): value for name, value in named if isinstance(name, str)}
        sources.append(attribute_of(headers, "get"))

    def get(name: str) -> str | None:
        for source in sources:
            try:
                value = source(name)
            except Exception:  # noqa: BLE001, S112 - whatever this is, it holds no headers
                continue
            if isinstance(value, str):
                return value
        return None

    return get


def attribute_of(holder: object, name: str) -> Any:
    """Return an attribute; None where there is none, or it cannot be had."""
    try:
        return getattr(holder, name, None)
    except Exception:  # noqa: BLE001 - a property may raise anything, httpx's own do
        return None


def json_of(response: object) -> object:
    """Return the body of an answer as JSON if it was read to its end; it is never read here."""
    content = attribute_of(response, "content") if _was_read(response) else None
    if isinstance(content, bytes) and len(content) <= _LONGEST_BODY:
        with suppress(Exception):  # no JSON, no text, or nested too deeply
            return json.loads(content)
    return None


def _was_read(response: object) -> bool:
    if attribute_of(response, "is_closed") is True:
        return True
    # What requests gives keeps it one step further in.
    return attribute_of(attribute_of(response, "raw"), "closed") is True
