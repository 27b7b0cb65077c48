from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames.usage import usage_of
from notebook_kit.scheduling import Ledger
from tests.frames.ledgers import answered, frame_of


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a", "b", "c"], name="id"),
        pd.Index([7, 7, 7]),
        pd.RangeIndex(10, 40, 10, name="n"),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["x", "y"]),
        pd.date_range("2024-01-01", periods=3, freq="D", tz="UTC"),
        pd.period_range("2024-01", periods=3, freq="M"),
        pd.CategoricalIndex(["a", "b", "a"]),
        pd.Index([1.5, np.nan, np.nan]),
        pd.Index([("a", 1), "b", None], dtype=object),
    ],
    ids=lambda index: type(index).__name__ + str(index.dtype),
)
@pytest.mark.parametrize("make", [pd.Series, pd.DataFrame])
def test_labels_are_those_of_the_input(index: pd.Index[Any], make: Any) -> None:
    """The labels of a pandas input come back in order, with name and dtype, duplicates too."""
    frame = frame_of(make({"id": range(3)}, index=index) if make is pd.DataFrame else make(
        range(3), index=index
    ), answered("abc"))  # fmt: skip
    pd.testing.assert_index_equal(frame.index, index, exact=True)
    assert frame["result"].tolist() == list("abc")


def test_keys_become_labels() -> None:
    """The keys of a mapping are the labels, tuples as levels."""
    assert frame_of({"x": 1, "y": 2}, answered("ab")).loc["y", "result"] == "b"
    assert frame_of({("x", 1): 1, ("y", 2): 2}, answered("ab")).index.nlevels == 2
    assert frame_of({}, Ledger()).index.tolist() == []


@pytest.mark.parametrize("data", [[1, 2], range(2), (1, 2)])
def test_without_labels_rows_are_numbered(data: Any) -> None:
    """Items without labels are numbered from 0."""
    frame = frame_of(data, answered("ab"))
    pd.testing.assert_index_equal(frame.index, pd.RangeIndex(2), exact=True)
    assert frame["item"].tolist() == list(data)


def test_labels_that_are_given_a_name_are_those_of_one_frame() -> None:
    """The next frame of the run, a comparison and the usage have labels of their own."""
    run = nk.map(abs, pd.Series([1], index=["a"]), progress=False)
    frame = run.result()
    frame.index.name = "mine"
    assert run.frame.index.name is None
    nk.compare(frame, run.frame).rows.index.name = "theirs"
    usage_of(frame).rows.index.name = "theirs"
    assert frame.index.name == "mine"
