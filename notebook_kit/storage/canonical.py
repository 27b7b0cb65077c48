"""One text for one input: what a row is recognised by when the same work is done again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["NotPlain", "digest"]


class NotPlain(Exception):
    """A value that two processes would not write down alike.

    Attributes:
        kind: what the value is, in a word.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def digest(value: Any) -> bytes:
    """Return 32 bytes that are the same for equal values in every process, and differ for others.

    ``1``, ``1.0``, ``True`` and ``"1"`` differ; the order of a mapping's keys does not matter; all
    mappings, a row of a DataFrame too, are like the dictionary of their pairs.

    Raises:
        NotPlain: for a value that cannot be read, such as an open file, or that holds itself.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1) == digest(1.0)
    (True, False)
    """
    try:
        text = _text(value)
    except RecursionError:
        raise NotPlain("structure that holds itself or is too deep") from None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


# Every text says its kind and either its length or its end, so that no two values share one.


def _text(value: Any) -> str:
    write = _EXACT.get(type(value))
    return write(value) if write is not None else _text_of_other(value)


def _string(value: str) -> str:
    return f"s{len(value)}:{value}"


def _several(kind: str, values: Iterable[Any]) -> str:
    texts = [_text(value) for value in values]
    return f"{kind}{len(texts)}:{''.join(texts)}"


def _unordered(kind: str, texts: Iterable[str]) -> str:
    ordered = sorted(texts)
    return f"{kind}{len(ordered)}:{''.join(ordered)}"


def _mapping(value: Mapping[Any, Any]) -> str:
    return _unordered("m", (_text(name) + _text(part) for name, part in value.items()))


def _tagged(tag: str, content: Any) -> str:
    return f"x{len(tag)}:{tag}{_text(content)}"


#: The kinds of which most rows are made; subclasses go the long way.
_EXACT: Final[dict[type, Callable[[Any], str]]] = {
    type(None): lambda _: "n",
    bool: lambda value: "t" if value else "f",
    # Hexadecimal, because decimal digits have a limit and cost more for long numbers.
    int: lambda value: f"i{value:x};",
    float: lambda value: f"d{value!r};",
    str: _string,
    bytes: lambda value: f"b{len(value)}:{value.hex()}",
    list: lambda value: _several("l", value),
    tuple: lambda value: _several("u", value),
    dict: _mapping,
}


def _delta(value: timedelta) -> str:
    # The one of pandas counts nanoseconds too.
    parts = (value.days, value.seconds, value.microseconds, getattr(value, "nanoseconds", 0))
    return _tagged("timedelta", parts)


#: In this order: an enumeration may be a number too, a datetime is a date.
_KINDS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...]] = (
    (Enum, lambda value: _tagged(_class_name(value), value.name)),
    (Mapping, _mapping),
    (str, lambda value: _string(str.__str__(value))),
    (int, lambda value: f"i{int.__int__(value):x};"),
    (float, lambda value: f"d{float.__float__(value)!r};"),
    ((bytes, bytearray, memoryview), lambda value: _text(bytes(value))),
    (datetime, lambda value: _tagged("datetime", (value.isoformat(), str(value.tzinfo)))),
    (date, lambda value: _tagged("date", value.isoformat())),
    (time, lambda value: _tagged("time", (value.isoformat(), str(value.tzinfo)))),
    (timedelta, _delta),
    (complex, lambda value: _tagged("complex", (value.real, value.imag))),
    (Decimal, lambda value: _tagged("decimal", str(value))),
    (UUID, lambda value: _tagged("uuid", value.hex)),
    (PurePath, lambda value: _tagged("path", str(value))),
    (range, lambda value: _tagged("range", (value.start, value.stop, value.step))),
    ((list, tuple), lambda value: _several("l" if isinstance(value, list) else "u", value)),
    ((set, frozenset), lambda value: _unordered("e", map(_text, value))),
)


def _text_of_other(value: Any) -> str:
    library = type(value).__module__.partition(".")[0]
    if library == "numpy":
        return _numpy_text(value)
    if library == "pandas":
        return _pandas_text(value)
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    write = next((write for kinds, write in _KINDS if _is_one_of(value, kinds)), None)
    if write is not None:
        return write(value)
    if is_dataclass(type(value)):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return _tagged(_class_name(value), parts)
    # Models of pydantic say themselves what they hold.
    if any("model_dump" in vars(kind) for kind in type(value).__mro__):
        return _tagged(_class_name(value), value.model_dump())
    raise NotPlain(_class_name(value))


def _is_one_of(value: object, kinds: type | tuple[type, ...]) -> bool:
    # Apart, because asked in place it would tell a type checker that the value is all of these.
    return isinstance(value, kinds)


def _numpy_text(value: Any) -> str:
    kind = getattr(getattr(value, "dtype", None), "kind", "?")
    if type(value).__name__ == "ndarray":
        content = value.tolist() if kind == "O" else value.tobytes()
        return _tagged("array", (value.dtype.str, value.shape, content))
    if kind in "Mm":
        return _tagged("numpy", (value.dtype.str, str(value)))
    if kind in "biufcSU":
        # A number is the same number whether it came out of an array or not.
        return _text(value.item())
    raise NotPlain(_class_name(value))


def _pandas_text(value: Any) -> str:
    kind = type(value).__name__
    if kind in ("NAType", "NaTType"):
        return _tagged("missing", kind)
    if kind == "Series":
        return _tagged("series", list(value.items()))
    return _plain_text(value)


def _class_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
