from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import plan_of, position_of


def test_labels_of_any_index() -> None:
    """A label is found in lists of keys and in indexes of one and of several levels."""
    assert position_of(plan_of({"a": 1, "b": 2}), "b") == 1
    assert position_of(plan_of(pd.Series([1, 2], index=[10, 20])), 20) == 1
    levels = pd.MultiIndex.from_tuples([("x", 1), ("y", 2)])
    assert position_of(plan_of(pd.DataFrame({"n": [1, 2]}, index=levels)), ("y", 2)) == 1
    days = pd.date_range("2026-01-01", periods=3)
    assert position_of(plan_of(pd.Series([1, 2, 3], index=days)), pd.Timestamp("2026-01-02")) == 1


def test_rows_without_labels_are_called_by_their_positions() -> None:
    """A list has no labels but its positions, of whatever kind of integer."""
    assert position_of(plan_of(["a", "b"]), 1) == 1
    assert position_of(plan_of(["a", "b"]), np.int64(1)) == 1
    with pytest.raises(KeyError, match="called by their positions"):
        position_of(plan_of(["a"]), "a")


def test_a_label_that_cannot_be_compared_is_none() -> None:
    """Labels may be anything, also what refuses to be compared."""
    with pytest.raises(KeyError, match="No row is called"):
        position_of(plan_of({"a": 1}), np.array([1, 2]))


def test_a_label_of_many_rows_names_the_first_few() -> None:
    """Several rows of one name are told by their positions."""
    plan = plan_of(pd.Series(range(6), index=["a"] * 6))
    with pytest.raises(ConfigurationError, match=r"6 rows .* which are 0, 1, 2 \.\.\."):
        position_of(plan, "a")
