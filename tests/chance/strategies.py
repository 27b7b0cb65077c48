"""Texts, values and objects of any kind, for what is tried by chance."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["ITEMS", "JSON", "SCALARS", "TEXTS", "Hostile", "paths", "templates"]

#: All characters there are, lone surrogates and controls too.
_ANY: Final = st.characters(exclude_categories=())
#: What means something in a URL, a header or a template, and what is not seen.
_MARKS: Final = st.sampled_from(
    [*"%/?#&=+;:@.,{}[]|\\^`'\"<> \t\r\n\0~!$*()", *"äé€𐏿\ufeff\u202e\u200b"]
)
_PIECES: Final = st.sampled_from(
    [
        "..",
        "/../",
        "//",
        "%2e",
        "%2F",
        "%00",
        "%zz",
        "%",
        "\r\nX: y",
        "?a=b",
        "#f",
        "@h",
        ":80",
        "[::1]",
    ]
)

TEXTS: Final = st.one_of(
    st.text(_ANY, max_size=20),
    st.text(_MARKS, max_size=12),
    st.lists(st.one_of(_PIECES, st.text(_ANY, max_size=4)), max_size=5).map("".join),
    st.sampled_from(list(HOSTILE.values())),
    st.sampled_from(["", ".", "..", "a" * 9_000, "ü" * 3_000, "None", "nan"]),
)


class _Colour(enum.Enum):
    RED = "red/green"
    NONE = None


class Hostile:
    """An object of which everything that is asked raises."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "__dict__"):
            return object.__getattribute__(self, name)
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __str__(self) -> str:
        raise RuntimeError("str")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __iter__(self) -> Any:
        raise RuntimeError("iter")


#: What counts nanoseconds in 64 bits goes from about here to there.
_FIRST: Final = dt.datetime.fromisoformat("1700-01-01")
_LAST: Final = dt.datetime.fromisoformat("2200-01-01")
SCALARS: Final[SearchStrategy[Any]] = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.binary(max_size=20),
    st.decimals(),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.one_of(st.none(), st.just(dt.UTC))),
    st.times(),
    st.timedeltas(),
    st.sampled_from([*_Colour, pd.NA, pd.NaT, decimal.Decimal("sNaN"), object()]),
    st.integers(-(2**31), 2**31 - 1).map(np.int32),
    st.integers(0, 255).map(np.uint8),
    st.floats(width=32).map(np.float32),
    st.booleans().map(np.bool_),
    st.text(max_size=5).map(np.str_),
    st.datetimes(_FIRST, _LAST).map(np.datetime64),
    st.datetimes(_FIRST, _LAST).map(pd.Timestamp),
    st.integers(-(10**9), 10**9).map(lambda it: np.timedelta64(it, "s")),
    st.integers(-(10**9), 10**9).map(lambda it: pd.Timedelta(it, "s")),
    st.builds(Hostile),
    st.builds(lambda: 10**5_000),
    st.sampled_from([int, len, Ellipsis, NotImplemented, uuid.NAMESPACE_DNS]),
)

JSON: Final = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(TEXTS, inner, max_size=3),
        st.tuples(inner, inner),
    ),
    max_leaves=6,
)

#: Whatever may stand in the input of a map, `a` and `b` being what a template asks for.
ITEMS: Final = st.one_of(
    SCALARS,
    st.fixed_dictionaries({"a": SCALARS, "b": SCALARS}),
    st.fixed_dictionaries({}, optional={"a": SCALARS, "c": JSON}),
    st.tuples(SCALARS, SCALARS),
    st.builds(lambda a, b: pd.Series({"a": a, "b": b}, dtype=object), SCALARS, SCALARS),
    JSON,
    st.builds(Exception, TEXTS),
    st.sets(st.integers(), max_size=2),
    st.just(np.array([1, 2])),
)


@st.composite
def templates(draw: Any) -> str:
    """Draw a path with up to three fields between pieces of any text, its braces doubled."""
    fields = draw(st.lists(st.sampled_from(["{a}", "{b}", "{a:path}"]), min_size=1, max_size=3))
    text: str = "/" if draw(st.booleans()) else ""
    for field in fields:
        text += draw(paths()).replace("{", "{{").replace("}", "}}") + field
    end: str = draw(st.sampled_from(["", "/", "?q={b}", "?q={a}&r=1", "#f", "/end"]))
    return text + end


def paths() -> SearchStrategy[str]:
    """Return what gives paths: plain, strange, or with a query and a fragment."""
    return st.one_of(
        st.sampled_from(["/", "/users/", "/a%20b/", "/x?y=", "/caf\u00e9/", ""]),
        TEXTS,
        TEXTS.map(lambda text: f"/{text}"),
    )
