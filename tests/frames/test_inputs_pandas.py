from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from notebook_kit.frames import Rows, plan_of
from tests.frames.ledgers import items_of, types_of


@pytest.mark.parametrize(
    ("series", "kinds"),
    [
        (pd.Series([1, 2]), ["int", "int"]),
        (pd.Series([1.5, None]), ["float", "float"]),
        (pd.Series([True]), ["bool"]),
        (pd.Series(["a"]), ["str"]),
        (pd.Series(["2024-01-01", None], dtype="datetime64[ns]"), ["Timestamp", "NaTType"]),
        (pd.Series([1, None], dtype="Int64"), ["int", "NAType"]),
        (pd.Series(["a", None], dtype="string"), ["str", "NAType"]),
        (pd.Series(pd.Categorical([7])), ["int"]),
        (pd.Series(pd.arrays.SparseArray([0, 1])), ["int", "int"]),
        (pd.Series([[1], {"a": 1}]), ["list", "dict"]),
    ],
    ids=lambda it: str(it.dtype) if isinstance(it, pd.Series) else "",
)
def test_series_give_natural_values(series: pd.Series[Any], kinds: list[str]) -> None:
    """The values of a Series are Python's or pandas' scalars, missing ones as they are."""
    assert types_of(series) == kinds


def test_series_keep_their_labels() -> None:
    """The labels of a Series are those of the plan, whatever is done to the Series later."""
    series = pd.Series([1, 2], index=pd.Index(["x", "x"], name="id"))
    plan = plan_of(series)
    series.index.name = "other"
    assert plan.index.tolist() == ["x", "x"]
    assert plan.index.name == "id"


def test_index_labels_its_own_values() -> None:
    """An Index gives its values under themselves, as Index.to_series does."""
    plan = plan_of(pd.Index([3, 4], name="id"))
    assert (plan.source, plan.index.tolist(), plan.index.name) == ([3, 4], [3, 4], "id")


@pytest.mark.parametrize(
    "values", [["a", "b", "a"], [1, 2, 1], pd.to_datetime(["2024-01-01", "2024-01-01"])]
)
def test_unique_values_are_an_input(values: Any) -> None:
    """What Series.unique returns, an array of numpy or of pandas, is planned."""
    series = pd.Series(values)
    assert items_of(series.unique()) == items_of(series.drop_duplicates())


def test_frame_gives_rows() -> None:
    """A DataFrame gives its rows as items; they are beside the answers already."""
    frame = pd.DataFrame({"id": [7, 8]}, index=["x", "y"])
    plan = plan_of(frame)
    assert isinstance(plan.source, Rows)
    assert (plan.item(1), plan.keep_items, plan.index.tolist()) == ({"id": 8}, False, ["x", "y"])
