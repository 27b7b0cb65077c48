"""The thread that writes outcomes."""

from __future__ import annotations

import functools
import gc
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from notebook_kit.storage import writer as module
from notebook_kit.storage.file import connect, open_checkpoint
from notebook_kit.storage.problems import Problems
from notebook_kit.storage.writer import Entry, Writer
from tests.storage.helpers import kept, select, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def entry(number: int, *, status: str = "ok", value: str = "1") -> Entry:
    return Entry(1, str(number).encode(), status, 200, 1, 0.0, value=value)


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
    return path


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def writer(path: Path, problems: Problems) -> Iterator[Writer]:
    writer = Writer(path, problems)
    yield writer
    writer.close()


def _holds(path: Path, count: int) -> bool:
    return kept(path) == count


def test_an_entry_is_kept_within_a_fifth_of_a_second(path: Path, writer: Writer) -> None:
    """What was put can be read from outside 0.2 s later at most, without any closing."""
    took = []
    for number in range(5):
        writer.put(entry(number))
        took.append(wait_for(functools.partial(_holds, path, number + 1)))
    # A machine that is busy with other things may be late; the quickest tells how it is built.
    assert min(took) < 0.2


def test_many_are_written_with_few_commits(path: Path, writer: Writer) -> None:
    """Thousands of entries are there after closing, in whatever numbers they are put together."""
    for number in range(3_001):
        writer.put(entry(number))
    writer.close()
    assert kept(path) == 3_001


def test_a_thread_only_where_something_is_written(path: Path, problems: Problems) -> None:
    """The thread starts with the first entry, is a daemon, and is gone after closing."""
    writer = Writer(path, problems)
    writer.flush()
    assert threads() == []
    writer.put(entry(1))
    assert threads() == ["notebook_kit-journal-work.db"]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name in threads())
    writer.close()
    writer.close()
    assert threads() == []
    assert not (path.parent / "work.db-wal").exists()


def test_flushing_waits_until_all_is_written(path: Path, writer: Writer) -> None:
    """After flush() what was put before is in the file, and the writer goes on."""
    writer.put(entry(1))
    writer.flush()
    assert kept(path) == 1
    writer.put(entry(2))
    writer.close()
    assert kept(path) == 2


def test_a_failure_never_takes_the_place_of_an_answer(path: Path, writer: Writer) -> None:
    """An answer replaces a failure and an older answer; a failure replaces only a failure."""
    writer.put(entry(1, status="failed", value="0"))
    writer.put(entry(1, status="timeout", value="1"))
    writer.flush()
    assert select(path, "SELECT status, value FROM outcomes") == [("timeout", "1")]
    writer.put(entry(1, value="2"))
    writer.put(entry(1, value="3"))
    writer.put(entry(1, status="failed", value="4"))
    writer.close()
    assert select(path, "SELECT status, value FROM outcomes") == [("ok", "3")]


def test_what_cannot_be_written_now_is_written_later(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file, entries wait; a sentence says so, nothing is lost."""
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(entry(1))
        wait_for(lambda: problems.texts)
        writer.put(entry(2))
        holder.execute("ROLLBACK")
    wait_for(lambda: kept(path) == 2)
    assert len(problems.texts) == 1
    assert "'work.db' cannot be written (database is locked)" in problems.texts[0]


def test_what_could_not_be_written_is_counted(
    path: Path, writer: Writer, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end the number of outcomes that are not in the file is said."""
    monkeypatch.setattr(module, "_PATIENCE_S", 0.01)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(entry(1))
        writer.put(entry(2))
        writer.close()
    assert problems.texts[-1].startswith("2 outcomes are in the frame but not in the checkpoint")
    assert kept(path) == 0


def test_a_file_that_is_gone_is_not_made_anew(
    path: Path, writer: Writer, problems: Problems
) -> None:
    """When the file was deleted, that is said; no empty file with other rights appears."""
    path.unlink()
    writer.put(entry(1))
    writer.close()
    assert "unable to open database file" in problems.texts[0]
    assert not path.exists()


def test_a_writer_that_nobody_closes_ends_all_the_same(
    path: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end waits a set time for a slow disk and says so; the thread still ends by itself."""
    monkeypatch.setattr(module, "_END_S", 0.05)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.5)
    writer = Writer(path, problems)
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        writer.put(entry(1))
        writer.close()
        assert "still being written after 0.05 s" in problems.texts[0]
    wait_for(lambda: threads() == [])
    assert kept(path) == 1


def test_a_failed_try_lets_go_of_the_file(path: Path, writer: Writer, problems: Problems) -> None:
    """After an entry that cannot be written, others may write to the file at once."""
    writer.put(entry(1, value="\ud800"))
    wait_for(lambda: problems.texts)
    with closing(connect(path, patience_s=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    writer.close()
    assert kept(path) == 0


def test_trouble_at_closing_is_told(
    path: Path, problems: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the file system when the file is closed becomes a sentence."""

    class Awkward(sqlite3.Connection):
        def close(self) -> None:
            super().close()
            message = "disk I/O error"
            raise sqlite3.OperationalError(message)

    def connecting(path: Path, *, patience_s: float) -> sqlite3.Connection:
        return sqlite3.connect(path, factory=Awkward, isolation_level=None)

    monkeypatch.setattr(module, "connect", connecting)
    writer = Writer(path, problems)
    writer.put(entry(1))
    writer.close()
    assert problems.texts == [
        "The checkpoint 'work.db' could not be closed in order: disk I/O error."
    ]
    gc.collect()
