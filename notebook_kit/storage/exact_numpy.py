"""What numpy and pandas make of numbers and moments, as JSON that gives it back exactly.

Both are imported only for what is theirs; which of their dtypes a file may name is a fixed list.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.storage.exact_moments import plain_zone, zone_of
from notebook_kit.storage.not_exact import NotExact, class_name, is_storable, odd, tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["READ_NUMPY", "write_of"]

_UNITS: Final = ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as")
_SPANS: Final = [f"{kind}8{unit}" for kind in "mM" for unit in ("", *(f"[{it}]" for it in _UNITS))]
_NUMBERS: Final = ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
#: Without those that are of another length on another machine, and those of objects.
_DTYPES: Final = frozenset(
    ["|b1", "|i1", "|u1", *(f"{order}{kind}" for order in "<>" for kind in (*_NUMBERS, *_SPANS))]
)
#: Bytes of an array: of those of more there is no text that a row can hold.
_LARGEST: Final = 150_000_000
_MOST_DIMENSIONS: Final = 32
#: What pandas counts in.
_PANDAS_UNITS: Final = frozenset(("s", "ms", "us", "ns"))


def write_of(kind: type) -> Callable[[Any], Any] | None:
    """Return what writes values of a class of numpy's or pandas'; None for other classes."""
    return _WRITE.get(kind.__module__.partition(".")[0])


def _plain_numpy(value: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - the value is of a class of its, so it is there

    kind = type(value)
    if kind is np.str_ and is_storable(value):
        return tagged("numpy", ["str", str.__str__(value)])
    if kind is np.bytes_:
        return tagged("numpy", ["bytes", _in_base64(bytes(value))])
    dtype = value.dtype if isinstance(value, (np.generic, np.ndarray)) else None
    if dtype is not None and dtype.str in _DTYPES and value.nbytes <= _LARGEST:
        if kind is np.ndarray:
            content = [dtype.str, list(value.shape), _in_base64(value.tobytes())]
            return tagged("array", content)
        # Two classes may be of one dtype, as those of C's long and long long.
        if np.dtype(dtype.str).type is kind:
            return tagged("numpy", [dtype.str, _in_base64(value.tobytes())])
    raise NotExact(class_name(value) if dtype is None else f"{class_name(value)} of {dtype}")


def _plain_pandas(value: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - the value is of a class of its, so it is there

    kind = type(value)
    if value is pd.NaT or value is pd.NA:
        return tagged("missing", "NA" if value is pd.NA else "NaT")
    if kind is pd.Timedelta:
        return tagged("Timedelta", [value.unit, int(value.asm8.astype("int64"))])
    if kind is pd.Timestamp:
        content = [value.unit, int(value.asm8.astype("int64")), plain_zone(value.tzinfo)]
        if value.fold == _timestamp(content).fold:
            return tagged("Timestamp", content)
    raise NotExact(class_name(value))


#: By the library of the class.
_WRITE: Final[dict[str, Callable[[Any], Any]]] = {"numpy": _plain_numpy, "pandas": _plain_pandas}


def _in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _scalar(content: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - only for those who have such values

    match content:
        case ["str", str(text)]:
            return np.str_(text)
        case ["bytes", str(text)]:
            return np.bytes_(base64.b64decode(text, validate=True))
        case [str(dtype), str(text)]:
            return _made(dtype, (), text)[()]
    raise odd(content)


def _array(content: Any) -> Any:
    match content:
        case [str(dtype), list(shape), str(text)] if all(type(it) is int for it in shape):
            return _made(dtype, shape, text)
    raise odd(content)


def _made(name: str, shape: Sequence[int], text: str) -> Any:
    import numpy as np  # noqa: PLC0415 - only for those who have such values

    if name not in _DTYPES or len(shape) > _MOST_DIMENSIONS or any(it < 0 for it in shape):
        raise odd([name, shape])
    dtype = np.dtype(name)
    content = base64.b64decode(text, validate=True)
    # What is neither of the two is a bool that is neither true nor false.
    strange = dtype.kind == "b" and content.translate(None, b"\0\1")
    if strange or len(content) != dtype.itemsize * math.prod(shape):
        raise odd([name, shape])
    return np.ndarray(tuple(shape), dtype, buffer=content).copy()


def _timestamp(content: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - only for those who have such values
    import pandas as pd  # noqa: PLC0415

    match content:
        case [str(unit), int(number), zone] if unit in _PANDAS_UNITS:
            moment = pd.Timestamp(np.int64(number).view(f"M8[{unit}]"))
            where = zone_of(zone)
            return moment if where is None else moment.tz_localize("UTC").tz_convert(where)
    raise odd(content)


def _timedelta(content: Any) -> Any:
    import numpy as np  # noqa: PLC0415 - only for those who have such values
    import pandas as pd  # noqa: PLC0415

    match content:
        case [str(unit), int(number)] if unit in _PANDAS_UNITS:
            return pd.Timedelta(np.int64(number).view(f"m8[{unit}]"))
    raise odd(content)


def _missing(content: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - only for those who have such values

    match content:
        case "NaT":
            return pd.NaT
        case "NA":
            return pd.NA
    raise odd(content)


#: By the name in the tag.
READ_NUMPY: Final[dict[str, Callable[[Any], Any]]] = {
    "numpy": _scalar,
    "array": _array,
    "Timestamp": _timestamp,
    "Timedelta": _timedelta,
    "missing": _missing,
}
