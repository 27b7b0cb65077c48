"""What is said of an answer, or a part of one, that should be JSON and cannot be read."""

from __future__ import annotations

import json
from typing import Final

from notebook_kit.client.strict_json import NotTaken
from notebook_kit.markup import shorten
from notebook_kit.redact import scrub

__all__ = ["not_json"]

_SHOWN: Final = 120
#: Characters that are shown before the place where something is wrong.
_BEFORE: Final = 60
#: So far around what is shown credentials are looked for, as only whole ones are found.
_AROUND: Final = 5_000


def not_json(
    said: str, error: ValueError | RecursionError, document: bytes | str, *, name: str
) -> str:
    """Return a message: what is wrong with a document, where, a piece of it, what to write instead.

    The error forgets the document, which may be long, as errors are kept with their rows.

    Args:
        said: what the message begins with, as ``"GET http://host/x: the answer is"``.
        error: what reading it has raised.
        document: as it came.
        name: what a user writes for the document.

    >>> from notebook_kit.client.strict_json import loads
    >>> try:
    ...     loads(b'{"a": tru}')
    ... except ValueError as error:
    ...     print(not_json("It is", error, b'{"a": tru}', name="x"))
    It is not JSON (Expecting value: line 1 column 7 (char 6)): '{"a": tru}'
    """
    if not document.strip():
        return f"{said} empty, and so no JSON"
    why = "it is no text" if isinstance(error, UnicodeEncodeError) else str(error)
    at = error.pos if isinstance(error, json.JSONDecodeError) else 0
    came = _piece(_text(error, document), at)
    if isinstance(error, json.JSONDecodeError):
        error.doc = came
    elif isinstance(error, UnicodeDecodeError):
        error.object = error.object[: error.end] if error.end <= _AROUND else b""
    if isinstance(error, NotTaken):
        instead = error.instead.format(name)
        return f"{said} not JSON that is read here ({why}): {came!r}. {instead}."
    return f"{said} not JSON ({why}): {came!r}"


def _text(error: BaseException, document: bytes | str) -> str:
    # Reading has made a text of it, in which it tells places.
    if isinstance(error, json.JSONDecodeError):
        return error.doc
    start = document[:_AROUND]
    return start if isinstance(start, str) else start.decode("utf-8", "replace")


def _piece(text: str, at: int) -> str:
    """Return what stands around a place of a text, without credentials."""
    start = max(0, at - _BEFORE) if at > _SHOWN - _BEFORE else 0
    around = text[max(0, start - _AROUND) : start + _AROUND]
    if start and scrub(around) == around:
        return "…" + shorten(text[start : start + _AROUND], _SHOWN)
    # Where a credential may be cut, the beginning says enough.
    return shorten(scrub(text[:_AROUND]), _SHOWN)
