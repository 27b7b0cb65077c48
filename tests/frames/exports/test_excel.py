from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import export_frame, read_frame
from notebook_kit.frames.exports import excel
from tests.frames.ledgers import frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path


def _cells(path: Path, column: int) -> list[Any]:
    sheet = openpyxl.load_workbook(path)["calls"]
    return [sheet.cell(row, column) for row in range(2, sheet.max_row + 1)]


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://x.test")', "+1", "-1", "@SUM(A1)", "\t=1", "#N/A", "\n=1"]
)
def test_text_of_an_api_is_never_a_formula(tmp_path: Path, text: str) -> None:
    """It is text, also when somebody edits the cell, and comes back as it was."""
    frame = frame_of_answers([text])
    frame[text] = pd.Series([text], dtype="str")
    path = export_frame(frame, tmp_path / "x.xlsx", name="x")
    sheet = openpyxl.load_workbook(path)["calls"]
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert len(found) == 3, "the heading and two cells"
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in found)
    assert read_frame(path)["result"].tolist() == [text]


def test_numbers_and_truth_values_are_cells_of_their_kind(tmp_path: Path) -> None:
    """What Excel has itself is not text, so that it can be added up; the rest is JSON or empty."""
    answers = [1, 2.5, True, 2**60, float("inf"), None, {"n": 1}, dt.date(2026, 1, 2), "7"]
    path = export_frame(frame_of_answers(answers), tmp_path / "x.xlsx", name="x")
    values = [cell.value for cell in _cells(path, 3)]
    assert values == [1, 2.5, True, str(2**60), None, None, '{"n":1}', "2026-01-02", "7"]
    back = read_frame(path)["result"].tolist()
    assert back == [1, 2.5, True, str(2**60), None, None, {"n": 1}, "2026-01-02", "7"]


def test_times_are_in_utc(tmp_path: Path) -> None:
    """Excel knows no time zones: a time is the one of UTC, to the thousandth of a second."""
    frame = frame_of_answers(["x"])
    frame["when"] = pd.to_datetime(["2026-01-02T03:00:00+02:00"])
    path = export_frame(frame, tmp_path / "x.xlsx", name="x")
    names = [cell.value for cell in openpyxl.load_workbook(path)["calls"][1]]
    assert _cells(path, names.index("when") + 1)[0].value == dt.datetime(2026, 1, 2, 1)  # noqa: DTZ001
    back = read_frame(path)["started"]
    assert (back - frame["started"]).abs().max() < pd.Timedelta("1ms")


def test_long_texts_are_cut_and_it_is_said(tmp_path: Path) -> None:
    """A cell takes 32,767 characters; a warning says how many were longer."""
    frame = frame_of_answers(["x" * 32_768, "y" * 32_767])
    with pytest.warns(UserWarning, match=r"^1 text longer.*\.parquet and \.jsonl keep"):
        path = export_frame(frame, tmp_path / "x.xlsx", name="x")
    cut, whole = (cell.value for cell in _cells(path, 3))
    assert cut == "x" * 32_766 + "…"
    assert whole == "y" * 32_767


def test_characters_that_xml_does_not_have_are_written_as_numbers(tmp_path: Path) -> None:
    """Control characters and halves of surrogate pairs do not break the file."""
    path = export_frame(frame_of_answers(["a\x00b\ud800"]), tmp_path / "x.xlsx", name="x")
    assert _cells(path, 3)[0].value == r"a\x00b\ud800"


@pytest.mark.parametrize(("rows", "columns"), [(1_048_576, 1), (1, 16_384)])
def test_more_than_excel_takes_is_refused(tmp_path: Path, rows: int, columns: int) -> None:
    """The limits are told, what is there, and what to write instead; no file is begun."""
    frame = pd.DataFrame(np.zeros((rows, columns), dtype="int8"))
    with pytest.raises(nk.ConfigurationError, match=r"1,048,576 rows.*16,384 columns.*\.parquet"):
        export_frame(frame, tmp_path / "x.xlsx", name="x")
    assert list(tmp_path.iterdir()) == []
    most = frame.iloc[: rows - 1, : 16_384 - 1]
    if rows == 1:
        excel.check_size(most)
    else:
        with pytest.warns(UserWarning, match=r"^1,048,575 rows take about 210 seconds"):
            excel.check_size(most)


def test_many_rows_are_warned_of_before_the_work(tmp_path: Path) -> None:
    """More than 100,000; it is said how long that takes, and what is faster."""
    frame = pd.DataFrame(np.zeros((100_001, 1), dtype="int8"))
    excel.check_size(frame.iloc[:100_000])
    with pytest.warns(
        UserWarning, match=r"^100,001 rows take about 20 seconds.*\.parquet and \.csv"
    ):
        excel.check_size(frame)


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    """Answers of numpy's kinds are cells like those of Python's; large ones stay text."""
    answers = [np.int64(5), np.float32(1.5), np.bool_(True), np.float64("nan"), np.int64(2**60)]  # noqa: FBT003 - the value is the point
    path = export_frame(frame_of_answers(answers), tmp_path / "x.xlsx", name="x")
    assert [cell.value for cell in _cells(path, 3)] == [5, 1.5, True, None, str(2**60)]


def test_the_run_is_on_a_sheet_of_its_own(tmp_path: Path) -> None:
    """What is known of the run, and how many columns are labels, comes back."""
    frame = frame_of_answers([1, 2])
    frame.index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["name", None])
    about = {"name": "=x", "items": 2, "method": None, "settings": {"retry": "2"}}
    frame.attrs = {"notebook_kit": about}
    path = export_frame(frame, tmp_path / "x.xlsx", name="x")
    assert openpyxl.load_workbook(path).sheetnames == ["calls", "run"]
    back = read_frame(path)
    assert back.attrs == frame.attrs
    pd.testing.assert_index_equal(back.index, frame.index)


def test_without_openpyxl_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install, for writing and for reading."""
    path = export_frame(frame_of_answers([1]), tmp_path / "x.xlsx", name="x")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(nk.ConfigurationError, match=r"Excel needs openpyxl.*pip install"):
        export_frame(frame_of_answers([1]), path, name="x")
    with pytest.raises(nk.ConfigurationError, match="Excel needs openpyxl"):
        read_frame(path)


def test_what_was_renamed_comes_back(tmp_path: Path) -> None:
    """As the other things that are known of the run."""
    frame = frame_of_answers([1])
    about = {"settings": {}, "renamed": {"status": "status_call"}, "joined": True}
    frame.attrs = {"notebook_kit": about}
    back = read_frame(export_frame(frame, tmp_path / "x.xlsx", name="x"))
    assert back.attrs == frame.attrs
