"""The body of an answer as it comes from the transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Source"]

#: The longest piece of what will be decompressed: it may grow a thousandfold.
_PIECE_BYTES: Final = 16 * 1024


class Source(httpx.AsyncByteStream):
    """A body, read piece by piece; it can be closed at any point.

    Args:
        stream: the body, which is asked for no more than what is read here.
        grows: whether it is going to be decompressed, and is better given on in small pieces.
        ready: awaited before each piece is asked for.
        heard: called for each piece that came.
    """

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        *,
        grows: bool = False,
        ready: Callable[[], Awaitable[None]] | None = None,
        heard: Callable[[], object] | None = None,
    ) -> None:
        self._stream = stream
        self._parts: AsyncIterator[bytes] = stream.__aiter__()
        self._ready = ready
        self._heard = heard
        self._rest = b""
        self._piece_bytes = _PIECE_BYTES if grows else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._ready is not None:
            await self._ready()
        if not self._rest:
            self._rest = await anext(self._parts)
            if self._heard is not None:
                self._heard()
        size = self._piece_bytes or len(self._rest)
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    async def aclose(self) -> None:
        """Close it, and with it what httpx has begun to read it with."""
        # A generator that is only dropped is closed later, by a task of its own.
        close = getattr(self._parts, "aclose", None)
        if close is not None:
            await close()
        await self._stream.aclose()
