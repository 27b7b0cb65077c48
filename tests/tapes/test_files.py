from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.tapes import slot
from notebook_kit.testing import answer
from tests.tapes.taping import client_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.testing import FaultServer


def record_one(path: Path, server: FaultServer) -> None:
    with nk.record(path), client_of(server.url) as api:
        api.get("/x")


def change(path: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def test_it_is_its_owners_alone(path: Path, server: FaultServer) -> None:
    """Nobody else may read it, nor what SQLite puts beside it; at the end it is one plain file."""
    with nk.record(path) as tape:
        with client_of(server.url) as api:
            api.get("/x")
        tape.stats()
        assert {it.stat().st_mode & 0o777 for it in path.parent.iterdir()} == {0o600}
    assert [it.name for it in path.parent.iterdir()] == ["tape.db"]


def test_a_tape_that_may_only_be_read_is_played(path: Path, server: FaultServer) -> None:
    """Playing writes nothing: neither the file nor its folder."""
    record_one(path, server)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        with nk.replay(path) as tape, client_of(server.url) as api:
            assert api.get("/x").json() == {"n": 1}
            assert [it.name for it in path.parent.iterdir()] == ["tape.db"]
        assert tape.stats().exchanges == 1
    finally:
        path.parent.chmod(0o700)
    assert len(server.requests) == 1


def other_program(path: Path) -> None:
    change(path, "CREATE TABLE things (a)")


def newer(path: Path) -> None:
    change(path, "PRAGMA user_version = 99")


def trigger(path: Path) -> None:
    change(path, "CREATE TRIGGER t AFTER DELETE ON exchanges BEGIN DELETE FROM facts; END")


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 8192)


def text(path: Path) -> None:
    path.write_text("no database at all, but long enough to be looked at " * 40)


def no_salt(path: Path) -> None:
    change(path, "DELETE FROM facts")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (newer, "written by a newer|recorded by a newer version"),
        (trigger, "its tables are not those of a tape"),
        (other_program, "its tables are not those of a tape"),
        (torn, "no tape, or a damaged one"),
        (text, "no tape, or a damaged one"),
        (no_salt, "it has no salt"),
    ],
)
def test_what_is_no_tape_is_left_as_it_is(
    path: Path, server: FaultServer, spoil: Callable[[Path], None], said: str
) -> None:
    """It is refused with a reason, to be recorded and to be played, and nothing is in force."""
    record_one(path, server)
    spoil(path)
    before = path.read_bytes()
    for begin in (nk.replay, nk.record):
        if spoil is no_salt and begin is nk.record:
            continue  # Whose exchanges are taken out is a tape all the same.
        with pytest.raises(nk.StorageError, match=said):
            begin(path)
        assert slot.tape is None
    assert path.read_bytes() == before


def test_a_foreign_database_is_refused(path: Path) -> None:
    """A checkpoint or any other database is no tape."""
    change(path, "CREATE TABLE things (a)")
    for begin in (nk.record, nk.replay):
        with pytest.raises(nk.StorageError, match="database of another program"):
            begin(path)


def test_a_folder_is_no_tape(path: Path) -> None:
    """Neither to be played nor to be recorded on; what to give is said."""
    for begin in (nk.record, nk.replay):
        with pytest.raises(nk.StorageError, match="it is a folder; give the path of a file in it"):
            begin(path.parent)
    assert slot.tape is None
    assert list(path.parent.iterdir()) == []


def test_no_tape_says_how_to_make_one(path: Path) -> None:
    """Playing what was never recorded is told in words, and makes no file."""
    with pytest.raises(nk.StorageError, match=r"record it first, with nk.record\('tape.db'\)"):
        nk.replay(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("head", "no json"),
        ("head", "[1]"),
        ("head", '{"headers": 7}'),
        ("head", '{"headers": [], "pieces": [1]}'),
        ("head", b"\x80\x04"),
        ("status", "two hundred"),
        ("status", -1),
        ("status", 99_999),
        ("body", "text"),
        ("failure", '["os.system"]'),
    ],
)
def test_what_nobody_recorded_is_an_error(
    path: Path, server: FaultServer, column: str, value: object
) -> None:
    """A row that somebody has written by hand is told of, and nothing of it is used."""
    record_one(path, server)
    change(path, f"UPDATE exchanges SET {column} = ?", value)  # noqa: S608 - ours
    damaged = pytest.raises(nk.StorageError, match="damaged tape")
    with nk.replay(path), client_of(server.url) as api, damaged:
        api.get("/x")


def test_a_tape_that_is_begun_anew_holds_nothing_of_before(path: Path, server: FaultServer) -> None:
    """What it held is not in the file any more, which is as small as what is in it."""
    server.when("/old", answer("what it held before " * 20_000))
    with nk.record(path), client_of(server.url) as api:
        api.get("/old")
    assert b"what it held before" in path.read_bytes()
    record_one(path, server)
    assert b"what it held before" not in path.read_bytes()
    assert path.stat().st_size < 40_000


def test_a_damaged_tape_keeps_what_is_on_it(path: Path, server: FaultServer) -> None:
    """It is found damaged before anything is taken out."""
    record_one(path, server)
    change(path, "UPDATE exchanges SET body = zeroblob(40000)")
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 : 4096 * 2 + 200] = b"\xff" * 200
    path.write_bytes(raw)
    with pytest.raises(nk.StorageError, match="no tape, or a damaged one"):
        nk.record(path)
    assert path.read_bytes() == raw


def test_a_name_that_no_header_may_have_is_given_as_it_can(path: Path, server: FaultServer) -> None:
    """A row that was written by hand raises nothing of its own."""
    record_one(path, server)
    change(path, "UPDATE exchanges SET head = ?", '{"headers": [["\u20ac", "a"]]}')
    with nk.replay(path), client_of(server.url) as api:
        assert api.get("/x").headers["?"] == "a"


def test_a_hostile_tape_runs_nothing(path: Path, server: FaultServer, tmp_path: Path) -> None:
    """Pickles and names of functions in a file are bytes and unknown names."""

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "ran"),)

    record_one(path, server)
    change(path, "UPDATE exchanges SET body = ?", pickle.dumps(Evil()))
    with nk.replay(path), client_of(server.url) as api:
        api.get("/x")
    change(path, "UPDATE exchanges SET status = NULL, failure = ?", '["Client", "x"]')
    with nk.replay(path), client_of(server.url) as api, pytest.raises(nk.ReplayMismatch):
        api.get("/x")
    assert not (tmp_path / "ran").exists()


SCRIPT = """
import os, sys, notebook_kit as nk
tape = nk.record(sys.argv[1])
client = nk.Client(sys.argv[2])
for number in range(5):
    client.get(f"/{number}").result()
tape.stats()
print("there", flush=True)
sys.stdin.readline()
"""


def test_what_was_recorded_outlives_a_kill(path: Path, server: FaultServer) -> None:
    """Another process may not record on it meanwhile; killed, its tape plays and is recorded on."""
    command = [sys.executable, "-c", SCRIPT, str(path), server.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        with pytest.raises(nk.StorageError, match="being recorded by another process"):
            nk.record(path, mode="add")
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    with nk.replay(path), client_of(server.url) as api:
        assert [api.get(f"/{number}").json() for number in range(5)] == [{"n": 1}] * 5
    with nk.record(path, mode="add") as tape:
        assert tape.stats().exchanges == 5
    assert len(server.requests) == 5


def test_a_notebook_that_ends_leaves_a_whole_tape(path: Path, server: FaultServer) -> None:
    """Nobody called stop(): what was recorded is written at exit, in one plain file."""
    script = SCRIPT.replace("tape.stats()\n", "").replace("sys.stdin.readline()", "")
    command = [sys.executable, "-c", script, str(path), server.url]
    subprocess.run(command, check=True, timeout=60, capture_output=True)
    assert [it.name for it in path.parent.iterdir()] == ["tape.db"]
    with nk.replay(path) as tape:
        assert tape.stats().exchanges == 5


def test_a_write_that_fails_is_told_at_the_end(path: Path, server: FaultServer) -> None:
    """The answers come all the same; stop() says that the tape is not whole."""
    tape = nk.record(path)
    change(path, "DROP TABLE exchanges")
    with client_of(server.url) as api:
        assert api.get("/x").json() == {"n": 1}
    with pytest.raises(nk.StorageError, match="no such table"):
        tape.stop()
    assert slot.tape is None


FORKED = """
import os, sys, notebook_kit as nk
path, url = sys.argv[1:]
with nk.replay(path):
    client = nk.Client(url)
    assert client.get("/x").result().json() == {"n": 1}
    child = os.fork()
    if child == 0:
        ok = nk.Client(url).get("/x").result().json() == {"n": 1}
        os._exit(0 if ok else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert client.get("/x").result().json() == {"n": 1}
"""


def test_a_forked_child_plays_too(path: Path, server: FaultServer) -> None:
    """It opens the tape for itself, and its parent goes on."""
    record_one(path, server)
    command = [sys.executable, "-W", "ignore", "-c", FORKED, str(path), server.url]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(server.requests) == 1
