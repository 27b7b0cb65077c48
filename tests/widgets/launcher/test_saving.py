from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

import notebook_kit as nk
from tests.widgets.launcher.cell import run_as_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.launcher.cell import Cell

    MakeCell = Callable[..., Cell]


def answer(item: str) -> dict[str, Any]:
    if item == "c":
        raise ValueError(item)
    return {"text": 'a "b"', "n": [1, None, True]}


@pytest.fixture
def ended(cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cell:
    """A launcher whose run has ended, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    form = cell(answer, names={"answer": answer, "items": ["a", "b", "c"]}, retry=0)
    form.click("Run")
    form.wait()
    return form


def run_of(form: Cell) -> Any:
    """The run that the form has started."""
    assert form.table.batch is not None
    return form.table.batch.runs[0]


def content(file: Path) -> bytes:
    """What stands in a file; of a workbook its rows, because it says as well when it was made."""
    if file.suffix != ".xlsx":
        return file.read_bytes()
    with ZipFile(file) as book:
        sheets = sorted(it for it in book.namelist() if it.startswith("xl/worksheets/sheet"))
        return b"".join(map(book.read, sheets))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_save_writes_what_export_writes(ended: Cell, ending: str) -> None:
    """The file is the one that `run.export` makes, byte for byte, and that of the line of code."""
    file = Path(f"one{ending}")
    ended.field("file").value = str(file)
    ended.click("Save")
    ended.wait_for(f"Wrote frame to {file}")
    expected = content(run_of(ended).export(f"other{ending}"))
    assert len(expected) > 100
    assert content(file) == expected
    line = str(ended.standing.code).splitlines()[-1]
    assert line == f'nk.frames.export_frame(frame, "{file}", name="frame")'
    file.unlink()
    run_as_cell(line, ended.names)
    assert content(file) == expected


@pytest.mark.parametrize("file", ["rows", "rows.doc", "no/such/folder/rows.csv"])
def test_errors_are_those_of_export(ended: Cell, file: str) -> None:
    """What `run.export` would say is said, whole."""
    with pytest.raises(nk.NotebookKitError) as said:
        run_of(ended).export(file)
    ended.field("file").value = file
    ended.click("Save")
    ended.wait_for("Save did not work")
    assert ended.table.notice == f"Save did not work: {said.value}"
