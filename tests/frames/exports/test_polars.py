from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import notebook_kit as nk
from notebook_kit.frames import join, read_frame, to_polars
from notebook_kit.frames.exports.arrow import frame_of_arrow
from tests.frames.ledgers import frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.execution import Run

SCHEMA = {
    "item": pl.String(),
    "result": pl.String(),
    "status": pl.Categorical(),
    "status_code": pl.Int16(),
    "error_type": pl.String(),
    "error": pl.String(),
    "source": pl.Categorical(),
    "attempts": pl.Int32(),
    "started": pl.Datetime("us", "UTC"),
    **dict.fromkeys(("waited_s", "network_s", "backoff_s", "elapsed_s"), pl.Float64()),
}
WHEN = dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC)
ANSWERS: list[Any] = [{"id": 1, "tags": ["a", {"b": [None, 1.5]}], "at": WHEN}, WHEN, "text"]


async def answer(number: int) -> Any:
    if number == len(ANSWERS):
        message = "no answer"
        raise LookupError(message)
    return ANSWERS[number]


def ended(items: Any, **options: Any) -> Run:
    """Return a run that has ended."""
    run = nk.map(answer, items, retry=0, progress=False, **options)
    run.result(timeout=30)
    return run


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_run_has_the_same_dtypes_for_any_number_of_rows(count: int) -> None:
    """Each column of a run has its dtype in polars, also where there is no row."""
    table = ended(range(count)).to_polars()
    assert dict(table.schema) == SCHEMA
    assert table.height == count


def test_values_of_a_run_are_the_same_in_polars() -> None:
    """Nested answers and times are JSON text, what is missing is null, times are times in UTC."""
    run = ended(range(4))
    table, frame = run.to_polars(), run.frame
    assert table["result"].to_list() == [
        '{"id":1,"tags":["a",{"b":[null,1.5]}],"at":"2026-01-02T03:04:05.000006Z"}',
        '"2026-01-02T03:04:05.000006Z"',
        "text",
        None,
    ]
    assert table["status"].to_list() == ["ok", "ok", "ok", "failed"]
    assert table["error"].to_list() == [None, None, None, "no answer"]
    assert table["status_code"].null_count() == 4
    assert table["started"].to_list() == [it.to_pydatetime() for it in frame["started"]]
    assert table["network_s"].to_list() == frame["network_s"].tolist()


@pytest.mark.parametrize("count", [0, 4])
def test_the_table_of_a_run_is_its_frame_again(count: int) -> None:
    """What `run.to_arrow()` gives knows all: labels, dtypes, answers, attributes."""
    run = ended(pd.Series(range(count), index=pd.Index(list("abcd")[:count], name="code")))
    table = run.to_arrow()
    assert pa.types.is_timestamp(table.schema.field("started").type)
    back = frame_of_arrow(table)
    expected = run.frame
    if count:
        # Inside of an answer, a time is text.
        expected["result"] = expected["result"].map(
            lambda it: it | {"at": "2026-01-02T03:04:05.000006Z"} if isinstance(it, dict) else it
        )
    pd.testing.assert_frame_equal(back, expected)
    assert back.attrs == run.frame.attrs


def test_a_run_comes_back_from_polars(tmp_path: Path) -> None:
    """A Parquet file that polars wrote of it is the frame of a run, with its dtypes and answers."""
    run = ended(range(4))
    run.to_polars().write_parquet(tmp_path / "x.parquet")
    back = read_frame(tmp_path / "x.parquet")
    known = [name for name in back if name not in ("item", "result")]
    pd.testing.assert_frame_equal(back[known], run.frame[known])
    assert back.calls.summary().failed == 1
    assert back.calls.expand()["id"].tolist()[0] == 1


@pytest.mark.parametrize(
    ("rows", "labels"), [(slice(1, 3), [1, 2]), ([True, False, True, False], [0, 2])]
)
def test_labels_of_a_part_are_kept(rows: Any, labels: list[int]) -> None:
    """Those of a slice say where it is from, as those of a filter do."""
    table = to_polars(frame_of_answers([1, 2, 3, 4])[rows])
    assert table["index"].to_list() == labels


@pytest.mark.parametrize(("name", "labels"), [("item", "item_"), (None, "index"), ("k", "k")])
def test_item_stands_once_in_a_joined_table(name: str | None, labels: str) -> None:
    """A column of the input is there once, under its name, whatever the labels are called."""
    table = pd.DataFrame({"item": [1, 2], "n": [3, 4]}, index=pd.Index([7, 8], name=name))
    made = to_polars(join(table, frame_of_answers(["a", "b"]).set_axis(table.index)))
    assert made.columns[:4] == [labels, "item", "n", "result"]
    assert (made[labels].to_list(), made["item"].to_list()) == ([7, 8], [1, 2])
