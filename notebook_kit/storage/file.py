"""The file of a checkpoint: opened to be written, or only to be read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal

from notebook_kit.errors import CheckpointCorrupt
from notebook_kit.storage.private_file import (
    connect,
    refuse_damage,
    refuse_empty,
    refuse_other_formats,
)
from notebook_kit.storage.private_kind import Kind, explained, refuse_folder
from notebook_kit.storage.private_opening import opening, path_given
from notebook_kit.storage.salted import add_salt, salt_of
from notebook_kit.storage.schema import APPLICATION_ID, FORMAT, LACKING, STATEMENTS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = [
    "checkpoint_path",
    "checkpoint_salt",
    "connect",
    "open_checkpoint",
    "open_to_read",
    "reading_errors",
    "storage_errors",
]

_CHECKPOINT: Final = Kind(
    name="checkpoint",
    other="checkpoint",
    application_id=APPLICATION_ID,
    number=FORMAT,
    statements=STATEMENTS,
    corrupt=CheckpointCorrupt,
    consequence=" Nothing was sent.",
    lacking=LACKING,
)
_READ: Final = _CHECKPOINT._replace(
    place="a checkpoint that is there and that you may read", consequence=""
)
#: What SQLite says where it may not make the files that belong beside one with a log.
_CANNOT_LOG: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


def checkpoint_path(checkpoint: object) -> Path:
    """Return the whole path of a checkpoint.

    Raises:
        ConfigurationError: for what is no path of a file.
    """
    return path_given(checkpoint, name="checkpoint", example="work.db")


def open_checkpoint(path: Path) -> sqlite3.Connection:
    """Make the file if it is not there, make sure that it is a checkpoint, and connect to it.

    Raises:
        CheckpointCorrupt: when it is damaged, or something else.
        StorageError: when it cannot be read and written, or is of another version.
    """
    with opening(path, _CHECKPOINT, fill=add_salt) as connection:
        return connection


def checkpoint_salt(connection: sqlite3.Connection, path: Path) -> bytes:
    """Return what digests of values that may be credentials are made with.

    Raises:
        CheckpointCorrupt: when somebody has taken it out.
    """
    return salt_of(connection, path, _CHECKPOINT)


def open_to_read(path: Path) -> sqlite3.Connection:
    """Make sure that the file is a checkpoint, and connect to it without changing what it holds.

    Raises:
        CheckpointCorrupt: when it is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.
    """
    with reading_errors(path):
        # That there is none is said in the words of the file system.
        path.stat()
        refuse_folder(path, _READ)
        # A connection that may only read leaves an empty log and its index behind. One that may
        # write takes them away; where there is a log with something in it, that is left as it is.
        has_log = _has_log(path)
        try:
            return _checked(path, "ro" if has_log else "rw")
        except sqlite3.OperationalError as error:
            if has_log or error.sqlite_errorcode & 0xFF not in _CANNOT_LOG:
                raise
        # In a folder that may not be written nobody here writes to the file either.
        return _checked(path, "ro&immutable=1")


def storage_errors(path: Path) -> AbstractContextManager[None]:
    """Turn errors of SQLite and of the file system into ours, before a run has begun."""
    return explained(path, _CHECKPOINT)


def reading_errors(path: Path) -> AbstractContextManager[None]:
    """Turn errors of SQLite and of the file system into ours, where a checkpoint is only read."""
    return explained(path, _READ)


def _has_log(path: Path) -> bool:
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _checked(path: Path, mode: Literal["ro", "rw", "ro&immutable=1"]) -> sqlite3.Connection:
    connection = connect(path, mode=mode)
    try:
        with closing(connection.execute("PRAGMA query_only = ON")):
            refuse_empty(connection, path, _READ)
        refuse_other_formats(connection, path, _READ)
        refuse_damage(connection, path, _READ)
    except BaseException:
        connection.close()
        raise
    return connection
