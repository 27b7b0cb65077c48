"""The tables of a checkpoint, and how the file says that it is one.

The number of this format is the ``user_version`` of the database, the program that it belongs to
its ``application_id``. Values are JSON, written by `exact_json`; times are seconds since the epoch.
"""

from __future__ import annotations

from typing import Final

from notebook_kit.storage.salted import FACTS

__all__ = ["APPLICATION_ID", "FORMAT", "LACKING", "STATEMENTS"]

APPLICATION_ID: Final = 0x6E6B6370  # "nkcp"
FORMAT: Final = 3
#: Tables that files of earlier formats do not have, by their numbers: they get them as they are
#: opened to be written, and can be read without.
LACKING: Final = {2: frozenset({"facts"})}

# What is long comes last: SQLite reads the columns of a row from the left.
_WORKS: Final = """\
CREATE TABLE works (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    parts TEXT NOT NULL
)"""

#: ``writer`` tells whether its process is still there: JSON of host, process number and when that
#: process began. ``beat`` is when it wrote last. ``ended`` is NULL while the run goes on, and after
#: a kill. ``total`` is NULL where the input has no known end.
_RUNS: Final = """\
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    work INTEGER NOT NULL REFERENCES works (id),
    name TEXT NOT NULL,
    writer TEXT NOT NULL,
    started REAL NOT NULL,
    beat REAL NOT NULL,
    ended REAL,
    state TEXT NOT NULL,
    total INTEGER,
    settings TEXT NOT NULL
)"""

#: What a frame tells of a row beside how it ended; the same in both tables of rows.
_WHAT_CAME: Final = """\
    started REAL,
    waited_s REAL,
    network_s REAL,
    backoff_s REAL,
    label TEXT,
    item_value TEXT,
    error_type TEXT,
    error TEXT,
    error_parts TEXT,
    value TEXT,
"""

#: One row for each position of a run that has ended, replaced where it ended again. ``item`` is the
#: digest of what the item is recognised by; ``label`` the index's, NULL where it is the position;
#: ``item_value`` the item, where the frame shows items. The number of a row is never given again,
#: because what a run took over is known by it.
_OUTCOMES: Final = f"""\
CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    work INTEGER NOT NULL,
    item BLOB NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    status_code INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    settled_at REAL NOT NULL,
{_WHAT_CAME}    UNIQUE (run, position)
)"""

_OUTCOMES_BY_ITEM: Final = "CREATE INDEX outcomes_by_item ON outcomes (work, item)"

#: Rows of a run that a later one does again, written as it ends: those that were under way when it
#: was cut off, and those of which the answer or the item cannot be kept. Only its frame needs them.
_UNDONE: Final = f"""\
CREATE TABLE undone (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    status_code INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
{_WHAT_CAME}    PRIMARY KEY (run, position)
)"""

#: Which earlier outcomes a run took over. ``rows`` is zlib of pairs of little-endian int64: the
#: position in this run, and the id of the outcome. ``labels`` is a list of what this run calls
#: them, in the same order, NULL where labels are the positions.
_REUSED: Final = """\
CREATE TABLE reused (
    run INTEGER NOT NULL,
    first INTEGER NOT NULL,
    rows BLOB NOT NULL,
    labels TEXT,
    PRIMARY KEY (run, first)
)"""

#: By name, in the order in which they are made: the whole of what a checkpoint may hold.
STATEMENTS: Final = {
    "works": _WORKS,
    "runs": _RUNS,
    "outcomes": _OUTCOMES,
    "outcomes_by_item": _OUTCOMES_BY_ITEM,
    "undone": _UNDONE,
    "reused": _REUSED,
    # The salt, for digests of what may be a credential.
    "facts": FACTS,
}
