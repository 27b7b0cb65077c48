"""What a file of one's own is, and what is said where it cannot be opened."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Kind", "explained", "refuse_folder"]

#: What SQLite says where a file, or those that belong beside it, may not be written.
_NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})


class Kind(NamedTuple):
    """What a file is, for its owner and for the messages about it.

    Attributes:
        name: in a word, as ``"checkpoint"``.
        other: what it is said to be none of, where it is something else.
        application_id: of the database.
        number: of its format.
        statements: that make its tables, by their names: all that it may hold.
        corrupt: the class of errors about damage.
        place: which file should be given, where one cannot be opened.
        consequence: what every message ends with.
        lacking: tables that files of earlier formats do not have, by the numbers of these; files of
            others cannot be read any more.
    """

    name: str
    other: str
    application_id: int
    number: int
    statements: Mapping[str, str]
    corrupt: type[StorageError] = StorageError
    place: str = "a file in a folder that exists and that you may write to"
    consequence: str = ""
    lacking: Mapping[int, frozenset[str]] = MappingProxyType({})

    def damage(self, path: Path, why: str) -> StorageError:
        """Return the error that says that a file is another one, or damaged."""
        message = (
            f"'{path}' is no {self.other}, or a damaged one: {why}. It was left as it is: move it "
            f"away, or give another path.{self.consequence}"
        )
        return self.corrupt(message)


def refuse_folder(path: Path, kind: Kind) -> None:
    """Make sure that what stands at a path, if anything does, is a file.

    Raises:
        StorageError: when it is a folder, or a device.
        OSError: when it cannot be looked at.
    """
    if not path.exists() or path.is_file():
        return
    example = path / f"{kind.name}.db"
    advice = f"give the path of a file in it, such as '{example}'" if path.is_dir() else ""
    message = (
        f"The {kind.name} '{path}' cannot be used: it is {'a folder' if advice else 'no file'}; "
        f"{advice or 'give another path'}.{kind.consequence}"
    )
    raise StorageError(message)


@contextmanager
def explained(path: Path, kind: Kind) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into ours."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explained(error, path, kind) from error
    except OSError as error:
        message = (
            f"The {kind.name} '{path}' cannot be opened: {error.strerror or error}. Give the path "
            f"of {kind.place}.{kind.consequence}"
        )
        raise StorageError(message) from error


def _is_no_text(error: sqlite3.DatabaseError) -> bool:
    # What Python says of a text that is no UTF-8; it has no code for that.
    return str(error).startswith("Could not decode to UTF-8")


def _explained(error: sqlite3.DatabaseError, path: Path, kind: Kind) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) or _is_no_text(error):
        return kind.damage(path, str(error))
    held = "another program holds it: let that end, or give another path"
    advice = {
        sqlite3.SQLITE_BUSY: held,
        sqlite3.SQLITE_LOCKED: held,
        sqlite3.SQLITE_FULL: "make room on the disk, or give a path on another",
    }.get(code, "give another path")
    if code in _NOT_WRITABLE:
        advice = f"{_how_to_write(path)}{advice}"
    said = f"The {kind.name} '{path}' cannot be used: {error}; {advice}.{kind.consequence}"
    return StorageError(said)


def _how_to_write(path: Path) -> str:
    """Return what to do about a file, or its folder, that may not be written; nothing if both may.

    SQLite needs the folder too, for the files that it puts beside.
    """
    locked = [it for it in (path, path.parent) if it.exists() and not os.access(it, os.W_OK)]
    if not locked:
        return ""
    what = {1: "it" if locked == [path] else "its folder", 2: "it and its folder"}[len(locked)]
    paths = " ".join(f"'{it}'" for it in locked)
    return f"make {what} writable (chmod u+w {paths}) or "
