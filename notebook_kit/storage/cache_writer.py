"""The thread that writes kept answers to their file, a few at a time, while the loop goes on."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeAlias

from notebook_kit.storage.cache_contents import Contents, Drop, Put
from notebook_kit.storage.private_file import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.storage.problems import Problems

__all__ = ["CacheDesk"]

THREAD_NAME: Final = "notebook_kit-cache"
#: Seconds that answers are gathered for, so that many share one transaction.
_GATHER_S: Final = 0.05
#: Seconds that another writer of the same file is waited for; after that comes the next try.
_PATIENCE_S: Final = 1.0
#: How often the same answers are tried to be written where another program holds the file.
_TRIES: Final = 5
#: Answers that wait to be written may be so long together; more are kept in memory only.
_MOST_WAITING: Final = 100_000_000

_Job: TypeAlias = Put | Drop | threading.Event


class CacheDesk:
    """What waits to be written to one file, and the thread that writes it.

    The thread holds this, and not the object that the answers are asked of, which can so be
    collected.

    Attributes:
        waiting: what was put and is not in the file yet.
        dropping: what is to be forgotten and may be in the file still.
    """

    def __init__(self, path: Path, problems: Problems, now: Callable[[], float]) -> None:
        self.path = path
        self.waiting: dict[bytes, Put] = {}
        self.dropping: list[Drop] = []
        self._problems = problems
        self._now = now
        self._jobs: deque[_Job] = deque()
        self._used: set[bytes] = set()
        self._held = 0
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ending = False
        #: Whether the thread sleeps until it is woken.
        self._idle = False

    def put(self, put: Put) -> None:
        """Have an answer written soon, and return at once."""
        with self._lock:
            if self._held + put.record.size > _MOST_WAITING:
                self._problems.add(
                    f"The cache '{self.path.name}' is written more slowly than answers come: some "
                    "are kept in memory only."
                )
                return
            self._held += put.record.size
            self.waiting[put.key] = put
            self._add(put)

    def drop(self, drop: Drop) -> threading.Event:
        """Have answers forgotten, also those that wait; return what is set when that is done."""
        done = threading.Event()
        with self._lock:
            for key, put in tuple(self.waiting.items()):
                if drop.takes(key, put.source):
                    del self.waiting[key]
            self.dropping.append(drop)
            self._add(drop)
            self._add(done)
        return done

    def note_use(self, key: bytes) -> None:
        """Note that an answer was given; written with the next that are."""
        self._used.add(key)

    def flush(self, timeout_s: float) -> None:
        """Wait until what was put before is written, or has been tried."""
        written = threading.Event()
        with self._lock:
            if not (self._jobs or self._used or self.waiting):
                return
            self._add(written)
        written.wait(timeout_s)

    def stop(self) -> None:
        """Let the thread write what is left and end."""
        with self._lock:
            self._ending = True
            if self._used and self._thread is None:
                self._start()
            self._lock.notify()

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the thread."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _add(self, job: _Job) -> None:
        self._jobs.append(job)
        if self._thread is None:
            self._start()
        # Woken once for many: each time costs who asks a change of threads.
        if self._idle or isinstance(job, threading.Event):
            self._lock.notify()

    def _start(self) -> None:
        self._thread = threading.Thread(
            target=_write, args=(self,), name=f"{THREAD_NAME}-{self.path.name}", daemon=True
        )
        self._thread.start()

    # In the thread

    def take(self) -> tuple[list[_Job], set[bytes], bool]:
        """Wait for jobs, gather for a moment, and return them, what was used, and if it ends."""
        with self._lock:
            self._idle = True
            while not self._jobs and not self._ending:
                self._lock.wait()
            self._idle = False
            if not self._ending and not any(isinstance(it, threading.Event) for it in self._jobs):
                self._lock.wait_for(self._is_hurried, timeout=_GATHER_S)
            jobs, used = list(self._jobs), self._used
            self._jobs.clear()
            self._used = set()
            return jobs, used, self._ending

    def _is_hurried(self) -> bool:
        return self._ending or isinstance(self._jobs[-1], threading.Event)

    def written(self, jobs: list[_Job]) -> None:
        """What was taken is in the file, or will not be."""
        with self._lock:
            for job in jobs:
                if isinstance(job, Put):
                    self._held -= job.record.size
                    if self.waiting.get(job.key) is job:
                        del self.waiting[job.key]
                elif isinstance(job, Drop):
                    self.dropping.remove(job)
        for job in jobs:
            if isinstance(job, threading.Event):
                job.set()

    def save(self, jobs: list[_Job], used: set[bytes], connection: sqlite3.Connection) -> None:
        """Write what was taken, in one transaction."""
        now = self._now()
        connection.execute("BEGIN IMMEDIATE")
        try:
            counts = Contents(connection)
            # The thread is handed over at each statement: so many statements are one.
            # Whoever was just noting a use may still add to the set.
            ways = [(now, key) for key in tuple(used)]
            connection.executemany("UPDATE answers SET used = ? WHERE key = ?", ways)
            bounds = None
            for job in jobs:
                if isinstance(job, Put):
                    counts.put(job, now)
                    bounds = job.bounds
                elif isinstance(job, Drop):
                    counts.drop(job)
            if bounds is not None:
                counts.make_room(bounds, now)
            counts.write()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def complain(self, error: Exception) -> None:
        """Say, once, that the file cannot be written."""
        self._problems.add(
            f"The cache '{self.path.name}' cannot be written ({error}): new answers are kept in "
            "memory only, as long as that is so."
        )


def _write(desk: CacheDesk) -> None:
    connection: sqlite3.Connection | None = None
    ends = False
    while not ends:
        jobs, used, ends = desk.take()
        for number in range(1, _TRIES + 1):
            try:
                # Connected here, so that the connection never leaves this thread.
                connection = connection or connect(desk.path, patience_s=_PATIENCE_S)
                if jobs or used:
                    desk.save(jobs, used, connection)
                break
            except Exception as error:  # noqa: BLE001 - memory goes on, whatever the disk does
                busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or number == _TRIES or ends:
                    desk.complain(error)
                    break
                time.sleep(_GATHER_S)
        desk.written(jobs)
    if connection is not None:
        with suppress(sqlite3.Error):
            connection.close()
