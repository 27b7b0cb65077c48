from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import export_frame, read_frame
from tests.frames.ledgers import frame_of_answers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_comes_back_by_its_public_name(tmp_path: Path) -> None:
    """`nk.read_frame` reads what `run.export` wrote, attributes included."""

    async def double(number: int) -> dict[str, int]:
        return {"n": 2 * number}

    run = nk.map(double, {"a": 1, "b": 2}, progress=False)
    frame = run.result()
    back = nk.read_frame(run.export(tmp_path / "x.parquet"))
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs == frame.attrs
    assert back.attrs["notebook_kit"]["call"] == "double"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_how_many_labels_a_text_file_has_can_be_said(tmp_path: Path, suffix: str) -> None:
    """One if nothing is said; two are levels, none leaves all columns."""
    index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["x", "y"])
    frame = frame_of_answers([1, 2]).set_axis(index)
    path = export_frame(frame, tmp_path / f"x{suffix}", name="x")
    pd.testing.assert_index_equal(read_frame(path, levels=2).index, index)
    assert read_frame(path).index.name == "x"
    assert list(read_frame(path, levels=0))[:2] == ["x", "y"]


def test_texts_of_a_csv_are_not_taken_for_missing(tmp_path: Path) -> None:
    """Answers and items that read NA, null or 007 are texts as good as any."""
    texts = ["NA", "null", "NaN", "007", "-", "[1,", "Infinity"]
    back = read_frame(export_frame(frame_of_answers(texts), tmp_path / "x.csv", name="x"))
    assert back["result"].tolist() == texts


def test_backends_are_known_for_every_file(tmp_path: Path) -> None:
    """`dtype_backend="pyarrow"` gives Arrow's dtypes, whatever the file is."""
    for suffix in (".parquet", ".csv", ".jsonl", ".xlsx", ".feather"):
        path = export_frame(frame_of_answers([1]), tmp_path / f"x{suffix}", name="x")
        assert read_frame(path, dtype_backend="pyarrow")["attempts"].dtype == "int32[pyarrow]"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("x.txt", {}, r"'x\.txt' cannot be read as a frame: its name must end in one of \.parquet"),
        ("x.csv", {"levels": -1}, "levels=-1 must be a whole number of 0 or more"),
        ("x.csv", {"dtype_backend": "numpy"}, "dtype_backend='numpy' must be 'pyarrow'"),
    ],
)
def test_what_cannot_work_is_refused(
    tmp_path: Path, name: str, options: dict[str, Any], said: str
) -> None:
    """Endings, levels and backends that nobody knows are named with what can be given."""
    with pytest.raises(nk.ConfigurationError, match=said):
        read_frame(tmp_path / name, **options)


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv", ".jsonl", ".xlsx"])
def test_broken_and_missing_files_are_named(tmp_path: Path, suffix: str) -> None:
    """Whatever the library says of it, the error is one of the package's and has the path."""
    broken = tmp_path / f"broken{suffix}"
    broken.write_bytes(b'\xff"\x00{')
    for path in (tmp_path / f"missing{suffix}", broken):
        with pytest.raises(nk.StorageError, match="cannot be read as a frame") as refused:
            read_frame(path)
        assert str(path) in str(refused.value)


@pytest.mark.parametrize(("suffix", "said"), [(".parquet", "Parquet"), (".arrow", "Feather")])
def test_without_pyarrow_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, said: str
) -> None:
    """Reading and writing name the library that is missing."""
    frame = frame_of_answers([1])
    path = export_frame(frame, tmp_path / f"x{suffix}", name="x")
    for module in ("pyarrow", "pyarrow.parquet", "pyarrow.feather"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(nk.ConfigurationError, match=f"{said} needs pyarrow"):
        read_frame(path)
    with pytest.raises(nk.ConfigurationError, match=f"{said} needs pyarrow"):
        export_frame(frame, path, name="x")
