from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from tests.frames.compare.runs import run_of

OLD = {
    "a": {"n": 1},
    "b": {"n": 2},
    "c": {"n": 3},
    "d": ValueError("bad"),
    "e": ValueError("bad"),
    "f": 1,
}
NEW = {
    "b": {"n": 5},
    "a": {"n": 1},
    "c": KeyError("gone"),
    "d": {"n": 4},
    "e": ValueError("bad"),
    "g": 1,
}


def test_each_row_says_what_became_of_it() -> None:
    """Rows of the first run in its order, then those that only the second has."""
    rows = nk.compare(run_of(OLD), run_of(NEW)).rows
    assert rows["change"].to_dict() == {
        "a": "same",
        "b": "changed",
        "c": "now failing",
        "d": "now ok",
        "e": "still failing",
        "f": "only in a",
        "g": "only in b",
    }
    assert rows["differs"].dropna().to_dict() == {
        "b": "n: 2 → 5",
        "c": "ok → KeyError 500",
        "d": "ValueError 500 → ok",
    }
    assert rows["status_a"].isna().tolist() == [False] * 6 + [True]


def test_the_parts_are_the_rows_of_that_kind() -> None:
    """Each with all columns."""
    found = nk.compare(run_of(OLD), run_of(NEW))
    assert found.changed.index.tolist() == ["b"]
    assert found.failing.index.tolist() == ["c"]
    assert found.fixed.index.tolist() == ["d"]
    assert found.changed.columns.equals(found.rows.columns)
    assert isinstance(found, nk.Comparison)
    assert len(found) == 7


def test_slower_and_faster_rows() -> None:
    """By their ratio and by a hundredth of a second; the worst first; failures have no pace."""
    answers: dict[str, Any] = dict.fromkeys("abcdef", 1)
    answers["f"] = ValueError("x")
    before = dict(zip("abcdef", [1.0, 1.0, 0.001, 1.0, 1.0, 1.0], strict=True))
    after = dict(zip("abcdef", [2.0, 4.0, 0.005, 1.4, 0.5, 9.0], strict=True))
    found = nk.compare(run_of(answers, before), run_of(answers, after))
    assert found.slower.index.tolist() == ["b", "a"]
    assert found.faster.index.tolist() == ["e"]
    assert found.rows["pace"].isna().tolist() == [False] * 5 + [True]
    assert nk.compare(run_of(answers, before), run_of(answers, after), slower=3).summary()[
        ["slower", "faster"]
    ].tolist() == [1, 0]


def test_the_summary_counts() -> None:
    """Every kind, and the middle change of time."""
    found = nk.compare(run_of(OLD), run_of(NEW, dict.fromkeys("ab", 0.5)))
    numbers = found.summary()
    assert numbers["rows"] == 7
    assert numbers[list(found.rows["change"].cat.categories)].tolist() == [1] * 7
    assert numbers["median_change_s"] == pytest.approx(0.25)
    assert numbers["median_ratio"] == pytest.approx(2.0)


def test_no_rows_compare() -> None:
    """Nothing is no mistake, and the dtypes are those of any number of rows."""
    empty, some = nk.compare(run_of({}), run_of({})), nk.compare(run_of(OLD), run_of(NEW))
    assert empty.rows.dtypes.equals(some.rows.dtypes)
    assert np.isnan(empty.summary()["median_change_s"])
    assert "0 rows compared" in repr(empty)


def test_a_frame_from_a_file_is_like_its_run() -> None:
    """Answers are JSON there, and statuses text."""
    frame = run_of({"a": {"n": 1, "m": [1.5, None]}, "b": "text", "c": ValueError("x")})
    texts: list[Any] = ['{"m": [1.5, null], "n": 1}', "text", None]
    written = frame.assign(result=texts)
    back = pd.read_csv(io.StringIO(written.to_csv()), index_col=0)
    assert nk.compare(frame, back).summary()[["same", "still failing"]].tolist() == [2, 1]


def test_runs_can_be_compared_as_they_are() -> None:
    """A run is its frame."""
    runs = [nk.map(lambda n, k=k: n * k, [1, 2], progress=False) for k in (1, 2)]
    [run.result() for run in runs]
    assert nk.compare(*runs).changed["differs"].tolist() == ["1 → 2", "2 → 4"]


def test_rows_of_different_items_are_told() -> None:
    """Labels that count rows say nothing of what was sent."""
    a, b = (nk.map(abs, items, progress=False).result() for items in ([1, 2], [2, 1]))
    found = nk.compare(a, b)
    assert found.other_items == 2
    assert "2 rows compared by label were made of different items: on='item'" in repr(found)
    assert nk.compare(a, b, on="item").summary()["same"] == 2


@pytest.mark.parametrize("option", [{"tolerance": -1}, {"slower": 0.5}, {"slower": "much"}])
def test_options_that_make_no_sense_are_refused(option: dict[str, Any]) -> None:
    """With what they have to be."""
    with pytest.raises(nk.ConfigurationError, match="must be a number of"):
        nk.compare(run_of({}), run_of({}), **option)


def test_what_is_no_frame_of_a_run_is_refused() -> None:
    """With the columns it lacks."""
    with pytest.raises(nk.ConfigurationError, match="no result, status, network_s here"):
        nk.compare(pd.DataFrame({"n": [1]}), run_of({}))
    with pytest.raises(nk.ConfigurationError, match="given a list"):
        nk.compare([1], run_of({}))


@pytest.mark.slow
def test_only_the_first_ten_thousand_differences_are_told() -> None:
    """The rest is counted; nobody reads a million."""
    rows = range(10_010)
    a, b = run_of(dict.fromkeys(rows, 1)), run_of(dict.fromkeys(rows, 2))
    found = nk.compare(a, b)
    assert found.summary()["changed"] == 10_010
    assert found.rows["differs"].notna().sum() == 10_000


def test_keys_that_are_no_unicode_are_told() -> None:
    """One such answer does not cost the other rows."""
    found = nk.compare(run_of({"a": {"\ud800": 1}}), run_of({"a": {"\ud800": 2}}))
    assert found.changed["differs"].tolist() == [r"\ud800: 1 → 2"]
