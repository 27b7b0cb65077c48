"""Bodies read without their content-encoding: as they come, from a list, or as httpx reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx
from httpx._decoders import ContentDecoder

from notebook_kit.client.decoding.codings import codings_of
from notebook_kit.client.decoding.unpacking import Unpacker
from notebook_kit.client.transports.body_bounds import BodyTooLarge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

__all__ = ["BoundedDecoder", "decoded", "decompressed"]

_WHEN_DECOMPRESSED: Final = ", decompressed"
#: From so many bytes on, and where it has grown so many times, what comes is measured first.
_SUSPECT_BYTES: Final = 8 * 1024**2
_SUSPECT_GROWTH: Final = 32


async def decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body of an answer without its content-encoding, in pieces of bounded length.

    Raises:
        httpx.DecodingError: when it cannot be decompressed, or ends before its end.
    """
    # What a client of another package has decompressed has a decoder already, which does nothing.
    # So has one that some transport has read to its end.
    is_done = hasattr(response, "_decoder") or hasattr(response, "_content")
    codings = () if is_done else codings_of(response.headers.get("content-encoding", ""))
    if not codings:
        async for chunk in response.aiter_bytes():
            yield chunk
        return
    unpacker = Unpacker(codings)
    async for chunk in response.aiter_raw():
        for piece in unpacker.feed(chunk):
            yield piece
    unpacker.finish()


def decompressed(header: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a body that is here without its content-encoding, in pieces of bounded length.

    Raises:
        httpx.DecodingError: when it cannot be decompressed, or ends before its end.
    """
    unpacker = Unpacker(codings_of(header))
    for chunk in pieces:
        yield from unpacker.feed(chunk)
    unpacker.finish()


class BoundedDecoder(ContentDecoder):
    """What httpx decodes a body with that it reads whole.

    A small body that becomes enormous is measured before it is kept: what has grown suspiciously is
    decompressed once without keeping it, and once more if it is within the bound.

    Args:
        codings: as `codings_of` gives them.
        most: how many bytes may come of it; None for any number.
        give_up: called when it cannot be decoded, or has become too much.
    """

    def __init__(
        self,
        codings: Sequence[str],
        most: int | None,
        give_up: Callable[[], None] | None = None,
    ) -> None:
        self._give_up = give_up
        self._codings = codings
        self._most = most
        self._unpacker = Unpacker(codings)
        self._raw: list[bytes] = []
        self._raw_size = 0
        self._size = 0
        self._given = 0
        self._measures = False

    def decode(self, data: bytes) -> bytes:
        """Return what comes of the next bytes; nothing while it is only measured.

        Raises:
            httpx.DecodingError: when they cannot be decoded, or it becomes too much.
        """
        try:
            return self._decoded(data)
        except httpx.DecodingError:
            if self._give_up is not None:
                self._give_up()
            raise

    def _decoded(self, data: bytes) -> bytes:
        most = self._most
        if most is not None:
            # To begin anew, if it comes to that.
            self._raw.append(data)
            self._raw_size += len(data)
        parts = []
        for piece in self._unpacker.feed(data):
            self._size += len(piece)
            if most is not None and self._size > most:
                raise BodyTooLarge(_WHEN_DECOMPRESSED, most=most, size=self._size)
            if self._measures or (most is not None and self._is_suspect()):
                self._measures = True
            else:
                parts.append(piece)
                self._given += len(piece)
        return b"".join(parts)

    def _is_suspect(self) -> bool:
        return self._size > max(_SUSPECT_BYTES, _SUSPECT_GROWTH * self._raw_size)

    def flush(self) -> bytes:
        """Return what was measured and is not too much.

        Raises:
            httpx.DecodingError: when the end is missing.
        """
        self._unpacker.finish()
        if not self._measures:
            self._raw = []
            return b""
        pieces, self._raw = self._raw, []
        whole = Unpacker(self._codings)
        rest = bytearray()
        skipped = 0
        for chunk in pieces:
            for piece in whole.feed(chunk):
                skip = min(self._given - skipped, len(piece))
                skipped += skip
                rest += piece[skip:] if skip else piece
        return bytes(rest)
