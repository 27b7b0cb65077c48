"""Decompressing a body as it comes, so that one that ends too early is an error."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

__all__ = ["decoded", "decompressed"]

#: zlib tells gzip from its own form by the first bytes.
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_NO_HEADER: Final = -zlib.MAX_WBITS
_INFLATED: Final = frozenset({"gzip", "x-gzip", "deflate"})


async def decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body of an answer without its content-encoding.

    Raises:
        httpx.DecodingError: when it cannot be decompressed, or ends before its end.
    """
    # What a client of another package has decompressed has a decoder already, which does nothing.
    is_done = hasattr(response, "_decoder")
    if is_done or not _is_inflated(response.headers.get("content-encoding", "")):
        async for chunk in response.aiter_bytes():
            yield chunk
        return
    inflater = Inflater()
    async for chunk in response.aiter_raw():
        if data := inflater.feed(chunk):
            yield data
    if data := inflater.finish():
        yield data


def decompressed(coding: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a body that is here without its content-encoding.

    Raises:
        httpx.DecodingError: when it cannot be decompressed, or ends before its end.
    """
    if not _is_inflated(coding):
        headers = {"content-encoding": coding}
        yield from httpx.Response(200, headers=headers, stream=_Pieces(pieces)).iter_bytes()
        return
    inflater = Inflater()
    for piece in pieces:
        yield inflater.feed(piece)
    yield inflater.finish()


def _is_inflated(coding: str) -> bool:
    return coding.strip().lower() in _INFLATED


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces


class Inflater:
    """Decompresses gzip, several of them in a row, and deflate in both of its forms.

    >>> inflater = Inflater()
    >>> inflater.feed(zlib.compress(b"hello")) + inflater.finish()
    b'hello'
    """

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False
        self._had_one = False

    def feed(self, data: bytes) -> bytes:
        """Return what comes of the next bytes.

        Raises:
            httpx.DecodingError: when they are not compressed as they should be.
        """
        parts = []
        while data:
            # Zeros behind a gzip fill up a block; they begin no other.
            if self._had_one and not self._begun and not (data := data.lstrip(b"\x00")):
                break
            parts.append(self._inflated(data))
            self._begun = True
            data = b""
            if self._zlib.eof:
                data = self._zlib.unused_data
                self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
                self._begun, self._had_one = False, True
        return b"".join(parts)

    def _inflated(self, data: bytes) -> bytes:
        try:
            return self._zlib.decompress(data)
        except zlib.error as error:
            if not self._begun and not self._had_one:
                # Some servers take "deflate" for the bare form, without a header.
                self._zlib = zlib.decompressobj(_NO_HEADER)
                try:
                    return self._zlib.decompress(data)
                except zlib.error:
                    pass
            raise httpx.DecodingError(str(error)) from error

    def finish(self) -> bytes:
        """Return what is left.

        Raises:
            httpx.DecodingError: when the end is missing.
        """
        rest = self._zlib.flush() if self._begun else b""
        if self._begun and not self._zlib.eof:
            message = "it ends before its end: a part of the answer is missing"
            raise httpx.DecodingError(message)
        return rest
