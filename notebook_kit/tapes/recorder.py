"""A tape that is being recorded."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.errors import StorageError
from notebook_kit.redact import redact_url
from notebook_kit.tapes.exchange import LONG
from notebook_kit.tapes.opening import open_to_record
from notebook_kit.tapes.words import Aliases
from notebook_kit.tapes.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.tapes.exchange import Came, Decoded, Failed, Sent

__all__ = ["Recorder", "Taking"]


class Recorder:
    """Takes down what is sent and what comes; from any thread.

    Args:
        path: the file.
        add: whether what it holds stays.

    Attributes:
        counts: how many exchanges were taken down, and how many of them failed.

    Raises:
        StorageError: when it cannot be written, is something else, newer, or is being recorded.
    """

    plays: Literal[False] = False

    def __init__(self, path: Path, *, add: bool) -> None:
        self.path = path
        connection, salt, first = open_to_record(path, add=add)
        self._aliases = Aliases(salt)
        self._places = itertools.count(first)
        self._pid = os.getpid()
        self._writer = Writer(connection, path)
        self._ended = False
        #: What takes down that part of a stream that was read, by its place.
        self._streams: dict[int, Callable[[], None]] = {}
        self.counts = {"recorded": 0, "failed": 0}

    @property
    def is_ours(self) -> bool:
        """Whether it belongs to this process, and not to one that this was forked from."""
        return self._pid == os.getpid()

    def take(self, sent: Sent) -> Taking:
        """Begin to take down a request, which leaves now."""
        return Taking(self, sent, next(self._places))

    async def room(self) -> None:
        """Wait, where more comes than can be written, until there is room in memory."""
        await self._writer.room()

    def follow(self, place: int, take_down: Callable[[], None] | None) -> None:
        """Have what was read of a stream taken down at the end; None: no more."""
        if take_down is None:
            self._streams.pop(place, None)
        else:
            self._streams[place] = take_down

    def put(
        self, make: Callable[[Aliases], tuple[Any, ...]], *, size: int, failure: Failed | None
    ) -> None:
        """Have a row written; what comes after the end is let go."""
        if self._ended or not self.is_ours:
            return
        self.counts["recorded"] += 1
        self.counts["failed"] += failure is not None
        self._writer.put(lambda: make(self._aliases), size)

    def tell_of_long(self, call: str) -> None:
        """Have the end tell of an answer that was too long to be kept."""
        message = (
            f"The tape '{self.path}' does not hold the whole answer to {call}: it is longer than "
            "what is kept of one. All the rest is there."
        )
        self._writer.complain(StorageError(message))

    def flush(self) -> None:
        """Wait until all that has come is written."""
        if self.is_ours and not self._ended:
            self._writer.flush(5.0)

    def end(self) -> None:
        """Write what is left, and let go of the file; any number of times.

        Raises:
            StorageError: when something could not be written; once.
        """
        if not self._ended:
            for take_down in self._streams.copy().values():
                take_down()
            self._ended = True
        if self.is_ours:
            self._writer.end()


class Taking:
    """One exchange, while it is under way.

    Attributes:
        also: credentials that it was sent with, beside those in the request as it is known.
    """

    __slots__ = ("_asked", "_began", "_place", "_recorder", "_sent", "_turn", "also")

    def __init__(self, recorder: Recorder, sent: Sent, place: int) -> None:
        self._recorder = recorder
        self._sent = sent
        self._place = place
        self._asked = time.time()
        self._began = time.monotonic()
        self._turn = threading.Lock()
        self.also: frozenset[str] = frozenset()

    def follow(self, take_down: Callable[[], None]) -> None:
        """Have this called at the end of the tape if it is not over by then."""
        self._recorder.follow(self._place, take_down)

    def over(self, came: Came, decode: Callable[[], Decoded | None] = lambda: None) -> None:
        """Take down what became of it, from any thread; the first time counts.

        Args:
            came: what came.
            decode: gives the body decompressed, or None where it is not compressed.
        """
        if not self._turn.acquire(blocking=False):
            return
        recorder, sent, also = self._recorder, self._sent, self.also
        recorder.follow(self._place, None)
        place, asked, took = self._place, self._asked, time.monotonic() - self._began

        def row(aliases: Aliases) -> tuple[Any, ...]:
            known = sent.known(aliases)
            kept = came.cleaned(aliases, sent.words() | also, decode())
            if kept.failure is not None and kept.failure.kind == LONG:
                recorder.tell_of_long(f"{sent.method} {redact_url(known.url)}")
            status, head, failure, body = kept.row()
            marks = known.exact, known.loose, known.asker
            return (
                *(place, *marks, asked, took, status),
                *(sent.method, known.url, head, failure, body),
            )

        recorder.put(row, size=came.size + len(sent.body), failure=came.failure)
