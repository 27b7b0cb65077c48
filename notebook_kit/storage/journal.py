"""The journal of a run: what its checkpoint holds already, and what becomes of the rest."""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from notebook_kit.errors import CheckpointMismatch
from notebook_kit.scheduling import SOURCES, Answer, Source
from notebook_kit.storage.canonical import NotPlain, digest
from notebook_kit.storage.exact_json import NotExact, from_json, to_json
from notebook_kit.storage.failures import kept_failure, restored_failure
from notebook_kit.storage.file import checkpoint_path, open_checkpoint, storage_errors
from notebook_kit.storage.fingerprint import Fingerprint, fingerprint
from notebook_kit.storage.problems import Problems
from notebook_kit.storage.writer import Entry, Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Outcome

__all__ = ["CheckpointJournal", "Reuse", "open_journal"]

Reuse: TypeAlias = Literal["ok", "settled", "none"]

#: What is worth keeping; a cancelled row has not been done.
_KEPT: Final = frozenset({"ok", "failed", "timeout"})
#: Items that nothing can change between the look-up and the outcome.
_UNCHANGING: Final = (str, int, float, bool, bytes, type(None))


def open_journal(
    checkpoint: str | os.PathLike[str],
    description: Mapping[str, Any],
    *,
    name: str,
    reuse: Reuse = "ok",
    part: Callable[[Any], Any] | None = None,
) -> CheckpointJournal:
    """Open a checkpoint for one work, making the file if it is not there.

    Outcomes belong to what the work is: changed work begins anew, beside what was there before. So
    that this never happens unnoticed, work whose name is in the file with answers of other work is
    refused, unless ``reuse`` is ``"none"``.

    Args:
        checkpoint: path of the file.
        description: what the answers depend on; see `fingerprint`.
        name: what the work is called.
        reuse: which outcomes are looked up: ``"ok"`` ones, all ``"settled"`` ones, or ``"none"``.
        part: gives what of an item it is recognised by; None for all of it.

    Raises:
        ConfigurationError: for what is no path.
        CheckpointMismatch: when the work has changed, saying in what.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it cannot be read and written, or is of a newer version.
    """
    path = checkpoint_path(checkpoint)
    work = fingerprint(description)
    connection = open_checkpoint(path)
    try:
        with storage_errors(path):
            number = _number_of(connection, path, work, name=name, strict=reuse != "none")
            known = _known(connection, number, reuse)
    except BaseException:
        connection.close()
        raise
    journal = CheckpointJournal(path, connection, number, known, part=part)
    for unread in work.unreadable:
        journal.problems.add(
            f"The checkpoint does not notice changes in {unread}, which cannot be read: after a "
            "change give name='...' or another path."
        )
    return journal


def _number_of(
    connection: sqlite3.Connection, path: Path, work: Fingerprint, *, name: str, strict: bool
) -> int:
    found = _select(connection, "SELECT id FROM works WHERE fingerprint = ?", work.digest)
    if not found:
        if strict:
            _refuse_changed(connection, path, work, name)
        # Another process may have been faster; then its entry is as good as ours.
        connection.execute(
            "INSERT OR IGNORE INTO works (fingerprint, name, parts) VALUES (?, ?, ?)",
            (work.digest, name, work.to_json()),
        )
        found = _select(connection, "SELECT id FROM works WHERE fingerprint = ?", work.digest)
    return int(found[0][0])


def _refuse_changed(
    connection: sqlite3.Connection, path: Path, work: Fingerprint, name: str
) -> None:
    question = """
        SELECT parts, (SELECT count(*) FROM outcomes WHERE work = works.id AND status = 'ok')
        AS answers FROM works WHERE name = ? AND answers > 0 ORDER BY id DESC LIMIT 1
    """
    for parts, answers in _select(connection, question, name):
        message = (
            f"The checkpoint '{path}' holds {answers:,} answers of {name!r}, which has changed "
            f"since: {work.changes_since(parts)}. Nothing was sent. Write reuse='none' to do every "
            "row anew this time, beside the old answers; name='...' if this is other work; or give "
            "another path."
        )
        raise CheckpointMismatch(message)


def _known(connection: sqlite3.Connection, number: int, reuse: Reuse) -> dict[bytes, int]:
    question = "SELECT item, id FROM outcomes WHERE work = ?"
    if reuse == "none":
        return {}
    if reuse == "ok":
        question += " AND status = 'ok'"
    return dict(connection.execute(question, (number,)).fetchall())


def _select(connection: sqlite3.Connection, question: str, *values: Any) -> list[Any]:
    # Always to the end: a half-read answer would hold up the writers.
    return connection.execute(question, values).fetchall()


class CheckpointJournal:
    """Keeps the outcomes of one run; made by `open_journal`.

    Attributes:
        problems: what the user should know.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        work: int,
        known: dict[bytes, int],
        *,
        part: Callable[[Any], Any] | None = None,
    ) -> None:
        self.problems = Problems()
        self._path = path
        self._work = work
        self._known = known
        self._part = part
        self._writer = Writer(path, self.problems)
        self._closed = False
        # Keys of items that a call may change while it works on them; the item itself is held so
        # that its number stays its own.
        self._keys: dict[int, tuple[Any, bytes]] = {}
        self._reader: sqlite3.Connection | None = connection
        self._finalizer = weakref.finalize(self, _release, connection, self._writer, os.getpid())
        # At exit daemon threads are still there, and the writer sees to it that all is written.
        self._finalizer.atexit = False
        if not known:
            self._close_reader()

    def listen(self, tell: Callable[[str], object]) -> None:
        """Have what the user should know told to a function, until the journal is closed."""
        self.problems.listen(tell)

    def lookup(self, item: Any) -> Answer | Failure | None:
        """Return what is kept for an item, or None; never raises."""
        if not self._known and _stays_as_it_is(item):
            return None
        key = self._key(item)
        row = None if key is None else self._known.get(key)
        if row is None:
            return None
        try:
            return self._read(row)
        except Exception as error:  # noqa: BLE001 - the row is done again, which is always right
            self.problems.add(
                f"Rows of the checkpoint '{self._path.name}' cannot be read: {error}."
            )
            return None

    def _read(self, row: int) -> Answer | Failure | None:
        if self._reader is None:
            return None
        question = """
            SELECT status, status_code, error_type, error, error_parts, value
            FROM outcomes WHERE id = ?
        """
        status, code, *error, value = _select(self._reader, question, row)[0]
        if status == "ok":
            return Answer(from_json(value), code, Source.CHECKPOINT)
        return restored_failure(*error, status_code=code, timed_out=status == "timeout")

    def record(self, outcome: Outcome) -> None:
        """Keep what became of an item; returns at once and never raises."""
        # What stood in for an answer is none: a later run asks again.
        rescued = outcome.source == SOURCES[Source.FALLBACK]
        if self._closed or outcome.status not in _KEPT or rescued:
            return
        key = self._key(outcome.item)
        if key is None:
            return
        try:
            self._writer.put(self._entry(key, outcome))
        except NotExact as why:
            self.problems.add(
                f"Answers that hold a {why.kind} are not kept in the checkpoint, because JSON does "
                "not give it back as it is; a later run does their rows again. Let the call return "
                "text, numbers, bytes, lists, tuples and dictionaries."
            )
        except Exception as error:  # noqa: BLE001 - the run must not feel it
            self.problems.add(f"An outcome could not be kept in the checkpoint: {error}.")

    def _entry(self, key: bytes, outcome: Outcome) -> Entry:
        entry = Entry(
            self._work,
            key,
            outcome.status,
            outcome.status_code or 0,
            outcome.attempts,
            time.time(),
        )
        if outcome.error is None:
            return entry._replace(value=to_json(outcome.value))
        kind, text, parts = kept_failure(outcome.error)
        return entry._replace(error_type=kind, error=text, error_parts=parts)

    def _key(self, item: Any) -> bytes | None:
        kept = self._keys.get(id(item))
        if kept is not None:
            return kept[1]
        try:
            key = digest(item if self._part is None else self._part(item))
        except Exception as error:  # noqa: BLE001 - an item's own methods may raise anything
            kind = error.kind if isinstance(error, NotPlain) else type(item).__name__
            self.problems.add(
                f"Items that hold a {kind} are not kept in the checkpoint, because a later run "
                "could not recognise them: put text, numbers, dates and the like into the items."
            )
            return None
        if not _stays_as_it_is(item):
            self._keys[id(item)] = item, key
        return key

    def close(self) -> None:
        """Write what is not written yet and end the writer; any number of times, never raises."""
        if self._closed:
            return
        self._closed = True
        self._close_reader()
        self._keys.clear()
        self._writer.close()
        if not self._path.exists():
            self.problems.add(f"The checkpoint '{self._path.name}' was deleted during the run.")
        self.problems.release()
        self._finalizer.detach()

    def _close_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            with suppress(sqlite3.Error):
                reader.close()


def _stays_as_it_is(item: Any) -> bool:
    # Rows of a DataFrame are mappings too, made anew each time they are asked for.
    return isinstance(item, _UNCHANGING) or (
        isinstance(item, Mapping) and not isinstance(item, dict)
    )


def _release(reader: sqlite3.Connection, writer: Writer, pid: int) -> None:
    """Let go of what an abandoned journal holds; a forked child leaves it to its parent."""
    if pid != os.getpid():
        return
    with suppress(sqlite3.Error):
        reader.close()
    writer.stop()
