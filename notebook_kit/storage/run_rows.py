"""The row of a run in a checkpoint: written when it starts, when it beats and when it has ended."""

from __future__ import annotations

import sqlite3
import time
import uuid
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from notebook_kit.storage.exact_json import NotExact, to_json
from notebook_kit.storage.process import this_process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_kit.scheduling import Plan

__all__ = [
    "RunRow",
    "begin_run",
    "counts_positions",
    "end_run",
    "index_facts",
    "note_beat",
    "refuse_others",
]

_RUNNING: Final = "running"
_RANGE: Final = "RangeIndex"


class RunRow(NamedTuple):
    """The row of a run.

    Attributes:
        number: its own in the file.
        uid: its own in all files.
    """

    number: int
    uid: str


def begin_run(
    connection: sqlite3.Connection,
    work: int,
    *,
    name: str,
    total: int | None,
    settings: Mapping[str, Any],
) -> RunRow:
    """Write the row of a run that is about to start.

    Raises:
        sqlite3.Error: when the file cannot be written.
    """
    now = time.time()
    uid = uuid.uuid4().hex
    row = (uid, work, name, this_process(), now, now, _RUNNING, total)
    written = connection.execute(
        "INSERT INTO runs (uid, work, name, writer, started, beat, state, total, settings) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, to_json(dict(settings))),
    )
    return RunRow(int(written.lastrowid or 0), uid)


def refuse_others(connection: sqlite3.Connection, run: RunRow) -> None:
    """Make sure that a file is the one that has the row of this run.

    Raises:
        sqlite3.Error: when it is another.
    """
    if not connection.execute("SELECT 1 FROM runs WHERE id = ? AND uid = ?", run).fetchall():
        message = "another file has taken its place"
        raise sqlite3.OperationalError(message)


def note_beat(connection: sqlite3.Connection, run: int) -> None:
    """Write that the writer of a run has just written something."""
    connection.execute("UPDATE runs SET beat = ? WHERE id = ?", (time.time(), run))


def end_run(connection: sqlite3.Connection, run: int, state: str, total: int | None) -> None:
    """Write how a run has ended, and of how many items; None: as was known when it started."""
    now = time.time()
    connection.execute(
        "UPDATE runs SET beat = ?, ended = ?, state = ?, total = coalesce(?, total) WHERE id = ?",
        (now, now, state, total, run),
    )


def index_facts(plan: Plan) -> dict[str, Any]:
    """Return what the labels of a plan are, so that a frame can be made that has the same.

    ``kind`` is ``"positions"`` where the labels are the positions, ``"labels"`` for plain ones,
    else the name of the class of pandas; ``names`` are theirs, ``dtype`` what they are kept in. A
    range also has its ``start`` and its ``step``.
    """
    index = plan.index
    if index is None:
        return {"kind": "positions", "names": [None], "dtype": None}
    if isinstance(index, list):
        return {"kind": "labels", "names": [None], "dtype": None}
    names = [_plain_name(name) for name in index.names]
    if counts_positions(index):
        return {"kind": "positions", "names": names, "dtype": None}
    dtypes = [str(it) for it in getattr(index, "dtypes", [index.dtype])]
    facts = {"kind": type(index).__name__, "names": names, "dtype": dtypes}
    if facts["kind"] == _RANGE:
        facts |= {"start": index.start, "step": index.step}
    return facts


def counts_positions(index: Any) -> bool:
    """Tell whether labels are the positions themselves."""
    if index is None:
        return True
    if type(index).__name__ != _RANGE:
        return False
    return bool(index.start == 0 and index.step == 1)


def _plain_name(name: Any) -> Any:
    try:
        to_json(name)
    except NotExact:
        return str(name)
    return name
