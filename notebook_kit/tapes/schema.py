"""The tables of a tape, and how the file says that it is one.

``exact`` and ``loose`` are digests of a request made with the file's own salt; in ``loose`` it does
not matter which credentials it had. ``asker`` is one of the credentials in its headers, which are
in neither. ``head`` and ``failure`` are JSON. An answer has a status; what
failed has a failure, behind the part of the answer that had come, if any.
"""

from __future__ import annotations

from typing import Final

from notebook_kit.storage.salted import FACTS

__all__ = ["APPLICATION_ID", "FORMAT", "STATEMENTS"]

APPLICATION_ID: Final = 0x6E6B7470  # "nktp"
FORMAT: Final = 2

# What is long comes last: SQLite reads the columns of a row from the left. Places are given in the
# order in which the requests were sent.
_EXCHANGES: Final = """\
CREATE TABLE exchanges (
    place INTEGER PRIMARY KEY,
    exact BLOB NOT NULL,
    loose BLOB NOT NULL,
    asker BLOB NOT NULL,
    asked REAL NOT NULL,
    took REAL NOT NULL,
    status INTEGER,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    head TEXT NOT NULL,
    failure TEXT,
    body BLOB NOT NULL
)"""

#: By name, in the order in which they are made: the whole of what such a file may hold.
STATEMENTS: Final = {
    # The salt, and which process records, if one does.
    "facts": FACTS,
    "exchanges": _EXCHANGES,
    "exchanges_by_request": "CREATE INDEX exchanges_by_request ON exchanges (exact, place, asker)",
    "exchanges_by_kind": "CREATE INDEX exchanges_by_kind ON exchanges (loose, exact)",
}
