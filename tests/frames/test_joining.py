from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import join
from notebook_kit.frames.attrs import KEY
from tests.frames.ledgers import frame_of_answers

OUTCOMES = ["result", "status", "status_code", "error_type", "error", "source", "attempts",
            "started", "waited_s", "network_s", "backoff_s", "elapsed_s"]  # fmt: skip
LABELS: dict[str, Any] = {
    "range": pd.RangeIndex(3),
    "duplicates": pd.Index(["a", "a", "b"], name="code"),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["x", None]),
    "times": pd.date_range("2026-01-01", periods=3, tz="UTC"),
}


async def double(n: int) -> int:
    return 2 * n


def _input(index: Any = None) -> pd.DataFrame:
    data = pd.DataFrame({"n": [1, 2, 3], "city": pd.Categorical(["x", "y", "x"])})
    return data if index is None else data.set_axis(index)


@pytest.mark.parametrize("index", LABELS.values(), ids=LABELS)
def test_the_input_stands_beside_its_outcomes(index: Any) -> None:
    """`join="left"` gives the columns of the input first, row by row, under its labels."""
    data = _input(index)
    before = data.copy(deep=True)
    run = nk.map(double, data, join="left", progress=False)
    frame = run.result()
    assert list(frame) == ["n", "city", *OUTCOMES]
    assert frame["result"].tolist() == [2, 4, 6]
    pd.testing.assert_frame_equal(frame[["n", "city"]], before)
    pd.testing.assert_frame_equal(data, before)
    pd.testing.assert_frame_equal(run.frame, frame)
    assert list(run.errors) == ["status", "status_code", "error_type", "error", "attempts"]
    assert run.summary().ok == 3


def test_a_run_can_be_joined_afterwards() -> None:
    """`run.joined()` gives the same as `join="left"` would have."""
    data = _input()
    run = nk.map(double, data, progress=False)
    expected = join(data, run.result())
    pd.testing.assert_frame_equal(run.joined(), expected)
    assert list(run.frame) == OUTCOMES


def test_names_that_are_taken_get_a_suffix() -> None:
    """The input keeps its names; an outcome is told by `_call`, and attributes say which were."""
    data = pd.DataFrame({"n": [1], "status": ["new"], "error": ["x"], "error_call": ["y"]})
    frame = nk.map(lambda n: n, data, join="left", progress=False).result()
    names = ["n", "status", "error", "error_call", "result", "status_call", "status_code"]
    assert frame.columns[:7].tolist() == names
    assert frame[["status", "status_call", "error_call"]].iloc[0].tolist() == ["new", "ok", "y"]
    assert frame.attrs[KEY]["renamed"] == {"status": "status_call", "error": "error_call_"}
    assert str(frame["status_call"].dtype) == "category"


def test_a_retry_of_some_rows_is_joined_to_those() -> None:
    """The rows that are tried again stand beside their own inputs."""
    failing = {2}

    def work(n: int) -> int:
        if n in failing:
            failing.discard(n)
            raise LookupError
        return n

    run = nk.map(work, _input(list("abc")), join="left", retry=0, progress=False)
    assert run.result()["status"].tolist() == ["ok", "failed", "ok"]
    again = run.retry_failed().result()
    assert again.index.tolist() == ["b"]
    assert again[["n", "result"]].iloc[0].tolist() == [2, 2]


def test_other_inputs_are_refused_before_anything_is_called() -> None:
    """Only a DataFrame has columns to stand beside; the error says how to make one."""
    for items in ([1, 2], pd.Series([1])):
        with pytest.raises(nk.ConfigurationError, match=r"input is none.*items\.to_frame\(\)"):
            nk.map(double, items, join="left", progress=False)
    with pytest.raises(nk.ConfigurationError, match="join='inner' must be 'left'"):
        nk.map(double, _input(), join="inner", progress=False)  # type: ignore[arg-type]
    run = nk.map(double, [1], progress=False)
    run.result()
    with pytest.raises(nk.ConfigurationError, match="input is none"):
        run.joined()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([1, 2], "the input is a list"),
        (pd.DataFrame({"n": [1]}), "has 1 rows and the frame 2"),
        (pd.DataFrame({"n": [1, 2]}, index=[1, 0]), r"labels.*differ.*set_axis\(data\.index\)"),
    ],
)
def test_rows_that_do_not_match_are_refused(data: Any, said: str) -> None:
    """Joining by position needs the same rows in the same order."""
    with pytest.raises(nk.ConfigurationError, match=said):
        join(data, frame_of_answers([1, 2]))


def test_items_are_not_repeated() -> None:
    """A column of the input that was mapped is there once, and names of all kinds are kept."""
    data = pd.DataFrame({0: [1, 2], ("a", "b"): [3, 4]}).rename_axis(columns="names")
    frame = nk.map(double, data[0], progress=False).result()
    joined = join(data, frame)
    assert list(joined)[:3] == [0, ("a", "b"), "result"]
    assert joined.columns.name == "names"
