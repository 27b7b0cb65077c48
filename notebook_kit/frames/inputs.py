"""Any input as a plan: where the items come from, and what their rows are called.

pandas and numpy are never imported for this: data can only be theirs if they are imported already.
"""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Final

from notebook_kit.frames.foreign import is_a
from notebook_kit.frames.queues import is_queue, plan_of_queue
from notebook_kit.frames.refusals import (
    no_items,
    refuse_columns,
    refuse_dimensions,
    refuse_single,
)
from notebook_kit.frames.rows import Row, Rows, python_values
from notebook_kit.scheduling import Plan

__all__ = ["plan_of", "subset"]

_GROUPED: Final = ("DataFrameGroupBy", "SeriesGroupBy", "Resampler")
#: Columns of other libraries, and how they become Python values: gone through, some give scalars of
#: their own.
_COLUMNS: Final = (
    ("polars", "Series", "to_list"),
    ("pyarrow", "Array", "to_pylist"),
    ("pyarrow", "ChunkedArray", "to_pylist"),
)


def plan_of(data: Any, *, name: str = "") -> Plan:
    """Return the plan for any input: a table, a sequence, a mapping, an iterable of either kind.

    A DataFrame gives its rows; a Series and an Index give their values, a mapping its values with
    its keys as labels, what `DataFrame.groupby` returns its groups with theirs; an open text file
    gives its lines, without what ends them. What could change under a run is copied, not deeply;
    generators, also async ones, and queues are read as the run goes.

    Raises:
        ConfigurationError: for what has no items, with what to write instead.

    >>> plan = plan_of({"a": 1, "b": 2})
    >>> plan.length, plan.source, plan.index
    (2, [1, 2], ['a', 'b'])
    """
    if (plan := _plan_of_pandas(data, name)) is not None:
        return plan
    refuse_single(data)
    if is_queue(data):
        return plan_of_queue(data, name=name)
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


def _plan_of_pandas(data: Any, name: str) -> Plan | None:
    if is_a(data, "pandas", "DataFrame"):
        refuse_columns(data.columns)
        return Plan(Rows(data), index=data.index.copy(), keep_items=False, name=name)
    if is_a(data, "pandas", "Series"):
        return Plan(python_values(data), index=data.index.copy(), name=name)
    if is_a(data, "pandas", "Index"):
        # As in Index.to_series: an answer is found under the label it was asked for.
        return Plan(python_values(data), index=data.copy(), name=name)
    if any(is_a(data, "pandas.api.typing", kind) for kind in _GROUPED):
        groups = list(data)
        index = _group_labels(data, [label for label, _ in groups])
        return Plan([group for _, group in groups], index=index, name=name)
    return None


def _group_labels(grouped: Any, labels: list[Any]) -> Any:
    sizes = grouped.size()
    # With as_index=False the names are those of columns, before that of the size.
    names = list(sizes.index.names if sizes.ndim == 1 else sizes.columns[:-1])
    pandas = sys.modules["pandas"]
    if len(names) == 1:
        # Grouped by a list of one column, a label is a tuple of one.
        single = [label[0] if isinstance(label, tuple) else label for label in labels]
        return pandas.Index(single, name=names[0])
    return pandas.MultiIndex.from_tuples(labels, names=names) if labels else sizes.index[:0]


def _source(data: Any) -> Sequence[Any] | Iterator[Any] | AsyncIterator[Any]:
    known = _known_values(data)
    if known is not None:
        return known
    if isinstance(data, io.TextIOBase):
        lines = (line.rstrip("\r\n") for line in data)
        # A file ends with the `with` that opened it, and may do so while the run goes on.
        return list(lines) if data.seekable() else lines
    if hasattr(data, "__aiter__"):
        iterator = aiter(data)
        return iterator if isinstance(iterator, AsyncIterator) else _each(data)
    try:
        iterator = iter(data)
    except TypeError:
        raise no_items(data) from None
    if _has_length(data):
        return list(data)
    return iterator if isinstance(iterator, Iterator) else (item for item in data)


def _known_values(data: Any) -> Sequence[Any] | None:
    if isinstance(data, (range, tuple, Rows)):
        return data
    if all(hasattr(data, part) for part in ("dtype", "ndim", "tolist")):
        return _array_values(data)
    for library, kind, method in _COLUMNS:
        if is_a(data, library, kind):
            return list(getattr(data, method)())
    return None


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
    refuse_dimensions(data)
    if is_a(data, "numpy", "ndarray") and data.dtype.kind in "Mm":
        # Finer units than microseconds would come out as bare integers.
        unit = sys.modules["numpy"].datetime_data(data.dtype)[0]
        data = data.astype(f"{data.dtype.kind}8[us]") if unit in ("ns", "ps", "fs", "as") else data
    values: list[Any] = data.tolist()
    if names := getattr(data.dtype, "names", None):
        return [Row.of(dict(zip(names, value, strict=True))) for value in values]
    return values
