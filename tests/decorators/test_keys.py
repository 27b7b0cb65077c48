"""Keys of calls: equal for equal arguments, different for others."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.decorators.keys import KeyMaker, canonical
from notebook_kit.errors import ConfigurationError

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=4),
        st.sets(st.integers(), max_size=4),
    ),
    max_leaves=10,
)


def written(value: Any) -> str:
    """A text that tells values apart as a key should; sets and dictionaries in one order."""
    if isinstance(value, dict):
        return f"d{sorted((written(k), written(v)) for k, v in value.items())}"
    if isinstance(value, set):
        return f"s{sorted(map(written, value))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{[written(part) for part in value]}"
    return f"{type(value).__name__} {value!r}"


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Query:
    words: list[str]


@dataclass(frozen=True)
class Frozen:
    number: int
    words: list[str] = field(default_factory=list)


@settings(deadline=None, max_examples=400)
@given(VALUES, VALUES)
def test_keys_differ_exactly_where_values_do(one: Any, other: Any) -> None:
    """Two values have the same key if and only if they are written alike, types included."""
    assert hash(canonical(one)) == hash(canonical(one))
    assert (canonical(one) == canonical(other)) == (written(one) == written(other))


def test_what_is_told_apart() -> None:
    """Types matter, also of containers; NaN is like itself; the order of keys does not matter."""
    assert len({canonical(one) for one in (1, 1.0, True, "1", b"1", [1], (1,), {1}, {1: 1})}) == 9
    assert canonical(math.nan) == canonical(float("nan"))
    assert canonical(0.0) != canonical(-0.0)
    assert canonical(complex(0, 0.0)) != canonical(complex(0, -0.0))
    assert canonical(Decimal("1.0")) != canonical(Decimal("1.00"))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert canonical(noon) != canonical(noon.astimezone(timezone(timedelta(hours=1))))
    assert canonical(noon) == canonical(datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert canonical({"a": 1, "b": [2]}) == canonical({"b": [2], "a": 1})
    assert canonical(MappingProxyType({"a": 1})) == canonical(MappingProxyType({"a": 1}))
    assert canonical(Point(1, 2)) != canonical((1, 2))
    assert canonical(Query(["a"])) == canonical(Query(["a"])) != canonical(Query(["b"]))
    assert canonical(Frozen(1)) == canonical(Frozen(1))


def test_arguments_however_they_are_passed() -> None:
    """By position, by name or by default, they make one key."""

    def fetch(url: str, page: int = 1, *parts: str, **others: int) -> None: ...

    key = KeyMaker(fetch)
    same = [
        key(("/a",), {}),
        key(("/a", 1), {}),
        key((), {"url": "/a"}),
        key((), {"page": 1, "url": "/a"}),
    ]
    assert len(set(same)) == 1
    others = [key(("/a", 2), {}), key(("/a", 1, "x"), {}), key(("/a",), {"x": 1})]
    assert len({*same, *others}) == 4
    plain = KeyMaker(lambda a, b: None)
    assert plain((1, 2), {}) == plain((1,), {"b": 2}) != plain((2, 1), {})
    with pytest.raises(TypeError, match="missing a required argument"):
        plain((1,), {})


def test_methods_are_keyed_beside_their_object() -> None:
    """The object is given apart, and takes no part in the rest of the key."""

    class Session:
        def fetch(self, url: str) -> None: ...

        @classmethod
        def make(cls) -> None: ...

    key, session = KeyMaker(Session.fetch), Session()
    owner, rest = key((session, "/a"), {})
    assert owner is session
    assert rest == key((Session(),), {"url": "/a"})[1]
    assert KeyMaker(session.fetch)(("/a",), {})[0] is None
    assert KeyMaker(Session.make.__func__)((Session,), {}) == (Session, ())  # type: ignore[attr-defined]


def test_a_builtin_that_does_not_tell_its_parameters() -> None:
    """Its arguments are taken as they are passed."""
    key = KeyMaker(max)
    assert key((1, 2), {}) == key((1, 2), {}) != key((2, 1), {})
    with pytest.raises(ConfigurationError, match=r"an argument of max\(\) is a bytearray"):
        key((bytearray(), 1), {})


def test_what_cannot_be_part_of_a_key_says_so() -> None:
    """The argument is named, its type, and what to write instead."""

    def summary(frame: pd.DataFrame, n: int = 5) -> None: ...

    key = KeyMaker(summary)
    with pytest.raises(
        ConfigurationError,
        match=r"the argument 'frame' of summary\(\) is a DataFrame, .*@cached\(key=lambda",
    ):
        key((pd.DataFrame({"a": [1]}),), {})
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ConfigurationError, match="the argument 'n' of"):
        key((None, ring), {})


def test_a_key_of_ones_own() -> None:
    """It is given the arguments as they were passed, and may return what can be read through."""
    key = KeyMaker(lambda frame, n=5: None, lambda frame, n=5: {"columns": list(frame), "n": n})
    one, other = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})
    assert key((one,), {"n": 3}) == key((other, 3), {}) != key((one,), {})
    bad = KeyMaker(lambda frame: None, lambda frame: frame)
    with pytest.raises(ConfigurationError, match=r"what key= gave of .* is a DataFrame"):
        bad((one,), {})
