"""The runs of a checkpoint: what is said of each, and which one is meant."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from notebook_kit.errors import CheckpointCorrupt, ConfigurationError, StorageError
from notebook_kit.storage.listing import BROKEN_OFF, Counts, find_run, list_runs, read_runs
from notebook_kit.storage.loaded_file import reading
from tests.storage.helpers import Kept, keep

if TYPE_CHECKING:
    from pathlib import Path

ODD = ValueError("odd")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


def change(path: Path, statement: str, *values: Any) -> None:
    """Change the file as somebody else would."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement, values)
        connection.commit()


def found(path: Path, wanted: object) -> int:
    """Return the number of the run that is meant."""
    with reading(path) as opened:
        return find_run(opened, wanted).number


def test_each_run_with_what_it_brought(path: Path) -> None:
    """Answers, failures and overrun rows are counted apart, and what was taken over beside them."""
    keep(path, [1, 2, 3, 4], "a", "b", ODD, TimeoutError())
    with Kept(path, [1, 2, 3, 4]) as again:
        assert len(again.found()) == 2
    (first, counts), (second, more) = list_runs(path)
    assert counts == Counts(ok=2, failed=1, timeout=1, reused=0)
    assert more == Counts(ok=0, failed=0, timeout=0, reused=2)
    assert (first.name, first.state, first.total) == ("work", "done", 4)
    assert first.started <= (first.ended or 0) == first.until <= second.started
    assert first.run != second.run


def test_a_run_that_goes_on(path: Path) -> None:
    """As long as its process is there it is running, and it lasts until now."""
    with Kept(path, [1, 2]) as run:
        run.settle(0, "a")
        [(listed, _)] = list_runs(path)
        assert (listed.state, listed.ended) == ("running", None)
        assert listed.until >= time.time() - 5


@pytest.mark.parametrize(
    ("writer", "ago_s", "state"),
    [
        ('{"host": "elsewhere", "pid": 1, "began": "x"}', 1, "running"),
        ('{"host": "elsewhere", "pid": 1, "began": "x"}', 3600, BROKEN_OFF),
        ("what nobody wrote", 3600, BROKEN_OFF),
    ],
)
def test_a_run_of_another_machine(path: Path, writer: str, ago_s: float, state: str) -> None:
    """Where nobody can tell whether its process is there, what it wrote last says so."""
    keep(path, [1], "a")
    change(path, "UPDATE runs SET state = 'running', ended = NULL, writer = ?", writer)
    change(path, "UPDATE runs SET started = 1e9, beat = ?", time.time() - ago_s)
    [(listed, _)] = list_runs(path)
    assert listed.state == state
    assert time.time() - listed.until == pytest.approx(ago_s if state == BROKEN_OFF else 0, abs=5)


def test_a_process_that_is_gone(path: Path) -> None:
    """A run whose process of this machine has ended without a word is broken off at once."""
    with Kept(path, [1]) as run:
        run.settle(0, "a")
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait(timeout=30)
        numbers = (f'"pid": {os.getpid()}', f'"pid": {gone.pid}')
        change(path, "UPDATE runs SET writer = replace(writer, ?, ?)", *numbers)
        [(listed, _)] = list_runs(path)
    assert listed.state == BROKEN_OFF


def test_which_run_is_meant(path: Path) -> None:
    """A place, the beginning of what it is called by, a name, or nothing for the last one."""
    for name in ("one", "two", "two"):
        keep(path, [1], name=name)
    ids = [run.run for run, _ in list_runs(path)]
    assert [found(path, each) for each in ids] == [1, 2, 3]
    assert [found(path, each[:8]) for each in ids] == [1, 2, 3]
    assert [found(path, each) for each in (0, 1, -1, -3, None)] == [1, 2, 3, 1, 3]
    assert [found(path, each) for each in ("one", "two")] == [1, 3]
    assert [found(path, each) for each in (np.int64(0), np.uint8(2), np.int32(-1))] == [1, 3, 3]


@pytest.mark.parametrize("wanted", ["three", "on", 3, -4, True, np.True_, 1.0, "", b"one"])
def test_no_run_is_meant(path: Path, wanted: object) -> None:
    """What there is stands in the error, and how to write it."""
    keep(path, [1], name="one")
    keep(path, [1], name="two", work={"method": "GET", "path": "/y"})
    with pytest.raises(ConfigurationError, match=r"(?s)is no run of .*work\.db.*done.*one.*two"):
        found(path, wanted)


def test_several_runs_could_be_meant(path: Path) -> None:
    """What one is called by and the name of another are not told apart by guessing."""
    keep(path, [1], name="one")
    [(first, _)] = list_runs(path)
    keep(path, [1], name=first.run, work={"method": "GET", "path": "/y"})
    with pytest.raises(ConfigurationError, match="could be several runs"):
        found(path, first.run)


def test_many_runs_are_not_all_told(path: Path) -> None:
    """An error names the last ten."""
    for _ in range(12):
        keep(path, [1])
    with pytest.raises(ConfigurationError) as raised:
        found(path, "none")
    assert str(raised.value).count("\n") == 11
    assert "(2 earlier ones, which nk.runs lists)" in str(raised.value)


def test_no_run_at_all(path: Path) -> None:
    """A checkpoint without any says so."""
    keep(path, [1], "a")
    change(path, "DELETE FROM runs")
    assert list_runs(path) == []
    with pytest.raises(ConfigurationError, match="it holds none"):
        found(path, None)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is not made, nor is a folder taken for one."""
    with pytest.raises(StorageError, match="There is no file"):
        list_runs(tmp_path / "none.db")
    with pytest.raises(StorageError, match=r"it is a folder; give the path of a file in it"):
        list_runs(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigurationError, match="path of a file"):
        list_runs(7)


def test_other_files(path: Path) -> None:
    """Text, databases of others, newer checkpoints and torn ones are told apart, and left alone."""
    path.write_text("no database at all, but a text that is long enough to be one" * 20)
    with pytest.raises(CheckpointCorrupt, match="no checkpoint, or a damaged one"):
        list_runs(path)
    path.unlink()
    change(path, "CREATE TABLE theirs (id)")
    with pytest.raises(CheckpointCorrupt, match="database of another program"):
        list_runs(path)
    path.unlink()
    keep(path, [1], "a")
    change(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer version"):
        list_runs(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET settings = '[]'",
        "UPDATE runs SET settings = 'no JSON'",
        "UPDATE runs SET name = x'00'",
        "UPDATE runs SET started = 'soon'",
        "UPDATE runs SET started = 1e300",
        "UPDATE runs SET started = 1e15",
        "UPDATE runs SET beat = -1",
        "UPDATE runs SET ended = 9e99",
        "UPDATE runs SET total = -1",
        "UPDATE runs SET total = 'many'",
        "UPDATE outcomes SET status = 'nice'",
        "INSERT INTO reused VALUES (1, 0, 'text', NULL)",
        "INSERT INTO reused VALUES (1, 0, x'00', NULL)",
    ],
)
def test_what_no_run_has_written(path: Path, statement: str) -> None:
    """A file that somebody has changed is an error that says so."""
    keep(path, [1], "a")
    change(path, statement)
    with pytest.raises(CheckpointCorrupt, match="holds what no run has written"):
        list_runs(path)


def test_what_is_read_is_of_one_moment(path: Path) -> None:
    """What others write meanwhile is not seen half, and they are not held up."""
    with Kept(path, [1, 2]) as run:
        run.settle(0, "a")
        with reading(path) as opened:
            assert len(read_runs(opened)) == 1
            keep(path, [1], name="other", work={"method": "GET", "path": "/y"})
            assert len(read_runs(opened)) == 1
    assert len(list_runs(path)) == 2
