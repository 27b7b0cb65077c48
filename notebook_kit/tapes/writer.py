"""The thread that writes exchanges to a tape, a few at a time, while the loop goes on."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.errors import StorageError
from notebook_kit.tapes.opening import tape_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Writer"]

#: At most so many exchanges share one transaction.
_AT_ONCE: Final = 500
#: Exchanges that wait to be written may be so long together before who sends more has to wait.
_MOST_WAITING: Final = 64_000_000
#: What an exchange takes beside its bodies, about.
_BESIDE: Final = 2_000
_SAVE: Final = """
INSERT INTO exchanges
    (place, exact, loose, asker, asked, took, status, method, url, head, failure, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TAKE_OUT_NAME: Final = "DELETE FROM facts WHERE name = 'writer'"


class _Job(NamedTuple):
    make: Callable[[], tuple[Any, ...]]
    size: int


class Writer:
    """Writes the rows that it is given, in a thread of its own, to which the connection belongs.

    Args:
        connection: to the tape; closed at the end.
        path: of the tape, for errors.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | threading.Event | None] = queue.SimpleQueue()
        self._error: StorageError | None = None
        self._lock = threading.Lock()
        self._held = 0
        self._is_over = False
        self._ended = threading.Event()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._thread = threading.Thread(
            target=self._run, name=f"notebook_kit-tape-{path.name}", daemon=True
        )
        self._thread.start()

    def put(self, make: Callable[[], tuple[Any, ...]], size: int) -> None:
        """Have the row that this gives written soon; it is called in the thread.

        Args:
            make: gives the row.
            size: how many bytes it holds until then.
        """
        with self._lock:
            self._held += size + _BESIDE
        self._jobs.put(_Job(make, size + _BESIDE))

    async def room(self) -> None:
        """Wait, while much is to be written, until less is."""
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._is_over or self._held <= _MOST_WAITING:
                    return
                written = loop.create_future()
                self._waiting.append((loop, written))
            await written

    def complain(self, error: StorageError) -> None:
        """Have the end tell of this, unless there is something to tell of already."""
        self._error = self._error or error

    def flush(self, timeout_s: float) -> None:
        """Wait until what was put before is written, or has been tried."""
        written = threading.Event()
        self._jobs.put(written)
        written.wait(timeout_s)

    def end(self) -> None:
        """Write what is left, and let go of the file; again where the wait was cut off.

        Raises:
            StorageError: when something could not be written; once.
        """
        self._jobs.put(None)
        # Python takes a thread for ended when an interrupt cuts off a wait for it.
        self._ended.wait()
        self._thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._ended.set()

    def _work(self) -> None:
        ends = False
        while not ends:
            jobs = [self._jobs.get()]
            with suppress(queue.Empty):
                while len(jobs) < _AT_ONCE and jobs[-1] is not None:
                    jobs.append(self._jobs.get_nowait())
            ends = jobs[-1] is None
            rows = [job for job in jobs if isinstance(job, _Job)]
            if rows:
                self._try(lambda rows=rows: self._save(rows))  # type: ignore[misc]  # bound now
            self._written(sum(job.size for job in rows), is_over=ends)
            for job in jobs:
                if isinstance(job, threading.Event):
                    job.set()
        self._try(self._leave)
        with suppress(sqlite3.Error):
            self._connection.close()

    def _written(self, size: int, *, is_over: bool) -> None:
        with self._lock:
            self._held -= size
            self._is_over = is_over
            if not is_over and self._held > _MOST_WAITING:
                return
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            with suppress(RuntimeError):  # a loop that is closed waits for nothing
                loop.call_soon_threadsafe(_wake, future)

    def _try(self, do: Callable[[], None]) -> None:
        try:
            with tape_errors(self._path):
                do()
        except StorageError as error:
            self.complain(error)
        except Exception as error:  # noqa: BLE001 - told at the end; the answers are worth more
            message = f"The tape '{self._path}' cannot be written: {type(error).__name__}."
            self.complain(StorageError(message))

    def _save(self, jobs: Sequence[_Job]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                # One that cannot be kept takes none of the others with it.
                self._try(lambda make=job.make: self._save_one(make()))  # type: ignore[misc]
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _save_one(self, row: tuple[Any, ...]) -> None:
        if self._connection.in_transaction:
            self._connection.execute(_SAVE, row)

    def _leave(self) -> None:
        self._connection.execute(_TAKE_OUT_NAME)
        # One plain file is left, which can be kept with the notebook and read where nothing may be
        # written; somebody who reads it just now keeps it as it is.
        with suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA journal_mode = DELETE").fetchall()


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
