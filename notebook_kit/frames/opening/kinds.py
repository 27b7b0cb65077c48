"""Kinds of columns: what becomes of the values of a type, for any number of them."""

from __future__ import annotations

import datetime as dt
import enum
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import (
    TEXT,
    flat_index,
    object_array,
    object_column,
    text_column,
)
from notebook_kit.frames.opening.hints import hint_of
from notebook_kit.frames.opening.quick import (
    float_array,
    nullable_ints,
    nullable_truths,
    text_array,
)
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Kind", "kind_of"]

_INT64: Final = np.iinfo(np.int64)
_WANTED_SHOWN: Final = 200
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """How the values of one type become a column.

    Attributes:
        build: makes the column; None is a missing value.
        fits: tells whether a value can be in it; all do if that is None.
        wanted: what fits, as words for an error.
        sure: classes of which every value fits.
        can_overflow: whether building raises OverflowError if one of those does not fit after all.
    """

    build: Callable[[Sequence[Any]], pd.Series[Any]]
    fits: Callable[[Any], bool] | None = None
    wanted: str = ""
    sure: frozenset[type] = frozenset()
    can_overflow: bool = False

    def misfits(self, values: Sequence[Any]) -> list[int]:
        """Return the positions of the values that cannot be in the column."""
        fits = self.fits
        if fits is None:
            return []
        if set(map(type, values)) <= {*self.sure, type(None)}:
            if not self.can_overflow:
                return []
            with suppress(OverflowError):
                self.build(values)
                return []
        return [at for at, it in enumerate(values) if it is not None and not fits(it)]


def kind_of(hint: Any) -> Kind:
    """Return the kind of column that a type hint asks for.

    >>> kind_of(int | None).build([]).dtype
    Int64Dtype()
    """
    found = hint_of(hint)
    options = set(found.options)
    if options == {int, float}:
        return _FLOAT
    categories = _categories(found.options)
    if categories is not None:
        return _categorical(categories)
    kind = found.only
    if kind is dt.datetime:
        return _NAIVE if found.has_zone is False else _AWARE
    return _PLAIN.get(kind, _OBJECT) if isinstance(kind, type) else _OBJECT


def _column(values: Any) -> pd.Series[Any]:
    return pd.Series(values, copy=False)


def _build_ints(values: Sequence[Any]) -> pd.Series[Any]:
    return _column(nullable_ints(values))


def _build_truths(values: Sequence[Any]) -> pd.Series[Any]:
    return _column(nullable_truths(values))


def _build_floats(values: Sequence[Any]) -> pd.Series[Any]:
    return _column(float_array(values))


def _build_text(values: Sequence[Any]) -> pd.Series[Any]:
    if isinstance(TEXT, pd.StringDtype):
        with suppress(UnicodeError):
            return _column(text_array(values))
    texts: dict[str, int] = {}
    places = [-1 if it is None else texts.setdefault(it, len(texts)) for it in values]
    return text_column(list(texts), np.array(places, dtype=np.intp))


def _build_aware(values: Sequence[Any]) -> pd.Series[Any]:
    naive = [None if it is None else it.astimezone(dt.UTC).replace(tzinfo=None) for it in values]
    moments = pd.DatetimeIndex(np.array(naive, dtype="datetime64[us]"))
    return _column(moments.tz_localize("UTC"))


def _build_naive(values: Sequence[Any]) -> pd.Series[Any]:
    return _column(np.array(values, dtype="datetime64[us]"))


def _build_duration(values: Sequence[Any]) -> pd.Series[Any]:
    return _column(np.array(values, dtype="timedelta64[us]"))


def _build_objects(values: Sequence[Any]) -> pd.Series[Any]:
    return object_column(object_array(values))


def _is_int64(value: Any) -> bool:
    return type(value) is int and _INT64.min <= value <= _INT64.max


def _is_float(value: Any) -> bool:
    with suppress(OverflowError):
        return isinstance(value, int | float) and float(value) is not None
    return False


def _has_zone(value: Any) -> bool:
    # The very first and last hours of the calendar cannot be said in every zone.
    with suppress(OverflowError):
        return isinstance(value, dt.datetime) and (
            value.utcoffset() is not None and value.astimezone(dt.UTC) is not None
        )
    return False


def _has_no_zone(value: Any) -> bool:
    return isinstance(value, dt.datetime) and value.tzinfo is None


def _is_date(value: Any) -> bool:
    return isinstance(value, dt.date)


def _is_duration(value: Any) -> bool:
    return isinstance(value, dt.timedelta) and abs(value // _MICROSECOND) <= _INT64.max


_OBJECT: Final = Kind(_build_objects)
_FLOAT: Final = Kind(_build_floats, _is_float, "a number", frozenset({float}))
_AWARE: Final = Kind(
    _build_aware,
    _has_zone,
    "a time with its time zone (for times without, declare "
    "Annotated[datetime, msgspec.Meta(tz=False)])",
)
_NAIVE: Final = Kind(_build_naive, _has_no_zone, "a time without a time zone")
_PLAIN: Final[dict[Any, Kind]] = {
    int: Kind(
        _build_ints,
        _is_int64,
        "a whole number of 64 bits",
        can_overflow=True,
        sure=frozenset({int}),
    ),
    float: _FLOAT,
    bool: Kind(_build_truths, lambda it: type(it) is bool, "true or false", frozenset({bool})),
    str: Kind(_build_text, lambda it: isinstance(it, str), "a text", frozenset({str})),
    dt.date: Kind(_build_naive, _is_date, "a date", frozenset({dt.date})),
    dt.timedelta: Kind(_build_duration, _is_duration, "a duration of less than 292,000 years"),
}


def _categories(options: Sequence[Any]) -> list[Any] | None:
    """Return the values that literals and enumerations allow, or None if they are no categories."""
    found: list[Any] = []
    for option in options:
        if get_origin(option) is Literal:
            found += get_args(option)
        elif isinstance(option, type) and issubclass(option, enum.Enum):
            found += [member.value for member in option]
        else:
            return None
    plain = [_plain(value) for value in found if value is not None]
    is_simple = all(isinstance(value, str | int | float) for value in plain)
    # 1 and True are one category to pandas, and none of both would come out as it went in.
    is_clear = len({type(value) for value in plain}) == 1
    return list(dict.fromkeys(plain)) if is_simple and is_clear else None


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _categorical(categories: list[Any]) -> Kind:
    dtype = pd.CategoricalDtype(flat_index(categories))
    codes = {value: code for code, value in enumerate(categories)}

    def build(values: Sequence[Any]) -> pd.Series[Any]:
        found = [-1 if it is None else codes.get(_plain(it), -1) for it in values]
        return _column(pd.Categorical.from_codes(found, dtype=dtype))

    def fits(value: Any) -> bool:
        with suppress(TypeError):
            return _plain(value) is None or _plain(value) in codes
        return False

    return Kind(build, fits, shorten("one of " + ", ".join(map(repr, categories)), _WANTED_SHOWN))
