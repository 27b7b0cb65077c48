"""Opening a tape: made for its owner alone, recognised, refused with a reason."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import StorageError
from notebook_kit.storage.private_file import (
    connect,
    refuse_damage,
    refuse_empty,
    refuse_other_formats,
)
from notebook_kit.storage.private_kind import Kind, explained, refuse_folder
from notebook_kit.storage.private_opening import opening, path_given
from notebook_kit.storage.process import is_at_work, this_process
from notebook_kit.storage.salted import add_salt, salt_of
from notebook_kit.tapes.schema import APPLICATION_ID, FORMAT, STATEMENTS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["open_to_play", "open_to_record", "tape_errors", "tape_path"]

_TAPE: Final = Kind(
    name="tape",
    other="tape",
    application_id=APPLICATION_ID,
    number=FORMAT,
    statements=STATEMENTS,
)


def tape_path(path: object) -> Path:
    """Return the whole path of a tape.

    Raises:
        ConfigurationError: for what is no path of a file.
    """
    return path_given(path, name="path", example="tape.db")


def open_to_record(path: Path, *, add: bool) -> tuple[sqlite3.Connection, bytes, int]:
    """Make the tape if it is not there, make sure that it is one, and get it ready.

    Args:
        path: the file.
        add: whether what it holds stays.

    Returns:
        A connection, the salt of the file, and the first place that is free.

    Raises:
        StorageError: when it cannot be written, is something else, newer, or is being recorded.
    """
    with opening(path, _TAPE, fill=add_salt) as connection:
        salt = salt_of(connection, path, _TAPE)
        return connection, salt, _make_ready(connection, path, add=add)


def open_to_play(path: Path) -> tuple[sqlite3.Connection, bytes]:
    """Make sure that the file is a tape, and connect to it without changing anything.

    Raises:
        StorageError: when it is not there, cannot be read, is something else, or newer.
    """
    if not path.exists():
        message = (
            f"There is no tape '{path}': record it first, with nk.record({path.name!r}) in the "
            "place of nk.replay(...), where the network is."
        )
        raise StorageError(message)
    with tape_errors(path):
        refuse_folder(path, _TAPE)
        connection = connect(path, mode="ro")
        try:
            refuse_empty(connection, path, _TAPE)
            refuse_other_formats(connection, path, _TAPE)
            refuse_damage(connection, path, _TAPE)
            return connection, salt_of(connection, path, _TAPE)
        except BaseException:
            connection.close()
            raise


def tape_errors(path: Path) -> AbstractContextManager[None]:
    """Turn errors of SQLite and of the file system into ours."""
    return explained(path, _TAPE)


def _make_ready(connection: sqlite3.Connection, path: Path, *, add: bool) -> int:
    connection.execute("BEGIN IMMEDIATE")
    try:
        _refuse_second(connection, path)
        gone = 0 if add else connection.execute("DELETE FROM exchanges").rowcount
        writer = this_process()
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('writer', ?)", (writer,))
        last = connection.execute("SELECT coalesce(max(place), 0) FROM exchanges").fetchall()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    if gone:
        # Otherwise it would stay in the file, where nobody sees it. Where there is no room for a
        # copy, it is written over by and by.
        with suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")
    return int(last[0][0]) + 1


def _refuse_second(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("SELECT value FROM facts WHERE name = 'writer'").fetchall()
    for (writer,) in found:
        if isinstance(writer, str) and writer != this_process() and is_at_work(writer):
            message = (
                f"The tape '{path}' is being recorded by another process: let that end, or give "
                "another path."
            )
            raise StorageError(message)
