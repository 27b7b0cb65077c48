"""A checkpoint that is only read, as it stands at one moment, also while others write it."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from notebook_kit.errors import CheckpointCorrupt, NotebookKitError, StorageError
from notebook_kit.markup import shorten
from notebook_kit.storage.file import checkpoint_path, open_to_read, reading_errors

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Opened", "reading"]

#: What comes of values in a file that nobody here has written.
_ODD: Final = (ValueError, TypeError, LookupError, OverflowError, AttributeError, RecursionError)


class Opened(NamedTuple):
    """A checkpoint that is being read.

    Attributes:
        path: the whole one.
        connection: to the file; all that it reads is of one moment.
    """

    path: Path
    connection: sqlite3.Connection


@contextmanager
def reading(checkpoint: object) -> Iterator[Opened]:
    """Open a checkpoint for as long as the block lasts; nothing of it is changed.

    Raises:
        ConfigurationError: for what is no path.
        CheckpointCorrupt: when the file is damaged, or something else.
        StorageError: when it is not there, cannot be read, or is of another version.
    """
    path = checkpoint_path(checkpoint)
    with reading_errors(path):
        is_there = path.exists()
    if not is_there:
        message = (
            f"There is no file '{path}': give the path of a checkpoint, which a run makes that is "
            "started with checkpoint='...'."
        )
        raise StorageError(message)
    with closing(open_to_read(path)) as connection, reading_errors(path):
        # What others write meanwhile is not seen, so that all that is read fits together.
        connection.execute("BEGIN").close()
        try:
            yield Opened(path, connection)
        except NotebookKitError:
            raise
        except _ODD as error:
            message = (
                f"The checkpoint '{path}' holds what no run has written "
                f"({type(error).__name__}: {shorten(str(error), 200)}). It was left as it is."
            )
            raise CheckpointCorrupt(message) from error
