"""The body of an answer that came over a piece, and how a piece ends."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Protocol, Self

import httpx

from notebook_kit.client.transports.answer_head import is_answer
from notebook_kit.client.transports.pooled import closed_error
from notebook_kit.client.transports.reasons import in_plain_words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.client.transports.shared_pieces import Use


__all__ = ["PieceStream", "close"]

_CLOSE_S = 1.0


class Closeable(Protocol):
    """What can be closed: a transport of httpx, a stream of httpcore."""

    async def aclose(self) -> None:
        """Close it."""


class Owner(Protocol):
    """Whoever gives out pieces and takes them back."""

    def end(self, use: Use, *, whole: bool) -> None:
        """End the use of a piece: `whole` when its answer was read to the end."""

    def abandon(self, use: Use) -> None:
        """End the use of an answer that was dropped unread; from any thread."""


class PieceStream(httpx.AsyncByteStream):
    """The body of an answer; gives its piece back when it has been read to the end."""

    def __init__(self, inner: httpx.AsyncByteStream, owner: Owner, use: Use) -> None:
        self._inner = inner
        self._parts = inner.__aiter__()
        self._owner = owner
        self._use = use

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self._parts.__anext__()
        except StopAsyncIteration:
            # Looked at first: httpcore closes a connection that the server has closed, too.
            is_over, stray = self._use.ended, self._use.piece.leftover() or b""
            await self._inner.aclose()
            self._owner.end(self._use, whole=True)
            if not is_over and not is_answer(stray):
                message = "Bytes that are not HTTP follow the answer: its length was wrong."
                raise httpx.RemoteProtocolError(message) from None
            raise
        except BaseException as error:
            was_closed = self._use.ended
            self._owner.end(self._use, whole=False)
            if was_closed and isinstance(error, httpx.TransportError):
                raise closed_error() from error
            told = in_plain_words(error)
            if told is error:
                raise
            raise told from error

    async def aclose(self) -> None:
        """Give the piece back; what was not read to the end closes it."""
        if not self._use.ended:
            self._owner.end(self._use, whole=False)
        await _close_generator(self._parts)
        await self._inner.aclose()

    def __del__(self) -> None:
        self._owner.abandon(self._use)


async def _close_generator(parts: AsyncIterator[bytes]) -> None:
    close = getattr(parts, "aclose", None)
    if close is not None:
        # It says so when another task is in the middle of reading; that one ends by itself.
        with contextlib.suppress(RuntimeError):
            await close()


async def close(it: Closeable) -> None:
    """Close something whatever it says to that, within a second."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_CLOSE_S):
            await it.aclose()
