"""One digest for one input, in every process."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames import plan_of
from notebook_kit.redact import Secret
from notebook_kit.storage.canonical import NotPlain, digest

#: Half surrogates too, which are no text that can be written, and pairs of two halves.
_text = st.text() | st.lists(st.integers(0xD7FE, 0xE001).map(chr), max_size=4).map("".join)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _text
    | st.binary()
    | st.dates()
    | st.decimals()
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


class Colour(Enum):
    RED = 1


class Shade(Enum):
    RED = 1


@dataclass
class Point:
    x: int
    y: int


@dataclass
class Place:
    x: int
    y: int


class Model:
    """Says what it holds, as models of pydantic do."""

    def model_dump(self) -> dict[str, int]:
        return {"a": 1}


@given(_values)
def test_an_equal_value_has_the_same_digest(value: Any) -> None:
    """A deep copy, with the keys of its dictionaries in another order, is recognised."""

    def turned(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: turned(part[name]) for name in reversed(part)}
        if isinstance(part, (list, tuple)):
            return type(part)(turned(each) for each in part)
        return deepcopy(part)

    assert digest(turned(value)) == digest(value)


@given(_values, _values)
def test_other_values_have_other_digests(one: Any, other: Any) -> None:
    """Two values share a digest only if they are written alike: 1, 1.0, True and "1" differ."""

    def written(part: Any) -> str:
        if isinstance(part, dict):
            pairs = sorted(written(name) + written(each) for name, each in part.items())
            return f"dict({pairs})"
        if isinstance(part, (list, tuple)):
            return f"{type(part).__name__}({[written(each) for each in part]})"
        return f"{type(part).__name__}({part!r})"

    assert (digest(one) == digest(other)) == (written(one) == written(other))


DIFFERENT: list[Any] = [
    *(None, True, 1, 1.0, "1", b"1", "", b"", [], (), {}, set(), [[]], [()], ["", ""], [""]),
    *(["a", "b"], ["ab"], ["a", ["b"]], {"a": "b"}, [("a", "b")], {"a": {"b": 1}}, {1: 2}),
    *(0.0, -0.0, float("nan"), float("inf"), 1j, Decimal(1), Decimal("1.0"), range(1), 10**6_000),
    *(Colour.RED, Shade.RED, Point(1, 2), Place(1, 2), Point(2, 1), {"x": 1, "y": 2}, Model()),
    *(date(2024, 1, 1), datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)),  # noqa: DTZ001
    *(time(1), time(1, tzinfo=UTC), timedelta(1), timedelta(seconds=1)),
    *(UUID(int=1), PurePosixPath("a"), pd.NA, pd.NaT, pd.Timedelta(1, "ns"), {1}, {"1"}),
    *(pd.Timestamp("2024-01-01 00:00:00.000000001"), np.datetime64("2024-01-01")),
    *(np.array([1, 2]), np.array([1.0, 2.0]), np.array([[1, 2]]), np.array([1, "a"], dtype=object)),
    *(pd.Series({"a": 1}), pd.Series({"b": 1})),
]


def test_values_of_all_kinds_differ() -> None:
    """No two values of different kind or content share a digest."""
    assert len({digest(value) for value in DIFFERENT}) == len(DIFFERENT)


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.int64(3), 3),
        (np.float64(1.5), 1.5),
        (np.bool_(True), True),  # noqa: FBT003 - a value, not a switch
        (np.str_("a"), "a"),
        (Text("a"), "a"),
        (bytearray(b"a"), b"a"),
        (pd.Timestamp("2024-01-01"), datetime(2024, 1, 1)),  # noqa: DTZ001
        (frozenset({1, 2}), {2, 1}),
        (plan_of(pd.DataFrame({"a": [1], "b": ["x"]})).item(0), {"b": "x", "a": 1}),
        (plan_of(pd.DataFrame({"b": ["x"], "a": [1]})).item(0), {"b": "x", "a": 1}),
    ],
)
def test_the_same_value_in_another_dress(one: Any, other: Any) -> None:
    """Scalars of numpy and pandas are the values they stand for, rows are their dictionaries."""
    assert digest(one) == digest(other)


def test_the_digest_of_a_value_never_changes() -> None:
    """Processes with other hash seeds, now and in later versions, give the digests known here."""
    script = (
        "from notebook_kit.storage.canonical import digest;"
        "print(digest({'b': [1, 2.5, None], 'a': {'x', 'y', 'z'}, 'c': (b'1', True)}).hex())"
    )
    given_by = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert given_by == ["49c9c5cbbdc565bef276391a3258c72787760b6bfab3d9a3d39dba75de75235a"] * 2


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (object(), "builtins.object"),
        ([{"a": print}], "builtins.builtin_function_or_method"),
        (Secret("sk-0123456789"), "notebook_kit.redact.Secret"),
        (np.zeros(1, dtype="i4,f4")[0], "numpy.void"),
        (pd.DataFrame(), "pandas.DataFrame"),
    ],
)
def test_what_cannot_be_recognised_is_refused_by_its_kind(value: Any, kind: str) -> None:
    """A value that has no text of its own is never given one that might be another's."""
    with pytest.raises(NotPlain, match=kind.rpartition(".")[2]) as caught:
        digest(value)
    assert caught.value.kind.startswith(kind.partition(".")[0])


def test_a_value_that_holds_itself_is_refused() -> None:
    """A list inside itself is an error, not an endless loop."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NotPlain, match="holds itself"):
        digest(endless)
