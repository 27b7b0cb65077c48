from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.frames import build_frame, export_frame, join, plan_of, read_frame
from notebook_kit.frames.columns import TEXT
from notebook_kit.frames.exports.quotes import quoted_columns
from tests.frames.ledgers import answered, frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".csv", ".jsonl", ".xlsx"]
TEXTS = ["01234", "00501", "7"]


def back_of(frame: pd.DataFrame, folder: Path, suffix: str) -> pd.DataFrame:
    """Return the frame as it comes back from a file."""
    return read_frame(export_frame(frame, folder / f"x{suffix}", name="x"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_texts_that_read_as_numbers_stay_texts(tmp_path: Path, suffix: str) -> None:
    """Also where some are missing, and in categories; columns of numbers stay what they are."""
    table = pd.DataFrame({"zip": TEXTS, "gaps": [None, "1e5", "true"], "n": [1, 2, 3]})
    table["kind"] = pd.Categorical(["1", "2", "1"])
    frame = join(table, frame_of_answers([1, 2, 3]))
    back = back_of(frame, tmp_path, suffix)
    assert back["zip"].tolist() == TEXTS
    assert back["gaps"].tolist()[1:] == ["1e5", "true"]
    assert pd.isna(back["gaps"].tolist()[0])
    assert back["kind"].tolist() == ["1", "2", "1"]
    assert back["n"].dtype == "int64"
    assert back["result"].tolist() == [1, 2, 3]
    assert back["zip"].dtype == frame["zip"].dtype


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_that_read_as_numbers_stay_texts(tmp_path: Path, suffix: str) -> None:
    """As labels "01" are, which would be 1; without a name they have none afterwards."""
    frame = frame_of_answers([1, 2, 3]).set_axis(pd.Index(["01", "02", "NaN"]))
    pd.testing.assert_index_equal(back_of(frame, tmp_path, suffix).index, frame.index)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_levels_of_labels_stay_texts(tmp_path: Path, suffix: str) -> None:
    """Each of them for itself."""
    index = pd.MultiIndex.from_tuples([("01", 1), ("02", 2)], names=["code", "n"])
    path = export_frame(frame_of_answers([1, 2]).set_axis(index), tmp_path / f"x{suffix}", name="x")
    pd.testing.assert_index_equal(read_frame(path, levels=2).index, index)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_answers_and_items_of_texts_alone_stay_texts(tmp_path: Path, suffix: str) -> None:
    """Whatever they read as; beside answers of other kinds, a CSV does not tell."""
    texts = ["1", "null", '{"n": 1}', "[1, 2]", "true", "=1+1", 'a "b"\r\nc']
    frame = build_frame(plan_of(texts), answered(texts))
    back = back_of(frame, tmp_path, suffix)
    assert back["result"].tolist() == back["item"].tolist() == texts


TEXTS_OF_ANY_KIND = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=6
) | st.sampled_from(["1", "01", "NaN", "None", "true", "-0", "1e5", "{}", "[1]", '"', ",", "\r"])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXTS_OF_ANY_KIND | st.none(), min_size=1, max_size=5))
def test_any_texts_come_back(tmp_path: Path, texts: list[str | None]) -> None:
    """Whatever they are, where one of them does not need the quotes that tell it."""
    texts = ["x", *texts]
    more = pd.array([float("nan") if it is None else it for it in texts], dtype=TEXT)
    frame = build_frame(plan_of(texts), answered(texts)).assign(more=more)
    frame.index = pd.Index([text or "" for text in texts], name="label")
    back = back_of(frame, tmp_path, ".csv")
    assert back["item"].tolist() == back["result"].tolist() == texts
    pd.testing.assert_series_equal(back["more"], frame["more"], check_index=False)
    assert back.index.fillna("").tolist() == frame.index.tolist()


def test_a_retry_sends_the_texts_of_a_csv(tmp_path: Path) -> None:
    """Leading zeros of a column of the input are sent again."""

    async def refuse(row: Any) -> None:
        raise ValueError(row.zip)

    sent: list[str] = []

    async def take(row: Any) -> str:
        sent.append(row.zip)
        return str(row.zip)

    run = nk.map(refuse, pd.DataFrame({"zip": TEXTS}), join="left", progress=False)
    run.result()
    back = read_frame(run.export(tmp_path / "x.csv"))
    back.calls.retry(take, progress=False).result()
    assert sorted(sent) == sorted(TEXTS)


def test_quotes_say_nothing_where_all_is_in_quotes(tmp_path: Path) -> None:
    """As other programs write them: numbers are numbers then."""
    path = tmp_path / "x.csv"
    path.write_text('"index","zip","n"\n"0","7","1"\n"1","8","2"\n')
    assert read_frame(path).dtypes.astype(str).to_dict() == {"zip": "int64", "n": "int64"}


def test_quotes_are_looked_for_where_they_tell(tmp_path: Path) -> None:
    """In the first cell that is there and would need none, after rows of several lines too."""
    path = tmp_path / "x.csv"
    path.write_text('index,a,b\r\n0,"x,\r\n""1""",\r\n\r\n1,,"2"\r\n2,,3\r\n', newline="")
    table = pd.read_csv(path)
    assert quoted_columns(path, table, range(3)) == {2}
    assert quoted_columns(path, table, []) == set()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_whole_numbers_with_gaps_are_told_from_others(tmp_path: Path, suffix: str) -> None:
    """Large identifiers beside missing ones keep their digits."""
    table = pd.DataFrame({"n": pd.array([2**53 + 1, None], dtype="Int64"), "x": [1.0, None]})
    table["yes"] = pd.array([True, None], dtype="boolean")
    frame = join(table, frame_of_answers([1, 2]))
    back = back_of(frame, tmp_path, suffix)
    pd.testing.assert_frame_equal(back[["n", "x", "yes"]], table)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_dates_of_the_input_have_no_quotes_of_json(tmp_path: Path, suffix: str) -> None:
    """In columns and labels: they are the text of the date."""
    days = [dt.date(2026, 1, 2), dt.date(2026, 1, 3)]
    labels = pd.Index(days, name="day", dtype=object)
    table = pd.DataFrame({"date": pd.Series(days, dtype=object).array}, index=labels)
    back = back_of(join(table, frame_of_answers([1, 2]).set_axis(labels)), tmp_path, suffix)
    assert back["date"].tolist() == back.index.tolist() == ["2026-01-02", "2026-01-03"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx"])
@pytest.mark.parametrize("has_items", [False, True])
def test_nothing_has_the_columns_of_something(
    tmp_path: Path, suffix: str, *, has_items: bool
) -> None:
    """A run without rows has a column of items where it was made of items, and not of a table."""
    data: Any = [] if has_items else pd.DataFrame({"a": []})
    frame = build_frame(plan_of(data), answered([]))
    assert ("item" in frame) is has_items
    back = back_of(frame, tmp_path, suffix)
    assert back.dtypes.to_dict() == frame.dtypes.to_dict()
