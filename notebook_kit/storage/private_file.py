"""Files of SQLite that belong to one user: made for their owner alone, and recognised.

They may come from anybody. What is in them is looked at before anything of it is used: there are
the tables of their kind and nothing else, so that no view or trigger of somebody else's ever runs.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from notebook_kit.errors import ConfigurationError, StorageError
from notebook_kit.markup import shorten
from notebook_kit.redact import shown
from notebook_kit.storage.private_kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = [
    "Kind",
    "adopt",
    "connect",
    "make_private",
    "refuse_damage",
    "refuse_empty",
    "refuse_other_formats",
    "whole_path",
]

#: How long another writer of the same file is waited for, in seconds.
_PATIENCE_S: Final = 5.0
#: Files up to this size are read through once, which takes less than a second.
_CHECKED_BYTES: Final = 64_000_000
#: With a write-ahead log nothing is lost when the process is killed, without a sync of the disk at
#: each commit. Nothing that a file says is run, and a page that is not as it should be is an error.
_SETTINGS: Final = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
)
#: What SQLite makes by itself where numbers of rows are never given again.
_BESIDE: Final = {"sqlite_sequence": "CREATE TABLE sqlite_sequence(name,seq)"}


def whole_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of the file itself: what gets its rights and its neighbours is no link.

    Raises:
        ConfigurationError: for what no file can be called, links that lead in a circle, and the
            home of somebody who has none.
    """
    try:
        return Path(os.fsdecode(path)).expanduser().resolve()
    except (ValueError, RuntimeError) as error:
        why = str(error).rstrip(".")
        message = f"{shown(path)} cannot be the path of a file: {why}."
        raise ConfigurationError(message) from error


def connect(
    path: Path,
    *,
    patience_s: float = _PATIENCE_S,
    mode: Literal["ro", "rw", "ro&immutable=1"] = "rw",
) -> sqlite3.Connection:
    """Return a connection to an existing file; every statement is its own transaction.

    Raises:
        sqlite3.Error: when it cannot be opened.
    """
    connection = sqlite3.connect(
        # A file that is gone meanwhile is not made anew, empty and for all to read.
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        timeout=patience_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for setting in _SETTINGS:
            connection.execute(setting).close()
    except BaseException:
        connection.close()
        raise
    return connection


def make_private(path: Path) -> None:
    """Make the file if it is not there, for its owner alone.

    Raises:
        OSError: when it cannot be made.
    """
    # Made by us and not by SQLite, so that at no moment anybody else may read it. The files that
    # SQLite puts beside it get the same rights.
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if path.stat().st_size == 0:
            with suppress(OSError):  # somebody else's file: their rights, then
                path.chmod(0o600)


def adopt(
    connection: sqlite3.Connection,
    path: Path,
    kind: Kind,
    *,
    fill: Callable[[sqlite3.Connection], None] | None = None,
) -> None:
    """Make the tables of an empty file, or make sure that they are those of its kind.

    Args:
        connection: to the file.
        path: of the file.
        kind: what it is to be.
        fill: writes what belongs into new tables, also into those that a file of an earlier format
            gets.

    Raises:
        StorageError: when it is damaged, something else, or of another version.
        sqlite3.Error: when it cannot be written.
    """
    # Asked for even where nothing is to be made: it tells at once whether the file may be written.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_of(connection, path, kind):
            refuse_other_formats(connection, path, kind)
            lacking = kind.lacking.get(_number(connection, "PRAGMA user_version"), frozenset())
            if lacking:
                # A damaged file is left as it is.
                refuse_damage(connection, path, kind)
                _make(connection, kind, lacking, fill)
        else:
            _make(connection, kind, kind.statements, fill)
            connection.execute(f"PRAGMA application_id = {kind.application_id}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    # Before the way of writing is changed: that is noted in the file, and a damaged one is left as
    # it is.
    refuse_damage(connection, path, kind)
    # Where there can be no write-ahead log, or not now because others are just opening the file,
    # SQLite stays with its older way, which is as safe.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL").fetchall()


def _make(
    connection: sqlite3.Connection,
    kind: Kind,
    tables: Collection[str],
    fill: Callable[[sqlite3.Connection], None] | None,
) -> None:
    for name, statement in kind.statements.items():
        if name in tables:
            connection.execute(statement)
    if fill is not None:
        fill(connection)
    connection.execute(f"PRAGMA user_version = {kind.number}")


def refuse_empty(connection: sqlite3.Connection, path: Path, kind: Kind) -> None:
    """Make sure that a file is of its kind and has tables.

    Raises:
        StorageError: when it is empty, or of another program.
    """
    if not _is_of(connection, path, kind):
        raise kind.damage(path, "it is empty")


def refuse_other_formats(connection: sqlite3.Connection, path: Path, kind: Kind) -> None:
    """Make sure that a file has the tables of its version, and nothing else.

    Raises:
        StorageError: when it has others.
    """
    version = _number(connection, "PRAGMA user_version")
    known = f"notebook_kit (format {version}, and this one knows {kind.number})"
    if version > kind.number:
        message = (
            f"The {kind.name} '{path}' was written by a newer version of {known}: pip install "
            f"--upgrade notebook_kit, or give another path.{kind.consequence}"
        )
        raise StorageError(message)
    lacking = kind.lacking.get(version, frozenset())
    if version < kind.number and not lacking:
        message = (
            f"The {kind.name} '{path}' was written by an older version of {known}, which cannot be "
            f"read any more: give another path.{kind.consequence}"
        )
        raise StorageError(message)
    # What SQLite makes by itself for a UNIQUE column has no text.
    with closing(connection.execute("SELECT name, sql FROM sqlite_master")) as cursor:
        found = {row for row in cursor.fetchall() if row[1] is not None}
    ours = {(name, it) for name, it in kind.statements.items() if name not in lacking}
    odd = (found - set(_BESIDE.items())) ^ ours
    if odd:
        strange = sorted({str(name) for name, _ in odd})
        what = shorten(f": {', '.join(strange)}", 200)
        raise kind.damage(path, f"its tables are not those of a {kind.name}{what}")


def refuse_damage(connection: sqlite3.Connection, path: Path, kind: Kind) -> None:
    """Read a file through, unless that would take long.

    Raises:
        StorageError: when it is damaged.
    """
    if path.stat().st_size > _CHECKED_BYTES:
        return
    with closing(connection.execute("PRAGMA quick_check(1)")) as cursor:
        found = str(cursor.fetchall()[0][0])
    if found != "ok":
        raise kind.damage(path, found.splitlines()[-1])


def _is_of(connection: sqlite3.Connection, path: Path, kind: Kind) -> bool:
    """Tell a file of this kind from an empty database; raise for anything else."""
    owner = _number(connection, "PRAGMA application_id")
    if owner == kind.application_id:
        return True
    if owner or _number(connection, "SELECT count(*) FROM sqlite_master"):
        raise kind.damage(path, "it is a database of another program")
    return False


def _number(connection: sqlite3.Connection, question: str) -> int:
    with closing(connection.execute(question)) as cursor:
        return int(cursor.fetchall()[0][0])
