"""Items are the same if the same request would be made of them."""

from __future__ import annotations

import copy
import itertools
import math
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames import Row, identify, plan_of


@dataclass
class Point:
    x: Any
    y: Any


@dataclass
class Place:
    x: Any
    y: Any


class Pair(NamedTuple):
    first: Any
    second: Any


class Colour(Enum):
    RED = 1


class Opaque:
    """Has neither an equality of its own nor content that could be read."""

    def told(self) -> None: ...


FIRST, SECOND = Opaque(), Opaque()


def same(one: Any, other: Any) -> bool:  # noqa: PLR0911 - a kind of value each
    """Tell whether two items are the same: what `identify` promises, by going through both."""
    one, other = (it.item() if isinstance(it, np.generic) else it for it in (one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return len(one) == len(other) and all(
            any(same(name, twin) and same(one[name], other[twin]) for twin in other) for name in one
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        alike = one == other and math.copysign(1, one) == math.copysign(1, other)
        return alike or (math.isnan(one) and math.isnan(other))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, frozenset):
        return len(one) == len(other) and all(any(same(it, twin) for twin in other) for it in one)
    if isinstance(one, np.ndarray):
        alike = (one.dtype, one.shape) == (other.dtype, other.shape)
        return alike and same(one.tolist(), other.tolist())
    if is_dataclass(one):
        return all(same(getattr(one, it.name), getattr(other, it.name)) for it in fields(one))
    if isinstance(one, Decimal):
        return str(one) == str(other)
    return bool(one == other)


_numbers = st.sampled_from([0, 1, True, False, 0.0, -0.0, 1.0, math.nan, float("nan"), -1])
_numpy = st.sampled_from([np.int64(1), np.float64(1), np.float64("nan"), np.bool_(True)])  # noqa: FBT003
_texts = st.sampled_from(["", "1", "a", b"a", "i1;", "\ud800"])
_objects = st.sampled_from(
    [None, Fraction(1, 2), Fraction(1), Decimal(1), Decimal("1.0"), Colour.RED, FIRST, SECOND]
)
_arrays = st.sampled_from([np.array([1, 2]), np.array([1.0, math.nan]), np.array([[1, 2]])])
_hashable = _numbers | _texts | _objects


def _bigger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pairs = st.dictionaries(st.sampled_from(["a", "b", 1]), inner, max_size=3)
    return (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | pairs
        | pairs.map(Row.of)
        | st.builds(Point, inner, inner)
        | st.builds(Place, inner, inner)
        | st.frozensets(_hashable, max_size=3)
    )


_items = st.recursive(_hashable | _numpy | _arrays, _bigger, max_leaves=6)


@given(_items, _items)
def test_items_have_one_key_if_they_are_the_same(one: Any, other: Any) -> None:
    """Two items have equal keys if, and only if, going through both finds no difference."""
    assert (identify(one) == identify(other)) == same(one, other)
    if same(one, other):
        assert hash(identify(one)) == hash(identify(other))


@given(_items)
def test_a_copy_has_the_key_of_what_it_is_a_copy_of(item: Any) -> None:
    """A copy whose mappings are in another order is the same; the opaque are kept themselves."""

    def turned(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {name: turned(part[name]) for name in reversed(list(part))}
        if isinstance(part, (list, tuple)):
            return type(part)(turned(each) for each in part)
        memo: dict[int, Any] = {id(kept): kept for kept in (FIRST, SECOND)}
        return copy.deepcopy(part, memo)

    assert identify(turned(item)) == identify(item)


def test_many_items_are_told_apart() -> None:
    """Of the items in one dictionary, each is found by its like and by no other."""
    items = [1, 1.0, True, "1", b"1", None, "x" * 1000, "x" * 1001, (1,), [1], FIRST, SECOND]
    found = {identify(item): at for at, item in enumerate(items)}
    assert len(found) == len(items)
    assert [found[identify(copy.copy(item))] for item in items[:-2]] == list(range(10))
    assert found[identify(SECOND)] == 11


def test_rows_are_what_they_hold() -> None:
    """Rows of two DataFrames are the same if they have the same values under the same names."""
    one = plan_of(pd.DataFrame({"id": [1, 2], "city": ["Bern", "Oslo"]}))
    other = plan_of(pd.DataFrame({"city": ["Oslo"], "id": [2]}, index=["x"]))
    renamed = plan_of(pd.DataFrame({"id": [2], "town": ["Oslo"]}))
    assert identify(one.item(1)) == identify(other.item(0)) == identify({"id": 2, "city": "Oslo"})
    assert identify(one.item(0)) != identify(other.item(0))
    assert identify(renamed.item(0)) != identify(other.item(0))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({1, 2}, frozenset({2, 1})),
        (bytearray(b"a"), b"a"),
        (OrderedDict(a=1), {"a": 1}),
        (Pair(1, [2]), (1, [2])),
        (pd.NA, pd.NA),
        (pd.Timestamp("2024-01-01", tz="UTC"), datetime(2024, 1, 1, tzinfo=UTC)),
        (re.compile("a"), re.compile("a")),
        ("text".upper, "text".upper),
        (FIRST.told, FIRST.told),
        (10**5000, 10**5000),
    ],
    ids=lambda it: type(it).__name__,
)
def test_likes(one: Any, other: Any) -> None:
    """Values of like kinds that hold the same are the same; so are equal objects of one class."""
    assert identify(one) == identify(other)


class Same:
    """Equal to everything, of whatever class, and found where everything else is."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Also(Same):
    __hash__ = Same.__hash__


def test_objects_of_two_classes_differ() -> None:
    """An object that claims to equal another of its own class does, one of another class not."""
    assert identify(Same()) == identify([Same()][0])
    assert identify(Same()) != identify(Also())
    assert identify([Same(), 1]) == identify([Same(), 1])
    assert identify([Same(), 1]) != identify([1, Same()])
    assert identify(Same()) != "o"
    assert identify(FIRST) != identify([FIRST])


@pytest.mark.parametrize("item", [[Fraction(-1), Fraction(-2)], {"a": FIRST, "b": Fraction(1, 3)}])
def test_objects_that_change_places_make_another_item(item: Any) -> None:
    """Where objects stand counts, also for those that have one hash by chance, as -1 and -2."""
    changed = (
        dict(zip(item, reversed(item.values()), strict=True))
        if isinstance(item, dict)
        else item[::-1]
    )
    assert identify(item) == identify(item)
    assert identify(item) != identify(changed)


class Unhashable:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class FailsToCompare(Same):
    def __eq__(self, other: object) -> bool:
        raise ValueError("no")

    __hash__ = Same.__hash__


class FailsToTell:
    def model_dump(self) -> dict[str, Any]:
        raise ValueError("no")


class FailsInside:
    """Cannot be read, and holds something that is no plain value."""

    def model_dump(self) -> list[Any]:
        return [FIRST, FailsToTell()]


def endless() -> list[Any]:
    inside: list[Any] = [FIRST]
    inside.append(inside)
    return inside


@pytest.mark.parametrize(
    "make",
    [
        Opaque,
        Unhashable,
        FailsToCompare,
        FailsToTell,
        FailsInside,
        endless,
        lambda: np.ma.array([1]),
    ],
)
def test_what_cannot_be_compared_is_like_itself_only(make: Any) -> None:
    """An object that has no usable equality, or cannot be read, is the same as itself alone."""
    one, other = make(), make()
    assert identify(one) == identify(one)
    assert identify(one) != identify(other)
    assert identify([one]) != identify([other])


def test_keys_keep_alive_what_they_compare_by_identity() -> None:
    """No later object can have the key of one that is gone, in whose place in memory it is."""
    keys = {identify([Opaque()]) for _ in range(100)}
    assert len(keys) == 100


def test_keys_of_long_items_are_short() -> None:
    """A key of a long text holds none of it."""
    key = identify("x" * 100_000)
    assert isinstance(key, bytes)
    assert len(key) == 32


def test_all_pairs_of_kinds_differ() -> None:
    """No value of one kind has the key of a value of another."""
    values = [0, 0.0, -0.0, False, "", b"", None, (), [], {}, frozenset(), Decimal(0), Fraction(0)]
    for one, other in itertools.combinations(values, 2):
        assert identify(one) != identify(other), (one, other)
