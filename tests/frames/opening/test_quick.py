from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.frames.columns import inferred_column
from notebook_kit.frames.opening.quick import quick_column
from tests.frames.opening.made import SCALARS

ONE_CLASS = st.sampled_from(
    [
        st.integers(),
        st.integers(2**63 - 2, 2**63 + 2),
        st.floats(),
        st.booleans(),
        st.text(st.characters(exclude_categories=()), max_size=3),
        SCALARS,
    ]
)
COLUMNS = st.tuples(ONE_CLASS, st.booleans()).flatmap(
    lambda it: st.lists(it[0] | st.none() if it[1] else it[0], max_size=6)
)


@settings(deadline=None)
@given(COLUMNS)
def test_it_is_the_inferred_column(values: list[Any]) -> None:
    """The quick way gives the same dtype and the same values as looking at each one."""
    pd.testing.assert_series_equal(quick_column(values), inferred_column(values))
