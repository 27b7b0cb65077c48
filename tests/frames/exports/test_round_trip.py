from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_kit.frames import build_frame, export_frame, join, read_frame
from tests.frames.ledgers import answered, everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

EXACT = [".parquet", ".feather", ".arrow"]
ALL = [*EXACT, ".csv", ".jsonl", ".xlsx"]
ANSWERS: list[Any] = [
    {"n": 1},
    [1, [2]],
    "text",
    "",
    '{"a": 1}',
    "1",
    "NaN",
    " 7",
    "null",
    "[1,",
    "1 2",
    "2]",
    "\ud800é",
    0,
    2**70,
    1.5,
    -0.0,
    math.nan,
    math.inf,
    -math.inf,
    True,
    None,
    {"a": {"b": [None, math.nan, "\ud800", -math.inf]}},
    dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    dt.datetime(2026, 1, 2),  # noqa: DTZ001 - answers may be without a zone
    pd.Timestamp("2026-01-02 03:04:05.000000006"),
    dt.date(2026, 1, 2),
    Decimal("1.50"),
    b"\x00\xff",
]
quick = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Two halves of a surrogate pair side by side are one character in JSON.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.just("\ud800")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.sampled_from(["1", "NaN", "[", "{}", '"', "null", "-", "1 2", "[1,", " 3"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
WHOLE = st.datetimes() | st.dates() | st.binary(max_size=4)


def same(one: Any, other: Any) -> bool:
    """Tell whether two answers are the same, NaN like NaN and of the same kind."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(it, other[key]) for key, it in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return repr(one) == repr(other)
    return bool(one == other)


@pytest.mark.parametrize("suffix", EXACT)
def test_every_kind_of_answer_comes_back(tmp_path: Path, suffix: str) -> None:
    """Each answer is what it was, of the same class, alone in its column and among others."""
    for answers in ([answer] for answer in ANSWERS):
        frame = frame_of_answers(answers)
        back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
        pd.testing.assert_frame_equal(back, frame)
        assert same(back["result"][0], answers[0])
    frame = frame_of_answers(ANSWERS)
    back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    pd.testing.assert_frame_equal(back, frame)
    assert all(map(same, back["result"].tolist(), ANSWERS))


@pytest.mark.parametrize("suffix", EXACT)
@pytest.mark.parametrize("count", [0, 7])
def test_every_ending_comes_back(tmp_path: Path, suffix: str, count: int) -> None:
    """Statuses, errors and times are what they were; so are the dtypes of no rows."""
    frame = build_frame(*everything()).iloc[:count]
    back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    pd.testing.assert_frame_equal(back, frame)


@quick
@given(answers=st.lists(JSON | WHOLE, max_size=6))
def test_any_answers_come_back(tmp_path: Path, answers: list[Any]) -> None:
    """Whatever answers stand together in a column, each comes back as it was."""
    frame = frame_of_answers(answers)
    back = read_frame(export_frame(frame, tmp_path / "x.parquet", name="x"))
    assert all(map(same, back["result"].tolist(), answers))
    pd.testing.assert_frame_equal(back.drop(columns="result"), frame.drop(columns="result"))


LABELS: Any = st.one_of(
    st.lists(TEXTS, min_size=4, max_size=4).map(lambda it: pd.Index(it, dtype=object)),
    st.lists(st.sampled_from(["a", "b"]), min_size=4, max_size=4).map(pd.Index),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=4, max_size=4).map(
        lambda it: pd.Index(it, dtype="int64")
    ),
    st.lists(SCALARS, min_size=4, max_size=4).map(
        lambda it: pd.Index(np.fromiter(it, object, 4), dtype=object)
    ),
    st.tuples(st.integers(-5, 5), st.sampled_from([-3, 1, 2])).map(
        lambda it: pd.RangeIndex(it[0], it[0] + 4 * it[1], it[1])
    ),
    st.sampled_from(
        [
            pd.date_range("2026-03-28", periods=4, tz="Europe/Berlin"),
            pd.DatetimeIndex(["2026-01-01", None] * 2, tz="UTC").as_unit("us"),
            pd.DatetimeIndex(["2026-01-01"] * 4).as_unit("s"),
            pd.period_range("2026", periods=4, freq="M"),
            pd.timedelta_range("1h", periods=4),
            pd.CategoricalIndex(list("abab"), categories=list("cba")),
            pd.IntervalIndex.from_breaks(range(5)),
            pd.Index([0.5, math.nan, 1.0, 1.0]),
            pd.Index([True, False, True, True]),
        ]
    ),
)
NAMES = st.sampled_from([None, "name", "result", "index", 3])


@quick
@given(labels=st.lists(LABELS, min_size=1, max_size=2), names=st.lists(NAMES, min_size=2))
def test_any_labels_come_back(tmp_path: Path, labels: list[Any], names: list[Any]) -> None:
    """Labels of any kind, with duplicates, names and levels, are the labels again."""
    index = labels[0].rename(names[0])
    if len(labels) > 1:
        index = pd.MultiIndex.from_arrays(labels, names=names[:2])
    frame = frame_of_answers(range(4)).set_axis(index)
    back = read_frame(export_frame(frame, tmp_path / "x.parquet", name="x"))
    pd.testing.assert_frame_equal(back, frame)


@pytest.mark.parametrize("suffix", EXACT)
def test_columns_of_the_input_come_back(tmp_path: Path, suffix: str) -> None:
    """Categories that no row has, names that are numbers, and attributes are kept."""
    frame = frame_of_answers([{"n": 1}, "1"])
    kinds: Any = pd.Categorical(["a", "a"], categories=["b", "a"], ordered=True)
    frame.insert(0, 7, kinds)
    frame.insert(1, "when", pd.DatetimeIndex(["2026-01-01", "NaT"]).as_unit("s"))
    frame["tags"] = pd.Series([["x"], None], dtype=object)
    frame.attrs = {"notebook_kit": {"name": "x", "items": 2}, "mine": [1]}
    back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs == frame.attrs


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_dtypes_come_back_from_every_file(tmp_path: Path, suffix: str, count: int) -> None:
    """Files that know no dtypes are read with those that a run's frame has."""
    frame = build_frame(*everything()).iloc[:count]
    back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    assert back.dtypes.to_dict() == frame.dtypes.to_dict()
    assert list(back) == list(frame)
    assert back["result"].tolist() == frame["result"].tolist()
    pd.testing.assert_index_equal(back.index, frame.index)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_texts_hold_times_and_seconds_exactly(tmp_path: Path, suffix: str) -> None:
    """Numbers are written with all their digits, and read with all of them."""
    frame = frame_of_answers([1, 2, 3])
    frame["network_s"] = [0.1 + 0.2, 1e-300, math.pi]
    back = read_frame(export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    pd.testing.assert_frame_equal(back, frame)


def test_many_rows_are_written_in_pieces(tmp_path: Path) -> None:
    """The pieces are the whole, in order."""
    frame = build_frame_of(120_001)
    back = read_frame(export_frame(frame, tmp_path / "x.csv", name="x"))
    assert back["result"].tolist() == list(range(120_001))


def build_frame_of(count: int) -> pd.DataFrame:
    """Return a frame of so many numbers."""
    from notebook_kit.frames import plan_of

    return build_frame(plan_of(range(count)), answered(range(count)))


@pytest.mark.parametrize("ending", ["parquet", "feather", "jsonl"])
def test_labels_that_are_tuples_come_back_as_labels(tmp_path: Path, ending: str) -> None:
    """JSON has no tuples; lists could not be looked up."""
    labels = pd.Index([("a", 1), ("b", (2, 3))], tupleize_cols=False)
    frame = frame_of_answers([1, 2]).set_axis(labels)
    back = read_frame(export_frame(frame, tmp_path / f"x.{ending}", name="x"))
    pd.testing.assert_index_equal(back.index, labels)


@pytest.mark.parametrize("ending", ["parquet", "feather", "csv", "jsonl", "xlsx"])
def test_columns_of_the_input_stay_what_they_are(tmp_path: Path, ending: str) -> None:
    """Those that have the names of a run's columns are not made like them."""
    table = pd.DataFrame({"started": [0], "attempts": [9], "status": ["open"]})
    frame = join(table, frame_of_answers([1]))
    back = read_frame(export_frame(frame, tmp_path / f"x.{ending}", name="x"))
    assert back["started"].tolist() == [0]
    assert back["attempts"].dtype == "int64"
    assert back["status"].dtype == frame["status"].dtype
    assert back["status_call"].dtype == frame["status_call"].dtype


def test_a_class_that_fails_at_being_asked_costs_no_other_row(tmp_path: Path) -> None:
    """Its text is written, or that it has none."""

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __str__(self) -> str:
            return "broken"

    for ending in ("parquet", "csv", "jsonl", "xlsx"):
        target = tmp_path / f"x.{ending}"
        with pytest.warns(UserWarning, match="class Broken in the column 'result'"):
            path = export_frame(frame_of_answers([Broken(), 1]), target, name="x")
        assert read_frame(path)["result"].tolist() == ["broken", 1]
