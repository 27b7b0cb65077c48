"""Answers as texts that come back as they were, with a note of what the texts do not say."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import zlib
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import encodable, is_text
from notebook_kit.frames.exports.cells import json_texts, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["are_encodable", "coded", "decoded", "json_or_text", "unplaced"]

#: How a JSON text may begin, those of Python's NaN and Infinity among them.
_BEGINNINGS: Final = frozenset('{["-0123456789tfnNI')
_NO_JSON: Final = object()
_SPACE: Final = " \t\n\r"
#: Kinds that have a form in JSON which does not say what they are, and how they are read from it.
_KINDS: Final[dict[type, tuple[str, Callable[[Any], Any]]]] = {
    dt.datetime: ("datetime", dt.datetime.fromisoformat),
    dt.date: ("date", dt.date.fromisoformat),
    pd.Timestamp: ("timestamp", pd.Timestamp),
    Decimal: ("decimal", Decimal),
    bytes: ("bytes", base64.b64decode),
}


def are_encodable(values: Sequence[str | None]) -> bool:
    """Tell whether a file can hold these texts: halves of surrogate pairs it cannot."""
    try:
        "".join(filter(None, values)).encode()
    except UnicodeEncodeError:
        return False
    return True


def coded(values: Sequence[Any]) -> tuple[list[str | None], dict[str, str]]:
    """Return a text for each value, and a note that `decoded` needs to give the values again.

    Text is itself, unless it could be read as JSON; anything else is JSON, with NaN and Infinity
    as Python writes them. None is None, and so is any other missing value.

    >>> coded(["a", "1", 1, float("nan")])
    (['a', '"1"', '1', 'NaN'], {})
    """
    kinds = set(map(type, values))
    if kinds <= {str, type(None)} and are_encodable(values):
        return list(values), {"as": "text"}
    if kinds == {str, float} and is_text(values):
        # Text with NaN where there is none, as columns of text are before pandas 3.
        texts_alone = [value if isinstance(value, str) else None for value in values]
        if are_encodable(texts_alone):
            return texts_alone, {"as": "text", "missing": "NaN"}
    texts: list[str | None] = [None if text == "null" else text for text in json_texts(values)]
    if any(issubclass(kind, str) for kind in kinds):
        _put_texts(values, texts)
    if kinds - {str, int, bool, type(None)}:
        _put_numbers(values, texts)
    return texts, {
        name: _packed(values, kind) for kind, (name, _) in _KINDS.items() if kind in kinds
    }


def decoded(texts: Sequence[Any], note: dict[str, str]) -> list[Any]:
    """Return the values that `coded` made the texts of.

    >>> decoded(*coded([1, "1", [None], dt.date(2026, 1, 2)]))
    [1, '1', [None], datetime.date(2026, 1, 2)]
    """
    present = [text if isinstance(text, str) else None for text in texts]
    if note.get("as") == "text":
        missing = math.nan if "missing" in note else None
        return [missing if text is None else text for text in present]
    values = [None if text is None else json_or_text(text) for text in present]
    for name, read in _KINDS.values():
        for at in _unpacked(note[name], len(values)) if name in note else ():
            values[at] = read(values[at])
        if note.get("all") == name:
            values = [read(value) if isinstance(value, str) else value for value in values]
    return values


def unplaced(note: dict[str, str], values: Sequence[Any]) -> dict[str, str]:
    """Return what of a note of `coded` is so of the values in any order, and of some of them.

    Kinds are noted by places; where all are of one, ``all`` says which. ``mixed`` says of which one
    some were, of whom nobody knows which without the places.

    >>> days = [dt.date(2026, 1, 2), None]
    >>> unplaced(coded(days)[1], days)
    {'all': 'date'}
    """
    placed = [name for name, _ in _KINDS.values() if name in note]
    if not placed:
        return note
    kinds = set(map(type, values)) - {type(None), type(pd.NaT), type(pd.NA)}
    return {"all" if len(kinds) == 1 else "mixed": placed[0]}


def json_or_text(text: str) -> Any:
    """Return what a text says if it is JSON, else the text itself.

    >>> json_or_text('{"n": 1}'), json_or_text("n = 1")
    ({'n': 1}, 'n = 1')
    """
    value = _read(text)
    return text if value is _NO_JSON else value


def _read(text: str) -> Any:
    """Return what a JSON text says; by this alone is told whether a text is JSON."""
    if text[:1] not in _BEGINNINGS and text.lstrip(_SPACE)[:1] not in _BEGINNINGS:
        return _NO_JSON
    try:
        return _decoder()(text)
    except (ValueError, RecursionError):
        # It knows no NaN, no halves of surrogate pairs, no numbers beyond those of a float.
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return _NO_JSON


@cache
def _decoder() -> Callable[[str], Any]:
    # Loaded with the first file that is read.
    import msgspec  # noqa: PLC0415

    return msgspec.json.Decoder().decode


def _put_texts(values: Sequence[Any], texts: list[str | None]) -> None:
    """Put texts as they are where that can be told from JSON, escaped where no file has them."""
    for at, value in enumerate(values):
        if isinstance(value, str):
            fits = are_encodable([value])
            texts[at] = value if fits and _read(value) is _NO_JSON else json.dumps(str(value))


def _put_numbers(values: Sequence[Any], texts: list[str | None]) -> None:
    """Put the numbers that JSON does not have where nulls are in their places."""
    for at, text in enumerate(texts):
        if text is not None and "null" not in text:
            continue
        value = values[at]
        if isinstance(value, float):
            texts[at] = "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"
        elif isinstance(value, (dict, list, tuple)):
            texts[at] = _with_numbers(value) or text


def _with_numbers(value: Any) -> str | None:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)
    except (TypeError, ValueError, RecursionError):
        return None
    return encodable(text)


def _packed(values: Sequence[Any], kind: type) -> str:
    places = np.fromiter((type(value) is kind for value in values), bool, len(values))
    return base64.b64encode(zlib.compress(np.packbits(places).tobytes())).decode()


def _unpacked(packed: str, count: int) -> list[int]:
    bits = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8)
    places: list[int] = np.unpackbits(bits, count=count).nonzero()[0].tolist()
    return places
