"""Setups and data for the tests of the launcher, made at random."""

from __future__ import annotations

import keyword
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import strategies as st

from notebook_kit.widgets.launcher.choice import Data, Names, Source

__all__ = ["COLUMNS", "NAMES", "TEXTS", "Tables", "names", "source_of", "tables", "value_at"]

#: What people, and spreadsheets, call columns.
ODD = ["co{de", "}", "a b", " a ", "it's", 'say "hi"', "\\", "\n", "a:path", "naïve", "日本", "{x}"]
ODD += ["", "self", "class", "row", "item", "key", "iata", "id", "5", "a/b", "%41", "x!r", "\u202e"]
TEXTS = st.sampled_from(ODD) | st.text(max_size=8)
COLUMNS = (
    TEXTS
    | st.integers(-3, 12)
    | st.booleans()
    | st.sampled_from([None, 1.5, ("a", 1), ("b",), date(2026, 1, 2), b"x", frozenset({1})])
)
IDENTIFIERS = st.sampled_from(["airports", "row", "item", "key", "rows", "nk2", "frame", "données"])
NAMES = IDENTIFIERS | st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name not in {"client", "f", "nk", "len"}
)

Tables = tuple[Data, Any]


def value_at(place: int) -> str:
    """The value of the column at a place, in the first row."""
    return f"value {place}"


@st.composite
def tables(draw: st.DrawFn, kind: str = "") -> Tables:
    """A variable that holds a table, as it is described and as it is."""
    kind = kind or draw(st.sampled_from(["frame", "rows", "labelled"]))
    name = draw(NAMES)
    wanted = COLUMNS if kind == "frame" else TEXTS
    # 1, 1.0 and True are one key.
    columns = draw(st.lists(wanted, min_size=1, max_size=5, unique_by=_same))
    first = {column: value_at(place) for place, column in enumerate(columns)}
    if kind == "frame":
        values = [[f"{text} {row}".removesuffix(" 0") for text in first.values()] for row in (0, 1)]
        index = pd.Index(columns, dtype=object, tupleize_cols=False)
        made: Any = pd.DataFrame(values, columns=index)
    else:
        made = [first, dict(first)] if kind == "rows" else {"x": first, "y": dict(first)}
    return Data(name, kind, 2, tuple(columns)), made  # type: ignore[arg-type]  # one of its kinds


def _same(column: object) -> object:
    return int(column) if isinstance(column, (bool, float)) and column == int(column) else column


def source_of(data: Data, place: int) -> Source:
    """The source that is a column."""
    return Source("column", data.columns[place], place)


def names(subject: str) -> Names:
    """The names of a notebook in which all is where one expects it."""
    return Names(subject)
