from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames import build_frame
from notebook_kit.frames.calls.restored import columns_of, decoded, require, restored
from notebook_kit.frames.joining import join
from tests.frames.ledgers import everything, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_frame_that_is_right_is_not_copied() -> None:
    """What a run gives needs nothing."""
    frame = frame_of_answers([{"n": 1}])
    assert restored(frame) is frame


def test_a_frame_from_a_csv_gets_its_dtypes_back() -> None:
    """All columns of the outcome; items and answers are text there."""
    frame = build_frame(*everything())
    text = io.StringIO(frame.to_csv(index=False))
    back = restored(pd.read_csv(text)).drop(columns=["item", "result"])
    assert_frame_equal(back, frame.drop(columns=["item", "result"]))


def test_an_empty_frame_from_a_csv_gets_its_dtypes_back() -> None:
    """Without rows, pandas takes every column for objects."""
    frame = frame_of_answers([])
    back = restored(pd.read_csv(io.StringIO(frame.to_csv(index=False))))
    # Nobody can tell what the items were.
    columns = [name for name in frame if name != "item"]
    assert_frame_equal(back[columns], frame[columns])


def test_a_frame_from_parquet_gets_its_dtypes_back(tmp_path: Path) -> None:
    """Also where it was read as columns of Arrow."""
    frame = build_frame(*everything()).astype({"result": str, "item": str})
    frame.to_parquet(tmp_path / "run.parquet")
    back = pd.read_parquet(tmp_path / "run.parquet", dtype_backend="pyarrow")
    columns = [name for name in frame if name not in ("item", "result")]
    assert_frame_equal(restored(back)[columns], frame[columns])


def test_nothing_of_what_is_given_changes() -> None:
    """The dtypes are brought back in a copy."""
    given = pd.DataFrame({"status": ["ok"], "attempts": ["1"]})
    before = given.copy()
    assert restored(given)["attempts"].dtype == "int32"
    assert_frame_equal(given, before)


@pytest.mark.parametrize(
    ("column", "value"), [("status", "well"), ("attempts", "many"), ("started", "yesterday")]
)
def test_what_is_no_outcome_is_named(column: str, value: str) -> None:
    """A column of that name that holds something else is refused, by its name."""
    with pytest.raises(ConfigurationError, match=f"column '{column}'.*"):
        restored(pd.DataFrame({column: [value]}))


def test_beside_an_input_the_outcome_is_found_under_its_other_names() -> None:
    """A column of the input may have the name of one of the outcome."""
    frame = frame_of_answers(["x"])
    both = join(pd.DataFrame({"status": ["new"], "city": ["Bern"]}), frame)
    assert columns_of(both)["status"] == "status_call"
    back = restored(both)
    assert back["status"].tolist() == ["ok"]
    assert back["city"].tolist() == ["Bern"]
    assert back.columns.is_unique


def test_missing_columns_are_named_with_what_makes_them() -> None:
    """Who has another frame learns which columns it lacks."""
    with pytest.raises(ConfigurationError, match=r"no attempts, network_s here: client\.map"):
        require(pd.DataFrame({"status": []}), ["status", "attempts", "network_s"], of="This")


def test_columns_of_two_runs_are_refused() -> None:
    """Nobody can tell which run is meant; another table of such columns has none of a run."""
    frame = pd.concat([frame_of_answers([1])] * 2, axis=1)
    with pytest.raises(ConfigurationError, match="several called 'status'"):
        require(frame, ["status"], of="This")
    with pytest.raises(ConfigurationError, match="several called 'result'"):
        restored(frame)
    levels = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("status", "x")]))
    assert columns_of(levels) == {}


@pytest.mark.parametrize("text", ["{not JSON", "[1", "plain", "12", ""])
def test_text_that_is_no_json_stays(text: str) -> None:
    """Only objects and arrays are read: a text may look like a number."""
    assert decoded(text) == text


def test_columns_of_the_input_are_not_taken_for_renamed_ones() -> None:
    """Where the run is known, it is known what it has renamed."""
    frame = frame_of_answers(["x"])
    frame.attrs["notebook_kit"] = {"call": "GET /x"}
    table = join(pd.DataFrame({"status_call": ["weird"], "result_call": [1]}), frame)
    assert columns_of(table)["status"] == "status"
    assert restored(table)["result"].tolist() == ["x"]


def test_numbers_are_no_times() -> None:
    """Nobody says since when they count, and in what."""
    with pytest.raises(ConfigurationError, match=r"'started'.*7 is no time"):
        restored(pd.DataFrame({"started": [7]}))


def test_what_could_be_either_is_refused() -> None:
    """Where nothing says which of two columns is the run's, both are named."""
    table = pd.DataFrame({"status": ["ok"], "attempts": [1], "status_call": ["failed"]})
    with pytest.raises(ConfigurationError, match="there are 'status' and 'status_call' here"):
        require(table, ["status"], of="This")
    assert columns_of(table) == {"attempts": "attempts"}


def test_a_renamed_column_that_is_gone_is_not_the_input_s() -> None:
    """Where it is known what the run has renamed, the input's column is never taken for it."""
    both = join(pd.DataFrame({"status": ["new"]}), frame_of_answers(["x"]))
    both.attrs["notebook_kit"] = {"renamed": {"status": "status_call"}}
    assert "status" not in columns_of(both.drop(columns="status_call"))
