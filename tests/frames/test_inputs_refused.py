from __future__ import annotations

import functools
import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import plan_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Table:
    columns = ("a",)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def to_pandas(self) -> None: ...


async def coroutine() -> None: ...


def generator_function() -> Iterator[int]:
    yield 1


async def async_generator_function() -> AsyncIterator[int]:
    yield 1


class Pages:
    def all_of_them(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("text", r"one str.*\[text\]"),
        (b"text", r"one bytes.*\[text\]"),
        (bytearray(b"text"), r"one bytearray.*\[text\]"),
        (None, "None.*return something"),
        (7, r"\[7\].*range\(7\)"),
        (np.int64(7), r"\[7\].*range\(7\)"),
        (7.5, r"\[value\]"),
        (True, r"bool.*\[value\]"),
        (np.array(7.5), r"ndarray.*\[value\]"),
        (object(), r"object has no items.*\[value\]"),
        (len, r"function that was not called: write len\(\)\."),
        (lambda: [1], r"not called: write \.\.\.\(\)\."),
        (generator_function, r"not called: write generator_function\(\)\."),
        (async_generator_function, r"not called: write async_generator_function\(\)\."),
        (coroutine, r"not called: write await coroutine\(\)\."),
        (Pages().all_of_them, r"not called: write all_of_them\(\)\."),
        (functools.partial(generator_function), r"not called: write \.\.\.\(\)\."),
        (functools.partial(coroutine), r"not called: write await \.\.\.\(\)\."),
        (Pages, r"the class Pages itself: pass an object of it\."),
        (Path("ids.csv"), r"name of a file.*pd\.read_csv\(path\).*open\(path\)"),
        (io.BytesIO(b"a\nb"), r"file of bytes.*TextIOWrapper\(file\).*\[file\.read\(\)\]"),
        (Table(), r"Table.*table\.to_pandas\(\)"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_what_has_no_items_is_refused(data: Any, says: str) -> None:
    """Something that is not several items is refused with what to write instead."""
    with pytest.raises(ConfigurationError, match=says):
        plan_of(data)


def test_lazy_frame_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is not computed yet is refused without asking it for its columns."""

    class LazyFrame:
        @property
        def columns(self) -> None:
            raise AssertionError("this would compute it")

    polars = SimpleNamespace(LazyFrame=LazyFrame)
    monkeypatch.setitem(sys.modules, "polars", polars)
    with pytest.raises(ConfigurationError, match=r"table\.collect\(\)\.to_pandas\(\)"):
        plan_of(LazyFrame())


def test_tables_of_other_libraries_are_refused() -> None:
    """Tables of pyarrow and polars are refused, with how they become DataFrames."""
    pyarrow = pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    says = r"is no pandas DataFrame: pass table\.(collect\(\)\.)?to_pandas\(\)"
    table = pyarrow.table({"a": [1]})
    frame = polars.DataFrame({"a": [1]})
    for data in (table, table.to_batches()[0], frame, frame.lazy()):
        with pytest.raises(ConfigurationError, match=says):
            plan_of(data)


def test_coroutine_is_refused() -> None:
    """A call that was not awaited is refused, saying so."""
    call = coroutine()
    with pytest.raises(ConfigurationError, match="not been awaited"):
        plan_of(call)
    call.close()


def test_columns_of_one_name_are_refused() -> None:
    """Columns of the same name are refused by name, before anything is sent."""
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    with pytest.raises(ConfigurationError, match=r"same name: 'a'\."):
        plan_of(frame)


def test_columns_of_several_levels_are_refused() -> None:
    """Columns of two levels have no one name each, and the message says how to flatten them."""
    frame = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    with pytest.raises(ConfigurationError, match=r"2 levels.*frame\.columns = "):
        plan_of(frame)


def test_arrays_of_two_dimensions_are_refused() -> None:
    """A matrix is refused, and the message says how to choose."""
    with pytest.raises(ConfigurationError, match=r"2 dimensions.*list\(array\)"):
        plan_of(np.zeros((2, 2)))
