"""The works of a checkpoint: which one this is, and whether it has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from notebook_kit.errors import CheckpointMismatch
from notebook_kit.numbers import plural

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from notebook_kit.storage.fingerprints import Fingerprint

__all__ = ["FoundWork", "OnChange", "find_work"]

#: What becomes of the answers of work that has changed: an error says so, they are left and the
#: work begins anew, or they are taken over.
OnChange: TypeAlias = Literal["error", "new", "keep"]


class FoundWork(NamedTuple):
    """A work in the file.

    Attributes:
        number: its own.
        notices: what the user should know of what has changed.
        keeps: the numbers of works whose answers count for it, too.
    """

    number: int
    notices: tuple[str, ...] = ()
    keeps: tuple[int, ...] = ()


#: So many works of one name are compared, the last ones: each is read as a whole.
_MOST_COMPARED: Final = 1_000


#: So many works may have their answers kept by another, the last ones.
_MOST_KEPT: Final = 100
_LARGEST_NUMBER: Final = 2**63 - 1


class _Earlier(NamedTuple):
    number: int
    parts: str
    keeps: tuple[int, ...]

    @property
    def answering(self) -> tuple[int, ...]:
        """Its own number, and those of the works whose answers it keeps."""
        return (self.number, *self.keeps)


def find_work(
    connection: sqlite3.Connection,
    path: Path,
    work: Fingerprint,
    *,
    name: str,
    on_change: OnChange | None,
) -> FoundWork:
    """Return a work of the file, where it gets an entry if it is new.

    What the work is called does not count where it is in the file. Where it is not, the work that
    was called so and is most like it tells what has changed; with another version it is other work.

    Args:
        connection: to the file.
        path: of the file, for messages.
        work: what the work is now.
        name: what it is called.
        on_change: what becomes of the answers of work that has changed; None leaves them unasked.

    Raises:
        CheckpointMismatch: when there are answers of work of that name that was another.
    """
    found = _same(connection, work)
    if found is not None:
        notices = _told_of_versions(connection, work, found)
        # Where none of the old answers is used, there is nothing to be said of them.
        return FoundWork(found.number, () if on_change is None else notices, found.keeps)
    earlier = None if on_change is None else _nearest(connection, work, name)
    if earlier is None:
        return FoundWork(_entered(connection, work, name))
    said = f"{plural(_answers_of(connection, earlier), 'answer')} of {name!r}"
    changes = work.changes_since(earlier.parts)
    if on_change == "keep":
        number = _entered(connection, work, name, keeps=earlier.answering)
        told = f"{said} were made before it changed, and are kept as they are: {changes}."
        return FoundWork(number, (told,), earlier.answering)
    if on_change == "new" or work.begins_anew_after(earlier.parts):
        told = f"{said} are left as they are, because it has changed: {changes}. It begins anew."
        return FoundWork(_entered(connection, work, name), (told,))
    message = (
        f"The checkpoint '{path}' holds {said}, which has changed since: {changes}. Nothing was "
        "sent. Write on_change='new' to begin anew beside the old answers, on_change='keep' to "
        "keep them although it has changed, or name='...' if this is other work."
    )
    raise CheckpointMismatch(message)


def _same(connection: sqlite3.Connection, work: Fingerprint) -> _Earlier | None:
    question = "SELECT id, parts FROM works WHERE fingerprint = ?"
    found = _select(connection, question, work.digest)
    return _read(*found[0]) if found else _kept_before(connection, work)


def _kept_before(connection: sqlite3.Connection, work: Fingerprint) -> _Earlier | None:
    """Return the same work as an earlier version has written it; found at once from now on."""
    question = "SELECT id, parts FROM works ORDER BY id DESC LIMIT ?"
    for number, parts in _select(connection, question, _MOST_COMPARED):
        if work.was_kept_as(str(parts)):
            # Another process may have been faster, and made an entry of its own.
            renewed = "UPDATE OR IGNORE works SET fingerprint = ? WHERE id = ?"
            connection.execute(renewed, (work.digest, number))
            return _read(number, parts)
    return None


def _read(number: int, parts: object) -> _Earlier:
    """Return a work as it is in the file, where anybody may have written anything."""
    text = str(parts)
    try:
        kept = [it for it in json.loads(text)["keeps"] if type(it) is int]
    except (KeyError, TypeError, ValueError, RecursionError):
        kept = []
    keeps = (it for it in kept[:_MOST_KEPT] if 0 < it <= _LARGEST_NUMBER)
    return _Earlier(number, text, tuple(keeps))


def _written(work: Fingerprint, keeps: Sequence[int]) -> str:
    return json.dumps({**json.loads(work.to_json()), "keeps": [*keeps]})


def _told_of_versions(
    connection: sqlite3.Connection, work: Fingerprint, found: _Earlier
) -> tuple[str, ...]:
    """Tell of modules that have another version now, once, and note the present ones."""
    changes = work.version_changes_since(found.parts)
    present = _written(work, found.keeps)
    if present != found.parts:
        # Its functions may have other names now, too: of later changes these are told.
        connection.execute("UPDATE works SET parts = ? WHERE id = ?", (present, found.number))
    if not changes:
        return ()
    told = (
        f"Answers of the checkpoint are used although {changes}: to do all anew write "
        "reuse='none', and to have a version count give it as version=."
    )
    return (told,)


def _nearest(connection: sqlite3.Connection, work: Fingerprint, name: str) -> _Earlier | None:
    """Return the work called so that has answers and is most like this; of equals, the last run.

    Those of the same version come before all others.
    """
    question = """
        SELECT id, parts FROM works
        WHERE id IN (SELECT work FROM runs WHERE name = ?)
        ORDER BY (SELECT max(id) FROM runs WHERE work = works.id) DESC, id DESC LIMIT ?
    """
    named = [_read(*row) for row in _select(connection, question, name, _MOST_COMPARED)]
    found = [it for it in named if _has_answers(connection, it)]
    of_version = [it for it in found if not work.begins_anew_after(it.parts)]
    return min(of_version or found, key=lambda it: work.distance_from(it.parts), default=None)


def _answers_of(connection: sqlite3.Connection, earlier: _Earlier) -> int:
    question = f"SELECT count(DISTINCT item) FROM outcomes WHERE {_answer_of(earlier)}"  # noqa: S608 - nothing but question marks
    return int(_select(connection, question, *earlier.answering)[0][0])


def _has_answers(connection: sqlite3.Connection, earlier: _Earlier) -> bool:
    question = f"SELECT EXISTS (SELECT 1 FROM outcomes WHERE {_answer_of(earlier)})"  # noqa: S608 - as above
    return bool(_select(connection, question, *earlier.answering)[0][0])


def _answer_of(earlier: _Earlier) -> str:
    return f"work IN ({', '.join('?' * len(earlier.answering))}) AND status = 'ok'"


def _entered(
    connection: sqlite3.Connection, work: Fingerprint, name: str, *, keeps: Sequence[int] = ()
) -> int:
    """Return the number of the work's entry, made now if it is not there."""
    # Another process may have been faster; then its entry is as good as ours.
    connection.execute(
        "INSERT OR IGNORE INTO works (fingerprint, name, parts) VALUES (?, ?, ?)",
        (work.digest, name, _written(work, keeps)),
    )
    question = "SELECT id FROM works WHERE fingerprint = ?"
    return int(_select(connection, question, work.digest)[0][0])


def _select(connection: sqlite3.Connection, question: str, *values: Any) -> list[Any]:
    # Always to the end: a half-read answer would hold up the writers.
    return connection.execute(question, values).fetchall()
