"""Frames of answers for tests of what they are opened into, and answers of every shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

#: An API's answers of one airport each.
ZURICH: dict[str, Any] = {
    "city": "Zurich",
    "owner": {"name": "FZAG", "seat": {"canton": "ZH"}},
    "runways": [{"id": "10", "length_ft": 8202}, {"id": "14", "length_ft": 10827}],
}
BERN: dict[str, Any] = {"city": "Bern", "owner": None, "runways": []}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=3),
)
#: What JSON can be, with few keys, so that names clash and shapes meet.
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "a.b", "result", ""]), inner, max_size=3),
    ),
    max_leaves=8,
)


def ok(answers: Sequence[Any], index: Any = None) -> pd.DataFrame:
    """Return the frame of a run in which each row was answered."""
    results = pd.Series(list(answers), dtype=object)
    frame = pd.DataFrame({"result": results, "status": ["ok"] * len(answers)})
    if index is not None:
        frame.index = index
    return frame


def rows_of(view: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the values of each row that are not missing, by column."""
    columns = [column.astype(object).tolist() for _, column in view.items()]
    return [
        {
            name: value
            for name, value in zip(view.columns, row, strict=True)
            if isinstance(value, dict | list) or not pd.isna(value)
        }
        for row in zip(*columns, strict=True)
    ]
