"""The file of a checkpoint: made for its owner alone, recognised, opened.

It is an SQLite database. The number of this format is its ``user_version``, the program that it
belongs to its ``application_id``.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import CheckpointCorrupt, ConfigurationError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["checkpoint_path", "connect", "open_checkpoint", "storage_errors"]

_APPLICATION_ID: Final = 0x6E6B6370  # "nkcp"
_FORMAT: Final = 1
#: How long another writer of the same file is waited for, in seconds, when a run starts.
_PATIENCE_S: Final = 5.0
#: Files up to this size are read through once, which takes less than a second.
_CHECKED_BYTES: Final = 64_000_000

# What is long comes last: SQLite reads the columns of a row from the left.
_SCHEMA: Final = """
CREATE TABLE works (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    parts TEXT NOT NULL
);
CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY,
    work INTEGER NOT NULL REFERENCES works (id),
    item BLOB NOT NULL,
    status TEXT NOT NULL,
    status_code INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    settled_at REAL NOT NULL,
    error_type TEXT,
    error TEXT,
    error_parts TEXT,
    value TEXT,
    UNIQUE (work, item)
);
"""


def checkpoint_path(checkpoint: object) -> Path:
    """Return the whole path of a checkpoint.

    Raises:
        ConfigurationError: for what is no path of a file.
    """
    if not isinstance(checkpoint, (str, os.PathLike)) or not str(checkpoint):
        message = f"checkpoint={checkpoint!r} must be the path of a file, such as 'work.db'."
        raise ConfigurationError(message)
    path = Path(os.fsdecode(checkpoint)).expanduser()
    # A link is followed now: the file behind it is what gets its rights and its neighbours.
    return path.resolve()


def connect(path: Path, *, patience_s: float = _PATIENCE_S) -> sqlite3.Connection:
    """Return a connection to an existing checkpoint; every statement is its own transaction.

    Raises:
        sqlite3.Error: when it cannot be opened.
    """
    connection = sqlite3.connect(
        # A file that is gone meanwhile is not made anew, empty and for all to read.
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        # With a write-ahead log nothing is lost when the process is killed, without a sync of the
        # disk at each commit.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_checkpoint(path: Path) -> sqlite3.Connection:
    """Make the file if it is not there, make sure that it is a checkpoint, and connect to it.

    Raises:
        CheckpointCorrupt: when it is damaged, or something else.
        StorageError: when it cannot be read and written, or is of a newer version.
    """
    with storage_errors(path):
        _make_private(path)
        connection = connect(path)
        try:
            _adopt(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(error, path) from error
    except OSError as error:
        message = (
            f"The checkpoint '{path}' cannot be opened: {error.strerror or error}. Give the path "
            "of a file in a folder that exists and that you may write to. Nothing was sent."
        )
        raise StorageError(message) from error


def _make_private(path: Path) -> None:
    # Made by us and not by SQLite, so that at no moment anybody else may read it. The files that
    # SQLite puts beside it get the same rights.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if path.stat().st_size == 0:
            with suppress(OSError):  # somebody else's file: their rights, then
                path.chmod(0o600)


def _adopt(connection: sqlite3.Connection, path: Path) -> None:
    _make_tables(connection, path)
    version = _number(connection, "PRAGMA user_version")
    if version > _FORMAT:
        message = (
            f"The checkpoint '{path}' was written by a newer version of notebook_kit (format "
            f"{version}, and this one knows {_FORMAT}): pip install --upgrade notebook_kit, or "
            "give another path. Nothing was sent."
        )
        raise StorageError(message)
    # Where there can be no write-ahead log, or not now because others are just opening the file,
    # SQLite stays with its older way, which is as safe.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
    if path.stat().st_size <= _CHECKED_BYTES:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()[0][0]
        if found != "ok":
            raise CheckpointCorrupt(_corrupt(path, found.splitlines()[-1]))


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    # Asked for even where nothing is to be made: it tells at once whether the file may be written.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_ours(connection, path):
            for statement in _SCHEMA.split(";")[:-1]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell a checkpoint from an empty database; raise for anything else."""
    owner = _number(connection, "PRAGMA application_id")
    if owner == _APPLICATION_ID:
        return True
    if owner or _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise CheckpointCorrupt(_corrupt(path, "it is a database of another program"))
    return False


def _number(connection: sqlite3.Connection, question: str) -> int:
    with closing(connection.execute(question)) as cursor:
        return int(cursor.fetchall()[0][0])


def _corrupt(path: Path, why: str) -> str:
    return (
        f"'{path}' is no checkpoint, or a damaged one: {why}. It was left as it is: move it away, "
        "or give another path. Nothing was sent."
    )


def _explained(error: sqlite3.DatabaseError, path: Path) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return CheckpointCorrupt(_corrupt(path, str(error)))
    advice = "give another path"
    if code == sqlite3.SQLITE_READONLY:
        advice = f"make it writable (chmod u+w '{path}') or give another path"
    elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        advice = "another program holds it: let that end, or give another path"
    elif code == sqlite3.SQLITE_FULL:
        advice = "make room on the disk, or give a path on another"
    return StorageError(f"The checkpoint '{path}' cannot be used: {error}; {advice}.")
