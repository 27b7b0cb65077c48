"""Facts about a private file, of which one is the salt that its digests are made with."""

from __future__ import annotations

import secrets
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from notebook_kit.storage.private_file import Kind

__all__ = ["FACTS", "add_salt", "salt_of"]

#: The statement that makes the table of facts, which is called ``facts``.
FACTS: Final = "CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_SALT_BYTES: Final = 32


def add_salt(connection: sqlite3.Connection) -> None:
    """Give a new file its salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    connection.execute("INSERT INTO facts VALUES ('salt', ?)", (salt,))


def salt_of(connection: sqlite3.Connection, path: Path, kind: Kind) -> bytes:
    """Return the salt of a file.

    Raises:
        StorageError: when somebody has taken it out.
    """
    question = "SELECT value FROM facts WHERE name = 'salt'"
    with closing(connection.execute(question)) as cursor:
        found = cursor.fetchall()
    if len(found) == 1 and isinstance(found[0][0], bytes):
        return found[0][0]
    raise kind.damage(path, "it has no salt")
