"""What a file of kept answers holds: put in, taken out, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Bounds", "Contents", "Drop", "Put", "Record"]

#: So many are thrown out at a time, oldest use first.
_AT_ONCE: Final = 100

_SAVE: Final = """
INSERT INTO answers (key, source, came, keep_until, used, size, head, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""


class Record(NamedTuple):
    """One answer as it is written.

    Attributes:
        came: when it came, in seconds since the epoch.
        keep_until: when it may be thrown away; None for as long as there is room.
        head: says what the body is, as JSON.
        body: the answer itself.
    """

    came: float
    keep_until: float | None
    head: str
    body: bytes

    @property
    def size(self) -> int:
        """How long it is, in bytes."""
        return len(self.head) + len(self.body)

    def lasts(self, now: float) -> bool:
        """Tell whether it is still to be kept."""
        return self.keep_until is None or now < self.keep_until


class Bounds(NamedTuple):
    """How much the file may hold; None for no bound."""

    max_items: int | None = None
    max_bytes: int | None = None


class Put(NamedTuple):
    """An answer to be written."""

    key: bytes
    source: bytes
    record: Record
    bounds: Bounds


@dataclass(slots=True, eq=False)
class Drop:
    """Answers to be forgotten: those of one key, those from one source, or all.

    Attributes:
        gone: how many there were, when it is done.
    """

    key: bytes | None = None
    source: bytes | None = None
    gone: int = 0

    def takes(self, key: bytes, source: bytes) -> bool:
        """Tell whether an answer is one of them."""
        return self.key in (None, key) and self.source in (None, source)


class Contents:
    """Puts answers into the file and takes them out, and counts what it holds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        facts = dict(connection.execute("SELECT name, value FROM facts").fetchall())
        self._items = int(facts["items"])
        self._bytes = int(facts["bytes"])
        self._forgotten = int(facts["forgotten"])

    def put(self, put: Put, now: float) -> None:
        """Put an answer in, in the place of what was there for its key."""
        key, source, record, _ = put
        self._delete("key = ?", key)
        row = (record.came, record.keep_until, now, record.size, record.head, record.body)
        self._connection.execute(_SAVE, (key, source, *row))
        self._items += 1
        self._bytes += record.size

    def drop(self, drop: Drop) -> None:
        """Take out what is to be forgotten, and note how much that was."""
        self._forgotten += 1
        before = self._items
        if drop.key is not None:
            self._delete("key = ?", drop.key)
        elif drop.source is not None:
            self._delete("source = ?", drop.source)
        else:
            self._delete("id >= ?", 0)
        drop.gone = before - self._items

    def make_room(self, bounds: Bounds, now: float) -> None:
        """Take out what has had its time, and what was not used for longest beyond the bounds."""
        self._delete("keep_until <= ?", now)
        most = float("inf")
        max_items = most if bounds.max_items is None else bounds.max_items
        max_bytes = most if bounds.max_bytes is None else bounds.max_bytes
        question = "SELECT id, size FROM answers ORDER BY used, id LIMIT ?"
        while self._items > max_items or self._bytes > max_bytes:
            gone = []
            rows = self._connection.execute(question, (_AT_ONCE,)).fetchall()
            for number, size in rows:
                if self._items <= max_items and self._bytes <= max_bytes:
                    break
                gone.append((number,))
                self._items -= 1
                self._bytes -= size
            self._connection.executemany("DELETE FROM answers WHERE id = ?", gone)
            if not rows:
                # Counted wrongly, as after somebody else's doings: as it is.
                self._items = self._bytes = 0

    def _delete(self, which: str, value: bytes | float) -> None:
        question = f"SELECT count(*), total(size) FROM answers WHERE {which}"  # noqa: S608 - ours
        items, size = self._connection.execute(question, (value,)).fetchall()[0]
        if items:
            self._connection.execute(f"DELETE FROM answers WHERE {which}", (value,))  # noqa: S608 - ours
            self._items -= items
            self._bytes -= int(size)

    def write(self) -> None:
        """Write how much there is."""
        facts = (self._items, "items"), (self._bytes, "bytes"), (self._forgotten, "forgotten")
        self._connection.executemany("UPDATE facts SET value = ? WHERE name = ?", facts)
