"""Labels of which a file has kept plain values, as an index again."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from notebook_kit.frames.kept_index import kept_index


def again(
    labels: list[Any] | None, *dtypes: str, kind: str = "Index", names: Any = None, **more: Any
) -> Any:
    """Return the index of these labels."""
    size = 3 if labels is None else len(labels)
    names = names or [None] * max(1, len(dtypes))
    return kept_index(labels, size, kind=kind, names=names, dtypes=dtypes, **more)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(["a", "b"], name="k"),
        pd.Index([3, 1]),
        pd.Index([3, 1], dtype="int8"),
        pd.Index([1.5, float("nan")]),
        pd.Index([True, False]),
        pd.Index([1, 2], dtype="Int64"),
        pd.Index(["a", 1, None, ("t", 2)], dtype=object, tupleize_cols=False),
        pd.CategoricalIndex(["b", "a", "b"]),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", ("y", 1)]),
    ],
    ids=str,
)
def test_plain_labels_come_back(index: pd.Index[Any]) -> None:
    """They have the class, the dtype and the names that they had."""
    dtypes = [str(it) for it in getattr(index, "dtypes", [index.dtype])]
    made = again(index.tolist(), *dtypes, kind=type(index).__name__, names=list(index.names))
    pd.testing.assert_index_equal(made, index, exact=True)


@pytest.mark.parametrize(
    "index",
    [
        pd.DatetimeIndex(["2024-03-30", "2024-04-01"], tz="Europe/Zurich"),
        pd.DatetimeIndex(["2024-03-30 01:02:03.5", "2024-03-30"]),
        pd.DatetimeIndex(["2024-01-01", "NaT"]).as_unit("ns"),
        pd.to_timedelta([1, 2], unit="h"),
        pd.period_range("2024-01", periods=3, freq="M"),
    ],
    ids=lambda index: type(index).__name__ + str(index.dtype),
)
def test_dates_come_back_from_their_texts(index: pd.Index[Any]) -> None:
    """Their text and their dtype say which ones they were."""
    made = again([str(label) for label in index], str(index.dtype), kind=type(index).__name__)
    pd.testing.assert_index_equal(made, index, exact=True)


def test_positions() -> None:
    """Labels that are the positions have the name that they had."""
    pd.testing.assert_index_equal(again(None, names=["n"]), pd.RangeIndex(3, name="n"))


def test_labels_of_a_dictionary() -> None:
    """What was no index becomes one as in the frame of the run."""
    assert again(["a", 1], kind="labels").tolist() == ["a", 1]
    assert again([("a", 1), ("b", 2)], kind="labels").nlevels == 2


@pytest.mark.parametrize(
    ("dtype", "labels", "expected"),
    [
        ("int64", [None, 3], "Int64"),
        ("uint8", [None, 3], "UInt64"),
        ("bool", [None, True], "boolean"),
        ("float64", [None, 1.5], "float64"),
        ("datetime64[us]", [None, "2024-01-01 00:00:00"], "datetime64[us]"),
        ("object", [None, (1, 2)], "object"),
    ],
)
def test_labels_that_are_not_known(dtype: str, labels: list[Any], expected: str) -> None:
    """They are missing in a dtype that has room for them; the others stay what they are."""
    made = again(labels, dtype)
    assert str(made.dtype) == expected
    assert pd.isna(made[0])
    assert made[1] == (pd.Timestamp(labels[1]) if "date" in dtype else labels[1])


def test_levels_that_are_not_known() -> None:
    """A row without its label has none in any level."""
    made = again([("a", 1), None], "str", "int64", kind="MultiIndex", names=["x", "y"])
    assert made.names == ["x", "y"]
    assert made[0] == ("a", 1)
    assert made.to_frame().iloc[1].isna().all()


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(5, 13, 2, name="r"),
        pd.RangeIndex(3, 0, -1),
        pd.RangeIndex(7, 8),
        pd.RangeIndex(5, 5),
    ],
    ids=str,
)
def test_ranges_come_back(index: pd.RangeIndex) -> None:
    """Where a range starts and its step tell all of it, whether or not its labels are known."""
    told = {"names": list(index.names), "start": index.start, "step": index.step}
    for labels in (index.tolist(), [None] * len(index)):
        made = again(labels, "int64", kind="RangeIndex", **told)
        pd.testing.assert_index_equal(made, index, exact=True)


@pytest.mark.parametrize("told", [{"start": 1, "step": 2}, {"start": 2**63, "step": 1}, {}])
def test_ranges_that_cannot_be(told: dict[str, int]) -> None:
    """What is said to be a range and is none has the labels that are known."""
    assert again([1, 5, 7], "int64", kind="RangeIndex", **told).tolist() == [1, 5, 7]
    assert again([1, None], "int64", kind="RangeIndex").tolist() == [1, pd.NA]


@pytest.mark.parametrize(
    ("labels", "index"),
    [
        ([[0, 1], [1, 2]], pd.interval_range(0, 2)),
        (
            [[0.5, 1.0], None],
            pd.IntervalIndex.from_breaks([0.5, 1.0], closed="both").insert(1, None),
        ),
        (
            [["2024-01-01 00:00:00+00:00", "2024-01-02 00:00:00+00:00"]],
            pd.interval_range(pd.Timestamp("2024-01-01", tz="UTC"), periods=1, closed="left"),
        ),
    ],
    ids=["numbers", "missing", "dates"],
)
def test_intervals_come_back(labels: list[Any], index: pd.IntervalIndex[Any]) -> None:
    """Pairs of limits are intervals again, closed as they were."""
    made = again(labels, str(index.dtype), kind="IntervalIndex")
    pd.testing.assert_index_equal(made, index, exact=True)


def test_levels_come_back_each_as_it_was() -> None:
    """Dates, intervals and missing ones in a level are what they were."""
    index = pd.MultiIndex.from_arrays(
        [
            pd.DatetimeIndex(["2024-01-01", "NaT"]),
            pd.interval_range(0, 2),
            pd.Index([1, pd.NA], dtype="Int64"),
        ],
        names=["a", "b", "c"],
    )
    labels = [("2024-01-01 00:00:00", [0, 1], 1), ("NaT", [1, 2], None)]
    dtypes = map(str, index.dtypes)
    made = again(labels, *dtypes, kind="MultiIndex", names=["a", "b", "c"])
    pd.testing.assert_index_equal(made, index, exact=True)


@pytest.mark.parametrize("dtype", ["nonsense", "interval[int64, right]", "U1000000000", "int64"])
def test_dtypes_that_cannot_be(dtype: str) -> None:
    """Labels are the texts that were kept, and nothing is made because a file says so."""
    assert again(["(0, 1]", "(1, 2]"], dtype).tolist() == ["(0, 1]", "(1, 2]"]
