"""A tape that is being played."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final, Literal

from notebook_kit.errors import ReplayMismatch, StorageError
from notebook_kit.redact import redact_url
from notebook_kit.tapes.exchange import CUT, came_of
from notebook_kit.tapes.lookalikes import Lookalikes
from notebook_kit.tapes.opening import open_to_play, tape_errors
from notebook_kit.tapes.words import Aliases

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.tapes.exchange import Came, Known, Sent

__all__ = ["Missing", "Player"]

Missing = Literal["raise", "send"]

_COLUMNS: Final = "place, status, head, failure, body"
# What was let go of before its end says nothing, unless there is nothing else.
_SAYS: Final = f"NOT (status IS NULL AND failure LIKE '[\"{CUT}\"%')"
#: Stands for whoever has credentials.
_SOMEBODY: Final = b"*"
_THIS: Final = """\
exact = :exact AND (
    asker = :asker OR :asker IS NULL OR (:asker = CAST('*' AS BLOB) AND asker != x'')
)"""
_NEXT: Final = f"""
SELECT {_COLUMNS} FROM exchanges WHERE {_THIS} AND place > :place AND {_SAYS} ORDER BY place LIMIT 1
"""  # noqa: S608 - ours
_ONE: Final = f"SELECT {_COLUMNS} FROM exchanges WHERE place = :place"  # noqa: S608 - ours
_FIRST: Final = f"SELECT {_COLUMNS} FROM exchanges WHERE {_THIS} ORDER BY place LIMIT 1"  # noqa: S608 - ours
_KNOWS: Final = f"SELECT 1 FROM exchanges WHERE {_THIS} LIMIT 1"  # noqa: S608 - ours
_OTHERS: Final = "SELECT DISTINCT exact FROM exchanges WHERE loose = :loose LIMIT 2"
#: So many requests are looked through for one that is like another.
_LOOKED_AT: Final = 10_000
_URLS: Final = f"SELECT DISTINCT method, url FROM exchanges LIMIT {_LOOKED_AT}"  # noqa: S608 - ours


class Player:
    """Gives what was recorded; from any thread.

    Args:
        path: the file.
        missing: what becomes of a request that is not on the tape.

    Attributes:
        counts: how many exchanges were given, how many of them again, how many failed as they had
            failed, and how many were not there.

    Raises:
        StorageError: when it is not there, cannot be read, is something else, or newer.
    """

    plays: Literal[True] = True
    is_ours: Literal[True] = True

    def __init__(self, path: Path, missing: Missing) -> None:
        self.path = path
        self.missing = missing
        self._lock = threading.Lock()
        self.counts = {"replayed": 0, "repeated": 0, "failed": 0, "missing": 0}
        self._open()

    def _open(self) -> None:
        self._pid = os.getpid()
        self._connection, salt = open_to_play(self.path)
        self._aliases = Aliases(salt)
        #: The place that was last given, for each request and who asks.
        self._given: dict[tuple[bytes, bytes | None], int] = {}
        #: Askers that the tape does not know, with what they asked.
        self._strangers: set[tuple[bytes, bytes]] = set()
        self._lookalikes: Lookalikes | None = None

    def play(self, sent: Sent) -> Came | None:
        """Return what became of a request when it was recorded; None where it is to be sent.

        Raises:
            ReplayMismatch: where it is not on the tape.
            StorageError: where the tape cannot be read.
        """
        known = sent.known(self._aliases)
        if self._pid != os.getpid():
            # Closing it here would let go of the locks of the parent.
            _inherited.append(self._connection)
            self._lock = threading.Lock()
            self._open()
        with self._lock:
            came = self._next(known)
            if came is None or came.is_nothing():
                self.counts["missing"] += 1
                if self.missing == "send":
                    return None
                raise self._mismatch(sent, known, let_go=came is not None)
        self.counts["replayed"] += 1
        self.counts["failed"] += came.failure is not None
        return came

    def _next(self, known: Known) -> Came | None:
        row = self._next_of(known.exact, known.asker)
        if row is None:
            # Whoever plays it may have another key, or none that counts.
            others = self._rows(_OTHERS, loose=known.loose)
            row = self._next_of(others[0][0], known.asker) if len(others) == 1 else None
        if row is None:
            return None
        try:
            return came_of(*row[1:])
        except ValueError as error:
            message = f"'{self.path}' is a damaged tape: at place {row[0]} {error}."
            raise StorageError(message) from error

    def _next_of(self, exact: bytes, by: bytes) -> Any:
        # Who asks is known by nothing that comes back where it is signed anew each time. So what
        # others with credentials were answered is for all whom the tape does not know.
        among = (by, _SOMEBODY) if by else (by,)
        asker = next((each for each in among if self._knows(exact, each)), None)
        which = {"exact": exact, "asker": asker}
        place = self._given.get((exact, asker))
        rows = self._rows(_NEXT, **which, place=0 if place is None else place)
        if not rows and place is not None:
            self.counts["repeated"] += 1
            rows = self._rows(_ONE, place=place)
        if not rows:
            return next(iter(self._rows(_FIRST, **which)), None)
        self._given[exact, asker] = rows[0][0]
        return rows[0]

    def _knows(self, exact: bytes, asker: bytes) -> bool:
        asked = exact, asker
        if asked in self._given:
            return True
        if asked not in self._strangers and self._rows(_KNOWS, exact=exact, asker=asker):
            return True
        self._strangers.add(asked)
        return False

    def _rows(self, question: str, **values: Any) -> list[Any]:
        with tape_errors(self.path), closing(self._connection.execute(question, values)) as cursor:
            return cursor.fetchall()

    def _mismatch(self, sent: Sent, known: Known, *, let_go: bool) -> ReplayMismatch:
        asked, name = _shown(sent.method, known.url), self.path.name
        if let_go:
            what = (
                f"was let go of while the tape '{name}' was recorded, before its answer had come: "
                "by an interrupt, an item_timeout, or the end of its run."
            )
        else:
            what = f"is not on the tape '{name}'. {self._nearest(sent, known)}"
        message = (
            f"{asked} {what} Record it anew with nk.record({name!r}), or let what is missing be "
            f"sent with nk.replay({name!r}, missing='send')."
        )
        return ReplayMismatch(message, call=asked)

    def _nearest(self, sent: Sent, known: Known) -> str:
        if self._lookalikes is None:
            self._lookalikes = Lookalikes(self._rows(_URLS))
        if (sent.method, known.url) in self._lookalikes:
            return "It was recorded with another body or range."
        near = self._lookalikes.nearest(sent.method, known.url)
        if near is None:
            return "It holds nothing like it." if self._lookalikes else "It holds nothing at all."
        return f"The nearest that it holds is {_shown(*near)}."

    def flush(self) -> None:
        """Nothing waits here."""

    def end(self) -> None:
        """Let go of the file."""
        if self._pid == os.getpid():
            with self._lock, suppress(sqlite3.Error):
                self._connection.close()


def _shown(method: str, url: str) -> str:
    return f"{method} {redact_url(url)}"


#: Connections of a parent process, which must not be closed by being collected.
_inherited: list[object] = []
