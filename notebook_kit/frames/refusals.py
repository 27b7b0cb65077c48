"""What is no input of a run, and what to write in its place."""

from __future__ import annotations

import functools
import inspect
import io
import numbers
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.foreign import is_a
from notebook_kit.frames.rows import Rows
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_kit.scheduling import Plan

__all__ = ["check_joinable", "no_items", "refuse_columns", "refuse_dimensions", "refuse_single"]

_TEXT: Final = (str, bytes, bytearray, memoryview)
#: How tables of other libraries become pandas DataFrames.
_CONVERSIONS: Final = ("to_pandas", "toPandas", "compute")


def check_joinable(plan: Plan) -> None:
    """Check that outcomes can be put beside the input.

    Raises:
        ConfigurationError: when it is no DataFrame.
    """
    if not isinstance(plan.source, Rows):
        message = (
            "Outcomes are joined to the columns of a DataFrame, and the input is none: give one, "
            "as items.to_frame() for a Series or pd.DataFrame({'item': items}) for a list."
        )
        raise ConfigurationError(message)


def refuse_single(data: Any) -> None:
    """Refuse what is one thing rather than several, and what would give other things than meant.

    Raises:
        ConfigurationError: with what to write instead.
    """
    if isinstance(data, _TEXT):
        message = (
            f"The items are one {type(data).__name__}, and going through its characters is hardly "
            "meant: write [text] to call once with it."
        )
        raise ConfigurationError(message)
    if data is None or isinstance(data, (numbers.Number, os.PathLike)):
        raise no_items(data)
    if isinstance(data, (io.RawIOBase, io.BufferedIOBase)):
        message = (
            "The items are a file of bytes: open it as text, or pass io.TextIOWrapper(file), to "
            "have a call for each line; write [file.read()] to call once with what is in it."
        )
        raise ConfigurationError(message)
    if inspect.isawaitable(data) and not hasattr(data, "__aiter__"):
        message = (
            f"The items are a {type(data).__name__} that has not been awaited: write "
            "items = await ... first."
        )
        raise ConfigurationError(message)
    _refuse_foreign_table(data)


def _refuse_foreign_table(data: Any) -> None:
    # Going through a table of another library mostly gives its columns, or only their names.
    method = None
    if is_a(data, "polars", "LazyFrame"):
        method = "collect().to_pandas"
    elif hasattr(data, "columns") and not isinstance(data, Mapping):
        method = next((name for name in _CONVERSIONS if hasattr(data, name)), None)
    if method is not None:
        kind, library = type(data).__name__, type(data).__module__.split(".")[0]
        message = f"A {kind} of {library} is no pandas DataFrame: pass table.{method}()."
        raise ConfigurationError(message)


def refuse_columns(columns: Any) -> None:
    """Refuse columns of a DataFrame that do not have one name each.

    Raises:
        ConfigurationError: with how to rename them.
    """
    if columns.nlevels > 1:
        message = (
            f"The columns have {columns.nlevels} levels, and a row needs one name per value: write "
            "frame.columns = ['_'.join(map(str, names)) for names in frame.columns] first."
        )
        raise ConfigurationError(message)
    if not columns.is_unique:
        twice = _listed(columns[columns.duplicated()].unique())
        message = (
            f"Several columns have the same name: {twice}. Rename them, or drop one with "
            "frame.loc[:, ~frame.columns.duplicated()]."
        )
        raise ConfigurationError(message)


def _listed(names: Iterable[object]) -> str:
    return shorten(", ".join(map(repr, names)), 200)


def refuse_dimensions(array: Any) -> None:
    """Refuse an array that is not in one dimension.

    Raises:
        ConfigurationError: with how to choose.
    """
    if array.ndim == 0:
        raise no_items(array)
    if array.ndim > 1:
        message = (
            f"The array has {array.ndim} dimensions and the items must be in one: write "
            "list(array) for one item per row, or array.ravel() for one per value."
        )
        raise ConfigurationError(message)


def no_items(data: Any) -> ConfigurationError:
    """Return the error for what cannot be gone through."""
    kind = type(data).__name__
    if data is None:
        message = (
            "The items are None; does the function that made them return something? Pass a "
            "DataFrame, a list, a dict or a generator."
        )
    elif isinstance(data, type):
        message = f"The items are the class {data.__name__} itself: pass an object of it."
    elif inspect.isroutine(data) or isinstance(data, functools.partial):
        message = _not_called(data)
    elif isinstance(data, os.PathLike):
        message = (
            "The items are the name of a file and not what is in it: pass pd.read_csv(path), or "
            "open(path) for its lines."
        )
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


def _not_called(function: Any) -> str:
    name = str(getattr(function, "__name__", "..."))
    call = f"{name if name.isidentifier() else '...'}()"
    if inspect.iscoroutinefunction(function):
        call = f"await {call}"
    return f"The items are a function that was not called: write {call}."
