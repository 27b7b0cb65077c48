from __future__ import annotations

import dataclasses
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


def about(n: int) -> dict[str, Any]:
    """Return an answer, or fail for 2."""
    if n == 2:
        raise LookupError
    return {"n": 10**17 + n, "status": "open", "tags": ["a"] * n, "is_odd": bool(n % 2)}


@pytest.mark.parametrize("index", LABELS.values(), ids=LABELS)
def test_opened_answers_stand_beside_the_input(index: Any) -> None:
    """In the place of the result, under names that are free; a row without one stays."""
    data = _input(index)
    run = nk.map(about, data[["n"]], retry=0, progress=False)
    run.result()
    table = run.joined(["n", "status", "is_odd"])
    assert list(table) == ["n", "n_answer", "status_answer", "is_odd", *OUTCOMES[1:]]
    assert table["n"].tolist() == [1, 2, 3]
    assert table["n_answer"].tolist() == [10**17 + 1, pd.NA, 10**17 + 3]
    assert table["status_answer"].fillna("").tolist() == ["open", "", "open"]
    assert table["is_odd"].tolist() == [True, pd.NA, True]
    assert table["status"].tolist() == ["ok", "failed", "ok"]
    pd.testing.assert_index_equal(table.index, data.index)
    assert table.attrs[KEY]["opened"] == ["n_answer", "status_answer", "is_odd"]


def test_members_of_a_list_repeat_the_input() -> None:
    """Each stands beside the row that it is of, and a row without an answer is there once."""
    run = nk.map(about, _input(LABELS["duplicates"])[["n"]], retry=0, progress=False)
    run.result()
    table = run.joined(explode="tags")
    assert table["n"].tolist() == [1, 2, 3, 3, 3]
    assert table["tags_position"].tolist() == [0, pd.NA, 0, 1, 2]
    assert table.index.tolist() == ["a", "a", "b", "b", "b"]
    assert table["status"].tolist() == ["ok", "failed", "ok", "ok", "ok"]


def test_answers_opened_by_a_schema_stand_beside_the_input() -> None:
    """With the dtypes of its fields."""

    @dataclasses.dataclass
    class Answer:
        n: int
        is_odd: bool

    run = nk.map(about, _input()[["n"]], retry=0, progress=False)
    run.result()
    table = run.joined(schema=Answer)
    assert table["n_answer"].dtype == "Int64"
    assert table["is_odd"].tolist() == [True, pd.NA, True]
    with pytest.raises(nk.ConfigurationError, match="No answer has 'm'"):
        run.joined(["m"])


def plain(row: Any) -> dict[str, Any]:
    """Return a row as a dictionary."""
    return dict(row)


def test_opened_columns_are_not_sent_again() -> None:
    """A retry sends what a row was made of."""
    run = nk.map(about, _input()[["n"]], retry=0, progress=False)
    run.result()
    frame: Any = run.joined(["n", "is_odd"])
    again = frame.calls.retry(plain, progress=False).result()
    assert again["result"].tolist() == [{"n": 2}]
    with pytest.raises(nk.ConfigurationError, match=r"merge them into run\.frame"):
        frame.calls.merge(again)


def test_an_opened_column_called_result_is_no_answer() -> None:
    """Whole answers are not put into it, and it is not sent again."""
    run = nk.map(
        lambda row: {"result": 6 // row["n"]}, _input()[["n"]].assign(n=[1, 0, 3]), retry=0
    )
    run.result()
    frame: Any = run.joined(expand=True)
    assert frame["result"].tolist() == [6, pd.NA, 2]
    again = frame.calls.retry(plain, progress=False).result()
    assert again["result"].tolist() == [{"n": 0}]
    with pytest.raises(nk.ConfigurationError, match=r"merge them into run\.frame"):
        frame.calls.merge(again)
    with pytest.raises(nk.ConfigurationError, match="no result here"):
        frame.calls.usage()


def test_without_arguments_answers_stay_closed() -> None:
    """As they always did; True opens all of them."""
    run = nk.map(about, _input()[["n"]], retry=0, progress=False)
    run.result()
    assert "result" in run.joined()
    assert list(run.joined(expand=True))[1:5] == ["n_answer", "status_answer", "tags", "is_odd"]
    numbers = nk.map(lambda n: n, _input()[["n"]], progress=False)
    numbers.result()
    assert numbers.joined(expand=True)["result"].tolist() == [1, 2, 3]
