"""The file of a checkpoint: private, recognised, and refused with a reason."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notebook_kit.errors import (
    CheckpointCorrupt,
    ConfigurationError,
    StorageError,
)
from notebook_kit.storage import file
from notebook_kit.storage.file import (
    checkpoint_path,
    checkpoint_salt,
    connect,
    open_checkpoint,
    open_to_read,
    storage_errors,
)
from tests.storage.helpers import file_size_limit, select


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are those of POSIX")
def test_nobody_else_may_read_it_from_the_first_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, log and index have mode 0600, whatever the umask, before SQLite writes anything."""
    seen: list[int] = []
    real = sqlite3.connect

    def connecting(*args: Any, **options: Any) -> sqlite3.Connection:
        seen.append(mode_of(path))
        connection: sqlite3.Connection = real(*args, **options)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connecting)
    before = os.umask(0)
    try:
        with closing(open_checkpoint(path)) as connection:
            connection.execute("INSERT INTO works VALUES (1, 'x', 'name', '{}')")
            modes = {each.name: mode_of(each) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert seen == [0o600]
    assert modes == {"work.db": 0o600, "work.db-wal": 0o600, "work.db-shm": 0o600}


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are those of POSIX")
def test_an_empty_file_is_taken_and_made_private(path: Path) -> None:
    """A file that a temporary-file function made becomes a checkpoint for its owner alone."""
    path.touch(mode=0o644)
    open_checkpoint(path).close()
    assert mode_of(path) == 0o600
    assert select(path, "SELECT count(*) FROM outcomes") == [(0,)]


def test_it_is_written_ahead_and_opens_again(path: Path) -> None:
    """What was written is there when it is opened again, in write-ahead mode."""
    with closing(open_checkpoint(path)) as connection:
        connection.execute("INSERT INTO works VALUES (1, 'x', 'name', '{}')")
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    with closing(open_checkpoint(path)) as connection:
        assert connection.execute("SELECT name FROM works").fetchall() == [("name",)]


def test_many_open_a_new_file_at_once(path: Path) -> None:
    """Threads and processes that make the same file at once all get a checkpoint."""
    script = (
        "import sys, pathlib; from notebook_kit.storage.file import open_checkpoint;"
        "input(); open_checkpoint(pathlib.Path(sys.argv[1])).close()"
    )
    others = [
        subprocess.Popen(
            [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    failures: list[BaseException] = []

    def opening() -> None:
        try:
            open_checkpoint(path).close()
        except BaseException as error:  # noqa: BLE001 - the test's own thread reports it
            failures.append(error)

    threads = [threading.Thread(target=opening) for _ in range(8)]
    for other in others:
        assert other.stdin is not None
        other.stdin.write(b"\n")
        other.stdin.flush()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    said = [other.communicate(timeout=60)[1] for other in others]
    assert failures == []
    assert said == [b"", b""]
    assert select(path, "SELECT count(*) FROM works") == [(0,)]


def test_a_link_leads_to_the_file_behind_it(tmp_path: Path) -> None:
    """Through a link, the file it points to is made, private."""
    link, target = tmp_path / "link.db", tmp_path / "target.db"
    link.symlink_to(target)
    open_checkpoint(checkpoint_path(link)).close()
    assert link.is_symlink()
    assert select(target, "SELECT count(*) FROM works") == [(0,)]
    assert os.name != "posix" or mode_of(target) == 0o600


def test_paths_are_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path counts from where it was given, ~ is the home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert checkpoint_path("a.db") == checkpoint_path("~/a.db") == tmp_path.resolve() / "a.db"


@pytest.mark.parametrize("given", [True, 7, "", None, ["a.db"]])
def test_what_is_no_path_is_refused(given: object) -> None:
    """checkpoint=True and the like say what to write instead."""
    with pytest.raises(ConfigurationError, match=r"such as 'work\.db'"):
        checkpoint_path(given)


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photos (id)")


def of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 77")


def text(path: Path) -> None:
    path.write_text("a,b\n1,2\n" * 100)


def torn(path: Path) -> None:
    with closing(open_checkpoint(path)) as connection:
        connection.executemany(
            "INSERT INTO works VALUES (?, ?, 'name', ?)",
            [(number, number, "x" * 500) for number in range(200)],
        )
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    torn(path)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)


def one_page_lost(path: Path) -> None:
    with closing(open_checkpoint(path)) as connection:
        connection.execute("INSERT INTO works VALUES (1, 'x', 'name', ?)", ["x" * 50_000])
    content = bytearray(path.read_bytes())
    content[-3 * 4096 : -2 * 4096] = bytes(4096)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "spoil", [foreign, of_another_program, text, torn, overwritten, one_page_lost]
)
def test_what_is_no_checkpoint_is_refused_and_left_as_it_is(path: Path, spoil: Any) -> None:
    """A damaged file, another program's database and a text file are named and not touched."""
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(CheckpointCorrupt, match=r"no checkpoint, or a damaged one.*move it away"):
        open_checkpoint(path)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused(path: Path) -> None:
    """A file of a later version says to upgrade, and is left as it is."""
    with closing(open_checkpoint(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match=r"newer version.*format 99.*pip install --upgrade"):
        open_checkpoint(path)


def test_an_older_format_is_refused(path: Path) -> None:
    """A file of a version that was never released is said to be one, and is left as it is."""
    with closing(open_checkpoint(path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    for opens in (open_checkpoint, open_to_read):
        with pytest.raises(StorageError, match=r"older version.*format 1.*give another path"):
            opens(path)


def _of_format_2(path: Path) -> None:
    with closing(open_checkpoint(path)) as connection:
        connection.execute("DROP TABLE facts")
        connection.execute("PRAGMA user_version = 2")


def test_a_file_of_the_format_before_gets_its_salt(path: Path) -> None:
    """It can be read as it is; who opens it to write makes it one of today, once."""
    _of_format_2(path)
    before = path.read_bytes()
    open_to_read(path).close()
    assert path.read_bytes() == before
    salts = set()
    for _ in range(2):
        with closing(open_checkpoint(path)) as connection:
            salts.add(checkpoint_salt(connection, path))
    assert [len(salt) for salt in salts] == [32]
    open_to_read(path).close()


def test_a_strange_file_of_the_format_before_is_left_as_it_is(path: Path) -> None:
    """Tables that it may not have are looked for before it is changed."""
    _of_format_2(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE more (a)")
    before = path.read_bytes()
    with pytest.raises(CheckpointCorrupt, match="its tables are not those of a checkpoint: more"):
        open_checkpoint(path)
    assert path.read_bytes() == before


def test_reading_changes_nothing(path: Path) -> None:
    """A checkpoint that is only read can be read, and cannot be written to."""
    open_checkpoint(path).close()
    before = path.read_bytes()
    with closing(open_to_read(path)) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM runs")
    assert path.read_bytes() == before


def test_reading_makes_no_file(path: Path) -> None:
    """Where there is no checkpoint, or an empty file, that is said and nothing is made."""
    with pytest.raises(StorageError, match="No such file"):
        open_to_read(path)
    assert not path.exists()
    path.touch()
    with pytest.raises(CheckpointCorrupt, match="it is empty"):
        open_to_read(path)


def test_reading_leaves_nothing_behind(path: Path) -> None:
    """After reading there is the file and nothing else, also where somebody left an empty log."""
    open_checkpoint(path).close()
    for left in ([], ["-wal"], ["-wal", "-shm"]):
        for ending in left:
            path.with_name(f"{path.name}{ending}").touch()
        open_to_read(path).close()
        assert [it.name for it in path.parent.iterdir()] == [path.name]


def test_reading_leaves_what_a_killed_run_has_written(path: Path) -> None:
    """What is in the log is read, and stays there for whoever writes next."""
    script = (
        "import os, sys, pathlib\n"
        "from notebook_kit.storage.file import open_checkpoint\n"
        "connection = open_checkpoint(pathlib.Path(sys.argv[1]))\n"
        "connection.execute(\"INSERT INTO works VALUES (1, 'x', 'name', '{}')\")\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, path], timeout=60, check=True)
    log = path.with_name(f"{path.name}-wal")
    before = path.read_bytes(), log.read_bytes()
    with closing(open_to_read(path)) as connection:
        assert connection.execute("SELECT name FROM works").fetchall() == [("name",)]
    assert (path.read_bytes(), log.read_bytes()) == before


def test_errors_of_reading_speak_of_reading(path: Path) -> None:
    """Where nothing would have been sent nobody is told that nothing was."""
    said = []
    for spoil in (lambda it: None, text, foreign):
        path.unlink(missing_ok=True)
        spoil(path)
        with pytest.raises(StorageError) as raised:
            open_to_read(path)
        said.append(str(raised.value))
    assert "that you may read" in said[0]
    assert all("sent" not in it and "write" not in it for it in said)


def test_a_disk_that_is_full_is_said_before_anything_begins(path: Path) -> None:
    """Where not even the tables fit, the error names the file and says what to do."""
    with (
        file_size_limit(1_000),
        pytest.raises(
            StorageError, match=r"work\.db' cannot be used: .*give another path\. Nothing"
        ),
    ):
        open_checkpoint(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """A path that is a folder is an error that says so, and what to give; nothing is made."""
    said = r"it is a folder; give the path of a file in it, such as '.*checkpoint\.db'\."
    with pytest.raises(StorageError, match=said + r" Nothing was sent\.$"):
        open_checkpoint(tmp_path)
    with pytest.raises(StorageError, match=said + "$"):
        open_to_read(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="pipes of this kind are those of POSIX")
def test_what_is_neither_a_file_nor_a_folder_is_refused(path: Path) -> None:
    """A pipe or a device is not waited for, and keeps its rights."""
    os.mkfifo(path, 0o644)
    for opens in (open_checkpoint, open_to_read):
        with pytest.raises(StorageError, match="it is no file; give another path"):
            opens(path)
    assert mode_of(path) == 0o644


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """A path in a folder that is not there says so; no folder is made."""
    with pytest.raises(StorageError, match=r"No such file.*folder that exists"):
        open_checkpoint(tmp_path / "missing" / "work.db")
    assert not (tmp_path / "missing").exists()


def test_a_file_that_another_program_holds_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the lock is not given free in time, the error says who may hold it."""
    open_checkpoint(path).close()
    monkeypatch.setattr(file, "connect", lambda path: connect(path, patience_s=0.01))
    with closing(connect(path)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="database is locked; another program holds it"):
            open_checkpoint(path)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (sqlite3.SQLITE_FULL, "make room on the disk"),
        (sqlite3.SQLITE_IOERR_WRITE, "give another path"),
        (sqlite3.SQLITE_BUSY_RECOVERY, "another program holds it"),
    ],
)
def test_other_troubles_of_the_file_system(path: Path, code: int, advice: str) -> None:
    """Whatever SQLite says, the error names the file and says what to do."""
    error = sqlite3.OperationalError("what it says")
    error.sqlite_errorcode = code
    said = f"work.db' cannot be used: what it says; .*{advice}"
    with pytest.raises(StorageError, match=said), storage_errors(path):
        raise error


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are those of POSIX")
@pytest.mark.parametrize("file_mode", [0o444, 0o666])
def test_a_file_that_may_not_be_written_is_refused(file_mode: int) -> None:
    """In a folder where nothing can be made a file is read; to write is an error that says so."""
    script = (
        "import os, sys, pathlib\n"
        "from notebook_kit.errors import StorageError\n"
        "from notebook_kit.storage.file import open_checkpoint, open_to_read\n"
        "os.geteuid() or os.setuid(65534)\n"
        "print(open_to_read(pathlib.Path(sys.argv[1], 'work.db')).execute(\n"
        "    'SELECT count(*) FROM works').fetchall())\n"
        "for name in ('work.db', 'new.db'):\n"
        "    try: open_checkpoint(pathlib.Path(sys.argv[1], name))\n"
        "    except StorageError as error: print(type(error).__name__, error)\n"
    )
    # Not in tmp_path, whose parents a user without rights could not even pass through.
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "work.db")
        open_checkpoint(made).close()
        made.chmod(file_mode)
        Path(folder).chmod(0o555)
        result = subprocess.run(
            [sys.executable, "-c", script, folder],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        Path(folder).chmod(0o755)
    read, read_only, new = result.stdout.splitlines()
    assert read == "[(0,)]"
    assert read_only.startswith("StorageError")
    what = "make it and its folder writable" if file_mode == 0o444 else "make its folder writable"
    assert f"{what} (chmod u+w" in read_only
    assert read_only.endswith("or give another path. Nothing was sent.")
    assert "Permission denied" in new


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("a\0b.db", "embedded null"),
        ("~nobody-of-that-name/work.db", "home directory"),
        ("\ud800.db", "surrogates not allowed"),
    ],
)
def test_what_no_file_can_be_called_is_refused(given: str, why: str) -> None:
    """It is an error with a name, which says what is wrong with the path."""
    with pytest.raises(ConfigurationError, match=f"cannot be the path of a file: .*{why}"):
        checkpoint_path(given)


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="links in a circle are left alone there")
def test_a_link_to_itself_is_refused(path: Path) -> None:
    """There is no file at its end."""
    path.symlink_to(path)
    with pytest.raises(ConfigurationError, match="cannot be the path of a file: Symlink loop"):
        checkpoint_path(path)
