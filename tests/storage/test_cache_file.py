"""The file of kept answers: private, shared, bounded, and never in the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.storage import cache_writer
from notebook_kit.storage.cache_file import CacheFile, cache_file
from notebook_kit.storage.cache_opening import cache_path
from notebook_kit.storage.file import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def put(file: CacheFile, *names: bytes, source: bytes = b"source", size: int = 10) -> None:
    """Keep an answer of so many bytes under each name."""
    for name in names:
        file.put(name, source, "{}", name.ljust(size, b"."))


def held(path: Path) -> list[bytes]:
    """Return the names of what is in the file."""
    with closing(sqlite3.connect(path)) as db:
        return [key for (key,) in db.execute("SELECT key FROM answers ORDER BY key")]


def comes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are those of POSIX")
def test_nobody_else_may_read_it(path: Path) -> None:
    """File, log and index have mode 0600, whatever the umask."""
    before = os.umask(0)
    try:
        file = CacheFile(path)
        put(file, b"a")
        file.flush()
        modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_a_process_has_one_for_each_path(path: Path) -> None:
    """However it is written; and another when the file has gone."""
    file = cache_file(path)
    assert cache_file(str(path)) is file
    assert cache_file(path.parent / "." / path.name) is file
    for each in path.parent.iterdir():
        each.unlink()
    assert cache_file(path) is not file


@pytest.mark.parametrize("path", [None, "", 7, b""])
def test_what_is_no_path_is_refused(path: object) -> None:
    """With what to write."""
    with pytest.raises(ConfigurationError, match=r"cache\.db"):
        cache_path(path)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="whoever may do anything can write it"
)
def test_a_file_that_cannot_be_written_is_refused(path: Path) -> None:
    """With what to do."""
    CacheFile(path).flush()
    path.chmod(0o400)
    with pytest.raises(StorageError, match="writable"):
        CacheFile(path)


def test_keys_are_told_apart_by_their_parts(path: Path) -> None:
    """Not by what they are when they are put together."""
    file = CacheFile(path)
    assert file.key(b"ab", b"c") != file.key(b"a", b"bc")
    assert file.key(b"ab", b"c") == CacheFile(path).key(b"ab", b"c")


def test_what_was_put_is_there_at_once_and_later(path: Path) -> None:
    """Before it is written too, and the last one counts."""
    file = CacheFile(path)
    put(file, b"a")
    put(file, b"a", size=20)
    for _ in range(2):
        record = file.get(b"a")
        assert record is not None
        assert len(record.body) == 20
        file.flush()
    assert file.get(b"b") is None
    assert file.totals() == (1, 22)


def test_what_has_had_its_time_is_not_given_and_goes(path: Path) -> None:
    """With the next that is written."""
    hands = [1000.0]
    file = CacheFile(path, now=lambda: hands[0])
    file.put(b"a", b"s", "{}", b"body", keep_s=60.0)
    file.flush()
    hands[0] += 59.9
    assert file.get(b"a") is not None
    hands[0] += 0.1
    assert file.get(b"a") is None
    put(file, b"b")
    file.flush()
    assert held(path) == [b"b"]
    assert file.totals() == (1, 12)


def test_what_was_not_used_for_longest_goes_first(path: Path) -> None:
    """By items and by bytes; a use from memory counts as well, once something is written."""
    hands = [1000.0]
    file = CacheFile(path, now=lambda: hands[0])
    for name in (b"a", b"b", b"c"):
        hands[0] += 1
        put(file, name)
        file.flush()
    hands[0] += 1
    file.note_use(b"a")
    assert file.get(b"b") is not None
    file.put(b"d", b"s", "{}", b"body", bounds=(3, None))
    file.flush()
    assert held(path) == [b"a", b"b", b"d"]
    hands[0] += 1
    file.put(b"e", b"s", "{}", b"x" * 20, bounds=(None, 30))
    file.flush()
    assert file.totals()[1] <= 30
    assert b"e" in held(path)
    file.put(b"f", b"s", "{}", b"x" * 100, bounds=(None, 30))
    file.flush()
    assert b"f" not in held(path)


def test_forgetting(path: Path) -> None:
    """One, those from one source, or all; how many there were is told, and others hear of it."""
    file = CacheFile(path)
    put(file, b"a", b"b", b"c", source=b"one")
    put(file, b"d", source=b"other")
    before = file.forgotten
    assert file.drop(key=b"a") == 1
    assert file.drop(source=b"one") == 2
    assert file.drop(source=b"one") == 0
    assert held(path) == [b"d"]
    assert file.drop() == 1
    assert file.get(b"d") is None
    assert file.totals() == (0, 0)
    assert file.forgotten > before
    put(file, b"e")
    assert file.drop(key=b"e", wait=False) == 0
    assert file.get(b"e") is None


def _write_many(path: Path, first: int) -> None:
    file = CacheFile(path)
    for number in range(first, first + 200):
        put(file, b"%06d" % number)
    file.flush()


def test_several_processes_write_one_file(path: Path) -> None:
    """None loses what another has written, and the counts are right."""
    CacheFile(path)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(path, 1000 * n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert CacheFile(path).totals() == (600, 600 * 12)
    assert len(held(path)) == 600


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_it_for_itself(path: Path) -> None:
    """And leaves to its parent what is the parent's."""
    file = CacheFile(path)
    put(file, b"parent")
    file.flush()
    child = os.fork()
    if not child:
        status = 1
        try:
            put(file, b"child")
            file.flush()
            status = 0 if file.get(b"parent") and file.get(b"child") else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    put(file, b"later")
    file.flush()
    assert held(path) == [b"child", b"later", b"parent"]


def test_a_killed_process_leaves_a_file_that_is_whole(path: Path) -> None:
    """What was written is there; what was not is asked for again."""
    script = (
        "import sys, itertools\n"
        "from notebook_kit.storage.cache_file import CacheFile\n"
        "file = CacheFile(sys.argv[1] and __import__('pathlib').Path(sys.argv[1]))\n"
        "for n in itertools.count():\n"
        "    file.put(b'%06d' % n, b's', '{}', b'x' * 100)\n"
        "    if n % 100 == 99:\n"
        "        file.flush(); print(n, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGKILL)
        process.wait()
    file = CacheFile(path)
    for number in range(told[-1] + 1):
        assert file.get(b"%06d" % number) is not None
    items, size = file.totals()
    assert (items, size) == (len(held(path)), 102 * len(held(path)))


def test_a_writer_that_is_held_up_tries_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the file; nothing is lost, and nobody waits for it."""
    monkeypatch.setattr("notebook_kit.storage.cache_file._PATIENCE_S", 60.0)
    file = CacheFile(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        for number in range(100):
            put(file, b"%03d" % number)
        assert file.get(b"050") is not None
        assert time.monotonic() - started < 20.0
        other.execute("ROLLBACK")
    file.flush()
    assert len(held(path)) == 100
    assert file.problems.texts == []


def test_a_full_disk_is_told_of_once_and_nobody_feels_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit is not in the file, and the rest of it is as it was."""
    file = CacheFile(path)
    put(file, b"a")
    file.flush()
    with closing(sqlite3.connect(path)) as db:
        pages = db.execute("PRAGMA page_count").fetchall()[0][0]
    real = connect
    full = threading.Event()

    def small(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*args, **options)
        if full.is_set():
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    other = CacheFile(path)
    full.set()
    monkeypatch.setattr(cache_writer, "connect", small)
    put(other, b"big", size=1_000_000)
    other.flush()
    (said,) = other.problems.texts
    assert "full" in said
    assert "memory" in said
    assert held(path) == [b"a"]
    with pytest.warns(RuntimeWarning, match="full"):
        assert other.get(b"a") is not None


def test_more_than_can_be_written_is_not_waited_with(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits is bounded; the rest is in memory only, and that is told."""
    monkeypatch.setattr(cache_writer, "_MOST_WAITING", 100)
    file = CacheFile(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(10):
            file.put(b"%d" % number, b"s", "{}", b"x" * 28)
        other.execute("ROLLBACK")
    file.flush()
    assert len(held(path)) == 3
    assert any("more slowly" in text for text in file.problems.texts)


def test_its_thread_ends_with_it(path: Path) -> None:
    """When nobody holds the file any more, what was put is written and the thread ends."""
    file = CacheFile(path)
    put(file, b"a")
    desk = file._desk
    del file
    assert comes_true(lambda: desk._thread is not None and not desk._thread.is_alive())
    assert held(path) == [b"a"]
