"""Bodies that are taken down while they are read, and those that are given again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import httpx

from notebook_kit.client.decoding import decompressed
from notebook_kit.tapes.exchange import CUT, LONG, Came, Decoded, Failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from notebook_kit.tapes.recorder import Taking

__all__ = ["STREAMED", "Played", "Taken"]

#: The key of a request's extensions that is there where the answer is read as a stream.
STREAMED: Final = "nk_streamed"
#: So much of one answer is kept, compressed or not: it is in memory until it ends.
_MOST_BYTES: Final = 256_000_000


class Taken(httpx.AsyncByteStream):
    """A body that is taken down while it is read.

    Args:
        stream: the body.
        taking: the exchange.
        status: the status of the answer.
        head: what else its head says.
        failed: says what an error is called on a tape.
    """

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        taking: Taking,
        status: int,
        head: dict[str, Any],
        failed: Callable[[BaseException], Failed],
    ) -> None:
        self._stream = stream
        self._taking = taking
        self._status = status
        self._head = head
        self._failed = failed
        self._pieces: list[bytes] = []
        self._size = 0
        self._is_streamed = False
        self._is_over = False

    def follow(self) -> None:
        """Take down what was read of it, where it is left early or the tape ends before it does.

        Otherwise the whole is waited for, and a part of it is nothing.
        """
        self._is_streamed = True
        self._taking.follow(self._leave)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                self._keep(piece)
                yield piece
        except GeneratorExit:
            raise  # Who reads it has enough: `aclose` takes that down.
        except BaseException as error:
            self._over(self._failed(error))
            raise
        self._over(None)

    async def aclose(self) -> None:
        """Close it; what was not read is not taken down."""
        self._leave()
        await self._stream.aclose()

    def _keep(self, piece: bytes) -> None:
        if self._is_over:
            return
        if self._size + len(piece) > _MOST_BYTES:
            self._over(Failed(LONG, ""))
            return
        self._size += len(piece)
        self._pieces.append(piece)

    def _leave(self) -> None:
        self._over(Failed(CUT, ""))

    def _over(self, failure: Failed | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        if failure is not None and failure.kind == CUT and not self._is_streamed:
            self._taking.over(Came(None, {}, (), failure))
        else:
            pieces = tuple(filter(None, self._pieces))
            came = Came(self._status, self._head, pieces, failure)
            self._taking.over(came, partial(_decoded, self._head["headers"], pieces))
        # Only now: the end of the tape, in another thread, may ask for them at the same moment.
        self._pieces = []


class Played(httpx.AsyncByteStream):
    """A body that is there, and what was raised behind it, if anything was."""

    def __init__(self, pieces: tuple[bytes, ...], fail: Callable[[], None]) -> None:
        self._pieces = pieces
        self._fail = fail

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        self._fail()


def _decoded(headers: list[tuple[str, str]], pieces: Sequence[bytes]) -> Decoded | None:
    """Return a body decompressed, as far as it goes; None where it is not compressed."""
    codings = [text for name, text in headers if name.lower() == "content-encoding"]
    if not codings or not pieces:
        return None
    parts, size = [], 0
    try:
        for part in decompressed(", ".join(codings), pieces):
            size += len(part)
            if size > _MOST_BYTES:
                # Nobody knows what is in the rest, and so nothing of it is kept.
                return Decoded(b"", Failed(LONG, ""))
            parts.append(part)
    except httpx.DecodingError as error:
        return Decoded(b"".join(parts), Failed("DecodingError", str(error)))
    return Decoded(b"".join(parts))
