"""Any input as a plan: where the items come from, and what their rows are called.

pandas and numpy are never imported for this: data can only be theirs if they are imported already.
"""

from __future__ import annotations

import inspect
import numbers
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.rows import Rows, python_values
from notebook_kit.markup import shorten
from notebook_kit.scheduling import Plan

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["plan_of", "subset"]

_TEXT = (str, bytes, bytearray, memoryview)


def plan_of(data: Any, *, name: str = "") -> Plan:
    """Return the plan for any input: a table, a sequence, a mapping, an iterable of either kind.

    A DataFrame gives its rows; a Series and an Index give their values, a mapping its values with
    its keys as labels. What could change under a run is copied, not deeply; generators, also async
    ones, are read as the run goes.

    Raises:
        ConfigurationError: for what has no items, with what to write instead.

    >>> plan = plan_of({"a": 1, "b": 2})
    >>> plan.length, plan.source, plan.index
    (2, [1, 2], ['a', 'b'])
    """
    if _is_a(data, "pandas", "DataFrame"):
        return _plan_of_frame(data, name)
    if _is_a(data, "pandas", "Series"):
        return Plan(python_values(data), index=data.index.copy(), name=name)
    if _is_a(data, "pandas", "Index"):
        # As in Index.to_series: an answer is found under the label it was asked for.
        return Plan(python_values(data), index=data.copy(), name=name)
    _refuse_single(data)
    if isinstance(data, Mapping):
        pairs = list(data.items())
        return Plan([value for _, value in pairs], index=[key for key, _ in pairs], name=name)
    return Plan(_source(data), name=name)


def subset(plan: Plan, positions: Sequence[int]) -> Plan:
    """Return the plan for some items of another, under the labels that they have there.

    >>> again = subset(plan_of(["a", "b", "c"]), [2])
    >>> again.source, again.index
    (['c'], [2])
    """
    rows = plan.source
    source = rows.take(positions) if isinstance(rows, Rows) else [plan.item(at) for at in positions]
    if plan.index is None:
        index: Any = list(positions)
    elif isinstance(plan.index, list):
        index = [plan.index[at] for at in positions]
    else:
        index = plan.index.take(list(positions))
    return Plan(source, index=index, keep_items=plan.keep_items, name=plan.name)


def _is_a(data: Any, library: str, name: str) -> bool:
    # A library that another thread is just importing is there without its classes.
    kind = getattr(sys.modules.get(library), name, None)
    return isinstance(kind, type) and isinstance(data, kind)


def _source(data: Any) -> Sequence[Any] | Iterator[Any] | AsyncIterator[Any]:
    if isinstance(data, (range, tuple, Rows)):
        return data
    if all(hasattr(data, part) for part in ("dtype", "ndim", "tolist")):
        return _array_values(data)
    if hasattr(data, "__aiter__"):
        iterator = aiter(data)
        return iterator if isinstance(iterator, AsyncIterator) else _each(data)
    try:
        iterator = iter(data)
    except TypeError:
        raise _not_items(data) from None
    if _has_length(data):
        return list(data)
    return iterator if isinstance(iterator, Iterator) else (item for item in data)


def _has_length(data: Any) -> bool:
    try:
        len(data)
    except TypeError:
        return False
    return True


async def _each(data: Any) -> AsyncIterator[Any]:
    async for item in data:
        yield item


def _array_values(data: Any) -> list[Any]:
    if data.ndim != 1:
        if data.ndim == 0:
            raise _not_items(data)
        message = (
            f"The array has {data.ndim} dimensions and the items must be in one: write list(array) "
            "for one item per row, or array.ravel() for one per value."
        )
        raise ConfigurationError(message)
    if _is_a(data, "numpy", "ndarray") and data.dtype.kind in "Mm":
        # Finer units than microseconds would come out as bare integers.
        unit = sys.modules["numpy"].datetime_data(data.dtype)[0]
        data = data.astype(f"{data.dtype.kind}8[us]") if unit in ("ns", "ps", "fs", "as") else data
    values: list[Any] = data.tolist()
    return values


def _plan_of_frame(frame: pd.DataFrame, name: str) -> Plan:
    columns = frame.columns
    if columns.nlevels > 1:
        message = (
            f"The columns have {columns.nlevels} levels, and a row needs one name per value: write "
            "frame.columns = ['_'.join(map(str, names)) for names in frame.columns] first."
        )
        raise ConfigurationError(message)
    if not columns.is_unique:
        twice = shorten(", ".join(map(repr, columns[columns.duplicated()].unique())), 200)
        message = (
            f"Several columns have the same name: {twice}. Rename them, or drop one with "
            "frame.loc[:, ~frame.columns.duplicated()]."
        )
        raise ConfigurationError(message)
    return Plan(Rows(frame), index=frame.index.copy(), keep_items=False, name=name)


def _refuse_single(data: Any) -> None:
    if isinstance(data, _TEXT):
        message = (
            f"The items are one {type(data).__name__}, and going through its characters is hardly "
            "meant: write [text] to call once with it."
        )
        raise ConfigurationError(message)
    if data is None or isinstance(data, numbers.Number):
        raise _not_items(data)
    if inspect.isawaitable(data) and not hasattr(data, "__aiter__"):
        message = (
            f"The items are a {type(data).__name__} that has not been awaited: write "
            "items = await ... first."
        )
        raise ConfigurationError(message)
    _refuse_foreign_table(data)


def _refuse_foreign_table(data: Any) -> None:
    # Going through a table of another library mostly gives its columns, or only their names.
    for method in ("to_pandas", "compute"):
        if hasattr(data, "columns") and hasattr(data, method) and not isinstance(data, Mapping):
            library = type(data).__module__.split(".")[0]
            message = (
                f"A {type(data).__name__} of {library} is no pandas DataFrame: pass "
                f"table.{method}()."
            )
            raise ConfigurationError(message)


def _not_items(data: Any) -> ConfigurationError:
    kind = type(data).__name__
    if data is None:
        message = (
            "The items are None; does the function that made them return something? Pass a "
            "DataFrame, a list, a dict or a generator."
        )
    elif inspect.isgeneratorfunction(data) or inspect.isasyncgenfunction(data):
        message = f"The items are a function that was not called: write {data.__name__}()."
    elif isinstance(data, numbers.Integral) and not isinstance(data, bool):
        message = (
            f"The items are one {kind}, not several: write [{data}] to call once with it, or "
            f"range({data}) for so many numbers."
        )
    else:
        message = (
            f"A {kind} has no items to go through: pass a DataFrame, a list, a dict or a "
            "generator, or [value] to call once."
        )
    return ConfigurationError(message)
