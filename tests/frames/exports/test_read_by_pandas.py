from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import export_frame, read_frame
from notebook_kit.frames.calls.exactly import CODED, exactly
from tests.frames.ledgers import frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

ITEMS: list[list[Any]] = [
    [1, 2, 3],
    [1.5, None, float("nan")],
    ["12", 12, None],
    ["12", "null", '{"a": 1}'],
    [True, {"a": [1, "2"]}, "x"],
    [dt.date(2026, 1, 2), None, dt.date(2026, 1, 3)],
    [b"x", b"y", b"z"],
]


def failing(items: list[Any], path: Path) -> pd.DataFrame:
    """Write the frame of a run in which all failed, and return it."""

    async def refuse(item: Any) -> None:
        raise ValueError

    run = nk.map(refuse, items, progress=False)
    frame = run.result()
    run.export(path)
    return frame


def sent_again(frame: pd.DataFrame) -> list[Any]:
    """Return what a retry of a frame sends."""
    sent: list[Any] = []

    async def take(item: Any) -> Any:
        sent.append(item)
        return item

    frame.calls.retry(take, progress=False, max_concurrency=1).result()
    return sent


@pytest.mark.parametrize("items", ITEMS, ids=str)
def test_a_retry_sends_what_was_mapped(tmp_path: Path, items: list[Any]) -> None:
    """Also of a part in another order, as a retry of what `read_frame` gives does."""
    path = tmp_path / "x.parquet"
    failing(items, path)
    theirs, ours = pd.read_parquet(path), read_frame(path)
    assert repr(sent_again(theirs)) == repr(sent_again(ours))
    assert repr(sent_again(theirs.iloc[::-2])) == repr(sent_again(ours.iloc[::-2]))


def test_items_that_cannot_be_told_are_refused(tmp_path: Path) -> None:
    """Where a date beside texts could be a text, it is said that `read_frame` knows."""
    path = tmp_path / "x.parquet"
    failing([dt.date(2026, 1, 2), "2026-01-02"], path)
    theirs = pd.read_parquet(path)
    with pytest.raises(nk.ConfigurationError, match=r"'item'.*some of them date.*nk\.read_frame"):
        sent_again(theirs)
    assert theirs.calls.summary().failed == 2


def test_columns_of_the_input_are_sent_as_they_were(tmp_path: Path) -> None:
    """Lists in a column of the table are lists again, and what is no text is none."""

    async def refuse(row: Any) -> None:
        raise ValueError

    table = pd.DataFrame({"tags": pd.Series([["a"], "1", 1], dtype=object)})
    run = nk.map(refuse, table, join="left", progress=False)
    run.result()
    theirs = pd.read_parquet(run.export(tmp_path / "x.parquet"))
    assert [row.tags for row in sent_again(theirs)] == [["a"], "1", 1]


def test_what_pandas_has_read_compares_as_the_run(tmp_path: Path) -> None:
    """There is no change between a run and its file."""
    frame = frame_of_answers([1, "1", None, {"n": "1"}, 1.0])
    theirs = pd.read_parquet(export_frame(frame, tmp_path / "x.parquet", name="x"))
    assert len(nk.compare(theirs, frame).changed) == 0


def test_what_pandas_has_read_is_exported_as_it_was(tmp_path: Path) -> None:
    """A second file is as the first."""
    frame = frame_of_answers([1, "1", None, {"n": "1"}, dt.date(2026, 1, 2)])
    first = export_frame(frame, tmp_path / "x.parquet", name="x")
    theirs = pd.read_parquet(first)
    theirs["result"] = theirs["result"].iloc[:4].reindex(theirs.index)
    for suffix in (".parquet", ".jsonl"):
        second = export_frame(theirs, tmp_path / f"y{suffix}", name="y")
        assert read_frame(second)["result"].tolist() == [1, "1", None, {"n": "1"}, None]


def test_what_was_merged_is_not_read_twice(tmp_path: Path) -> None:
    """A text that reads as a number stays one when it has been put in the place of a failure."""

    async def text(item: Any) -> str:
        return str(item)

    path = tmp_path / "x.parquet"
    failing([1, 2], path)
    theirs = pd.read_parquet(path)
    merged = theirs.calls.merge(theirs.calls.retry(text, progress=False).result())
    assert merged["item"].tolist() == [1, 2]
    back = read_frame(merged.calls.export(tmp_path / "y.parquet"))
    assert back["result"].tolist() == ["1", "2"]


def test_only_texts_are_read(tmp_path: Path) -> None:
    """What somebody has put in the place of them stays, and the frame itself does."""
    frame = frame_of_answers([1, "2"])
    theirs = pd.read_parquet(export_frame(frame, tmp_path / "x.parquet", name="x"))
    mine = theirs.assign(result=pd.Series([{"n": 1}, "3"], dtype=object))
    assert exactly(mine)["result"].tolist() == [{"n": 1}, "3"]
    assert exactly(theirs)["result"].tolist() == [1, "2"]
    assert theirs["result"].tolist() == ["1", '"2"']
    assert CODED not in exactly(theirs).attrs
    assert CODED not in read_frame(tmp_path / "x.parquet").attrs
    assert exactly(frame) is frame
