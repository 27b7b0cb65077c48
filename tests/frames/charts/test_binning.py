from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames.charts.binning import bins_of, smooth

intervals = st.lists(
    st.tuples(st.floats(1e9, 1e9 + 100), st.floats(0, 50)), min_size=1, max_size=60
)


@given(intervals)
def test_nothing_is_lost_between_the_stretches(made: list[tuple[float, float]]) -> None:
    """All ends are counted, and the time under way is the time of all together."""
    started = np.array([begun for begun, _ in made])
    ended = started + np.array([took for _, took in made])
    bins = bins_of(started, ended)
    assert bins.counts(ended).sum() == len(made)
    under_way = bins.under_way(started, ended)
    assert (under_way * bins.width).sum() == pytest.approx((ended - started).sum(), abs=1e-3)
    assert under_way.max() <= len(made) + 1e-3


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=90))
def test_smoothing_stays_within_what_was_there(values: list[float]) -> None:
    """As many values, none above the highest or below the lowest."""
    line = smooth(np.array(values))
    assert len(line) == len(values)
    assert line.min() >= min(values) - 1e-6 * max(values)
    assert line.max() <= max(values) * (1 + 1e-9)
