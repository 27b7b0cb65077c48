from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.frames import export_frame
from notebook_kit.frames.exports import excel

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = [".csv", ".jsonl", ".parquet", ".feather", ".arrow", ".xlsx"]
#: Writes in a process whose files may not be larger than a few kilobytes: a disk that is full.
SCRIPT = """
import gc, os, random, resource, signal, sys, tempfile
import pandas as pd
import notebook_kit as nk
from notebook_kit.frames import export_frame

suffix, folder, temporary = sys.argv[1:]
tempfile.tempdir = temporary
random.seed(1)
texts = pd.Series([random.randbytes(200).hex() for _ in range(5_000)], dtype=object)
frame = pd.DataFrame({"result": texts})
export_frame(frame.head(1), f"{folder}/warm{suffix}", name="x")
os.remove(f"{folder}/warm{suffix}")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    export_frame(frame, f"{folder}/x{suffix}", name="x")
except nk.StorageError as error:
    print("refused:", error)
del frame
gc.collect()
print("left:", sorted(os.listdir(folder)), os.listdir(temporary))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files is POSIX's")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    """The error says so, the older file stays, no piece of a new one does, nothing is said twice.

    Neither in the folder nor among temporary files, and not when Python collects or ends.
    """
    folder, temporary = tmp_path / "folder", tmp_path / "temporary"
    for each in (folder, temporary):
        each.mkdir()
    (folder / f"x{suffix}").write_text("old")
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", SCRIPT, suffix, str(folder), str(temporary)],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert "Exception ignored" not in done.stderr
    assert done.stderr == ""
    assert f"refused: The rows cannot be written to '{folder}/x{suffix}'" in done.stdout
    assert done.stdout.splitlines()[-1] == f"left: ['x{suffix}'] []"
    assert (folder / f"x{suffix}").read_text() == "old"


@pytest.mark.parametrize("stops", [KeyboardInterrupt, RuntimeError])
def test_a_workbook_that_is_broken_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: type[BaseException]
) -> None:
    """Neither a piece of the file, nor the temporary files of its sheets, nor a word of theirs."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    def about(frame: object) -> Any:
        yield "labels", 1
        raise stops

    monkeypatch.setattr(excel, "_about", about)
    with pytest.raises(stops):
        export_frame(pd.DataFrame({"result": [1, 2]}), tmp_path / "x.xlsx", name="x")
    assert list(tmp_path.iterdir()) == [temporary]
    assert list(temporary.iterdir()) == []


def test_where_a_workbook_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is looked at for a folder that is not there."""
    monkeypatch.setattr(excel, "_cells", None)
    with pytest.raises(nk.StorageError, match="in a folder that is there"):
        export_frame(pd.DataFrame({"result": [1]}), tmp_path / "missing" / "x.xlsx", name="x")
