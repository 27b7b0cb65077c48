"""Answers kept in a file, which several clients, runs and processes share.

It is an SQLite database of JSON and bytes: opening one that somebody hands over runs nothing. What
an answer is known by is kept as a digest made with the salt of the file.
"""

from __future__ import annotations

import atexit
import hashlib
import hmac
import math
import os
import sqlite3
import threading
import time
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.storage.cache_contents import Bounds, Drop, Put, Record
from notebook_kit.storage.cache_opening import cache_path, open_cache_file
from notebook_kit.storage.cache_warnings import level_of_user
from notebook_kit.storage.cache_writer import CacheDesk
from notebook_kit.storage.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["CacheFile", "Record", "cache_file"]

#: Seconds that are waited for the file at the end of the process, and where something is forgotten.
_PATIENCE_S: Final = 5.0
#: Seconds that whoever asks for numbers waits until what was put is written.
_SOON_S: Final = 0.5
#: Seconds that a look-up waits where SQLite has no write-ahead log and another program writes.
_LOOK_S: Final = 0.05
#: Seconds between two looks whether another process has forgotten something.
LOOK_EVERY_S: Final = 1.0

_FIND: Final = "SELECT source, came, keep_until, head, body FROM answers WHERE key = ?"

_open: weakref.WeakValueDictionary[Path, CacheFile] = weakref.WeakValueDictionary()
_opening: Final = threading.Lock()


def cache_file(path: object) -> CacheFile:
    """Return the file of kept answers at a path, opened once in a process for all who ask.

    Raises:
        ConfigurationError: for what is no path.
        StorageError: when it cannot be read and written, is damaged, something else, or newer.
    """
    where = cache_path(path)
    with _opening:
        found = _open.get(where)
        if found is None or not found.is_there:
            found = _open[where] = CacheFile(where)
        return found


class CacheFile:
    """Answers in one file; from any thread. Made by `cache_file`.

    Attributes:
        problems: what the user should know.
        now: gives seconds since the epoch.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self.problems = Problems()
        self.now = now
        self._lock = threading.Lock()
        self._said = 0
        self._open()

    def _open(self) -> None:
        self._connection, self._salt = open_cache_file(self.path)
        self._connection.execute(f"PRAGMA busy_timeout = {int(_LOOK_S * 1000)}")
        self._identity = _identity(self.path)
        self._pid = os.getpid()
        self._desk = CacheDesk(self.path, self.problems, self.now)
        self._seen = 0
        self._looked = -LOOK_EVERY_S
        self._finalizer = weakref.finalize(self, _release, self._connection, self._desk, self._pid)
        # At exit daemon threads are still there, and what is waiting is written by `_flush_all`.
        self._finalizer.atexit = False

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one that was opened, and can be used in this process."""
        return self._pid == os.getpid() and _identity(self.path) == self._identity

    def key(self, *parts: bytes) -> bytes:
        """Return a digest of parts that says nothing of them to who has not got this file."""
        digest = hmac.new(self._salt, digestmod=hashlib.sha256)
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)
        return digest.digest()

    # Answers

    def get(self, key: bytes) -> Record | None:
        """Return what is kept for a key, however old it is, or None; never raises."""
        self._make_ours()
        self.say()
        put = self._desk.waiting.get(key)
        if put is not None:
            return put.record
        # Before looking: what is forgotten by now is not given, though it may still be there.
        dropping = tuple(self._desk.dropping)
        try:
            with self._lock:
                rows = self._connection.execute(_FIND, (key,)).fetchall()
        except sqlite3.Error as error:
            self.problems.add(
                f"The cache '{self.path.name}' cannot be read ({error}): what it holds is asked "
                "for again."
            )
            return None
        if not rows or any(drop.takes(key, rows[0][0]) for drop in dropping):
            return None
        record = _record_of(*rows[0][1:])
        if record is None or not record.lasts(self.now()):
            return None
        self._desk.note_use(key)
        return record

    def put(
        self,
        key: bytes,
        source: bytes,
        head: str,
        body: bytes,
        *,
        keep_s: float = math.inf,
        bounds: tuple[int | None, int | None] = (None, None),
    ) -> None:
        """Have an answer that came now written soon, and return at once; never raises.

        Args:
            key: what it is looked up by.
            source: what it can be forgotten by, together with others.
            head: says what the body is, as JSON.
            body: the answer itself.
            keep_s: for so long it is kept, in seconds.
            bounds: how many answers the file may hold, and how many bytes; None for no bound.
        """
        self._make_ours()
        came = self.now()
        record = Record(came, None if math.isinf(keep_s) else came + keep_s, head, body)
        max_items, max_bytes = bounds
        if max_bytes is None or record.size <= max_bytes:
            self._desk.put(Put(key, source, record, Bounds(max_items, max_bytes)))

    def note_use(self, key: bytes) -> None:
        """Note that an answer was given from memory, so that it is not the first to go."""
        self._desk.note_use(key)

    def drop(
        self, *, key: bytes | None = None, source: bytes | None = None, wait: bool = True
    ) -> int:
        """Forget one answer, those from one source, or all; return how many were there.

        Who does not wait until that is done is told of none.
        """
        self._make_ours()
        drop = Drop(key, source)
        if wait:
            # What waits is written first, so that it is counted.
            self._desk.flush(_PATIENCE_S)
        done = self._desk.drop(drop)
        if wait:
            done.wait(_PATIENCE_S)
        self._looked = -LOOK_EVERY_S
        return drop.gone

    @property
    def forgotten(self) -> int:
        """How often anybody has forgotten something that was kept here.

        What other processes do is known a second later.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S:
            self._make_ours()
            self._looked = now
            self._seen = self._fact("forgotten")
        return self._seen

    def totals(self) -> tuple[int, int]:
        """Return how many answers are in the file, and their bytes."""
        self._make_ours()
        self.flush(_SOON_S)
        return self._fact("items"), self._fact("bytes")

    def flush(self, timeout_s: float = _PATIENCE_S) -> None:
        """Wait until what was put before is written, or has been tried."""
        if self._pid == os.getpid():
            self._desk.flush(timeout_s)

    def say(self) -> None:
        """Warn of what went wrong, once each, where somebody asks and not where it is written."""
        texts = self.problems.texts
        while self._said < len(texts):
            self._said += 1
            # Where warnings are errors, an answer that has come is worth more than this.
            with suppress(RuntimeWarning):
                warnings.warn(texts[self._said - 1], RuntimeWarning, stacklevel=level_of_user())

    def _fact(self, name: str) -> int:
        question = "SELECT value FROM facts WHERE name = ?"
        try:
            with self._lock:
                return int(self._connection.execute(question, (name,)).fetchall()[0][0])
        except (sqlite3.Error, IndexError, TypeError, ValueError):
            return 0

    def _make_ours(self) -> None:
        """Open the file again in a forked child: the connection is the parent's."""
        if self._pid == os.getpid():
            return
        # Closing it here would end the write-ahead log under the parent.
        _inherited.append((self._connection, self._finalizer))
        self._lock = threading.Lock()
        self._open()

    def __repr__(self) -> str:
        return f"<cache file {self.path.name!r}>"


def _record_of(came: Any, keep_until: Any, head: Any, body: Any) -> Record | None:
    """Return an answer as it was written; None where that was not by this package."""
    plain = isinstance(came, float) and isinstance(head, str) and isinstance(body, bytes)
    if not plain or not isinstance(keep_until, (float, type(None))):
        return None
    return Record(came, keep_until, head, body)


#: What belongs to a parent process, and must not be closed by being collected.
_inherited: list[object] = []


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _release(connection: sqlite3.Connection, desk: CacheDesk, pid: int) -> None:
    """Let go of what an abandoned file holds; a forked child leaves it to its parent."""
    if pid != os.getpid():
        return
    desk.stop()
    with suppress(sqlite3.Error):
        connection.close()


def _flush_all() -> None:
    # Daemon threads are cut off at exit: what was put by then is written first.
    for file in tuple(_open.values()):
        file.flush()


atexit.register(_flush_all)
