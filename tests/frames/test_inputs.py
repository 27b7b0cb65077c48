from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import UserList, deque
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.frames import Row, Rows, plan_of, subset
from tests.frames.ledgers import items_of, types_of

if TYPE_CHECKING:
    from collections.abc import Callable


# Sequences and iterables of known length


@pytest.mark.parametrize(
    "data",
    [[1, "a", None], (1, "a", None), deque([1, "a", None]), UserList([1, "a", None])],
    ids=lambda data: type(data).__name__,
)
def test_sequences_give_their_items(data: Any) -> None:
    """A sequence of any kind gives its items in order, without labels."""
    plan = plan_of(data)
    assert (plan.length, items_of(data), plan.index) == (3, [1, "a", None], None)


def test_range_is_kept() -> None:
    """A range stays a range, so that a billion items cost nothing."""
    assert plan_of(range(10**9)).source == range(10**9)


def test_list_may_change_later() -> None:
    """What is done to a list after the plan was made does not reach the plan."""
    given = [1, 2]
    plan = plan_of(given)
    given.clear()
    assert plan.items(2) == [1, 2]


def test_items_are_the_very_objects() -> None:
    """A list is copied, its items are not."""
    item = {"a": 1}
    assert plan_of([item]).item(0) is item


@pytest.mark.parametrize("data", [{3}, frozenset({3}), {3: "x"}.keys(), {"x": 3}.values()])
def test_sized_iterables_have_a_length(data: Any) -> None:
    """Sets and views of dictionaries are planned with their length."""
    assert items_of(data) == [3]


def test_name_and_items_are_kept() -> None:
    """The name is passed on, and the frame will show the items of a list."""
    plan = plan_of([1], name="users")
    assert (plan.name, plan.keep_items) == ("users", True)


def test_mapping_labels_its_items() -> None:
    """The keys of a mapping become labels, its values the items."""
    given = {"a": 1, ("b", 2): 2}
    plan = plan_of(given)
    given.clear()
    assert (plan.source, plan.index) == ([1, 2], ["a", ("b", 2)])


# What is read as the run goes


def test_generator_is_not_read() -> None:
    """A generator is passed on unread, its length unknown."""
    unread = iter(range(3))
    plan = plan_of(n for n in unread)
    assert plan.length is None
    assert next(unread) == 0
    assert isinstance(plan.source, Iterator)
    assert list(plan.source) == [1, 2]


class OnlyNext:
    """An iterator as old code writes them: it cannot be iterated itself."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Unsized:
    def __iter__(self) -> Any:
        return OnlyNext(2)


class UnsizedAsync:
    def __aiter__(self) -> Any:
        return OnlyNext(2)


class Indexed:
    """A sequence as old code writes them."""

    def __getitem__(self, at: int) -> int:
        return [5, 6][at]


class LengthUnknown:
    def __len__(self) -> int:
        raise TypeError("nobody knows")

    def __iter__(self) -> Iterator[int]:
        return iter([5, 6])


@pytest.mark.parametrize(
    ("data", "items"), [(Unsized(), [1, 0]), (Indexed(), [5, 6]), (LengthUnknown(), [5, 6])]
)
def test_iterables_become_iterators(data: Any, items: list[int]) -> None:
    """Whatever can be gone through becomes an iterator that a driver recognises."""
    source = plan_of(data).source
    assert isinstance(source, Iterator)
    assert list(source) == items


@pytest.mark.anyio
async def test_async_iterables_become_async_iterators() -> None:
    """An async generator is passed on; another async iterable becomes an async iterator."""

    async def numbers() -> AsyncIterator[int]:
        yield 1

    generator = numbers()
    assert plan_of(generator).source is generator
    assert [item async for item in generator] == [1]
    source = plan_of(UnsizedAsync()).source
    assert isinstance(source, AsyncIterator)
    assert [item async for item in source] == [1, 0]


@pytest.mark.anyio
async def test_awaitable_that_can_be_iterated_is_an_input() -> None:
    """A page object that can be awaited or gone through is gone through."""

    class Pages(UnsizedAsync):
        def __await__(self) -> Any:
            raise AssertionError("it was awaited")

    source = plan_of(Pages()).source
    assert isinstance(source, AsyncIterator)
    assert [item async for item in source] == [1, 0]


# numpy


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([1, 2]), "int"),
        (np.array([1.5], dtype="float32"), "float"),
        (np.array([True]), "bool"),
        (np.array(["a"]), "str"),
        (np.array(["2024-01-01T00:00:00"], dtype="datetime64[ns]"), "datetime"),
        (np.array(["2024-01-01T00:00:00"], dtype="datetime64[s]"), "datetime"),
        (np.array(["2024-01-01"], dtype="datetime64[D]"), "date"),
        (np.array([1], dtype="timedelta64[ns]"), "timedelta"),
        (np.array([{"a": 1}], dtype=object), "dict"),
    ],
)
def test_arrays_give_python_values(array: Any, kind: str) -> None:
    """The items of an array are Python's own values, never numpy's or bare integers for dates."""
    assert set(types_of(array)) == {kind}


def test_nanoseconds_keep_their_microseconds() -> None:
    """Dates in nanoseconds come out as the dates that they are."""
    array = np.array(["2024-01-02T03:04:05.000006"], dtype="datetime64[ns]")
    assert items_of(array) == [dt.datetime(2024, 1, 2, 3, 4, 5, 6)]  # noqa: DTZ001 - as the array


def test_pandas_is_not_imported_for_a_list() -> None:
    """Planning a list, a dict, a range and a generator imports neither pandas nor numpy."""
    code = (
        "import sys\n"
        "from notebook_kit.frames import plan_of\n"
        "for data in ([1], {'a': 1}, range(3), (n for n in 'ab')): plan_of(data)\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules), 'imported'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


# Parts of plans


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (["a", "b", "c"], [2, 0]),
        ({"x": "a", "y": "b", "z": "c"}, ["z", "x"]),
        (pd.Series(["a", "b", "c"], index=[5, 5, 6]), [6, 5]),
    ],
    ids=["list", "dict", "Series"],
)
def test_subset_keeps_labels(data: Any, labels: list[Any]) -> None:
    """Some items of a plan keep their labels; without labels their positions are those."""
    part = subset(plan_of(data, name="letters"), [2, 0])
    assert (part.length, part.items(2), list(part.index)) == (2, ["c", "a"], labels)
    assert part.name == "letters"


def test_subset_of_rows() -> None:
    """Some rows of a DataFrame are rows still, under their labels."""
    frame = pd.DataFrame({"id": [7, 8, 9]}, index=["x", "y", "z"])
    part = subset(plan_of(frame), [2, 0])
    assert isinstance(part.source, Rows)
    assert list(part.source) == [{"id": 9}, {"id": 7}]
    assert (list(part.index), part.keep_items) == (["z", "x"], False)


def test_subset_of_what_was_pulled() -> None:
    """Items that came from a generator are taken from what has come."""
    plan = plan_of(iter("abc"))
    assert isinstance(plan.source, Iterator)
    plan.pulled.extend(plan.source)
    assert subset(plan, [1]).source == ["b"]


@pytest.mark.parametrize("make", [Row.of, dict])
def test_row_is_a_mapping_as_input(make: Callable[[dict[str, int]], Any]) -> None:
    """A row as input is a mapping like any other."""
    assert plan_of(make({"a": 1})).index == ["a"]
