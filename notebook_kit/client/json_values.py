"""A value that JSON cannot hold as it is: what is wrong, where, and what to write instead."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import scrub, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["writable_json"]

#: What numpy calls booleans, whole numbers and floats.
_NUMBERS: Final = frozenset("biuf")
#: Characters of a key that are told.
_LONGEST_KEY: Final = 60
#: What is written for values of other libraries, of Python, and with what they can do.
_BY_NAME: Final = {
    "NAType": "None, which is null",
    "NaTType": "None, which is null",
    "DataFrame": "{0}.to_dict('records')",
    "datetime64": "str({0})",
    "timedelta64": "str({0})",
    "longdouble": "float({0})",
}
_BY_KIND: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (Enum, "{0}.value"),
    ((date, time), "{0}.isoformat()"),
    (timedelta, "{0}.total_seconds()"),
    (Decimal, "str({0}), or float({0})"),
    ((UUID, PurePath), "str({0})"),
    ((bytes, bytearray, memoryview), "base64.b64encode({0}).decode(), or {0}.decode()"),
    (complex, "[{0}.real, {0}.imag]"),
    (AbstractSet, "list({0})"),
    (Mapping, "dict({0})"),
)
_BY_METHOD: Final = (
    ("model_dump", "{0}.model_dump(mode='json')"),
    ("tolist", "{0}.tolist()"),
    ("to_dict", "{0}.to_dict()"),
)


def writable_json(value: Any) -> Any:
    """Return a value that could not be written as JSON with numpy's numbers made Python's.

    Raises:
        ConfigurationError: for all else that JSON does not have, naming its place.

    >>> import numpy
    >>> writable_json({"ids": [numpy.int64(7), 8]})
    {'ids': [7, 8]}
    """
    return _written(value, "$", ())


def _written(value: Any, place: str, around: tuple[int, ...]) -> Any:
    value = _of_python(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _refusal(place, f"is {value!r}, which JSON does not have", "None, which is null")
    if isinstance(value, dict):
        inside = _into(value, place, around)
        return {
            _key(key, place): _written(part, _at(place, key), inside) for key, part in value.items()
        }
    if isinstance(value, (list, tuple)):
        inside = _into(value, place, around)
        return [_written(part, f"{place}[{i}]", inside) for i, part in enumerate(value)]
    if isinstance(value, (str, int, float, type(None))):
        return value
    raise _refusal(place, f"is {_kind(value)}, which JSON does not have", _instead(value))


def _of_python(value: Any) -> Any:
    """Return a number of numpy's as Python's; its times, which are counts of something, stay."""
    if type(value).__module__ != "numpy":
        return value
    is_number = getattr(getattr(value, "dtype", None), "kind", None) in _NUMBERS
    return value.item() if is_number and value.ndim == 0 else value


def _into(value: Any, place: str, around: tuple[int, ...]) -> tuple[int, ...]:
    if id(value) in around:
        raise _refusal(place, "holds itself", "a copy without the circle")
    return (*around, id(value))


def _key(key: Any, place: str) -> Any:
    plain = _of_python(key)
    if isinstance(plain, float) and not math.isfinite(plain):
        raise _refusal(place, f"has the key {plain!r}, which JSON does not have", "str(key)")
    if isinstance(plain, (str, int, float, type(None))):
        return plain
    said = f"has a key that is {_kind(key)}, and keys are text"
    advice = _instead(key, "key")
    raise _refusal(place, said, advice if advice.startswith(("key.", "str(")) else "str(key)")


def _at(place: str, key: Any) -> str:
    plain = isinstance(key, str) and key.isidentifier() and len(key) <= _LONGEST_KEY
    return f"{place}.{key}" if plain else f"{place}[{shown(key, _LONGEST_KEY)}]"


def _kind(value: Any) -> str:
    kind = type(value)
    first = kind.__module__.partition(".")[0]
    name = f"{first}.{kind.__name__}" if first in ("numpy", "pandas") else kind.__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _instead(value: Any, name: str = "value") -> str:
    """Return what is written for a value, the surest form that there is."""
    return next(_forms(value)).format(name)


def _forms(value: Any) -> Iterator[str]:
    if type(value).__name__ in _BY_NAME:
        yield _BY_NAME[type(value).__name__]
    if isinstance(value, type):
        yield "{0}.__name__"
    if dataclasses.is_dataclass(value):
        yield "dataclasses.asdict({0})"
    yield from (form for kind, form in _BY_KIND if isinstance(value, kind))
    yield from (form for method, form in _BY_METHOD if hasattr(type(value), method))
    yield "list({0})" if hasattr(value, "__iter__") else "text or a number"


def _refusal(place: str, said: str, instead: str) -> ConfigurationError:
    message = f"The request cannot be built: in json=, {place} {said}; write {instead}."
    return ConfigurationError(scrub(message))
