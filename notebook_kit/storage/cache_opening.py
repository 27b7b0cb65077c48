"""Opening a file of kept answers: made for its owner alone, recognised, refused with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.storage.cache_schema import APPLICATION_ID, FORMAT, STATEMENTS
from notebook_kit.storage.private_file import Kind
from notebook_kit.storage.private_opening import opening, path_given
from notebook_kit.storage.salted import add_salt, salt_of

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

__all__ = ["cache_path", "open_cache_file"]

_CACHE: Final = Kind(
    name="cache",
    other="file of kept answers",
    application_id=APPLICATION_ID,
    number=FORMAT,
    statements=STATEMENTS,
)
_COUNTS: Final = ("forgotten", "items", "bytes")


def cache_path(path: object) -> Path:
    """Return the whole path of a file of kept answers.

    Raises:
        ConfigurationError: for what is no path of a file.
    """
    return path_given(path, name="path", example="cache.db")


def open_cache_file(path: Path) -> tuple[sqlite3.Connection, bytes]:
    """Make the file if it is not there, make sure that it holds kept answers, and connect to it.

    Returns:
        A connection whose every statement is its own transaction, and the salt of the file.

    Raises:
        StorageError: when it cannot be read and written, is damaged, something else, or of another
            version.
    """
    with opening(path, _CACHE, fill=_fill) as connection:
        return connection, salt_of(connection, path, _CACHE)


def _fill(connection: sqlite3.Connection) -> None:
    add_salt(connection)
    connection.executemany("INSERT INTO facts VALUES (?, 0)", [(name,) for name in _COUNTS])
