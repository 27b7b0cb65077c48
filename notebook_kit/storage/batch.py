"""What is written to a checkpoint in one transaction."""

from __future__ import annotations

import sqlite3
from array import array
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.storage.chunks import packed, parts
from notebook_kit.storage.entries import COLUMNS, UNDONE_COLUMNS
from notebook_kit.storage.run_rows import end_run, note_beat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_kit.storage.entries import Row
    from notebook_kit.storage.labels import Labels

__all__ = ["Batch", "End"]

#: Rows to a statement, most first. The interpreter is handed over at each statement, and a run that
#: is busy gives it back late; so few statements are better than one for each row.
_AT_ONCE: Final = (256, 32, 1)
_SAVE: Final = """
INSERT INTO outcomes ({columns}) VALUES {rows}
ON CONFLICT (run, position) DO UPDATE SET {changes}
"""
_SAVE_TAKEN: Final = "INSERT OR REPLACE INTO reused (run, first, rows, labels) VALUES (?, ?, ?, ?)"
_SAVE_UNDONE: Final = (
    f"INSERT OR REPLACE INTO undone ({', '.join(UNDONE_COLUMNS)}) "  # noqa: S608 - names of columns
    f"VALUES ({', '.join('?' * len(UNDONE_COLUMNS))})"
)
#: What is the matter with a row, and not with the file.
_OF_ROWS: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
)


class End(NamedTuple):
    """How a run has ended, and of how many items it was.

    Attributes:
        state: in a word; None where it was only let go of.
        total: how many items it had; None where that is as was known when it started.
    """

    state: str | None = None
    total: int | None = None


class Batch:
    """Rows of one run that wait to be written.

    Args:
        run: the id of the run.
        labels: gives what it calls the rows at some positions.

    Attributes:
        rows: outcomes.
        undone: rows of which only its frame is to know.
        taken: pairs of positions and rows of earlier runs, which were taken over.
        end: how the run has ended, once it has.
        refused: why rows were left out that nobody can write, as far as there were any.
    """

    def __init__(self, run: int, labels: Labels) -> None:
        self.rows: list[Row] = []
        self.undone: list[Row] = []
        self.taken = array("q")
        self.end: End | None = None
        self.refused: Exception | None = None
        self._run = run
        self._labels = labels

    def __bool__(self) -> bool:
        return bool(self.rows or self.taken or (self.end and self.end.state))

    def save(self, connection: sqlite3.Connection) -> None:
        """Write all in one transaction, but for rows that nobody can write; then it is empty.

        Raises:
            sqlite3.Error: when the file cannot be written; then nothing is.
        """
        try:
            self._save(connection, self.rows)
        except _OF_ROWS as error:
            self.refused = error
            self.undone = [
                row for row in self.undone if _can_be_saved(connection, _SAVE_UNDONE, row)
            ]
            one = _statement(1)
            self._save(
                connection, [row for row in self.rows if _can_be_saved(connection, one, row)]
            )
        self.rows, self.undone, self.taken, self.end = [], [], array("q"), None

    def _chunks(self) -> Iterator[Row]:
        for part in parts(self.taken):
            yield self._run, part[0], packed(part), self._labels.list_of(part[::2])

    def _save(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        chunks = list(self._chunks())
        # Locked from the start: a reader that turns into a writer can fail where a writer waits.
        connection.execute("BEGIN IMMEDIATE")
        try:
            most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(COLUMNS)
            for statement, values in _statements(rows, most):
                connection.execute(statement, values)
            connection.executemany(_SAVE_TAKEN, chunks)
            connection.executemany(_SAVE_UNDONE, self.undone)
            if self.end is not None and self.end.state is not None:
                end_run(connection, self._run, self.end.state, self.end.total)
            else:
                note_beat(connection, self._run)
            connection.execute("COMMIT")
        except BaseException:
            _undo(connection)
            raise


def _can_be_saved(connection: sqlite3.Connection, statement: str, row: Row) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(statement, row)
    except _OF_ROWS:
        return False
    else:
        return True
    finally:
        _undo(connection)


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _statements(rows: Sequence[Row], most: int) -> Iterator[tuple[str, list[Any]]]:
    start = 0
    for wanted in _AT_ONCE:
        count = min(wanted, most)
        while len(rows) - start >= count:
            yield _statement(count), list(chain.from_iterable(rows[start : start + count]))
            start += count


def _statement(count: int) -> str:
    row = f"({', '.join('?' * len(COLUMNS))})"
    # The run and the position stay what they are, and so does the id, which others may refer to.
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
    return _SAVE.format(columns=", ".join(COLUMNS), rows=", ".join([row] * count), changes=changes)
