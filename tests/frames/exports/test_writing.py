from __future__ import annotations

import datetime as dt
import json
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import export_frame, read_frame
from notebook_kit.frames.exports import text_files

DISK = "in the middle"
ANSWERS: list[Any] = [
    {"n": 1, "names": ["Zürich", "a,b\nc"]},
    'a "quoted" text',
    None,
    Decimal("1.5"),
    np.int64(7),
    dt.date(2026, 1, 2),
    {("a", 1): 2},
]


def _frame() -> pd.DataFrame:
    frame = pd.DataFrame({"result": pd.Series(ANSWERS, dtype=object), "network_s": 0.25})
    frame["when"] = pd.Timestamp("2026-01-02T03:04:05Z")
    frame.loc[1, "when"] = pd.NaT
    frame.index = pd.Index(list("abcdefg"), name="code")
    return frame


EXPECTED = [*ANSWERS[:3], "1.5", 7, "2026-01-02", {"('a', 1)": 2}]


def test_json_lines_hold_answers_as_they_are(tmp_path: Path) -> None:
    """One object a row, labels first, nothing where something is missing."""
    path = export_frame(_frame(), tmp_path / "x.jsonl", name="x")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["result"] for row in rows] == EXPECTED
    assert [row["code"] for row in rows] == list("abcdefg")
    assert [row["when"] for row in rows[:2]] == ["2026-01-02T03:04:05.000000+00:00", None]
    assert list(rows[0]) == ["code", "result", "network_s", "when"]


@pytest.mark.parametrize(("suffix", "read"), [(".csv", pd.read_csv), (".parquet", pd.read_parquet)])
def test_tables_hold_answers_as_json(tmp_path: Path, suffix: str, read: Any) -> None:
    """Text stays text, numbers stay numbers, anything else is JSON that can be read again."""
    path = export_frame(_frame(), tmp_path / f"x{suffix}", name="x")
    back = read(path)
    results = back["result"].tolist()
    assert json.loads(results[0]) == ANSWERS[0]
    assert results[1] == ANSWERS[1]
    assert pd.isna(results[2])
    assert json.loads(results[5]) == "2026-01-02"
    assert back["network_s"].tolist() == [0.25] * 7
    labels: Any = back.index if suffix == ".parquet" else back["code"]
    assert (labels.name, labels.tolist()) == ("code", list("abcdefg"))


def test_without_a_path_the_name_and_the_time_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file lies in the working folder, and its name has nothing that a file's may not."""
    monkeypatch.chdir(tmp_path)
    path = export_frame(_frame(), None, name="GET /airports/{iata}")
    assert path.parent == Path()
    assert path.name.startswith("GET-airports-iata-20")
    assert path.suffix == ".csv"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert export_frame(_frame(), None, name="//").name.startswith("run-")


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    """The error names the endings that are known, and nothing is written."""
    with pytest.raises(nk.ConfigurationError, match=r"'x\.xls'.*\.csv, \.jsonl, \.parquet"):
        export_frame(_frame(), tmp_path / "x.xls", name="x")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails the older file stays, and no piece of the new one."""
    target = tmp_path / "x.jsonl"
    target.write_text("old")

    def fail(column: object) -> list[str]:
        raise RuntimeError(DISK)

    monkeypatch.setattr(text_files, "_json_cells", fail)
    with pytest.raises(RuntimeError, match=DISK):
        export_frame(_frame(), target, name="x")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


class Spiteful:
    """An answer that cannot be written."""

    def __str__(self) -> str:
        message = "no text"
        raise RuntimeError(message)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
@pytest.mark.parametrize(
    "answer",
    [Spiteful(), 10**5_000, {"me": Spiteful()}],
    ids=["no text", "too long a number", "within"],
)
def test_an_answer_that_cannot_be_written_is_one_cell(
    tmp_path: Path, suffix: str, answer: object
) -> None:
    """The others are as they would be without it."""
    frame = pd.DataFrame({"result": pd.Series([{"n": 1}, answer, "t"], dtype=object)})
    is_told = nullcontext() if isinstance(answer, int) else pytest.warns(UserWarning, match="Spite")
    with is_told:
        path = export_frame(frame, tmp_path / f"x{suffix}", name="x")
    back = read_frame(path)["result"].tolist()
    assert [back[0], back[2]] == [{"n": 1}, "t"]


def test_a_carriage_return_does_not_cut_a_row_in_two(tmp_path: Path) -> None:
    """Ends of lines of all kinds within a text are quoted in a CSV."""
    texts = ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b"]
    frame = pd.DataFrame({"result": pd.Series(texts, dtype=object)})
    back = pd.read_csv(export_frame(frame, tmp_path / "x.csv", name="x"))
    assert back["result"].tolist() == texts


def test_formulas_are_left_in_a_csv(tmp_path: Path) -> None:
    """A CSV is data for any program: what a spreadsheet would take for a formula stays."""
    frame = pd.DataFrame({"result": pd.Series(["=1+1"], dtype=object)})
    path = export_frame(frame, tmp_path / "x.csv", name="x")
    assert path.read_text(encoding="utf-8").splitlines()[1] == '0,"=1+1"'


@pytest.mark.parametrize("count", [0, 1])
def test_labels_get_names_of_their_own(tmp_path: Path, count: int) -> None:
    """Levels without a name, and names that columns have, do not clash; no row is fine too."""
    index = pd.MultiIndex.from_arrays([["a"], ["b"]], names=["result", None])
    frame = pd.DataFrame({"result": pd.Series(["x"], dtype=object)})
    frame.index = index
    path = export_frame(frame.iloc[:count], tmp_path / "x.csv", name="x")
    assert list(pd.read_csv(path)) == ["result_", "level_1", "result"]


SUFFIXES = [".csv", ".jsonl", ".parquet"]
READERS: dict[str, Any] = {
    ".csv": pd.read_csv,
    ".jsonl": lambda path: pd.DataFrame(
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    ),
    ".parquet": pd.read_parquet,
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("columns", "label", "expected"),
    [
        (["r", "r"], None, ["index", "r", "r_"]),
        ([5, dt.date(2026, 1, 2)], None, ["index", "5", "2026-01-02"]),
        ([0, "b"], 0, ["0_", "0", "b"]),
        ([("a", 1), ("b", 2)], ("x", 1), ["('x', 1)", "('a', 1)", "('b', 2)"]),
    ],
)
def test_names_are_texts_and_different(
    tmp_path: Path, suffix: str, columns: list[Any], label: Any, expected: list[str]
) -> None:
    """Whatever columns are called, each is in the file, once, with its answers."""
    frame = pd.DataFrame({"a": pd.Series([{"n": 1}, "t"], dtype=object), "b": [1, 2]})
    frame.columns = pd.Index(columns)
    frame.index = pd.Index([7, 8], name=label)
    back = READERS[suffix](export_frame(frame, tmp_path / f"x{suffix}", name="x"))
    if suffix == ".parquet":
        # There the labels are pandas' own, under their name where no column has it.
        assert back.index.tolist() == [7, 8]
        assert list(back) == expected[1:]
        return
    assert list(back) == expected
    assert back.iloc[:, 0].tolist() == [7, 8]
    assert back.iloc[:, 1].tolist() == [{"n": 1} if suffix == ".jsonl" else '{"n":1}', "t"]
    assert back.iloc[:, 2].tolist() == [1, 2]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_json_has_no_form_for(tmp_path: Path, suffix: str) -> None:
    """There is no NaN in JSON; half a pair of surrogates, which it may hold, is escaped."""
    values = [{"a": float("nan")}, float("inf"), pd.NA, pd.NaT, np.float32("nan"), np.arange(2)]
    frame = pd.DataFrame({"result": pd.Series([*values, "\ud800é"], dtype=object)})
    frame["seconds"] = [float("inf"), *range(6)]
    path = export_frame(frame, tmp_path / f"x{suffix}", name="x")
    back = READERS[suffix](path)["result"].tolist()
    if suffix == ".jsonl":
        assert back == [{"a": None}, None, None, None, None, [0, 1], "\ud800é"]
        assert "NaN" not in path.read_text(encoding="utf-8")
    elif suffix == ".csv":
        assert [json.loads(back[0]), back[5], back[6]] == [{"a": None}, "[0,1]", "\\ud800é"]
        assert pd.isna(back[1:5]).all()
    else:
        # Parquet is read by programs that can be told: there they are as Python writes them.
        assert back[:2] == ['{"a":NaN}', "Infinity"]
        assert pd.isna(back[2:5]).all()
        assert back[5:] == ["[0,1]", '"\\ud800\\u00e9"']


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_where_it_cannot_be_written_is_said(tmp_path: Path, suffix: str) -> None:
    """A folder that is missing, or that only looks like a file, is named, with what to do."""
    missing = tmp_path / "missing" / f"x{suffix}"
    taken = tmp_path / f"taken{suffix}"
    taken.mkdir()
    for path in (missing, taken):
        with pytest.raises(nk.StorageError, match="in a folder that is there") as refused:
            export_frame(_frame(), path, name="x")
        assert f"'{path}'" in str(refused.value)
    assert list(tmp_path.iterdir()) == [taken]


def test_a_run_writes_its_rows_also_while_it_is_live(tmp_path: Path) -> None:
    """`run.export` writes the frame of the moment and says where."""

    async def double(number: int) -> int:
        return 2 * number

    run = nk.map(double, [1, 2], progress=False)
    run.result()
    path = run.export(tmp_path / "x.csv")
    assert pd.read_csv(path)["result"].tolist() == [2, 4]
