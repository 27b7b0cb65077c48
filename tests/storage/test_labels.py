"""Labels of rows, as they are written."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from notebook_kit.storage.exact_json import from_json
from notebook_kit.storage.labels import Labels

NOON = pd.Timestamp("2024-01-01 12:00", tz="UTC")


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (["a", (1, "b"), None], ["a", (1, "b"), None]),
        ([dt.date(2024, 1, 1), NOON, bytearray()], [dt.date(2024, 1, 1), NOON, None]),
        (pd.Index(["a", NOON, (1, NOON)], dtype=object), ["a", NOON, (1, NOON)]),
        (pd.DatetimeIndex([NOON, "NaT"]), ["2024-01-01 12:00:00+00:00", "NaT"]),
        (pd.period_range("2024-01", periods=1, freq="M"), ["2024-01"]),
        (pd.to_timedelta([1], unit="h"), ["0 days 01:00:00"]),
        (pd.interval_range(0, 2), [[0, 1], [1, 2]]),
        (pd.IntervalIndex.from_breaks([0.5, 1.0]).insert(1, None), [[0.5, 1.0], None]),
        (
            pd.interval_range(NOON, periods=1),
            [["2024-01-01 12:00:00+00:00", "2024-01-02 12:00:00+00:00"]],
        ),
        (pd.CategoricalIndex([NOON]), [NOON]),
        (
            pd.MultiIndex.from_tuples([("a", NOON), ("b", pd.NaT)]),
            [("a", "2024-01-01 12:00:00+00:00"), ("b", "NaT")],
        ),
    ],
)
def test_what_stands_for_labels(index: Any, told: list[Any]) -> None:
    """Plain ones are themselves, dates their text by dtype, and none stands for all others."""
    labels = Labels(index)
    places = range(len(told))
    assert [from_json(text or "") for text in labels.texts(places)] == told
    assert from_json(labels.list_of(places) or "") == told


def test_labels_that_are_missing_are_so_again() -> None:
    """The missing value of pandas is none of the labels that cannot be written."""
    [text] = Labels(pd.Index([pd.NA], dtype="Int64")).texts([0])
    assert from_json(text or "") is pd.NA


def test_positions_need_no_labels() -> None:
    """Where labels are the positions nothing is written."""
    for index in (None, pd.RangeIndex(3)):
        assert Labels(index).texts([0, 2]) == [None, None]
        assert Labels(index).list_of([0, 2]) is None
