"""The thread that writes outcomes to a checkpoint, a few at a time, while the run goes on."""

from __future__ import annotations

import atexit
import os
import queue
import sqlite3
import threading
import time
import weakref
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from notebook_kit.storage.file import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from notebook_kit.storage.problems import Problems

__all__ = ["Entry", "Writer"]

THREAD_NAME: Final = "notebook_kit-journal"
#: Seconds that outcomes are gathered for; with the writing, they are kept 0.2 s after they came.
_GATHER_S: Final = 0.05
#: Seconds between tries at most, while the file cannot be written.
_LONGEST_PAUSE_S: Final = 5.0
#: Seconds that another writer of the same file is waited for; after that comes the next try.
_PATIENCE_S: Final = 1.0
#: Seconds that the end of a run waits for the last outcomes to be written.
_END_S: Final = 5.0

#: Entries to a statement, most first. The interpreter is handed over at each statement, and a run
#: that is busy gives it back late; so few statements are better than one for each entry.
_AT_ONCE: Final = (512, 32, 1)
# A failure never takes the place of an answer, which may have cost something.
_SAVE: Final = """
INSERT INTO outcomes (work, item, status, status_code, attempts, settled_at,
                      error_type, error, error_parts, value)
VALUES {rows}
ON CONFLICT (work, item) DO UPDATE SET
    status = excluded.status, status_code = excluded.status_code, attempts = excluded.attempts,
    settled_at = excluded.settled_at, error_type = excluded.error_type, error = excluded.error,
    error_parts = excluded.error_parts, value = excluded.value
WHERE excluded.status = 'ok' OR outcomes.status <> 'ok'
"""


class Entry(NamedTuple):
    """One row of the table of outcomes."""

    work: int
    item: bytes
    status: str
    status_code: int
    attempts: int
    settled_at: float
    error_type: str | None = None
    error: str | None = None
    error_parts: str | None = None
    value: str | None = None


#: An outcome; an event to be set when all before it is written; or the end.
_Job: TypeAlias = Entry | threading.Event | None
_Jobs: TypeAlias = "queue.SimpleQueue[_Job]"

_live: weakref.WeakSet[Writer] = weakref.WeakSet()


class Writer:
    """Writes to one file from a daemon thread, which starts with the first entry."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self._path = path
        self._problems = problems
        self._jobs: _Jobs = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        _live.add(self)

    def put(self, entry: Entry) -> None:
        """Have an entry written soon, and return at once."""
        if self._thread is None:
            # The thread holds the queue and not this object, which can so be collected.
            self._thread = threading.Thread(
                target=_write,
                args=(self._jobs, self._path, self._problems),
                name=f"{THREAD_NAME}-{self._path.name}",
                daemon=True,
            )
            self._thread.start()
        self._jobs.put(entry)

    def flush(self, timeout_s: float = _END_S) -> None:
        """Wait until what was put before is written, or has been tried."""
        if self._lives_here():
            written = threading.Event()
            self._jobs.put(written)
            written.wait(timeout_s)

    def stop(self) -> None:
        """Let the thread write what is left and end; from any thread, any number of times."""
        if self._lives_here():
            self._jobs.put(None)

    def close(self) -> None:
        """Stop, and wait until everything is written and the thread has ended."""
        if self._thread is None or not self._lives_here():
            return
        self.stop()
        self._thread.join(_END_S)
        if self._thread.is_alive():
            self._problems.add(
                f"The checkpoint '{self._path.name}' is still being written after {_END_S:g} s: "
                "its disk is slow, or another program holds it."
            )

    def _lives_here(self) -> bool:
        # In a forked child there is no such thread: the parent goes on writing.
        return self._thread is not None and self._thread.is_alive() and self._pid == os.getpid()


def _write(jobs: _Jobs, path: Path, problems: Problems) -> None:
    pending: list[Entry] = []
    connection: sqlite3.Connection | None = None
    pause_s, at_end = _GATHER_S, False
    while not at_end:
        waiting, at_end = _gather(jobs, pending, pause_s)
        try:
            # Connected here, so that the connection never leaves this thread.
            connection = connection or connect(path, patience_s=_PATIENCE_S)
            _save(connection, pending)
        except Exception as error:  # noqa: BLE001 - the run goes on, whatever the disk does
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            problems.add(
                f"The checkpoint '{path.name}' cannot be written ({error}). The run goes on and "
                "its results are kept in memory; writing is tried again."
            )
        else:
            pending.clear()
            pause_s = _GATHER_S
        if waiting is not None:
            waiting.set()
    if connection is not None:
        _close(connection, path, problems)
    if pending:
        problems.add(
            f"{len(pending):,} outcomes are in the frame but not in the checkpoint '{path.name}', "
            "which could not be written: a later run does their rows again."
        )


def _gather(
    jobs: _Jobs, pending: list[Entry], pause_s: float
) -> tuple[threading.Event | None, bool]:
    """Take jobs for a moment; return who waits for them, and whether this is the end."""
    deadline = time.monotonic() + pause_s if pending else None
    while True:
        left_s = None if deadline is None else deadline - time.monotonic()
        if left_s is not None and left_s <= 0:
            return None, False
        try:
            job = jobs.get(timeout=left_s)
        except queue.Empty:
            return None, False
        if not isinstance(job, Entry):
            return job, job is None
        pending.append(job)
        deadline = deadline or time.monotonic() + pause_s


def _save(connection: sqlite3.Connection, entries: list[Entry]) -> None:
    if not entries:
        return
    # Locked from the start: a reader that turns into a writer can fail where a writer waits.
    connection.execute("BEGIN IMMEDIATE")
    try:
        most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(Entry._fields)
        for statement, values in _statements(entries, most):
            connection.execute(statement, values)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(entries: list[Entry], most: int) -> Iterator[tuple[str, list[Any]]]:
    start = 0
    for wanted in _AT_ONCE:
        count = min(wanted, most)
        row = f"({', '.join('?' * len(Entry._fields))})"
        statement = _SAVE.format(rows=", ".join([row] * count))
        while len(entries) - start >= count:
            yield statement, list(chain.from_iterable(entries[start : start + count]))
            start += count


def _close(connection: sqlite3.Connection, path: Path, problems: Problems) -> None:
    try:
        connection.close()
    except sqlite3.Error as error:
        problems.add(f"The checkpoint '{path.name}' could not be closed in order: {error}.")


def _flush_at_exit() -> None:
    # Daemon threads are cut off at exit: what was put by then is written first.
    for writer in tuple(_live):
        writer.flush()


atexit.register(_flush_at_exit)
