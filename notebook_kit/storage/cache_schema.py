"""The tables of a file of kept answers, and how the file says that it is one.

Times are seconds since the epoch, so that they mean the same in every process. ``key`` and
``source`` are digests made with the file's own salt: what was asked for, and by whom, is not to be
found in the file. ``head`` is JSON that says what ``body`` is.
"""

from __future__ import annotations

from typing import Final

from notebook_kit.storage.salted import FACTS

__all__ = ["APPLICATION_ID", "FORMAT", "STATEMENTS"]

APPLICATION_ID: Final = 0x6E6B6361  # "nkca"
FORMAT: Final = 1

# What is long comes last: SQLite reads the columns of a row from the left.
_ANSWERS: Final = """\
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    source BLOB NOT NULL,
    came REAL NOT NULL,
    keep_until REAL,
    used REAL NOT NULL,
    size INTEGER NOT NULL,
    head TEXT NOT NULL,
    body BLOB NOT NULL
)"""

#: By name, in the order in which they are made: the whole of what such a file may hold.
STATEMENTS: Final = {
    # The salt, how often the file was emptied or something in it forgotten, how much is in it.
    "facts": FACTS,
    "answers": _ANSWERS,
    "answers_by_source": "CREATE INDEX answers_by_source ON answers (source)",
    "answers_by_use": "CREATE INDEX answers_by_use ON answers (used, size)",
    "answers_by_end": "CREATE INDEX answers_by_end ON answers (keep_until)",
}
