"""Files that are read and written without holding up the event loop.

What the system says of a path stays what it is: an `OSError`, such as `FileNotFoundError`,
`IsADirectoryError` or `PermissionError`, which names the path.
"""

from __future__ import annotations

import codecs
import threading
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload
from weakref import WeakValueDictionary

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.integrations.read_files import Source
from notebook_kit.integrations.threaded_file import ThreadedFile, checked_encoding, checked_path
from notebook_kit.integrations.written_files import Draft, Ending, check_record
from notebook_kit.lifetime import Holding
from notebook_kit.logs import kit_logger
from notebook_kit.numbers import plural
from notebook_kit.policies.sizes import size_text

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator
    from types import TracebackType

__all__ = ["FileReader", "FileWriter"]

logger = kit_logger("notebook_kit.integrations.files")

#: Who has been the last to write a file as a whole.
_wholes: Final[WeakValueDictionary[str, FileWriter[Any]]] = WeakValueDictionary()
_taking: Final = threading.Lock()

S = TypeVar("S", str, bytes)


class FileReader(ThreadedFile[Source[S]], Generic[S]):
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
            return await self._step(Source.rest)

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
                    is_over = await self._step(Source.more)
                    continue
            self._given += 1
            yield line

    def _next(self) -> S | None:
        """Return a line that was read and not given yet, if there is one."""
        try:
            return None if self._file is None else self._file.lines.popleft()
        except IndexError:
            return None

    def _opened(self) -> Source[S]:
        return Source(self._path, self._encoding)

    def _look(self) -> Holding:
        return Holding(f"{plural(self._given, 'line')} read", busy=self._life.users > 0)


class FileWriter(ThreadedFile["Draft | Ending"], Generic[S]):
    r"""A file that records are written into: as a whole that replaces it, or behind what it has.

    A whole is written into a file beside it, which takes its place when the block ends well or
    `close` is awaited; until then nobody sees any of it. Where the block ends with an error or a
    cancellation, the file stays as it was and nothing is left beside it; also where nobody has said
    that all is written, because the writer is dropped, or is closed by the end of its loop or by
    `notebook_kit.close_all`: the log tells then how many records were not kept. What has taken its
    place outlives a loss of power (fsync, once, at the end); an existing file keeps its
    permissions. With ``append`` a record is the system's once `write` returns, and so outlives this
    process; fsync comes at the end here too.

    Records of several tasks stand one behind the other, each whole; one whose writer is cancelled
    is written as a whole, or not at all where its turn had not come.

    Args:
        path: the file.
        append: whether records are put behind what is there.
        encoding: of text; None for bytes. Line ends stay as they are given.

    Raises:
        ConfigurationError: for what is no path or no encoding; when it opens, where another is
            writing the same file as a whole.

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

    _is_spoiled = _is_discarded = False

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
            check_record(record, self._encoding)
            await self._step(lambda file: self._put(file, record))

    async def discard(self) -> None:
        """Close it and leave the file as it was; with ``append``, what was written stays."""
        self._is_spoiled = self._is_discarded = True
        await self.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it; after an error the file stays as it was."""
        if kind is not None:
            self._is_spoiled = self._is_discarded = True
        await super().__aexit__(kind, error, traceback)

    def __del__(self) -> None:
        # Nobody has said that all is written.
        self._is_spoiled = True
        super().__del__()

    def _opened(self) -> Draft | Ending:
        if not self._is_appended:
            self._refuse_two()
        file = Ending(self._path) if self._is_appended else Draft(self._path)
        if self._encoding is not None:
            self._coder = codecs.getincrementalencoder(self._encoding)()
            if not file.is_new:
                self._coder.setstate(0)  # A mark of the order of bytes stands at the beginning.
        return file

    def _refuse_two(self) -> None:
        """Be the one that writes this file as a whole.

        Raises:
            ConfigurationError: where another does.
        """
        target = str(self._path.resolve())
        with _taking:
            other = _wholes.get(target, self)
            if other is not self and other._is_to_take_place():  # noqa: SLF001 - one of its kind
                message = (
                    f"{self._called} is being written by another FileWriter, and one would replace "
                    "what the other wrote: make one, outside the function that each row calls, and "
                    "have all write into it; or give each a path of its own."
                )
                raise ConfigurationError(message)
            _wholes[target] = self

    def _is_to_take_place(self) -> bool:
        """Whether it is open, in this process, and was not told to close."""
        loop, file = self._life.loop, self._file
        is_ours = file is None or file.is_of_this_process
        is_there = loop is not None and not loop.is_closed()
        return is_ours and is_there and self.state in ("opening", "open")

    def _put(self, file: Draft | Ending, record: str | bytes) -> None:
        data = record if isinstance(record, bytes) else self._coded(record)
        file.write(data)
        self._records += 1
        self._bytes += len(data)

    def _coded(self, record: str) -> bytes:
        before = self._coder.getstate()
        try:
            return self._coder.encode(record)
        except UnicodeError:
            self._coder.setstate(before)
            raise

    def _ended(self, file: Draft | Ending) -> None:
        if self._is_spoiled or self._left_by is not None or self._life.is_unasked:
            self._let_go(file)
        else:
            file.take_place()

    def _let_go(self, file: Draft | Ending) -> None:
        super()._let_go(file)
        is_known = self._is_appended or self._is_discarded or self._left_by is not None
        if self._records and not is_known and file.is_of_this_process:
            logger.warning(
                "%s of %s %s not kept, because nobody has said that all is written: write "
                "`async with FileWriter(...) as writer:`, or `await writer.close()` at the end",
                plural(self._records, "record"),
                self._called,
                "was" if self._records == 1 else "were",
            )

    def _look(self) -> Holding:
        written = f"{plural(self._records, 'record')}, {size_text(self._bytes)} written"
        return Holding(written, uses=self._records, busy=self._life.users > 0)
