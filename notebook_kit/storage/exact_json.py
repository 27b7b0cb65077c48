"""Answers as JSON that gives back exactly what was put in, or not at all.

What JSON has no word for stands as ``{"~": [kind, content]}``: bytes, tuples, numbers that are not
finite, dictionaries whose keys are not all text. Nothing is ever run to read it, as pickle would.
"""

from __future__ import annotations

import base64
import json
import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NotExact", "from_json", "to_json"]

_TAG: Final = "~"
#: SQLite takes a thousand million bytes at most, and a character may need four.
_LONGEST: Final = 200_000_000


class NotExact(Exception):
    """A value that would not come back from JSON as it was.

    Attributes:
        kind: what the value is, in a word.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def to_json(value: Any) -> str:
    """Return the value as JSON.

    Raises:
        NotExact: when it holds anything that would not come back as it is.

    >>> to_json({"n": 1, "image": b"PNG"})
    '{"n":1,"image":{"~":["bytes","UE5H"]}}'
    """
    try:
        text = _encode(_plain(value))
    except RecursionError:
        raise NotExact("structure that holds itself or is too deep") from None
    except ValueError:
        raise NotExact("number of thousands of digits") from None
    if len(text) > _LONGEST:
        message = f"value of more than {_LONGEST:,} characters"
        raise NotExact(message)
    return text


def from_json(text: str) -> Any:
    """Return the value that `to_json` was given.

    Raises:
        ValueError: when the text was not written by it.

    >>> from_json(to_json((1, float("inf"), {2: b"x"})))
    (1, inf, {2: b'x'})
    """
    return _decode(text)


def _plain(value: Any) -> Any:
    # Exactly these classes: a subclass would come back as what it was derived from.
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return value
    write = _PLAIN.get(kind)
    if write is None:
        raise NotExact(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))
    return write(value)


def _plain_text(value: str) -> Any:
    return value if _is_storable(value) else _tagged("text", _in_base64(value))


def _plain_float(value: float) -> Any:
    return value if math.isfinite(value) else _tagged("number", repr(value))


def _plain_list(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    return [_plain(part) for part in value]


def _plain_dict(value: dict[Any, Any]) -> dict[str, Any]:
    texts_only = all(type(name) is str and _is_storable(name) for name in value)
    if texts_only and not (len(value) == 1 and _TAG in value):
        return {name: _plain(part) for name, part in value.items()}
    return _tagged("dict", [[_plain(name), _plain(part)] for name, part in value.items()])


def _tagged(kind: str, content: Any) -> dict[str, Any]:
    return {_TAG: [kind, content]}


_PLAIN: Final[dict[type, Callable[[Any], Any]]] = {
    str: _plain_text,
    float: _plain_float,
    dict: _plain_dict,
    list: _plain_list,
    tuple: lambda value: _tagged("tuple", _plain_list(value)),
    bytes: lambda value: _tagged("bytes", base64.b64encode(value).decode("ascii")),
}


def _is_storable(text: str) -> bool:
    # Half of a surrogate pair is no text that can be written; two halves would be joined.
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def _restored(pairs: dict[str, Any]) -> Any:
    if len(pairs) != 1 or _TAG not in pairs:
        return pairs
    match pairs[_TAG]:
        case ["bytes", str(content)]:
            return base64.b64decode(content, validate=True)
        case ["text", str(content)]:
            return base64.b64decode(content, validate=True).decode("utf-8", "surrogatepass")
        case ["number", "nan" | "inf" | "-inf" as content]:
            return float(content)
        case ["tuple", list(content)]:
            return tuple(content)
        case ["dict", list(content)]:
            return dict(content)
    message = f"unknown tag {str(pairs)[:80]}"
    raise ValueError(message)


# Made once: making them costs more than they take for a short answer.
_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode: Final = json.JSONDecoder(object_hook=_restored).decode
