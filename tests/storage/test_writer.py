"""The thread that writes outcomes, asked by who puts them in."""

from __future__ import annotations

import functools
import gc
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.storage import writer as module
from notebook_kit.storage import writing
from notebook_kit.storage.batch import End
from notebook_kit.storage.file import connect, open_checkpoint
from notebook_kit.storage.labels import Labels
from notebook_kit.storage.problems import Problems
from notebook_kit.storage.run_rows import RunRow
from notebook_kit.storage.writer import Writer
from notebook_kit.storage.writing import Pace
from tests.storage.helpers import kept, select, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from notebook_kit.storage.entries import Row


class Made:
    """Makes rows of positions, without a run."""

    def __init__(self) -> None:
        self.value = "1"
        self.ended_at = float("nan")
        self.labels = Labels(None)
        self.left: list[Row] = []

    def undone(self) -> list[Row]:
        """Return what a test says."""
        return self.left

    def rows(self, positions: Sequence[int], texts: Mapping[int, str]) -> list[Row]:
        """Return rows with a value that a test may choose."""
        nothing = (None,) * 9
        return [
            (1, at, 1, b"x", 0.0, "ok", "network", 200, 1, *nothing, texts.get(at, self.value))
            for at in positions
        ]

    def settled_at(self, position: int) -> float:
        """Return what a test says."""
        del position
        return self.ended_at


def threads() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("notebook_kit-journal")
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "work.db"
    with closing(open_checkpoint(path)) as connection:
        connection.execute("INSERT INTO works VALUES (1, 'x', 'name', '{}')")
        connection.execute(
            "INSERT INTO runs VALUES (1, 'u', 1, 'name', '{}', 0, 0, NULL, 'running', NULL, '{}')"
        )
    return path


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def start(path: Path, problems: Problems, made: Made) -> Iterator[Callable[..., Writer]]:
    writers: list[Writer] = []

    def start(**pace: Any) -> Writer:
        entries: Any = made
        writers.append(Writer(path, problems, entries, run=RunRow(1, "u"), pace=Pace(**pace)))
        return writers[-1]

    yield start
    for writer in writers:
        writer.close()


@pytest.fixture
def writer(start: Callable[..., Writer]) -> Writer:
    return start()


def _holds(path: Path, count: int) -> bool:
    return kept(path) == count


@pytest.mark.parametrize("flush_every_s", [0.2, 0.02])
def test_an_end_is_kept_in_time(
    path: Path, start: Callable[..., Writer], flush_every_s: float
) -> None:
    """What was put can be read from outside as soon as was asked for, without any closing."""
    writer = start(flush_every_s=flush_every_s)

    def took_s(number: int) -> float:
        writer.put(number)
        return wait_for(functools.partial(_holds, path, number + 1))

    # A machine that is busy with other things may be late; the quickest tells how it is built.
    assert any(took_s(number) < flush_every_s for number in range(200))


def test_many_are_written_with_few_commits(path: Path, writer: Writer) -> None:
    """Thousands of ends are there after closing, in whatever numbers they are put together."""
    for number in range(10_001):
        writer.put(number)
    writer.close()
    assert kept(path) == 10_001
    assert writer._work.tried < 20


def test_the_thread_is_gone_after_closing(path: Path, writer: Writer) -> None:
    """It is a daemon, is named after the file, and ends with everything that SQLite made."""
    assert threads() == ["notebook_kit-journal-work.db"]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name in threads())
    writer.put(1)
    writer.close(End("done", 1))
    writer.close()
    writer.flush()
    assert threads() == []
    assert not (path.parent / "work.db-wal").exists()
    assert select(path, "SELECT state, total, ended = beat FROM runs") == [("done", 1, 1)]


def test_flushing_waits_until_all_is_written(path: Path, start: Callable[..., Writer]) -> None:
    """After flush() what was put before is in the file at once, and the writer goes on."""
    writer = start(flush_every_s=60.0)
    writer.put(1)
    writer.flush()
    assert kept(path) == 1
    writer.put(2)
    writer.close()
    assert kept(path) == 2


def test_a_durable_writer_says_when_each_is_on_disk(
    path: Path, start: Callable[..., Writer]
) -> None:
    """It does not gather, syncs at each commit, and tells how many ends are in the file."""
    writer = start(durable=True)
    told: list[tuple[int, int]] = []
    writer.listen(lambda count, *, behind, fails=False: told.append((count, kept(path))))
    for number in range(3):
        writer.put(number)
        wait_for(lambda: told and told[-1][0] == number + 1)  # noqa: B023 - waited for here
    assert all(there >= count for count, there in told)
    connection: Any = writer._work._connection
    assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)]


def test_who_is_behind_says_so_and_says_when_not(start: Callable[..., Writer], made: Made) -> None:
    """While ends wait longer than they should, that is told; once they are written, the reverse."""
    made.ended_at = -1e9
    writer = start(flush_every_s=0.001)
    told: list[bool] = []
    writer.listen(lambda count, *, behind, fails=False: told.append(behind))
    for number in range(20_000):
        writer.put(number)
    writer.close()
    assert True in told
    assert told[-1] is False


def test_what_cannot_be_written_now_is_written_later(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file, ends wait; a sentence says so, nothing is lost."""
    monkeypatch.setattr(writing, "_PATIENCE_S", 0.01)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(1)
        wait_for(lambda: problems.texts)
        writer.put(2)
        holder.execute("ROLLBACK")
    wait_for(lambda: kept(path) == 2)
    assert len(problems.texts) == 1
    assert "'work.db' cannot be written (database is locked)" in problems.texts[0]


def test_what_could_not_be_written_is_counted(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end the number of outcomes that are not in the file is said."""
    monkeypatch.setattr(writing, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(writing, "_LAST_TRIES_S", 0.1)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(1)
        writer.put(2)
        writer.close()
    assert problems.texts[-1].startswith("2 outcomes are in the frame but not in the checkpoint")
    assert kept(path) == 0


def test_the_end_is_tried_until_the_file_is_free(
    path: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends while another program holds the file waits for it a while."""
    monkeypatch.setattr(writing, "_PATIENCE_S", 0.01)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(1)
        writer.stop(End("done", 1))
        wait_for(lambda: writer._work.tried >= 3)
        holder.execute("ROLLBACK")
    writer.close()
    assert kept(path) == 1
    assert select(path, "SELECT state FROM runs") == [("done",)]


def test_a_file_that_is_gone_is_not_made_anew(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the file was deleted, that is said; no empty file with other rights appears."""
    monkeypatch.setattr(writing, "_LAST_TRIES_S", 0.1)
    path.unlink()
    writer.put(1)
    writer.close()
    assert "unable to open database file" in problems.texts[0]
    assert not path.exists()


def test_a_writer_that_nobody_closes_ends_all_the_same(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end waits a set time for a slow disk and says so; the thread still ends by itself."""
    monkeypatch.setattr(module, "_END_S", 0.05)
    monkeypatch.setattr(writing, "_PATIENCE_S", 0.5)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(1)
        writer.close()
        assert "still being written after 0.05 s" in problems.texts[0]
    wait_for(lambda: threads() == [])
    assert kept(path) == 1


def test_one_row_that_nobody_can_write_does_not_hold_up_the_others(
    path: Path, start: Callable[..., Writer], made: Made, problems: Problems
) -> None:
    """It is left out, with a sentence; all that came with it and after it is written."""
    writer = start(flush_every_s=60.0)
    writer.put(1)
    made.value = "\ud800"
    writer.put(2)
    writer.put(writing.Text(3, "3"))
    writer.flush()
    made.value = "4"
    writer.put(4)
    writer.close()
    assert select(path, "SELECT position FROM outcomes ORDER BY position") == [(3,), (4,)]
    assert len(problems.texts) == 1
    assert problems.texts[0].startswith("An outcome could not be kept in the checkpoint")


def test_rows_that_cannot_be_made_do_no_harm(
    path: Path, writer: Writer, made: Made, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong in making rows is said, and the writer goes on."""

    def broken(*_: object) -> list[Row]:
        message = "no labels"
        raise LookupError(message)

    with monkeypatch.context() as patch:
        patch.setattr(made, "rows", broken)
        writer.put(1)
        writer.flush()
    writer.put(2)
    writer.close()
    assert problems.texts == ["Outcomes could not be kept in the checkpoint: no labels."]
    assert kept(path) == 1


def test_a_failed_try_lets_go_of_the_file(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a transaction that failed, others may write to the file at once."""

    def fail(*_: object) -> None:
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr("notebook_kit.storage.batch.note_beat", fail)
    writer.put(1)
    wait_for(lambda: problems.texts)
    with closing(connect(path, patience_s=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    monkeypatch.undo()
    writer.close()
    assert kept(path) == 1


def test_at_the_end_no_try_is_made_for_each_few_of_many(
    writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where writing fails, the end does not wait for as many tries as there are transactions."""

    def fail(*_: object) -> None:
        message = "disk I/O error"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr("notebook_kit.storage.batch.note_beat", fail)
    monkeypatch.setattr("notebook_kit.storage.batch.end_run", fail)
    monkeypatch.setattr(writing, "_AT_ONCE", 4)
    monkeypatch.setattr(writing, "_LAST_TRIES_S", 0.0)
    for number in range(100):
        writer.put(number)
    writer.close(End("done", 100))
    assert writer._work.tried < 10
    assert problems.texts[-1].startswith("100 outcomes are in the frame but not in the checkpoint")


def test_trouble_at_closing_is_told(
    path: Path, start: Callable[..., Writer], problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the file system when the file is closed becomes a sentence."""

    class Awkward(sqlite3.Connection):
        def close(self) -> None:
            super().close()
            message = "disk I/O error"
            raise sqlite3.OperationalError(message)

    def connecting(path: Path, *, patience_s: float) -> sqlite3.Connection:
        del patience_s
        return sqlite3.connect(path, factory=Awkward, isolation_level=None, check_same_thread=False)

    monkeypatch.setattr(writing, "connect", connecting)
    writer = start()
    writer.put(1)
    writer.close()
    assert problems.texts == [
        "The checkpoint 'work.db' could not be closed in order: disk I/O error."
    ]
    gc.collect()


def test_an_undone_row_that_nobody_can_write_does_not_hold_up_the_end(
    path: Path, writer: Writer, made: Made, problems: Problems
) -> None:
    """It is left out, and the end of the run is in the file with the rows beside it."""
    nothing = (None,) * 9
    made.left = [
        (1, at, "cancelled", "network", 0, 1, *nothing, value)
        for at, value in enumerate(("1", "\ud800", "3"))
    ]
    writer.put(7)
    writer.close(End("cancelled", 8))
    assert select(path, "SELECT position FROM undone") == [(0,), (2,)]
    assert select(path, "SELECT state, total FROM runs") == [("cancelled", 8)]
    assert kept(path) == 1
    assert problems.texts[0].startswith("An outcome could not be kept in the checkpoint")


def test_nothing_is_written_to_a_file_that_took_the_place_of_the_first(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the number of the run is another run's, whose rows would be taken for its answers."""
    monkeypatch.setattr(writing, "_LAST_TRIES_S", 0.1)
    path.unlink()
    with closing(open_checkpoint(path)) as connection:
        connection.execute("INSERT INTO works VALUES (1, 'y', 'other', '{}')")
        connection.execute(
            "INSERT INTO runs VALUES (1, 'v', 1, 'other', '{}', 0, 0, NULL, 'done', NULL, '{}')"
        )
    writer.put(1)
    writer.close(End("cancelled", 1))
    assert kept(path) == 0
    assert select(path, "SELECT state, beat FROM runs") == [("done", 0)]
    assert "'work.db' cannot be written (another file has taken its place)" in problems.texts[0]
    assert problems.texts[-1].startswith("1 outcome is in the frame but not in the checkpoint")


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_file_that_went_away_while_it_was_written_is_said(
    path: Path, writer: Writer, problems: Problems, *, comes_back: bool
) -> None:
    """Whether or not there is another of its name at the end, for that has none of the rows."""
    writer.put(1)
    wait_for(lambda: kept(path) == 1)
    path.unlink()
    if comes_back:
        path.touch()
    writer.put(2)
    writer.close(End("done", 2))
    assert problems.texts == ["The checkpoint 'work.db' was deleted during the run."]
