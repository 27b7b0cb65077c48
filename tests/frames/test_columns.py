from __future__ import annotations

import datetime as dt
import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.frames.columns import (
    TEXT,
    as_text,
    flat_index,
    inferred_column,
    is_text,
    label_index,
    object_array,
    object_column,
    sparse_text_array,
    text_column,
)

LONE_SURROGATE = "\udc80"


class Hostile:
    """Refuses to be looked into, as a broken answer of a user's function may."""

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("looked into")

    def __len__(self) -> int:
        raise RuntimeError("looked into")

    def __repr__(self) -> str:
        return "Hostile()"


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2], [3, 4]],
        [np.arange(2), np.arange(2)],
        [np.array(5), np.array(6)],
        [np.zeros((2, 2))] * 2,
        [pd.DataFrame({"a": [1]})] * 2,
        [(1, 2), (3, 4)],
        [Hostile(), Hostile()],
        ["a", b"b", None, 1, {"c": []}, ValueError("d")],
        [],
    ],
    ids=lambda values: type(values[0]).__name__ if values else "empty",
)
def test_objects_stay_themselves(values: list[Any]) -> None:
    """A column of objects holds the very objects, not what numpy could make of them."""
    column = object_column(object_array(values))
    assert column.dtype == object
    assert len(column) == len(values)
    assert all(kept is value for kept, value in zip(column.tolist(), values, strict=True))


def test_text_stays_an_object() -> None:
    """A column of objects that are all text does not become a column of text."""
    assert object_column(object_array(["a", "b"])).dtype == object


def test_text_is_put_in_its_places() -> None:
    """Each place gets its text, or a missing one for -1."""
    column = text_column(["a", "b"], np.array([1, -1, 0, 1]))
    assert column.dtype == TEXT
    assert column.isna().tolist() == [False, True, False, False]
    assert column.dropna().tolist() == ["b", "a", "b"]


@pytest.mark.parametrize("count", [0, 3])
def test_no_text_at_all(count: int) -> None:
    """A column in which every text is missing has the same dtype."""
    column = text_column([], np.full(count, -1))
    assert column.dtype == TEXT
    assert column.isna().tolist() == [True] * count


@given(
    st.lists(st.sampled_from([None, 0, 1, 2, 3]), max_size=40).flatmap(
        lambda places: st.tuples(
            st.just(places),
            st.permutations([row for row, place in enumerate(places) if place is not None]),
        )
    )
)
def test_texts_of_some_rows(drawn: tuple[list[int | None], list[int]]) -> None:
    """Rows given in any order have their texts, empty ones too, and all others are missing."""
    places, rows = drawn
    texts = ["a", "", "Zürich", LONE_SURROGATE]
    array = sparse_text_array(len(places), rows, texts, [places[row] or 0 for row in rows])
    wanted = text_column(texts, np.array([-1 if it is None else it for it in places], np.intp))
    pd.testing.assert_series_equal(pd.Series(array, dtype=TEXT), wanted)


def test_texts_of_some_rows_can_be_stored_and_changed() -> None:
    """Such a column is like any other: it goes through a file, and can be written into."""
    array = sparse_text_array(1_000, [999, 3], ["late", "early"], [0, 1])
    frame = pd.DataFrame({"error": pd.Series(array, dtype=TEXT)})
    file = io.BytesIO()
    frame.to_parquet(file)
    assert pd.read_parquet(file)["error"].dropna().to_dict() == {3: "early", 999: "late"}
    frame.loc[4, "error"] = "mine"
    assert frame["error"].dropna().to_dict() == {3: "early", 4: "mine", 999: "late"}


def test_text_that_cannot_be_encoded_is_escaped() -> None:
    """A lone surrogate, as in a mangled file name, does not make the column fail."""
    assert text_column([LONE_SURROGATE], np.array([0])).tolist() == ["\\udc80"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], "int64"),
        ([1, None], "Int64"),
        ([1.5, None], "float64"),
        ([1, 1.5], "float64"),
        ([True, False], "bool"),
        ([True, None], "boolean"),
        (["a", None], TEXT),
        ([[1], [2]], "object"),
        ([{"a": 1}, None], "object"),
        ([2**70, 1], "object"),
        ([2**70, None], "object"),
        ([1, "a"], "object"),
        ([Hostile()], "object"),
        ([], "object"),
    ],
    ids=repr,
)
def test_dtype_follows_the_values(values: list[Any], dtype: Any) -> None:
    """Answers get the dtype that holds them without loss, objects if there is no other."""
    column = inferred_column(values)
    assert column.dtype == dtype
    kept = [
        None if missing else value for value, missing in zip(column, column.isna(), strict=True)
    ]
    assert kept == values


def test_text_that_cannot_be_encoded_is_kept() -> None:
    """An answer with a lone surrogate stays what it is, in a column of text or of objects."""
    assert inferred_column([LONE_SURROGATE]).tolist() == [LONE_SURROGATE]


def test_dates_become_dates() -> None:
    """Dates with a missing one become a column of dates."""
    column = inferred_column([dt.datetime(2024, 1, 2, tzinfo=dt.UTC), None])
    assert isinstance(column.dtype, pd.DatetimeTZDtype)
    assert column.isna().tolist() == [False, True]


def test_large_identifiers_are_exact() -> None:
    """A missing value beside a large whole number does not round it."""
    assert inferred_column([2**53 + 1, None])[0] == 2**53 + 1


@pytest.mark.parametrize(
    ("labels", "levels"),
    [
        ([], 1),
        (["a", "b"], 1),
        ([("a", 1), ("b", 2)], 2),
        ([("a", 1), ("b",)], 1),
        ([("a", 1), "b"], 1),
        ([()], 1),
        ([LONE_SURROGATE], 1),
        ([frozenset({1}), 2**70, None], 1),
    ],
    ids=repr,
)
def test_labels(labels: list[Any], levels: int) -> None:
    """Labels of any kind stay what they are; tuples of one length become levels."""
    index = label_index(labels)
    assert (index.tolist(), index.nlevels) == (labels, levels)


def test_labels_that_pandas_cannot_encode() -> None:
    """Tuples with a lone surrogate are labels too, in levels or not."""
    assert label_index([(LONE_SURROGATE, 1)]).tolist() == [(LONE_SURROGATE, 1)]


def test_flat_index_has_one_level() -> None:
    """Tuples as names of columns are names, not levels."""
    assert flat_index([("a", 1), ("b", 2)]).tolist() == [("a", 1), ("b", 2)]


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, float("nan")])
def test_text_of_a_file_is_text_with_nan(missing: Any) -> None:
    """Whatever stands for a missing text there, it is missing here as a run's is; numbers are text.

    Before pandas 3 that is a column of objects, which None would otherwise stay in.
    """
    column = pd.Series(["a", missing, 7], index=[3, 3, 4], dtype=object, name="error")
    made = as_text(column)
    pd.testing.assert_index_equal(made.index, column.index)
    assert (made.dtype, made.name) == (TEXT, "error")
    assert made.tolist()[::2] == ["a", "7"]
    assert isinstance(made.tolist()[1], float)
    assert as_text(made) is made


def test_none_is_no_text() -> None:
    """A run's missing text is NaN; anything else comes from elsewhere."""
    assert is_text(["a", "", float("nan")])
    assert not is_text(["a", None])
    assert not is_text(["a", 1.5])
