"""What the thread of a writer does: it gathers, makes rows, writes, and says how far it is."""

from __future__ import annotations

import queue
import sqlite3
import sys
import time
from array import array
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from notebook_kit.numbers import plural
from notebook_kit.storage.batch import Batch, End
from notebook_kit.storage.file import connect
from notebook_kit.storage.run_rows import refuse_others

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from notebook_kit.storage.entries import Entries
    from notebook_kit.storage.problems import Problems
    from notebook_kit.storage.run_rows import RunRow

__all__ = ["Event", "Job", "Jobs", "Pace", "Progress", "Text", "Writing"]

#: Seconds after the first failed try, and between tries at most.
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0
#: Seconds that another writer of the same file is waited for; after that comes the next try.
_PATIENCE_S: Final = 2.0
#: Seconds for which writing is tried again when the run has ended.
_LAST_TRIES_S: Final = 4.0
#: Outcomes to a transaction at most.
_AT_ONCE: Final = 4_096


class Pace(NamedTuple):
    """How long outcomes may wait.

    Attributes:
        flush_every_s: seconds from an end to when it is on disk, at most.
        durable: whether each end is on disk, safe from a loss of power too, before others begin.
    """

    flush_every_s: float = 0.2
    durable: bool = False


class Progress(Protocol):
    """Hears how far the writing is; called in the writer's thread."""

    def __call__(self, count: int, *, behind: bool, fails: bool = False) -> None:
        """So many ends are on disk or given up; others wait longer than they should, or not.

        ``fails`` says that the last try to write was in vain, so that nobody should wait for one.
        """
        ...


class Text(NamedTuple):
    """An end whose answer was made text of already, because others may change it from now on."""

    position: int
    text: str


class Event(NamedTuple):
    """Set when all that came before is written, or has been tried."""

    event: threading.Event


#: The position of an item that has ended; one with its text; pairs of what was taken over from
#: earlier runs; who waits; or the end.
Job: TypeAlias = "int | Text | array[int] | Event | End"
Jobs: TypeAlias = "queue.SimpleQueue[Job]"


class Writing:
    """Writes one run to one file; what it holds lives as long as its thread.

    Args:
        path: of the file.
        problems: told of what goes wrong.
        entries: makes rows.
        hurry: set by who does not want to wait.
        run: the row of the run.
        pace: how long outcomes may wait.

    Attributes:
        jobs: what is to be done.
        progress: told how far it is, or None.
        tried: how many transactions were tried.
    """

    def __init__(
        self,
        path: Path,
        problems: Problems,
        entries: Entries,
        hurry: threading.Event,
        *,
        run: RunRow,
        pace: Pace,
    ) -> None:
        self.jobs: Jobs = queue.SimpleQueue()
        self.progress: Progress | None = None
        self.tried = 0
        self._path = path
        self._problems = problems
        self._entries = entries
        self._hurry = hurry
        self._pace = pace
        self._run = run
        self._batch = Batch(run.number, entries.labels)
        self._waiting: list[threading.Event] = []
        self._connection: sqlite3.Connection | None = None
        #: Where on the disk the file is that it is connected to.
        self._place: tuple[int, int] | None = None
        self._is_over = False
        self._done = 0
        self._behind = False
        #: Whether more may wait than fitted into the last transaction.
        self._has_more = False
        #: Whether somebody waits for all that was put.
        self._is_awaited = False

    def go_on(self) -> None:
        """Write until the end."""
        pause_s = 0.0
        try:
            while not self._is_over:
                oldest_at = self._gather(pause_s)
                written = self._write()
                pause_s = 0.0 if written else _longer(pause_s)
                self._tell(oldest_at if written else None, fails=not written)
            self._try_to_the_end()
        finally:
            self._let_go()

    def _gather(self, pause_s: float) -> float | None:
        """Take what there is to do; return when the first of the ends came that are taken."""
        # What has failed is tried again after a while, whether or not there is more to do.
        jobs = [] if pause_s else [self.jobs.get()]
        at_once = self._pace.durable or self._behind or self._has_more
        if wait_s := pause_s or (0.0 if at_once else self._pace.flush_every_s / 2):
            self._hurry.wait(wait_s)
        self._is_awaited = self._is_awaited or self._hurry.is_set()
        self._hurry.clear()
        # Where each try is in vain, who waits must not wait for one to each transaction.
        most = sys.maxsize if pause_s and self._is_awaited else _AT_ONCE
        while len(jobs) < most and not (jobs and isinstance(jobs[-1], End)):
            try:
                jobs.append(self.jobs.get_nowait())
            except queue.Empty:
                break
        self._has_more = len(jobs) >= _AT_ONCE
        return self._take(jobs)

    def _take(self, jobs: list[Job]) -> float | None:
        positions: list[int] = []
        texts: dict[int, str] = {}
        for job in jobs:
            if isinstance(job, int):
                positions.append(job)
            elif isinstance(job, Text):
                positions.append(job.position)
                texts[job.position] = job.text
            elif isinstance(job, array):
                self._batch.taken.extend(job)
            elif isinstance(job, Event):
                self._waiting.append(job.event)
            else:
                self._batch.end, self._is_over = job, True
        self._done += len(positions)
        self._make_rows(positions, texts)
        if not positions:
            return None
        return self._entries.settled_at(positions[0])

    def _make_rows(self, positions: list[int], texts: dict[int, str]) -> None:
        try:
            self._batch.rows += self._entries.rows(positions, texts)
            if self._batch.end is not None and self._batch.end.state is not None:
                self._batch.undone = self._entries.undone()
        except Exception as error:  # noqa: BLE001 - labels and items are the user's
            self._problems.add(f"Outcomes could not be kept in the checkpoint: {error}.")

    def _write(self) -> bool:
        """Write what was gathered; tell whether that went well."""
        if not self._batch:
            return True
        self.tried += 1
        try:
            # Connected here, so that the connection never leaves this thread.
            self._batch.save(self._connection or self._connect())
        except Exception as error:  # noqa: BLE001 - the run goes on, whatever the disk does
            self._problems.add(
                f"The checkpoint '{self._path.name}' cannot be written ({error}). The run goes on "
                "and its results are kept in memory; writing is tried again."
            )
            return False
        refused, self._batch.refused = self._batch.refused, None
        if refused is not None:
            self._problems.add(f"An outcome could not be kept in the checkpoint: {refused}.")
        return True

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path, patience_s=_PATIENCE_S)
        try:
            # In a file that was put in its place, the same number is another run's, and what would
            # be written there would count as answers to other work.
            refuse_others(connection, self._run)
            if self._pace.durable:
                connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
        self._place, self._connection = _place_of(self._path), connection
        return connection

    def _tell(self, oldest_at: float | None, *, fails: bool = False) -> None:
        """Tell who waits how far it is; None: nobody should wait, for nothing can be written."""
        if oldest_at is None:
            self._behind = False
        else:
            late = time.monotonic() - oldest_at > self._pace.flush_every_s
            self._behind = late and not self.jobs.empty()
        if self.progress is not None:
            self.progress(self._done, behind=self._behind, fails=fails)
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            event.set()

    def _try_to_the_end(self) -> None:
        until = time.monotonic() + _LAST_TRIES_S
        while self._batch and time.monotonic() < until:
            time.sleep(_FIRST_PAUSE_S)
            self._write()

    def _let_go(self) -> None:
        if self._connection is not None:
            if _place_of(self._path) != self._place:
                self._problems.add(
                    f"The checkpoint '{self._path.name}' was deleted during the run."
                )
            try:
                self._connection.close()
            except sqlite3.Error as error:
                name = self._path.name
                self._problems.add(
                    f"The checkpoint '{name}' could not be closed in order: {error}."
                )
        if count := len(self._batch.rows):
            self._problems.add(
                f"{plural(count, 'outcome')} {'is' if count == 1 else 'are'} in the frame but not "
                f"in the checkpoint '{self._path.name}', which could not be written: a later run "
                "does their rows again."
            )
        # Nobody need wait for what may still come.
        self._done = sys.maxsize
        self._tell(None)


def _longer(pause_s: float) -> float:
    return min(2 * pause_s, _LONGEST_PAUSE_S) or _FIRST_PAUSE_S


def _place_of(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name, as long as somebody has it open."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
