"""Opening a file of one's own to write it: named as it should be, made, recognised or refused."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown
from notebook_kit.storage.private_file import adopt, connect, make_private, whole_path
from notebook_kit.storage.private_kind import explained, refuse_folder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.storage.private_kind import Kind

__all__ = ["opening", "path_given"]


def path_given(path: object, *, name: str, example: str) -> Path:
    """Return the whole path of a file that an option names.

    Raises:
        ConfigurationError: for what is no path of a file.
    """
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        message = f"{name}={shown(path)} must be the path of a file, such as {example!r}."
        raise ConfigurationError(message)
    return whole_path(path)


@contextmanager
def opening(
    path: Path, kind: Kind, *, fill: Callable[[sqlite3.Connection], None] | None = None
) -> Iterator[sqlite3.Connection]:
    """Make the file if it is not there, make sure that it is of its kind, and connect to it.

    The connection is closed where the block fails.

    Raises:
        StorageError: when it cannot be read and written, is damaged, something else, or of another
            version.
    """
    with explained(path, kind):
        # Before its rights are changed: those of a device are not one's own.
        refuse_folder(path, kind)
        make_private(path)
        connection = connect(path)
        try:
            adopt(connection, path, kind, fill=fill)
            yield connection
        except BaseException:
            connection.close()
            raise
