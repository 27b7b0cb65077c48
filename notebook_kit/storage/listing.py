"""The runs of a checkpoint: what there is, and which one is meant."""

from __future__ import annotations

import numbers
import re
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten
from notebook_kit.redact import shown
from notebook_kit.storage.chunks import unpacked
from notebook_kit.storage.exact_json import from_json
from notebook_kit.storage.loaded_file import reading
from notebook_kit.storage.process import is_at_work

if TYPE_CHECKING:
    import sqlite3

    from notebook_kit.storage.loaded_file import Opened

__all__ = ["BROKEN_OFF", "Counts", "KeptRun", "find_run", "list_runs", "read_runs"]

#: The state of a run whose process is gone without having said how it ended.
BROKEN_OFF: Final = "broken off"
_RUNNING: Final = "running"
#: How long a process of which nobody can tell whether it is there may have written nothing.
_QUIET_S: Final = 600.0
_YEAR_10_000: Final = 253_402_300_800.0
#: What a frame calls its run in its attributes.
_OF_FRAME: Final = re.compile(r"[0-9a-f]{12}")
_ID_LENGTH: Final = 12
_SHORTEST_ID: Final = 4
#: Runs that a message names, the last ones, and the characters of one's name.
_NAMED: Final = 10
_NAME_LENGTH: Final = 60


class KeptRun(NamedTuple):
    """What a checkpoint says of a run; times are seconds since the epoch.

    Attributes:
        number: its own in the file.
        run: what it is called by: the first characters are enough.
        name: of the work.
        state: how it ended, ``"running"``, or `BROKEN_OFF`.
        started: when it started.
        ended: when it ended, None where it has not.
        until: when it ended, or last wrote; for a run that goes on, now.
        total: how many items it has, None where nobody knows.
        settings: what its frame knows of it, and of its labels.
    """

    number: int
    run: str
    name: str
    state: str
    started: float
    ended: float | None
    until: float
    total: int | None
    settings: dict[str, Any]


class Counts(NamedTuple):
    """How many rows of a run are in a checkpoint.

    Attributes:
        ok: answers that it brought.
        failed: rows that failed.
        timeout: rows that overran a limit.
        reused: rows that it took over from earlier runs.
    """

    ok: int = 0
    failed: int = 0
    timeout: int = 0
    reused: int = 0


def list_runs(checkpoint: object) -> list[tuple[KeptRun, Counts]]:
    """Return the runs of a checkpoint in the order in which they started, and what is kept of each.

    Raises:
        ConfigurationError: for what is no path.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.
    """
    with reading(checkpoint) as opened:
        counts = _counts(opened.connection)
        return [(run, counts.get(run.number, Counts())) for run in read_runs(opened)]


def read_runs(opened: Opened) -> list[KeptRun]:
    """Return the runs of an open checkpoint, oldest first."""
    question = """
        SELECT id, uid, name, writer, started, beat, ended, state, total, settings
        FROM runs ORDER BY id
    """
    return [_run(*row) for row in opened.connection.execute(question)]


def find_run(opened: Opened, wanted: object) -> KeptRun:
    """Return the run that is meant.

    Args:
        opened: the checkpoint.
        wanted: its place among the runs, the beginning of what it is called by, or its name, of
            which the last one is taken; None for the last one of all.

    Raises:
        ConfigurationError: when there is none, or there are several.
    """
    runs = read_runs(opened)
    if not runs:
        message = f"No run has been started with checkpoint='{opened.path}' yet: it holds none."
        raise ConfigurationError(message)
    found: list[KeptRun] = []
    if wanted is None or _is_whole(wanted):
        place = -1 if wanted is None else int(wanted)
        found = runs[place:][:1] if place >= -len(runs) else []
    elif isinstance(wanted, str):
        # Work that is done again and again has one name, and many runs.
        found = [run for run in runs if run.name == wanted][-1:]
        if len(wanted) >= _SHORTEST_ID:
            found = [*found, *(run for run in runs if run.run.startswith(wanted))]
    if len({run.number for run in found}) == 1:
        return found[0]
    how = "could be several runs" if found else "is no run"
    message = (
        f"run={shown(wanted)} {how} of '{opened.path}': give what is said here in front of one, "
        f"its place from 0, or -1 for the last.\n{_told(runs)}"
    )
    raise ConfigurationError(message)


def _is_whole(value: object) -> TypeGuard[numbers.Integral]:
    """Tell whether it is a whole number, numpy's too: so are the places in a frame."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _told(runs: list[KeptRun]) -> str:
    lines = [
        f"  {run.run}  {run.state}, started {_in_utc(run.started)}: "
        f"{shorten(run.name, _NAME_LENGTH)}"
        for run in runs[-_NAMED:]
    ]
    if len(runs) > _NAMED:
        lines.insert(0, f"  ({len(runs) - _NAMED:,} earlier ones, which nk.runs lists)")
    return "\n".join(lines)


def _in_utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _run(  # noqa: PLR0917 - the columns of a row
    number: int,
    uid: str,
    name: str,
    writer: str,
    started: float,
    beat: float,
    ended: float | None,
    state: str,
    total: int | None,
    settings: str,
) -> KeptRun:
    told = from_json(settings)
    texts = (uid, name, writer, state)
    times = [it for it in (started, beat, ended) if it is not None]
    whole = total is None or (type(total) is int and total >= 0)
    if not (whole and isinstance(told, dict) and all(type(it) is str for it in texts)):
        message = "the row of a run"
        raise TypeError(message)
    if not all(0 <= moment < _YEAR_10_000 for moment in times):
        message = "a time that no calendar has"
        raise ValueError(message)
    now_state = _state(state, writer, beat)
    until = beat if now_state == BROKEN_OFF else time.time() if ended is None else ended
    run = _called(told.get("run"), uid)
    return KeptRun(number, run, name, now_state, started, ended, until, total, told)


def _called(of_frame: object, uid: str) -> str:
    if isinstance(of_frame, str) and _OF_FRAME.fullmatch(of_frame):
        return of_frame
    return uid[:_ID_LENGTH]


def _state(state: str, writer: str, beat: float) -> str:
    if state != _RUNNING:
        return state
    there = is_at_work(writer)
    if there is None:
        # On another machine: all that can be known is what it has written.
        there = time.time() - beat < _QUIET_S
    return state if there else BROKEN_OFF


def _counts(connection: sqlite3.Connection) -> dict[int, Counts]:
    counts: dict[int, Counts] = {}
    question = "SELECT run, status, count(*) FROM outcomes GROUP BY run, status"
    for run, status, count in connection.execute(question):
        counts[run] = counts.get(run, Counts())._replace(**{status: count})
    for run, rows in connection.execute("SELECT run, rows FROM reused"):
        before = counts.get(run, Counts())
        counts[run] = before._replace(reused=before.reused + len(unpacked(rows)) // 2)
    return counts
