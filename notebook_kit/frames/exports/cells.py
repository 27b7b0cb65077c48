"""Answers as texts: JSON for what is no text, a whole column at once."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from notebook_kit.frames.columns import encodable
from notebook_kit.frames.exports.text_alone import note_text_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["json_texts", "plain", "plain_texts"]

#: Values that are written in one step; where one of them cannot be, so many are done one by one.
_AT_ONCE: Final = 10_000
_NULL: Final = "null"


def json_texts(values: Sequence[Any]) -> list[str]:
    """Return the JSON text of each value; what JSON does not know is written as its text.

    What is missing, NaN and infinity are null, as JSON has none of them.

    >>> json_texts([{"n": [1, float("nan")]}, None, "a"])
    ['{"n":[1,null]}', 'null', '"a"']
    """
    texts: list[str] = []
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        try:
            # JSON has no bare line feeds, so they are what stands between the texts.
            texts += _encoder()(some).decode().split("\n")[: len(some)]
        except Exception:  # noqa: BLE001 - an answer can be any object, with code of its own
            texts += map(_one_text, some)
    return texts


def plain_texts(values: Sequence[Any]) -> list[str | None]:
    """Return each value as a cell of a table: text as it is, None if missing, else as JSON.

    >>> plain_texts(["a", {"n": 1}, None])
    ['a', '{"n":1}', None]
    """
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return [None if value is None else encodable(value) for value in values]
    texts: list[str | None] = [None if it == _NULL else it for it in json_texts(values)]
    if any(issubclass(kind, str) for kind in kinds):
        for at, value in enumerate(values):
            if isinstance(value, str):
                texts[at] = encodable(value)
    return texts


@cache
def _encoder() -> Callable[[Any], bytes]:
    # Loaded with the first export.
    import msgspec  # noqa: PLC0415

    return msgspec.json.Encoder(enc_hook=other).encode_lines


def other(value: Any) -> Any:
    """Return what stands in JSON for a value that it has no form for."""
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        return re.sub(r"\+00:00$", "Z", value.isoformat())
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return _with_fields(value)


def _with_fields(value: Any) -> Any:
    if type(value) is SimpleNamespace:
        return vars(value)
    # A class of the user's may fail at being asked, which is no matter of other rows.
    with suppress(Exception):
        # Numbers and arrays of numpy's.
        as_list = getattr(value, "tolist", None)
        if callable(as_list):
            return as_list()
        if hasattr(type(value), "model_dump"):
            # A model of pydantic's, as an object: classes of other kinds are written so anyway.
            return _dumped(value)
    note_text_alone(type(value))
    return _said(value)


def _dumped(model: Any) -> Any:
    # Without its warnings of values that are not as declared, as answers of an API may be.
    # What pydantic has no JSON for is made plain as it is anywhere else.
    for options in ({"mode": "json", "warnings": False}, {"warnings": False}):
        with suppress(Exception):
            return model.model_dump(**options)
    return model.model_dump()


def plain(value: Any) -> Any:
    """Return what stands in JSON for any value, as what writes whole columns at once has it."""
    import msgspec  # noqa: PLC0415 - as above

    with suppress(Exception):
        return msgspec.to_builtins(value, enc_hook=other)
    return other(value)


def _said(value: Any) -> str:
    try:
        return str(value)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        return f"(a {type(value).__name__} whose text cannot be read: {type(broken).__name__})"


def _one_text(value: Any) -> str:
    with suppress(Exception):
        return _encoder()([value]).decode().removesuffix("\n")
    # Half a pair of surrogates is escaped as JSON would escape it.
    for made in (_finite, _said):
        with suppress(TypeError, ValueError, RecursionError):
            text = json.dumps(
                made(value),
                ensure_ascii=False,
                separators=(",", ":"),
                default=plain,
                allow_nan=False,
            )
            return encodable(text)
    return _NULL


def _finite(value: Any) -> Any:
    """Return plain data with None for numbers that JSON does not have: it has no NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(it) for key, it in value.items()}
    return [_finite(it) for it in value] if isinstance(value, (list, tuple)) else value
