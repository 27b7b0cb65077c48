from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import notebook_kit as nk
from notebook_kit.frames import build_frame, errors_view, results_view, timings_view
from notebook_kit.scheduling import Ledger
from tests.frames.ledgers import answered, everything, failed, frame_of, frame_of_answers

# Results


def test_dictionaries_are_opened() -> None:
    """Dictionaries become columns, in the order in which their keys first come."""
    view = results_view(frame_of_answers([{"a": 1, "b": "x"}, {"c": 2.5, "a": 2}]))
    assert list(view) == ["a", "b", "c"]
    assert view["a"].tolist() == [1, 2]
    assert view["a"].dtype == "int64"
    assert view["b"].isna().tolist() == [False, True]


def test_only_one_level_is_opened() -> None:
    """What is inside the values of a dictionary stays as it is."""
    inner = {"b": [1]}
    view = results_view(frame_of_answers([{"a": inner}]))
    assert view["a"].tolist()[0] is inner


def test_only_answers_are_shown() -> None:
    """Rows that are not ok are left out; those that stay keep their labels."""
    view = results_view(build_frame(*everything()))
    assert view.index.tolist() == [0, 5]
    assert view["n"].dropna().tolist() == [1]
    assert view["result"].tolist()[1] == "text"


@pytest.mark.parametrize(
    "answers", [[1, 2], [[1, 2], [3, 4]], ["a", "b"], [b"a", None], [np.arange(2), np.arange(2)]]
)
def test_other_answers_are_a_column(answers: list[Any]) -> None:
    """Answers that are no dictionaries are in one column."""
    view = results_view(frame_of_answers(answers))
    assert list(view) == ["result"]
    for kept, answer in zip(view["result"], answers, strict=True):
        assert kept is answer or kept == answer


@pytest.mark.parametrize(
    ("answers", "columns"),
    [
        ([{"result": 1}, "text"], ["result", "result_"]),
        ([{"result": 1, "result_": 2}, "text"], ["result", "result_", "result__"]),
        ([{"result": 1}], ["result"]),
        ([{"item": 1, "status": 2, "error": 3}], ["item", "status", "error"]),
    ],
)
def test_names_do_not_clash(answers: list[Any], columns: list[str]) -> None:
    """A dictionary's keys keep their names; the column of other answers gives way."""
    view = results_view(frame_of_answers(answers))
    assert list(view) == columns
    assert len(view) == len(answers)


@pytest.mark.parametrize("keys", [[1, 2], [None, "a"], ["\udc80"]])
def test_keys_of_any_kind_are_names(keys: list[Any]) -> None:
    """Keys that are no text are names of columns as they are."""
    view = results_view(frame_of_answers([dict.fromkeys(keys, 1)]))
    assert view.columns.nlevels == 1
    assert view.iloc[0].tolist() == [1] * len(keys)
    assert [None if pd.isna(name) else name for name in view.columns.to_numpy(object)] == keys


def test_tuples_are_names() -> None:
    """Keys that are tuples are names of columns, not levels of them."""
    view = results_view(frame_of_answers([{("a", "b"): 1, ("c", "d"): 2}]))
    names: list[object] = list(view.columns)
    assert names == [("a", "b"), ("c", "d")]
    assert view.columns.nlevels == 1
    assert view.iloc[0].tolist() == [1, 2]


def test_dictionaries_keyed_by_data_stay_closed() -> None:
    """Dictionaries with ever other keys are not opened into a column for each row."""
    answers = [{f"id {n}": n} for n in range(2_000)]
    view = results_view(frame_of_answers(answers))
    assert list(view) == ["result"]
    assert view["result"].tolist()[7] is answers[7]


def test_identifiers_beside_missing_ones_are_exact() -> None:
    """A large whole number is not rounded because another row has none."""
    view = results_view(frame_of_answers([{"id": 2**53 + 1}, {"id": None}, {}]))
    assert view.loc[0, "id"] == 2**53 + 1
    assert view["id"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("ledger", [Ledger(), failed([ValueError("no")])], ids=["empty", "failed"])
def test_no_answers(ledger: Ledger) -> None:
    """Where there is no answer there is an empty column."""
    view = results_view(frame_of(range(len(ledger)), ledger))
    assert (list(view), len(view)) == (["result"], 0)


def test_empty_dictionaries_are_rows() -> None:
    """Answers that are empty dictionaries are rows without columns."""
    assert results_view(frame_of_answers([{}, {}])).shape == (2, 0)


def test_labels_that_occur_twice() -> None:
    """Labels that occur twice neither multiply rows nor mix them up."""
    series = pd.Series([1, 2, 3], index=["x", "x", "y"])
    view = results_view(frame_of(series, answered([{"n": 1}, {"n": 2}, {"n": 3}])))
    assert list(view["n"].items()) == [("x", 1), ("x", 2), ("y", 3)]


# Errors


def test_errors_are_rows() -> None:
    """What failed, timed out or was cancelled is shown; what was skipped or goes on is not."""
    view = errors_view(build_frame(*everything()))
    assert list(view) == ["item", "status", "status_code", "error_type", "error", "attempts"]
    assert view.index.tolist() == [1, 2, 3]
    assert view["item"].tolist() == list("bcd")
    assert view["status"].tolist() == ["failed", "timeout", "cancelled"]


def test_errors_of_a_frame_have_no_item() -> None:
    """Where the input was a DataFrame there is no item to show."""
    frame = frame_of(pd.DataFrame({"id": [1, 2]}, index=[5, 5]), failed([ValueError("a")] * 2))
    view = errors_view(frame)
    assert list(view) == ["status", "status_code", "error_type", "error", "attempts"]
    assert view.index.tolist() == [5, 5]


def test_no_errors() -> None:
    """A run without errors has the same columns and no rows."""
    view = errors_view(frame_of_answers([1]))
    assert len(view) == 0
    assert view["status_code"].dtype == "Int16"


# Timings


def test_timings() -> None:
    """Every row is shown with its times and its tries."""
    plan, ledger = everything()
    view = timings_view(build_frame(plan, ledger))
    assert list(view) == [
        "started", "waited_s", "network_s", "backoff_s", "elapsed_s", "attempts",
    ]  # fmt: skip
    assert len(view) == len(ledger)
    assert view.loc[0, "elapsed_s"] == pytest.approx(1.0)


def test_answers_that_are_json_text_are_opened_as_the_accessor_does() -> None:
    """A run and its frame give the same; text that is no object stays text."""
    run = nk.map(lambda n: json.dumps({"n": n}), [1, 2], progress=False)
    frame: Any = run.result()
    assert run.expand(["n"])["n"].tolist() == [1, 2]
    for opened in (run.expand(["n"]), run.results):
        assert_frame_equal(opened, frame.calls.expand())
    words = nk.map(str, ["[a", "{b"], progress=False)
    words.result()
    assert words.results["result"].tolist() == ["[a", "{b"]


def test_errors_of_a_run_s_views_show_the_user_s_line_alone() -> None:
    """A mistyped path is told by its message."""
    run = nk.map(lambda n: {"n": n}, pd.DataFrame({"n": [1]}), progress=False)
    run.result()
    for ask in (run.expand, run.joined):
        with pytest.raises(nk.ConfigurationError, match="No answer has 'm'") as caught:
            ask(["m"])
        modules = [it.frame.f_globals["__name__"] for it in caught.traceback]
        assert not [name for name in modules if name.startswith("notebook_kit")]
