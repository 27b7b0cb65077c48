from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from notebook_kit.frames import build_frame, export_frame, join, read_frame
from tests.frames.ledgers import everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".csv", ".jsonl", ".xlsx"]


def back_of(frame: pd.DataFrame, folder: Path, suffix: str) -> pd.DataFrame:
    """Return the frame as it comes back from a file."""
    return read_frame(export_frame(frame, folder / f"x{suffix}", name="x"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("has_status", [False, True])
def test_a_column_called_status_call_is_the_input_s(
    tmp_path: Path, suffix: str, *, has_status: bool
) -> None:
    """Its words stay what they are, and the run's status is found where the run has put it."""
    table = pd.DataFrame({"status_call": ["ok", "failed"], "attempts_call": [1.5, 2.5]})
    if has_status:
        table["status"] = ["new", "old"]
    frame = join(table, build_frame(*everything()).iloc[:2])
    back = back_of(frame, tmp_path, suffix)
    pd.testing.assert_series_equal(back["status_call"], frame["status_call"])
    assert back["attempts_call"].tolist() == [1.5, 2.5]
    assert back["status_call_" if has_status else "status"].dtype == "category"
    assert back.calls.summary().failed == frame.calls.summary().failed == 1
    assert back.calls.failed().index.tolist() == [1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_column_that_was_added_is_not_the_run_s(tmp_path: Path, suffix: str) -> None:
    """Also where its words could be those of a run."""
    frame = build_frame(*everything()).iloc[:2].assign(status_call=["failed", "ok"])
    back = back_of(frame, tmp_path, suffix)
    assert back["status"].dtype == "category"
    assert back["status_call"].tolist() == ["failed", "ok"]
    assert back["status_call"].dtype != "category"
    assert back.calls.failed().index.tolist() == [1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_told_from_the_order_is_known_without_it(tmp_path: Path, suffix: str) -> None:
    """Columns can be taken away from what was read."""
    table = pd.DataFrame({"status": ["ok", "ok"]})
    frame = join(table, build_frame(*everything()).iloc[:2])
    back = back_of(frame, tmp_path, suffix)[["attempts", "status", "status_call"]]
    assert back.calls.failed().index.tolist() == [1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_input_s_result_is_no_answer(tmp_path: Path, suffix: str) -> None:
    """It keeps its dtype; the run's, which is called otherwise, has answers of all kinds."""
    table = pd.DataFrame({"result": [1, 2, 3]})
    answers: list[Any] = [{"n": 1}, "text", [1]]
    back = back_of(join(table, frame_of_answers(answers)), tmp_path, suffix)
    assert back["result"].dtype == "int64"
    assert back["result_call"].tolist() == answers
    assert back.calls.expand(["n"])["n"].tolist()[0] == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", ["item", "result", "network_s", "error"])
def test_labels_called_like_a_column_of_a_run_are_labels(
    tmp_path: Path, suffix: str, name: str
) -> None:
    """Their dtype is their own; beside a column of that name they get an underscore."""
    frame = frame_of_answers(["a", "b"]).drop(columns=name)
    frame.index = pd.Index([7, 8], name=name)
    back = back_of(frame, tmp_path, suffix)
    pd.testing.assert_index_equal(back.index, frame.index)
    both = frame_of_answers(["a", "b"]).set_axis(frame.index)
    assert list(back_of(both, tmp_path, suffix)) == list(both)
    assert back_of(both, tmp_path, suffix).index.name == f"{name}_"
