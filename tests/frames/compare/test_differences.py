from __future__ import annotations

import copy
import json
import math
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames.compare.changes import equal_values
from notebook_kit.frames.compare.differences import ABSENT, Difference, differences, same, words

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda it: st.lists(it, max_size=4) | st.dictionaries(st.text(max_size=3), it, max_size=4),
    max_leaves=12,
)


def turned(value: Any) -> Any:
    """Return a copy in which the keys of every dictionary come the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(it) for it in value] if isinstance(value, list) else copy.deepcopy(value)


def as_array(*values: Any) -> Any:
    """Return an array of the very objects."""
    return np.fromiter(values, dtype=object, count=len(values))


@given(JSON)
def test_a_copy_is_the_same_whatever_the_order_of_its_keys(value: Any) -> None:
    """NaN too; the fast comparison and the thorough one agree."""
    assert same(value, turned(value))
    assert equal_values(as_array(value), as_array(turned(value)), 0.0).all()


@given(JSON)
def test_what_json_wrote_is_what_was_written(value: Any) -> None:
    """An answer that was kept in a file is no other answer."""
    if isinstance(value, (dict, list)):
        assert same(value, json.dumps(value))
        assert same(json.dumps(value), value)


@given(JSON, JSON, st.sampled_from([0.0, 1e-9, 0.5]))
def test_both_sides_agree_and_both_ways_agree(old: Any, new: Any, tolerance: float) -> None:
    """Being the same has no direction, and is the same for one and for many."""
    equal = same(old, new, tolerance)
    assert same(new, old, tolerance) == equal
    assert equal_values(as_array(old), as_array(new), tolerance).tolist() == [equal]
    assert bool(words(old, new, tolerance)) is not equal


def at_path(value: Any, path: tuple[Any, ...]) -> Any:
    """Return what stands at a path."""
    for key in path:
        value = value[key]
    return value


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), JSON, JSON)
def test_each_difference_is_where_it_says(common: dict[str, Any], old: Any, new: Any) -> None:
    """The path leads to the old value in one and to the new one in the other."""
    one, other = {**common, "here": [old]}, {**common, "here": [new]}
    for found in differences(one, other):
        assert found.path[:2] == ("here", 0)
        for root, value in ((one, found.old), (other, found.new)):
            if value is not ABSENT:
                assert same(at_path(root, found.path), value)


def test_paths_of_what_changed_came_and_went() -> None:
    """In the order of the first, then what is new in the second."""
    old = {"a": 1, "b": [1, 2, 3], "gone": None}
    new = {"b": [1, 5], "a": 1, "come": {}}
    assert list(differences(old, new)) == [
        Difference(("b", 1), 2, 5),
        Difference(("b", 2), 3, ABSENT),
        Difference(("gone",), None, ABSENT),
        Difference(("come",), ABSENT, {}),
    ]


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "equal"),
    [
        (1.0, 1.0 + 1e-10, 1e-9, True),
        (1.0, 1.1, 1e-9, False),
        (10**16, 10**16 + 1, 0.5, False),
        (10**400, 1.0, 1e-9, False),
        (math.nan, 1.0, 0.5, False),
        (math.inf, math.inf, 0.0, True),
        (1, True, 0.0, True),
        ("1", 1, 0.0, False),
        ([1, 2], [2, 1], 0.0, False),
        ((1, 2), [1, 2], 0.0, True),
        (None, {}, 0.0, False),
        ({"a": None}, {}, 0.0, False),
    ],
)
def test_what_is_the_same(old: Any, new: Any, tolerance: float, *, equal: bool) -> None:
    """Floats within the tolerance; identifiers exactly; null is not nothing."""
    assert same(old, new, tolerance) is equal
    assert equal_values(as_array({"x": old}), as_array({"x": new}), tolerance).tolist() == [equal]


class Model(pydantic.BaseModel):
    """A model of an answer."""

    n: float


@dataclass
class Record:
    """A record of an answer."""

    n: float


class Bare:
    """An object with attributes and nothing else."""

    def __init__(self, n: float) -> None:
        self.n = n
        self.circle = [self, self]


KINDS: list[Any] = [
    lambda n: Model(n=n),
    Record,
    Bare,
    lambda n: np.array([n, 1.0]),
    lambda n: [np.array([n, 1.0])],
    lambda n: httpx.Response(200, json={"n": n}),
]


@pytest.mark.parametrize("make", KINDS)
def test_objects_are_opened(make: Any) -> None:
    """What a class says it holds is compared, also where it refuses to be or holds itself."""
    assert same(make(1.0), make(1.0))
    assert not same(make(1.0), make(2.0))
    assert equal_values(as_array(make(1.0)), as_array(make(2.0)), 0.0).tolist() == [False]
    assert "2.0" in words(make(1.0), make(2.0))


class Unwilling:
    """An object that refuses to be compared, and says what it is."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return self._text


def test_what_cannot_be_compared_is_compared_as_it_is_written() -> None:
    """By its repr, as nothing else is known of it."""
    assert same([Unwilling("x")], [Unwilling("x")])
    assert not same([Unwilling("x")], [Unwilling("y")])


def test_what_is_too_deep_or_holds_itself_is_compared_too() -> None:
    """Nothing hangs, and nothing is raised."""
    one: list[Any] = [1]
    one.append(one)
    other: list[Any] = [1]
    other.append(other)
    assert same(one, other)
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    assert isinstance(same(deep, copy.copy(deep)), bool)
    assert not same(deep, [])


def test_words_hide_secrets_and_are_cut() -> None:
    """Values come from an API: by the name of their field, by their value, by length."""
    secret = nk.Secret("sk-abcdefghijk")
    told = words(
        {"access_token": "old", "note": f"with {secret.reveal()}", "text": "x" * 500},
        {"access_token": "new", "note": "", "text": "y" * 500},
    )
    assert told.startswith("access_token: **** → ****; note: 'with ****' → ''; text: 'xxx")
    assert len(told) < 200
    assert words(list(range(9)), [0] * 9).endswith("[3]: 3 → 0; …")
