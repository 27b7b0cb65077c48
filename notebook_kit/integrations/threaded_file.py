"""A file whose steps are done in threads, one at a time, and that can be let go of any time."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.integrations.libraries import needed
from notebook_kit.lifetime import AsyncResource
from notebook_kit.lifetime.uncut import finished
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ThreadedFile", "checked_encoding", "checked_path"]

T = TypeVar("T")


class _Dropped(Protocol):
    def drop(self) -> None:
        """Let go of it at once; nothing where that is done."""


F = TypeVar("F", bound=_Dropped)


class ThreadedFile(AsyncResource, Generic[F]):
    """What reading and writing have in common: when a step is done, and where.

    A step that has begun is done to its end, also where who waits for it is cancelled: a thread
    cannot be cut, and half a step would be worse. So closing has no limit of time either.
    """

    kind: ClassVar[str] = "file"
    close_timeout_s = None

    _file: F | None = None
    _turn: asyncio.Lock

    async def _step(self, step: Callable[[F], T]) -> T:
        """Do something with the file when it is one's turn.

        Raises:
            ClosedError: when it was closed meanwhile.
            OSError: what the system says.
        """
        await self.open()
        async with self._turn:
            if (file := self._file) is None:
                message = f"{self.name} was closed meanwhile: make another."
                raise ClosedError(message)
            return await _in_a_thread(lambda: step(file))

    async def _open(self) -> None:
        self._turn = asyncio.Lock()
        opening = _Opening(self._opened)
        try:
            self._file = await _in_a_thread(opening)
        except BaseException:
            opening.drop()
            raise

    def _opened(self) -> F:
        """Open the file, in a thread."""
        raise NotImplementedError

    async def _close(self) -> None:
        async with self._turn:
            if (file := self._file) is not None:
                try:
                    await _in_a_thread(lambda: self._ended(file))
                except asyncio.CancelledError:
                    # At the end of a loop it may not have begun; then it is let go of.
                    raise
                except BaseException:
                    self._file = None
                    raise
                self._file = None

    def _ended(self, file: F) -> None:
        """Close the file, in a thread."""
        file.drop()

    def _let_go(self, file: F) -> None:
        """Let go of the file at once, in any thread."""
        file.drop()

    def _abort(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            self._let_go(file)


class _Opening(Generic[F]):
    """An opening that may be unwanted by the time it is done, whoever waited for it."""

    def __init__(self, work: Callable[[], F]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._made: list[F] = []
        self._is_unwanted = False

    def __call__(self) -> F:
        made = self._work()
        with self._lock:
            self._made.append(made)
            is_unwanted = self._is_unwanted
        if is_unwanted:
            made.drop()
        return made

    def drop(self) -> None:
        """Drop what was made, or what is still to be made."""
        with self._lock:
            self._is_unwanted = True
        for made in self._made:
            made.drop()


async def _in_a_thread(step: Callable[[], T]) -> T:
    thread: Any = needed("anyio.to_thread", extra="files")
    held = [step]

    def done() -> T:
        # A thread lets go of what it has done some time after that was told. Held by it, a file
        # that is dropped meanwhile would not be seen to be.
        return held.pop()()

    del step
    work: asyncio.Task[T] = asyncio.ensure_future(thread.run_sync(done))
    return await finished(work)


def checked_path(path: object) -> Path:
    """Return a path that the system can be asked for.

    Raises:
        ConfigurationError: when it is none.
    """
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str) or not text or "\0" in text:
        message = f"path={shown(path)} is no path: write a text such as 'rows.csv', or a Path."
        raise ConfigurationError(message)
    return Path(text)


def checked_encoding(encoding: object) -> str | None:
    """Return the name of an encoding of text; None, for bytes, stays.

    Raises:
        ConfigurationError: when there is none of that name.
    """
    if encoding is None:
        return None
    try:
        "".encode(encoding)  # type: ignore[arg-type]  # that is what is checked
        return codecs.lookup(encoding).name  # type: ignore[arg-type]  # as above
    except (LookupError, TypeError, ValueError):
        message = f"encoding={shown(encoding)} is none: write 'utf-8', or None for bytes."
        raise ConfigurationError(message) from None
