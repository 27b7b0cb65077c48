"""One text for one value: what an item is recognised by when it comes again.

It knows nothing of why that is asked: checkpoints keep a digest of it, and a run that does equal
items once compares it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["NotPlain", "canonical_text", "digest", "digest_of_text"]

#: Writes a value that has no text of its own, or raises `NotPlain`.
Unknown: TypeAlias = "Callable[[Any], str]"


class NotPlain(Exception):
    """A value that two processes would not write down alike.

    Attributes:
        kind: what the value is, in a word.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _refuse(value: Any) -> str:
    raise NotPlain(_class_name(value))


def canonical_text(value: Any, unknown: Unknown = _refuse) -> str:
    """Return a text that is the same for equal values, and differs for others.

    ``1``, ``1.0``, ``True`` and ``"1"`` differ; so do ``0.0`` and ``-0.0``; NaN is like NaN. The
    order of a mapping's keys does not matter; all mappings, a row of a DataFrame too, are like the
    dictionary of their pairs.

    Args:
        value: anything.
        unknown: called with what cannot be read, such as an open file, wherever in the value it is.
            Its text has to begin with ``o`` and to end with ``;``, with no other ``;`` between.

    Raises:
        NotPlain: for a value that cannot be read, where ``unknown`` is not given, or holds itself.

    >>> canonical_text([1, {"b": "x", "a": None}])
    'l2:i1;m2:s1:ans1:bs1:x'
    """
    try:
        return _text(value, unknown)
    except RecursionError:
        raise NotPlain("structure that holds itself or is too deep") from None


def digest_of_text(text: str) -> bytes:
    """Return 32 bytes that stand for a text, halves of surrogate pairs in it or not."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def digest(value: Any) -> bytes:
    """Return 32 bytes that are the same for equal values in every process, and differ for others.

    Raises:
        NotPlain: for a value that cannot be read, such as an open file, or that holds itself.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1) == digest(1.0)
    (True, False)
    """
    return digest_of_text(canonical_text(value))


# Every text says its kind and either its length or its end, so that no two values share one.


def _text(value: Any, unknown: Unknown) -> str:
    write = _EXACT.get(type(value))
    return write(value, unknown) if write is not None else _text_of_other(value, unknown)


def _string(value: str, _: Unknown) -> str:
    return f"s{len(value)}:{value}"


def _several(kind: str, values: Iterable[Any], unknown: Unknown) -> str:
    texts = [_text(value, unknown) for value in values]
    return f"{kind}{len(texts)}:{''.join(texts)}"


def _unordered(kind: str, texts: Iterable[str]) -> str:
    ordered = sorted(texts)
    return f"{kind}{len(ordered)}:{''.join(ordered)}"


def _mapping(value: Mapping[Any, Any], unknown: Unknown) -> str:
    return _unordered(
        "m", [_text(name, unknown) + _text(part, unknown) for name, part in value.items()]
    )


def _tagged(tag: str, content: Any, unknown: Unknown = _refuse) -> str:
    return f"x{len(tag)}:{tag}{_text(content, unknown)}"


#: The kinds of which most values are made; subclasses go the long way.
_EXACT: Final[dict[type, Callable[[Any, Unknown], str]]] = {
    type(None): lambda _, __: "n",
    bool: lambda value, _: "t" if value else "f",
    # Hexadecimal, because decimal digits have a limit and cost more for long numbers.
    int: lambda value, _: f"i{value:x};",
    float: lambda value, _: f"d{value!r};",
    str: _string,
    bytes: lambda value, _: f"b{len(value)}:{value.hex()}",
    list: lambda value, unknown: _several("l", value, unknown),
    tuple: lambda value, unknown: _several("u", value, unknown),
    dict: _mapping,
}


def _delta(value: timedelta) -> str:
    # The one of pandas counts nanoseconds too.
    parts = (value.days, value.seconds, value.microseconds, getattr(value, "nanoseconds", 0))
    return _tagged("timedelta", parts)


def _list_or_tuple(value: list[Any] | tuple[Any, ...], unknown: Unknown) -> str:
    return _several("l" if isinstance(value, list) else "u", value, unknown)


#: In this order: an enumeration may be a number too, a datetime is a date.
_KINDS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any, Unknown], str]], ...]] = (
    (Enum, lambda value, _: _tagged(_class_name(value), value.name)),
    (Mapping, _mapping),
    (str, lambda value, unknown: _string(str.__str__(value), unknown)),
    (int, lambda value, _: f"i{int.__int__(value):x};"),
    (float, lambda value, _: f"d{float.__float__(value)!r};"),
    ((bytes, bytearray, memoryview), lambda value, unknown: _text(bytes(value), unknown)),
    (datetime, lambda value, _: _tagged("datetime", (value.isoformat(), str(value.tzinfo)))),
    (date, lambda value, _: _tagged("date", value.isoformat())),
    (time, lambda value, _: _tagged("time", (value.isoformat(), str(value.tzinfo)))),
    (timedelta, lambda value, _: _delta(value)),
    (complex, lambda value, _: _tagged("complex", (value.real, value.imag))),
    (Decimal, lambda value, _: _tagged("decimal", str(value))),
    (UUID, lambda value, _: _tagged("uuid", value.hex)),
    (PurePath, lambda value, _: _tagged("path", str(value))),
    (range, lambda value, _: _tagged("range", (value.start, value.stop, value.step))),
    ((list, tuple), _list_or_tuple),
    (
        (set, frozenset),
        lambda value, unknown: _unordered("e", [_text(each, unknown) for each in value]),
    ),
)


def _text_of_other(value: Any, unknown: Unknown) -> str:
    library = type(value).__module__.partition(".")[0]
    if library == "numpy":
        return _numpy_text(value, unknown)
    if library == "pandas":
        return _pandas_text(value, unknown)
    return _plain_text(value, unknown)


def _plain_text(value: Any, unknown: Unknown) -> str:
    write = next((write for kinds, write in _KINDS if _is_one_of(value, kinds)), None)
    if write is not None:
        return write(value, unknown)
    if is_dataclass(type(value)):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return _tagged(_class_name(value), parts, unknown)
    # Models of pydantic say themselves what they hold.
    if any("model_dump" in vars(kind) for kind in type(value).__mro__):
        return _tagged(_class_name(value), value.model_dump(), unknown)
    return unknown(value)


def _is_one_of(value: object, kinds: type | tuple[type, ...]) -> bool:
    # Apart, because asked in place it would tell a type checker that the value is all of these.
    return isinstance(value, kinds)


def _numpy_text(value: Any, unknown: Unknown) -> str:
    kind = getattr(getattr(value, "dtype", None), "kind", "?")
    if type(value).__name__ == "ndarray":
        content = value.tolist() if kind == "O" else value.tobytes()
        return _tagged("array", (value.dtype.str, value.shape, content), unknown)
    if getattr(value, "ndim", 0):
        # A masked array and its like hold more than their numbers.
        return unknown(value)
    if kind in "Mm":
        return _tagged("numpy", (value.dtype.str, str(value)))
    if kind in "biufcSU":
        # A number is the same number whether it came out of an array or not.
        return _text(value.item(), unknown)
    return unknown(value)


def _pandas_text(value: Any, unknown: Unknown) -> str:
    kind = type(value).__name__
    if kind in ("NAType", "NaTType"):
        return _tagged("missing", kind)
    if kind == "Series":
        return _tagged("series", list(value.items()), unknown)
    return _plain_text(value, unknown)


def _class_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
