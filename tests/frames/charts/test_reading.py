from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from notebook_kit.frames.charts.reading import codes, items_of, kinds_of, tries_of
from tests.frames.charts import runs


@pytest.mark.parametrize("dtype", [object, "category", "str"])
def test_words_are_found_whatever_holds_them(dtype: object) -> None:
    """What is none of them, or missing, is -1."""
    column = pd.Series(["b", None, "a", "z"], dtype=dtype)  # type: ignore[call-overload]
    assert codes(column, ("a", "b")).tolist() == [1, -1, 0, -1]


def test_attempts_that_belong_to_no_row_are_left_out() -> None:
    """A part of a frame has the attempts of its rows alone, and says of none that it is lost."""
    frame, attempts = runs.mixed(20)
    tries = tries_of(attempts, frame.iloc[5:8])
    assert tries is not None
    assert tries.item.tolist() == [0, 1, 2]
    assert tries.left_out == 0


def test_attempts_are_found_by_position_where_labels_do_not_say() -> None:
    """Labels that occur twice, or that a file has lost."""
    frame, attempts = runs.mixed(20)
    for labels in (["same"] * 20, [f"row {at}" for at in range(20)]):
        other = frame.set_axis(labels)
        tries = tries_of(attempts, other)
        assert tries is not None
        assert tries.item.tolist() == attempts["position"].tolist()


def test_attempts_without_times_are_counted() -> None:
    """They cannot be drawn, and the caption is to say so."""
    frame, attempts = runs.mixed(20)
    attempts["started"] = attempts["started"].where(attempts.index > 2)
    lost = int(attempts["started"].isna().sum())
    tries = tries_of(attempts, frame)
    assert tries is not None
    assert tries.left_out == lost > 0
    assert len(tries) == len(attempts) - lost


def test_ends_are_beginnings_with_what_came_between() -> None:
    """In seconds since the epoch."""
    frame, attempts = runs.mixed(20)
    items = items_of(frame)
    last = attempts.groupby("position")["ended"].max()
    wanted = last.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64") / 1e6
    np.testing.assert_allclose(items.ended, wanted, atol=1e-5)


def test_a_failure_of_which_no_kind_was_kept_has_a_name() -> None:
    """A file may have lost the column, or its words."""
    table = pd.DataFrame({"error_type": ["A", None, None], "status_code": [None, 500, None]})
    places, names = kinds_of(table)
    assert [names[place] for place in places] == ["A", "no error kept 500", "no error kept"]
    assert kinds_of(pd.DataFrame(index=[1, 2]))[1] == ["no error kept"]
