"""Columns of values that are all of one class, made without looking at each one in Python."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from notebook_kit.frames.columns import TEXT, inferred_column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "float_array",
    "nullable_ints",
    "nullable_truths",
    "quick_column",
    "text_array",
]


def quick_column(values: Sequence[Any], kinds: frozenset[type] | None = None) -> pd.Series[Any]:
    """Return the column that `inferred_column` returns, faster for the usual classes.

    Args:
        values: what becomes a column; None is a missing value.
        kinds: the classes of the values, where they are known already.

    >>> quick_column([1, None]).dtype, quick_column([1.5, 2.5]).dtype
    (Int64Dtype(), dtype('float64'))
    """
    build = _BUILDERS.get(frozenset(map(type, values)) if kinds is None else kinds)
    if build is not None:
        # Numbers may be too large, and texts may not be Unicode.
        with suppress(OverflowError, UnicodeError):
            return pd.Series(build(values), copy=False)
    return inferred_column(values)


def text_array(values: Sequence[Any]) -> Any:
    """Return texts as pandas keeps them; None is a missing one.

    Raises:
        UnicodeError: for what no text can be encoded as.
    """
    if getattr(TEXT, "storage", None) == "pyarrow":
        # pandas has it where this is the storage; its own way there is three times as long.
        import pyarrow as pa  # noqa: PLC0415

        return TEXT.__from_arrow__(pa.array(values, type=pa.large_string()))
    return pd.array(values, dtype=TEXT)


def _ints(values: Sequence[Any]) -> Any:
    return np.fromiter(values, dtype=np.int64, count=len(values))


def nullable_ints(values: Sequence[Any]) -> Any:
    """Return whole numbers; None is a missing one.

    Raises:
        OverflowError: for one of more than 64 bits.
    """
    is_none = _is_none(values)
    known = [0 if value is None else value for value in values] if is_none.any() else values
    return pd.arrays.IntegerArray(_ints(known), is_none)


def float_array(values: Sequence[Any]) -> Any:
    """Return numbers; None is NaN."""
    return np.array(values, dtype=np.float64)


def _truths(values: Sequence[Any]) -> Any:
    return np.fromiter(values, dtype=np.bool_, count=len(values))


def nullable_truths(values: Sequence[Any]) -> Any:
    """Return truths; None is a missing one."""
    truths = np.array([value is True for value in values], dtype=np.bool_)
    return pd.arrays.BooleanArray(truths, _is_none(values))


def _is_none(values: Sequence[Any]) -> Any:
    return np.array([value is None for value in values], dtype=np.bool_)


_NONE: Final = type(None)
_BUILDERS: Final[dict[frozenset[type], Callable[[Sequence[Any]], Any]]] = {
    frozenset({int}): _ints,
    frozenset({int, _NONE}): nullable_ints,
    frozenset({float}): float_array,
    frozenset({float, _NONE}): float_array,
    frozenset({bool}): _truths,
    frozenset({bool, _NONE}): nullable_truths,
}
# Before pandas 3, text is objects, which need no more than `inferred_column` does.
if isinstance(TEXT, pd.StringDtype):
    _BUILDERS.update({frozenset({str}): text_array, frozenset({str, _NONE}): text_array})
