"""One SQLite database: how its connections are opened, given back as new, and closed."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import weakref
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConnectionFailed
from notebook_kit.integrations.libraries import needed
from notebook_kit.lifetime.uncut import finished

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiosqlite

__all__ = ["SQLiteDatabase"]

#: Seconds that a statement of a block may go on for that has left it; it was interrupted.
_PATIENCE_S: Final = 0.5


class _Native(sqlite3.Connection):
    """A connection of the standard library that tells when it is closed.

    Attributes:
        closed: done when it is; not bound to a loop, which may end before the thread does.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.closed: Future[None] = Future()

    def close(self) -> None:
        # Interrupted until the next statement, it would leave what was written in its own file.
        with suppress(sqlite3.Error):
            self.execute("SELECT 1")
        super().close()
        if not self.closed.done():
            self.closed.set_result(None)


class SQLiteDatabase:
    """Where a pool of SQLite connections leads.

    Args:
        place: a whole path, or a URI that begins with ``file:``.
        name: what messages call it.
        busy_s: seconds that a statement waits for another writer.
        is_wal: whether it is put into write-ahead mode.
    """

    def __init__(self, place: str, name: str, *, busy_s: float, is_wal: bool) -> None:
        self._place = place
        self._name = name
        self._is_wal = is_wal
        self._options: dict[str, Any] = {
            "timeout": busy_s,
            "uri": place.startswith("file:"),
            # Each statement stands by itself; what does not is in a transaction that was begun.
            "isolation_level": None,
            # Its thread is told from others to stop what it does.
            "check_same_thread": False,
        }
        self._natives: weakref.WeakKeyDictionary[aiosqlite.Connection, _Native] = (
            weakref.WeakKeyDictionary()
        )

    def keeper(self) -> sqlite3.Connection:
        """Return a connection that does nothing but keep a database in memory."""
        keeper: sqlite3.Connection = sqlite3.connect(self._place, **self._options)
        # It is there from the first that is read or written on.
        keeper.execute("PRAGMA schema_version").fetchone()
        return keeper

    async def connect(self) -> aiosqlite.Connection:
        """Open a connection.

        Raises:
            ConfigurationError: when the library is not installed.
            ConnectionFailed: when it cannot be opened, or is no database.
        """
        opened: Future[_Native] = Future()
        opened.set_running_or_notify_cancel()
        opening = needed("aiosqlite", extra="sqlite").connect(
            self._place, factory=partial(self._opened, opened), **self._options
        )
        try:
            connection: aiosqlite.Connection = await opening
        except BaseException as error:
            # A cancelled one goes on opening on its thread, and its library forgets it.
            opened.add_done_callback(_close_opened)
            with suppress(Exception):
                await finished(asyncio.wrap_future(opened))
            if isinstance(error, sqlite3.Error):
                raise self._failed(error) from error
            raise
        self._natives[connection] = opened.result()
        return connection

    def _opened(self, told: Future[_Native], *args: Any, **options: Any) -> _Native:
        """Open one, and say what came of it; on the thread that its statements run on."""
        try:
            native = _Native(*args, **options)
            try:
                self._set_up(native)
            except BaseException:
                native.close()
                raise
        except BaseException as error:
            told.set_exception(error)
            raise
        told.set_result(native)
        return native

    def _set_up(self, native: sqlite3.Connection) -> None:
        native.row_factory = sqlite3.Row
        native.execute("PRAGMA foreign_keys = ON")
        if self._is_wal:
            try:
                native.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                # While somebody writes, the mode cannot be changed; the next one tries again.
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise

    def _failed(self, error: sqlite3.Error) -> ConnectionFailed:
        is_lost = not self._options["uri"] and not Path(self._place).parent.is_dir()
        why = "; its folder is not there" if is_lost else ""
        message = f"{self._name}: it cannot be opened: {error}{why}."
        return ConnectionFailed(message, call=self._name)

    async def make_new(self, connection: aiosqlite.Connection) -> None:
        """Roll back what is open, and end what goes on; fail where a cursor still reads.

        What was interrupted while a cursor reads stays so, and the next statement shows it.
        """
        async with asyncio.timeout(_PATIENCE_S):
            self._natives[connection].interrupt()
            # It comes after all that the block has begun.
            await connection.execute_fetchall("SELECT 1")
            if connection.in_transaction:
                await connection.rollback()

    async def close(self, connection: aiosqlite.Connection) -> None:
        """Close a connection, whatever it is doing."""
        native = self._natives[connection]
        self.let_go(connection)
        await asyncio.wrap_future(native.closed)

    def let_go(self, connection: aiosqlite.Connection) -> None:
        """Have its thread close it, and do not wait for that."""
        with suppress(sqlite3.ProgrammingError):  # It is closed already.
            self._natives[connection].interrupt()
        # Where a loop runs, its thread would tell that loop in the end, which may be closed then.
        asking = threading.Thread(target=connection.stop)
        asking.start()
        asking.join()

    @asynccontextmanager
    async def transaction(self, connection: aiosqlite.Connection) -> AsyncIterator[None]:
        """Begin to write now, and commit at the end; giving the connection back undoes the rest."""
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.commit()


def _close_opened(opened: Future[_Native]) -> None:
    if opened.exception() is None:
        opened.result().close()
