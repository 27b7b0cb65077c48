"""Values that JSON gives back as they were, and the text of them."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from notebook_kit.client.strict_json import MOST_LEVELS
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import scrub, shown

__all__ = ["json_text"]

_PLAIN: Final = (str, int, float, bool, type(None))
_LONGEST_KEY: Final = 60


def json_text(value: Any) -> str:
    """Return a value as JSON that gives back the same: no tuple, no key but text, no NaN.

    Raises:
        ConfigurationError: for any other value, naming its type and its place in the whole.

    >>> json_text({"city": "Zurich", "ids": [1, 2.5, None]})
    '{"city":"Zurich","ids":[1,2.5,null]}'
    """
    _check(value, "$", MOST_LEVELS)
    try:
        return json.dumps(value, separators=(",", ":"))
    except ValueError as error:
        # A whole number that Python takes too long to write.
        message = f"The value cannot be written as JSON: {scrub(str(error))}."
        raise ConfigurationError(message) from None


def _check(value: Any, place: str, levels: int) -> None:
    kind = type(value)
    if levels < 0:
        message = (
            f"The value cannot be kept as JSON: its lists and dictionaries stand more than "
            f"{MOST_LEVELS} deep in each other, or one holds itself."
        )
        raise ConfigurationError(message)
    if kind is list:
        for number, part in enumerate(value):
            _check(part, f"{place}[{number}]", levels - 1)
    elif kind is dict:
        for key, part in value.items():
            if type(key) is not str:
                said = f"has the key {shown(key, _LONGEST_KEY)}, {_kind(key)}"
                raise _refusal(place, said, "str(key)")
            _check(part, f"{place}[{shown(key, _LONGEST_KEY)}]", levels - 1)
    elif kind not in _PLAIN:
        raise _refusal(place, f"is {_kind(value)}", _instead(value))
    elif kind is float and not math.isfinite(value):
        raise _refusal(place, f"is {value!r}", "None")


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _instead(value: Any) -> str:
    """Return what to write for a value of a kind that there is not in JSON."""
    if isinstance(value, (tuple, set, frozenset)):
        return "list(value)"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "value.decode()"
    if hasattr(value, "isoformat"):
        return "value.isoformat()"
    if hasattr(value, "tolist"):
        return "value.tolist()"
    plain = next((kind for kind in _PLAIN[:3] if isinstance(value, kind)), None)
    return "what it is made of" if plain is None else f"{plain.__name__}(value)"


def _refusal(place: str, said: str, instead: str) -> ConfigurationError:
    where = "it" if place == "$" else place
    message = (
        f"The value cannot be kept as JSON: {where} {said}, which JSON does not give back as it "
        f"was; write {instead}."
    )
    return ConfigurationError(message)
