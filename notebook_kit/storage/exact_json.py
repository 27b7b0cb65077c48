"""Answers as JSON that gives back exactly what was put in, or not at all.

What JSON has no word for stands as ``{"~": [kind, content]}``: bytes, tuples, sets, dates, numbers
that are not finite or that numpy has made, dictionaries whose keys are not all text. Nothing is
ever run to read it, as pickle would. What a file names is one of the kinds in a fixed list, and no
class or module.
"""

from __future__ import annotations

import base64
import json
import math
from decimal import Context, Decimal, InvalidOperation
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import msgspec

from notebook_kit.storage.exact_moments import READ_MOMENTS, WRITE_MOMENTS
from notebook_kit.storage.exact_numpy import READ_NUMPY, write_of
from notebook_kit.storage.not_exact import TAG, NotExact, class_name, is_storable, odd, tagged

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NotExact", "from_json", "to_json"]

T = TypeVar("T")

_QUOTED_TAG: Final = f'"{TAG}"'
_NULL: Final = "null"
#: What JSON has words for, and which of it has parts.
_NESTED: Final = frozenset({dict, list})
_KNOWN: Final = frozenset({str, int, bool, type(None), float, dict, list})
#: Levels that are looked at; what is deeper goes the long way.
_DEEPEST: Final = 60
_TEXT: Final = frozenset({str})
#: SQLite takes a thousand million bytes at most, and a character may need four.
_LONGEST: Final = 200_000_000
#: Whatever a user has set, a text that is no number is an error.
_STRICT: Final = Context(traps=[InvalidOperation])


def to_json(value: Any, *, as_read: bool = False) -> str:
    """Return the value as JSON.

    Args:
        value: anything.
        as_read: whether it was read from JSON, so that the classes in it need not be looked at.

    Raises:
        NotExact: when it holds anything that would not come back as it is.

    >>> to_json({"n": 1, "image": b"PNG"})
    '{"n":1,"image":{"~":["bytes","UE5H"]}}'
    """
    text = _in_one_go(value, as_read=as_read)
    if text is None:
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
    if not _may_have_tags(text):
        try:
            return _decode_fast(text)
        except (ValueError, RecursionError):
            pass  # The standard library takes more, and knows the words for what is wrong.
    try:
        return _decode(text)
    except (TypeError, ArithmeticError, LookupError, RuntimeError) as error:
        message = f"text that was not written here: {error}"
        raise ValueError(message) from None


def _in_one_go(value: Any, *, as_read: bool) -> str | None:
    """Return the JSON of what has nothing in it but what JSON has words for; else None."""
    try:
        if type(value) is str:
            return _encode_fast(value).decode()
        if as_read and type(value) in _NESTED:
            text = _encode_fast(value).decode()
            # Numbers that are not finite, which some take for JSON, are written so, too.
            if _NULL not in text and not _may_have_tags(text):
                return text
        return _encode_fast(value).decode() if _is_json(value) else None
    except (ValueError, RecursionError):
        return None  # The long way has the words for it.


def _may_have_tags(text: str) -> bool:
    # One character is found twenty times as fast as three, of which two are quotes.
    return TAG in text and _QUOTED_TAG in text


def _is_json(value: Any) -> bool:
    # Level by level, and all parts of a level at once: looking at each would cost ten times that.
    parts: list[Any] = [value]
    for _ in range(_DEEPEST):
        kinds = set(map(type, parts))
        if not kinds <= _KNOWN:
            return False
        # Of numbers that are not finite the sum is not finite either.
        if float in kinds and not math.isfinite(sum([it for it in parts if type(it) is float])):
            return False
        if kinds.isdisjoint(_NESTED):
            return True
        dicts = [it for it in parts if type(it) is dict]
        if not _are_plain(dicts):
            return False
        lists = [it for it in parts if type(it) is list] if list in kinds else []
        parts = list(chain.from_iterable(chain(lists, map(dict.values, dicts))))
    return False


def _are_plain(dicts: list[dict[Any, Any]]) -> bool:
    if not _TEXT.issuperset(map(type, chain.from_iterable(dicts))):
        return False
    return 1 not in map(len, dicts) or not any(len(it) == 1 and TAG in it for it in dicts)


def _plain(value: Any) -> Any:
    # Exactly these classes: a subclass would come back as what it was derived from.
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return value
    write = _PLAIN.get(kind) or write_of(kind)
    if write is None:
        raise NotExact(class_name(value))
    return write(value)


def _plain_text(value: str) -> Any:
    return value if is_storable(value) else tagged("text", _in_base64(value))


def _plain_float(value: float) -> Any:
    return value if math.isfinite(value) else tagged("number", repr(value))


def _plain_list(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    return [_plain(part) for part in value]


def _plain_dict(value: dict[Any, Any]) -> dict[str, Any]:
    texts_only = all(type(name) is str and is_storable(name) for name in value)
    if texts_only and not (len(value) == 1 and TAG in value):
        return {name: _plain(part) for name, part in value.items()}
    return tagged("dict", [[_plain(name), _plain(part)] for name, part in value.items()])


def _plain_set(value: set[Any] | frozenset[Any]) -> dict[str, Any]:
    return tagged(type(value).__name__, [_plain(part) for part in value])


def _plain_complex(value: complex) -> dict[str, Any]:
    return tagged("complex", [_plain_float(value.real), _plain_float(value.imag)])


_PLAIN: Final[dict[type, Callable[[Any], Any]]] = {
    str: _plain_text,
    float: _plain_float,
    dict: _plain_dict,
    list: _plain_list,
    tuple: lambda value: tagged("tuple", _plain_list(value)),
    bytes: lambda value: tagged("bytes", base64.b64encode(value).decode("ascii")),
    set: _plain_set,
    frozenset: _plain_set,
    complex: _plain_complex,
    Decimal: lambda value: tagged("decimal", str(value)),
    UUID: lambda value: tagged("uuid", value.hex),
    **WRITE_MOMENTS,
}


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def _restored(pairs: dict[str, Any]) -> Any:
    if len(pairs) != 1 or TAG not in pairs:
        return pairs
    match pairs[TAG]:
        case [str(kind), content] if (read := _READ.get(kind)) is not None:
            return read(content)
    raise odd(pairs)


def _bytes(content: Any) -> bytes:
    return base64.b64decode(_a(str, content), validate=True)


def _text(content: Any) -> str:
    return _bytes(content).decode("utf-8", "surrogatepass")


def _number(content: Any) -> float:
    if content not in _NOT_FINITE:
        raise odd(content)
    return float(content)


def _complex(content: Any) -> complex:
    match content:
        case [float(real), float(imaginary)]:
            return complex(real, imaginary)
    raise odd(content)


def _a(kind: type[T], content: Any) -> T:
    if not isinstance(content, kind):
        raise odd(content)
    return content


_NOT_FINITE: Final = ("nan", "inf", "-inf")
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "bytes": _bytes,
    "text": _text,
    "number": _number,
    "tuple": lambda content: tuple(_a(list, content)),
    "set": lambda content: set(_a(list, content)),
    "frozenset": lambda content: frozenset(_a(list, content)),
    "dict": lambda content: dict(_a(list, content)),
    "complex": _complex,
    "decimal": lambda content: Decimal(_a(str, content), _STRICT),
    "uuid": lambda content: UUID(hex=_a(str, content)),
    **READ_MOMENTS,
    **READ_NUMPY,
}


# Made once: making them costs more than they take for a short answer.
_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_decode: Final = json.JSONDecoder(object_hook=_restored).decode
_encode_fast: Final = msgspec.json.Encoder().encode
_decode_fast: Final = msgspec.json.Decoder().decode
