"""What a file is read from: its lines, many at a time.

All of this is done in threads, one step at a time.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO

__all__ = ["Source"]

S = TypeVar("S", str, bytes)

#: Bytes of lines that are read at a time: a thread for each line would take longer than reading it.
_AT_A_TIME: Final = 256 * 1024


class Source(Generic[S]):
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
