"""SQLite from async code: a pool of aiosqlite connections to one file, or to one in memory.

What is written in a block of `SQLitePool.acquire` stands at once, statement by statement, as in
other databases; what belongs together is written in a block of `SQLitePool.transaction`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Unpack

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.integrations.databases import DatabasePool
from notebook_kit.integrations.sqlite_database import SQLiteDatabase
from notebook_kit.policies import seconds
from notebook_kit.redact import shown

if TYPE_CHECKING:
    import sqlite3

    from aiosqlite import Connection  # noqa: F401 - between the brackets of the base

    from notebook_kit.lifetime.pooling.options import PoolLimits
    from notebook_kit.policies import Duration

__all__ = ["SQLitePool"]

_MEMORY: Final = ":memory:"


class SQLitePool(DatabasePool["Connection"]):
    """A pool of aiosqlite connections to one SQLite database.

    Rows are `sqlite3.Row`. Foreign keys are enforced. A file is in write-ahead mode, so that one
    can write while others read; who has to wait for another writer waits. A transaction takes its
    turn to write when it begins, so that none fails half way because another was first.

    Args:
        path: the file, made where there is none; ``":memory:"`` for a database that all
            connections of this pool share and that is gone when the pool is closed.
        busy_timeout: how long a statement waits for another writer, a duration.
        wal: whether a file is put into write-ahead mode; without it, who writes keeps all others
            from reading. It does not work on file systems of other machines.
        **options: sizes and times as `ResourcePool` takes them; at most 5 connections, if nothing
            else is said, because only one of them writes at a time.

    Raises:
        ConfigurationError: when an option cannot work.

    >>> import asyncio
    >>> async def main() -> list[tuple[str, int]]:
    ...     async with SQLitePool(":memory:") as pool:
    ...         async with pool.transaction() as connection:
    ...             await connection.execute("CREATE TABLE city (name TEXT, people INTEGER)")
    ...             await connection.execute("INSERT INTO city VALUES (?, ?)", ("Zurich", 448_664))
    ...         async with pool.acquire() as connection:
    ...             rows = await connection.execute_fetchall("SELECT * FROM city")
    ...         return [(row["name"], row["people"]) for row in rows]
    >>> asyncio.run(main())
    [('Zurich', 448664)]
    """

    kind: ClassVar[str] = "pool"

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        busy_timeout: Duration = "5 s",
        wal: bool = True,
        **options: Unpack[PoolLimits],
    ) -> None:
        with brief:
            self._keeper: sqlite3.Connection | None = None
            place = _checked(path)
            self._is_shared = place == _MEMORY
            if self._is_shared:
                # Of this storage the name is public in the process; its locks are those of a file.
                place = f"file:/notebook_kit-{secrets.token_hex(8)}?vfs=memdb"
            options.setdefault("max_size", 5)
            name = options.setdefault("name", f"the pool of {os.fspath(path)}")
            busy_s = seconds(busy_timeout, name="busy_timeout", zero=True)
            is_wal = wal and not self._is_shared
            self._place = SQLiteDatabase(place, name, busy_s=busy_s, is_wal=is_wal)
            super().__init__(self._place, options)

    async def _open(self) -> None:
        if self._is_shared:
            # It is gone with its last connection, and those of the pool come and go.
            self._keeper = self._place.keeper()
            self._stack.callback(self._keeper.close)
        await super()._open()

    def _abort(self) -> None:
        super()._abort()
        if self._keeper is not None:
            self._keeper.close()


def _checked(path: object) -> str:
    """Return where the database is: the whole path, or the name of one in memory.

    Raises:
        ConfigurationError: when it is no path.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text:
        message = f"path={shown(path)} is no path: write the path of a file, or ':memory:'."
        raise ConfigurationError(message)
    if text.startswith("file:"):
        message = f"path={shown(text)} is a URI: write the path of the file alone."
        raise ConfigurationError(message)
    if "\0" in text:
        message = f"path={shown(text)} has a zero byte in it, which no path has."
        raise ConfigurationError(message)
    return text if text == _MEMORY else str(Path(text).expanduser().absolute())
