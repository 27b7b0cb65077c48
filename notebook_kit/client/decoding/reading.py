"""Bodies read without their content-encoding: as they come, from a list, or as httpx reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx
from httpx._decoders import ContentDecoder

from notebook_kit.client.decoding.codings import codings_of
from notebook_kit.client.decoding.unpacking import Unpacker
from notebook_kit.client.transports.body_bounds import Excess

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

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
        excess: what is done when it has become too much; it is refused where nothing is said. What
            is cut, and has grown suspiciously, is cut where that was noticed.
    """

    def __init__(
        self,
        codings: Sequence[str],
        most: int | None,
        excess: Excess | None = None,
    ) -> None:
        self._excess = Excess(most) if excess is None else excess
        self._codings = codings
        self._most = most
        self._unpacker = Unpacker(codings)
        self._raw: list[bytes] = []
        self._raw_size = 0
        self._size = 0
        self._given = 0
        self._measures = False
        self._is_cut = False

    def decode(self, data: bytes) -> bytes:
        """Return what comes of the next bytes; nothing while it is only measured.

        Raises:
            httpx.DecodingError: when they cannot be decoded, or it becomes too much.
        """
        try:
            return b"" if self._is_cut else self._decoded(data)
        except httpx.DecodingError:
            self._excess.give_up()
            raise

    def _decoded(self, data: bytes) -> bytes:
        most = self._most
        if most is not None:
            self._keep(data, most)
        parts = []
        for piece in self._unpacker.feed(data):
            self._size += len(piece)
            if most is not None and self._size > most:
                parts.append(self._cut(piece))
                break
            if self._measures or (most is not None and self._is_suspect()):
                self._measures = True
            else:
                parts.append(piece)
                self._given += len(piece)
        return b"".join(parts)

    def _cut(self, piece: bytes) -> bytes:
        """Return what may be given of the piece with which it has become too much.

        Raises:
            BodyTooLarge: when none of it may be.
        """
        kept = self._given if self._measures else None
        too_much = self._excess.found(_WHEN_DECOMPRESSED, self._size, kept=kept)
        self._is_cut, self._raw = True, []
        return b"" if self._measures else piece[: len(piece) - too_much]

    def _keep(self, data: bytes, most: int) -> None:
        """Keep what came, to begin anew if it comes to that."""
        self._raw_size += len(data)
        if self._measures or _SUSPECT_GROWTH * self._raw_size < most:
            self._raw.append(data)
        else:
            # Before it has grown so much, it is too much.
            self._raw = []

    def _is_suspect(self) -> bool:
        return self._size > max(_SUSPECT_BYTES, _SUSPECT_GROWTH * self._raw_size)

    def flush(self) -> bytes:
        """Return what was measured and is not too much.

        Raises:
            httpx.DecodingError: when the end is missing.
        """
        if not self._excess.is_over:
            self._unpacker.finish()
        if not self._measures or self._is_cut:
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
