"""Files that are read and written without holding up the event loop.

What the system says of a path stays what it is: an `OSError`, such as `FileNotFoundError`,
`IsADirectoryError` or `PermissionError`, which names the path.
"""

from __future__ import annotations

import codecs
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.integrations.threaded_file import ThreadedFile, checked_encoding, checked_path
from notebook_kit.integrations.written_files import Draft, Ending
from notebook_kit.lifetime import Holding
from notebook_kit.numbers import plural
from notebook_kit.policies.sizes import size_text

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import TracebackType
    from typing import IO

__all__ = ["FileReader", "FileWriter"]

S = TypeVar("S", str, bytes)

#: Bytes of lines that are read at a time: a thread for each line would take longer than reading it.
_AT_A_TIME = 256 * 1024


class _Source(Generic[S]):
    """An open file, and the lines of it that were read and not given yet."""

    def __init__(self, path: Path, encoding: str | None) -> None:
        mode = "rb" if encoding is None else "r"
        self._file: IO[Any] = path.open(mode, encoding=encoding)
        self.lines: deque[S] = deque()

    def more(self) -> bool:
        """Read more lines where there are none; tell whether the file is over."""
        if not self.lines:
            found = self._file.readlines(_AT_A_TIME)
            self.lines.extend(found)
            return not found
        return False

    def rest(self) -> S:
        """Return all that was not given yet."""
        begun: list[S] = []
        # Somebody may take a line meanwhile.
        with suppress(IndexError):
            while True:
                begun.append(self.lines.popleft())
        rest: Any = self._file.read()
        whole: S = type(rest)().join([*begun, rest])
        return whole

    def drop(self) -> None:
        """Close the file."""
        self._file.close()


class FileReader(ThreadedFile["_Source[S]"], Generic[S]):
    r"""A file that is read line by line or whole, opened on first use.

    Args:
        path: the file.
        encoding: of its text; None for bytes.

    Raises:
        ConfigurationError: for what is no path or no encoding.

    >>> import asyncio, tempfile
    >>> async def main(path):
    ...     async with FileWriter(path) as writer:
    ...         await writer.write("ZRH\nGVA\n")
    ...     async with FileReader(path) as reader:
    ...         return [line async for line in reader]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     asyncio.run(main(f"{folder}/airports.txt"))
    ['ZRH\n', 'GVA\n']
    """

    @overload
    def __init__(
        self: FileReader[str], path: str | os.PathLike[str], *, encoding: str = "utf-8"
    ) -> None: ...
    @overload
    def __init__(
        self: FileReader[bytes], path: str | os.PathLike[str], *, encoding: None
    ) -> None: ...
    def __init__(self, path: str | os.PathLike[str], *, encoding: str | None = "utf-8") -> None:
        with brief:
            self._path = checked_path(path)
            self._encoding = checked_encoding(encoding)
            self.name = str(self._path)
            self._given = 0

    async def read(self) -> S:
        """Return all of it; what is left, where lines were given before.

        Raises:
            OSError: when it cannot be opened or read.
            UnicodeDecodeError: when it is not of the encoding.
        """
        with brief:
            return await self._step(_Source.rest)

    async def __aiter__(self) -> AsyncIterator[S]:
        """Give the lines that are left, with their ends, as Python's own files do.

        Of several who read, each line is given to one. One who is cancelled loses none.

        Raises:
            OSError: when it cannot be opened or read.
            UnicodeDecodeError: when it is not of the encoding.
        """
        is_over = False
        while not is_over:
            with brief:
                line = self._next()
                if line is None:
                    is_over = await self._step(_Source.more)
                    continue
            self._given += 1
            yield line

    def _next(self) -> S | None:
        """Return a line that was read and not given yet, if there is one."""
        try:
            return None if self._file is None else self._file.lines.popleft()
        except IndexError:
            return None

    def _opened(self) -> _Source[S]:
        return _Source(self._path, self._encoding)

    def _look(self) -> Holding:
        return Holding(f"{plural(self._given, 'line')} read", busy=self._life.users > 0)


class FileWriter(ThreadedFile["Draft | Ending"], Generic[S]):
    r"""A file that records are written into: as a whole that replaces it, or behind what it has.

    A whole is written into a file beside it, which takes its place when the block ends well or
    `close` is called; until then nobody sees any of it. Where the block ends with an error or a
    cancellation, or the writer is dropped, the file stays as it was and nothing is left beside it.
    What has taken its place outlives a loss of power (fsync, once, at the end); an existing file
    keeps its permissions. With ``append`` a record is the system's once `write` returns, and so
    outlives this process; fsync comes at the end here too.

    Records of several tasks stand one behind the other, each whole; one whose writer is cancelled
    is written as a whole, or not at all where its turn had not come.

    Args:
        path: the file.
        append: whether records are put behind what is there.
        encoding: of text; None for bytes. Line ends stay as they are given.

    Raises:
        ConfigurationError: for what is no path or no encoding.

    >>> import asyncio, pathlib, tempfile
    >>> async def main(path):
    ...     async with FileWriter(path) as writer:
    ...         await asyncio.gather(*(writer.write(f"{number}\n") for number in range(3)))
    ...         return path.exists()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "rows.txt")
    ...     asyncio.run(main(path)), path.read_text()
    (False, '0\n1\n2\n')
    """

    _is_spoiled = False

    @overload
    def __init__(
        self: FileWriter[str],
        path: str | os.PathLike[str],
        *,
        append: bool = False,
        encoding: str = "utf-8",
    ) -> None: ...
    @overload
    def __init__(
        self: FileWriter[bytes],
        path: str | os.PathLike[str],
        *,
        append: bool = False,
        encoding: None,
    ) -> None: ...
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        append: bool = False,
        encoding: str | None = "utf-8",
    ) -> None:
        with brief:
            self._path = checked_path(path)
            self._is_appended = append
            self._encoding = checked_encoding(encoding)
            self.name = str(self._path)
            self._records = self._bytes = 0

    async def write(self, record: S) -> None:
        """Write one record, whole.

        Raises:
            OSError: when it cannot be opened or written.
            UnicodeEncodeError: when the encoding has no such character; nothing is written then.
            ConfigurationError: for text where bytes are written, and the other way round.
        """
        with brief:
            _check(record, self._encoding)
            await self._step(lambda file: self._put(file, record))
            self._records += 1

    async def discard(self) -> None:
        """Close it and leave the file as it was; with ``append``, what was written stays."""
        self._is_spoiled = True
        await self.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it; after an error the file stays as it was."""
        if kind is not None:
            self._is_spoiled = True
        await super().__aexit__(kind, error, traceback)

    def __del__(self) -> None:
        # Nobody has said that all is written.
        self._is_spoiled = True
        super().__del__()

    def _opened(self) -> Draft | Ending:
        file = Ending(self._path) if self._is_appended else Draft(self._path)
        if self._encoding is not None:
            self._coder = codecs.getincrementalencoder(self._encoding)()
            if not file.is_new:
                self._coder.setstate(0)  # A mark of the order of bytes stands at the beginning.
        return file

    def _put(self, file: Draft | Ending, record: str | bytes) -> None:
        data = record if isinstance(record, bytes) else self._coded(record)
        file.write(data)
        self._bytes += len(data)

    def _coded(self, record: str) -> bytes:
        before = self._coder.getstate()
        try:
            return self._coder.encode(record)
        except UnicodeError:
            self._coder.setstate(before)
            raise

    def _ended(self, file: Draft | Ending) -> None:
        if self._is_spoiled or self._left_by is not None:
            file.drop()
        else:
            file.take_place()

    def _look(self) -> Holding:
        written = f"{plural(self._records, 'record')}, {size_text(self._bytes)} written"
        return Holding(written, uses=self._records, busy=self._life.users > 0)


def _check(record: object, encoding: str | None) -> None:
    """Check that a record is what is written.

    Raises:
        ConfigurationError: when it is not.
    """
    if isinstance(record, bytes if encoding is None else str):
        return
    is_what, other = ("bytes", "text with encoding='utf-8'")
    if encoding is not None:
        is_what, other = "text", "bytes with encoding=None"
    message = f"A record is {is_what} here, not a {type(record).__name__}: it takes {other}."
    raise ConfigurationError(message)
