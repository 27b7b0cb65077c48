"""What a file is written into: its end, or a draft beside it that takes its place when all is in.

All of this is done in threads, one step at a time.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from io import BufferedWriter, FileIO
    from pathlib import Path

__all__ = ["Draft", "Ending", "check_record"]

#: What a file may be used for that is new, less what the user's umask takes away.
_ANY_USE: Final = 0o666


class Ending:
    """The end of a file, which records are put behind; each is the system's when it is written.

    Attributes:
        is_new: whether nothing stood in the file before.
        is_of_this_process: whether it is not a parent's, who goes on with it; what was written
            stays either way.
    """

    is_of_this_process = True

    def __init__(self, path: Path) -> None:
        self._file: BufferedWriter = path.open("ab")
        self.is_new = self._file.tell() == 0

    def write(self, data: bytes) -> None:
        """Write a record."""
        self._file.write(data)
        self._file.flush()

    def take_place(self) -> None:
        """Close it; what was written outlives a loss of power from now on."""
        with self._file:
            os.fsync(self._file.fileno())

    def drop(self) -> None:
        """Close it; what was written stays."""
        self._file.close()


class Draft:
    """A file beside another, which it takes the place of when all is written.

    Nothing of it is kept in memory, and the process that made it alone can put it in place or take
    it away: a child that was forked meanwhile ends before its parent has written all.

    Raises:
        OSError: when there can be no such file; it names the file that was asked for.
    """

    is_new = True

    def __init__(self, path: Path) -> None:
        # Where a link leads, so that it stays a link.
        self._target = path.resolve()
        mode = _mode_of(self._target)
        self._path = self._target.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}.part")
        self._is_broken = False
        self._process = os.getpid()
        self._file: FileIO
        try:
            self._file = _made(self._path, mode)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        if mode is not None:
            with suppress(OSError):  # a system without modes
                self._path.chmod(mode)

    def write(self, data: bytes) -> None:
        """Write a record."""
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._is_broken = True
            raise

    def take_place(self) -> None:
        """Put it in the place of the other, or leave that as it is and raise."""
        try:
            self._refuse_broken()
            self._refuse_another_process()
            # Or a loss of power could leave an empty file where the old one stood.
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.replace(self._target)
        except BaseException:
            self.drop()
            raise
        _sync_folder(self._target.parent)

    def _refuse_broken(self) -> None:
        if self._is_broken:
            said = "a record could not be written, so the file stays as it was"
            raise OSError(errno.EIO, said, str(self._target))

    @property
    def is_of_this_process(self) -> bool:
        """Whether it is not a parent's, who goes on with it."""
        return self._process == os.getpid()

    def _refuse_another_process(self) -> None:
        if not self.is_of_this_process:
            message = (
                f"What is written for {shown(str(self._target))} belongs to the process that this "
                "one was forked from, which alone can put it in place: make a FileWriter of "
                "another path here."
            )
            raise ConfigurationError(message)

    def drop(self) -> None:
        """Leave nothing of it, where it is no parent's."""
        with suppress(OSError):
            self._file.close()
        if self.is_of_this_process:
            self._path.unlink(missing_ok=True)


def _mode_of(target: Path) -> int | None:
    """Return how a file may be used that is there; None for none.

    Raises:
        OSError: when it is none that can be replaced.
    """
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(mode):
        said = "no ordinary file, which alone can be replaced; append=True writes into others"
        raise OSError(errno.EINVAL, said, str(target))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return stat.S_IMODE(mode)


def _made(path: Path, mode: int | None) -> FileIO:
    """Open a new file, which from its first moment on may be used only as the other may."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, _ANY_USE if mode is None else mode)

    return open(path, "xb", buffering=0, opener=opener)


def _sync_folder(folder: Path) -> None:
    """Have the new name of a file outlive a loss of power, where the system does that."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def check_record(record: object, encoding: str | None) -> None:
    """Check that a record is what is written.

    Raises:
        ConfigurationError: when it is not.
    """
    if isinstance(record, bytes if encoding is None else str):
        return
    kind = type(record).__name__
    is_what, other = ("bytes", "text with encoding='utf-8'")
    if encoding is not None:
        is_what, other = "text", "bytes with encoding=None"
    message = f"A record is {is_what} here, not a {kind}: it takes {other}."
    if not isinstance(record, (str, bytes)):
        line = 'json.dumps(record) + "\\n"' if encoding else '(json.dumps(record) + "\\n").encode()'
        message = f"A record is {is_what} here, and this one is of type {kind}: write {line}."
    raise ConfigurationError(message)
