"""Where the bytes of a stream cross from the I/O thread to whoever reads, bounded, without a lock.

One thread puts and one takes. Each count has one writer, and each side writes what it did before it
looks at what the other side waits for; so nobody sleeps through what was meant for him. Without a
lock a reader can be interrupted, cancelled or collected at any point and nothing is held.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Final

from notebook_kit.execution import Future

__all__ = ["LIMIT_BYTES", "Channel"]

#: Bytes that lie ready before reading from the server stops.
LIMIT_BYTES: Final = 256 * 1024


class Channel:
    """A queue of bytes with one side on the I/O loop and one in any thread.

    Attributes:
        over: whether nothing more comes; what lies there can still be taken.
        crossings: how often the reader was woken.
    """

    def __init__(self) -> None:
        self.over = False
        self.crossings = 0
        self._chunks: deque[bytes] = deque()
        self._put = 0
        self._taken = 0
        self._waiter: Future[None] | None = None
        self._waiting_since: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._parked = False
        self._room = asyncio.Event()

    @property
    def came(self) -> int:
        """Bytes put so far; from any thread."""
        return self._put

    # On the I/O loop

    def put(self, chunk: bytes) -> None:
        """Add bytes, and wake the reader if it waits."""
        self._chunks.append(chunk)
        self._put += len(chunk)
        self._wake()

    async def room(self) -> None:
        """Wait until the reader has taken enough for more to be put."""
        self._loop = asyncio.get_running_loop()
        while self._put - self._taken >= LIMIT_BYTES:
            self._room.clear()
            self._parked = True
            # Between the look and the note above, the reader may have taken all there was.
            if self._put - self._taken >= LIMIT_BYTES:
                await self._room.wait()
        self._parked = False

    def end(self) -> None:
        """Say that nothing more comes."""
        self.over = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            self.crossings += 1
            waiter.set_result(None)

    @property
    def dry_since(self) -> float | None:
        """Since when the reader has been waiting with nothing to take, as `time.monotonic`."""
        since = self._waiting_since
        return since if self._put == self._taken else None

    # On the reader's side

    def take(self) -> bytes:
        """Take all that lies there, in one piece; nothing if nothing does."""
        chunks = self._chunks
        if not chunks:
            return b""
        data = b"".join([chunks.popleft() for _ in range(len(chunks))])
        self._taken += len(data)
        if self._parked and self._loop is not None:
            # A loop that is closed puts nothing more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._room.set)
        return data

    def waiter(self) -> Future[None] | None:
        """Return what is done when there is something to take; None if there is by now."""
        waiter: Future[None] = Future()
        self._waiting_since = time.monotonic()
        self._waiter = waiter
        return None if self._chunks or self.over else waiter

    def waited(self) -> None:
        """Say that the reader waits no longer."""
        self._waiting_since = None
