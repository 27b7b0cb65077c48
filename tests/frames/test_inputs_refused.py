from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Table:
    columns = ("a",)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def to_pandas(self) -> None: ...


async def coroutine() -> None: ...


def generator_function() -> Iterator[int]:
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
        (len, r"has no items"),
        (generator_function, r"not called: write generator_function\(\)"),
        (Table(), r"Table.*table\.to_pandas\(\)"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_what_has_no_items_is_refused(data: Any, says: str) -> None:
    """Something that is not several items is refused with what to write instead."""
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
