"""The journal of a run: what its checkpoint holds already, and what becomes of the rest."""

from __future__ import annotations

import os
import sqlite3
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import StorageError
from notebook_kit.scheduling import Answer, KnownEnds, Source
from notebook_kit.storage.batch import End
from notebook_kit.storage.digests import Digests
from notebook_kit.storage.earlier import WINDOW, Earlier, Reuse
from notebook_kit.storage.entries import Entries, text_of_value
from notebook_kit.storage.file import storage_errors
from notebook_kit.storage.problems import Problems
from notebook_kit.storage.run_rows import end_run
from notebook_kit.storage.writer import Writer
from notebook_kit.storage.writing import Pace, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Ledger, Plan
    from notebook_kit.storage.earlier import Matches
    from notebook_kit.storage.keys import Keys
    from notebook_kit.storage.run_rows import RunRow
    from notebook_kit.storage.writing import Progress

__all__ = ["CheckpointJournal"]

#: Answers that nobody can change.
_UNCHANGING: Final = frozenset({str, int, float, bool, bytes, type(None)})


class CheckpointJournal:
    """Keeps the outcomes of one run; made by `notebook_kit.storage.opening.open_journal`.

    Attributes:
        problems: what the user should know.
        durable: whether each end has to be on disk before others begin.
        record: takes the position of an item that has ended, and returns at once.
        as_read: whether answers are as they were read from JSON.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        plan: Plan,
        *,
        run: RunRow,
        work: int,
        reuse: Reuse,
        part: Callable[[Any], Any] | None,
        pace: Pace,
        key: Callable[[Any], Any] | None = None,
        keeps: Sequence[int] = (),
    ) -> None:
        self.problems = Problems()
        self.durable = pace.durable
        self.as_read = False
        self.record: Callable[[int], None] = _nobody
        self._path = path
        self._plan = plan
        self._run, self._work = run, work
        self._pace = pace
        self._digests = Digests(plan, key or part or _whole, self.problems, keyed=key is not None)
        works, number = (work, *keeps), run.number
        self._earlier = Earlier(connection, works, reuse, before=number, complain=self._complain)
        self._simplify: Callable[[Any], Any] | None = None
        self._ledger: Ledger | None = None
        self._writer: Writer | None = None
        self._entries: Entries | None = None
        self._keys: Keys | None = None
        self._closed = False
        self._reader: sqlite3.Connection | None = connection
        self._finalizer = weakref.finalize(self, _release, connection, None, os.getpid())

    def typed(self, simplify: Callable[[Any], Any], remake: Callable[[Any], Any]) -> None:
        """Keep answers that are objects as plain data, and make objects of that again."""
        self._simplify = simplify
        self._earlier.remake_with(remake)

    def look_at(self, keys: Keys) -> None:
        """Say what is wrong with what ``key=`` gave, and look at it for items that are to come."""
        if keys.said is not None:
            self.problems.add(keys.said)
        elif self._plan.length is None:
            self._keys = keys

    def listen(
        self, tell: Callable[[str], object], mildly: Callable[[str], object] | None = None
    ) -> None:
        """Have what the user should know told, until the journal is closed.

        Args:
            tell: given each sentence.
            mildly: given those that tell of nothing lost, in its place.
        """
        self.problems.listen(tell, mildly)

    def begin(self, ledger: Ledger, progress: Progress | None = None) -> None:
        """Take in where outcomes are written down; called once, before anything else.

        Raises:
            StorageError: when nothing could be written.
        """
        self._ledger = ledger
        entries = Entries(
            self._plan,
            ledger,
            self._digests,
            self.problems,
            run=self._run.number,
            work=self._work,
            simplify=self._simplify,
            as_read=self.as_read,
        )
        try:
            writer = Writer(self._path, self.problems, entries, run=self._run, pace=self._pace)
        except RuntimeError as error:
            message = (
                f"The checkpoint '{self._path}' cannot be written: {error}. Nothing was sent: let "
                "other work end, or leave checkpoint= out."
            )
            raise StorageError(message) from error
        writer.listen(progress)
        self._writer, self._entries = writer, entries
        self.record = writer.put
        self._finalizer.detach()
        self._finalizer = weakref.finalize(self, _release, self._reader, writer, os.getpid())
        # At exit daemon threads are still there, and the writer sees to it that all is written.
        self._finalizer.atexit = False

    # What is there already

    def known(self) -> Iterator[KnownEnds]:
        """Go through what is kept for the items of an input that is known, many at a time.

        Raises:
            StorageError: when the file cannot be read, or is damaged.
        """
        count = self._plan.length or 0
        self._digests.read_ahead(0, count)
        if self._earlier.is_empty:
            return
        with storage_errors(self._path):
            self._earlier.along(self._plan.length)
        for start in range(0, count, WINDOW):
            positions = range(start, min(start + WINDOW, count))
            with storage_errors(self._path):
                found = self._earlier.find(start, self._digests.of(positions))
            if found.rows:
                self._take_over(found)
                yield KnownEnds(found.positions, found.values, found.status_codes, found.failures)

    def lookup(self, position: int) -> Answer | Failure | None:
        """Return what is kept for an item that has just come, or None; never raises."""
        try:
            if self._keys is not None:
                self._look_at_key(self._keys, position)
            self._digests.read_ahead(position, 1)
            if self._earlier.is_empty:
                return None
            if position == 0:
                self._earlier.along(None)
            found = self._earlier.find(position, self._digests.of((position,)))
        except Exception as error:  # noqa: BLE001 - the row is done again, which is always right
            self._complain(error)
            return None
        if not found.rows:
            return None
        self._take_over(found)
        if found.failures:
            return found.failures[0][1]
        return Answer(found.values[0], found.status_codes[0], Source.CHECKPOINT)

    def _look_at_key(self, keys: Keys, position: int) -> None:
        keys.came(position)
        if keys.said is not None:
            self.problems.add(keys.said)
            self._keys = None

    def _take_over(self, found: Matches) -> None:
        if self._writer is not None and self._entries is not None:
            self._writer.put(found.rows)
            self._entries.failures_taken.update(position for position, _ in found.failures)

    def all_looked_up(self) -> None:
        """Let go of what was needed to look up, for no more items come."""
        self._earlier.forget()
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(sqlite3.Error):
                reader.close()

    def _complain(self, error: Exception) -> None:
        self.problems.add(f"Rows of the checkpoint '{self._path.name}' cannot be read: {error}.")

    # What becomes of the rest

    def record_seen(self, position: int) -> None:
        """Take an end of which code of the user's is told, and may change the answer."""
        if self._ledger is None:
            return
        value = self._ledger.values[position]
        if type(value) in _UNCHANGING:
            self.record(position)
            return
        try:
            text = text_of_value(value, self._simplify, as_read=self.as_read)
        except Exception:  # noqa: BLE001 - why it cannot be kept is said where it would be written
            self.record(position)
        else:
            self._put(Text(position, text))

    def _put(self, job: Text) -> None:
        if self._writer is not None and not self._closed:
            self._writer.put(job)

    def end(self, state: str, total: int) -> bool:
        """Write what is not written yet without being waited for; tell whether that goes on."""
        if self._closed or self._writer is None:
            return False
        return self._writer.stop(End(state, total))

    def close(self, state: str | None = None, total: int | None = None) -> None:
        """Write what is not written yet and end the writer; any number of times, never raises."""
        if self._closed:
            return
        self._closed = True
        self.record = _nobody
        if self._writer is None:
            self._end_unbegun(state)
        self.all_looked_up()
        if self._writer is not None:
            self._writer.close(End(state, total))
        self.problems.release()
        self._finalizer.detach()

    def _end_unbegun(self, state: str | None) -> None:
        """Say that a run has ended which could not even begin, for it is none that goes on."""
        if state is not None and self._reader is not None:
            with suppress(sqlite3.Error):
                end_run(self._reader, self._run.number, state, None)


def _nobody(position: int) -> None:
    """Take what comes too early or too late."""


def _whole(item: Any) -> Any:
    return item


def _release(reader: sqlite3.Connection | None, writer: Writer | None, pid: int) -> None:
    """Let go of what an abandoned journal holds; a forked child leaves it to its parent."""
    if pid != os.getpid():
        return
    with suppress(sqlite3.Error):
        if reader is not None:
            reader.close()
    if writer is not None:
        writer.stop()
