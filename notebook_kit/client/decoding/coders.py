"""One decoder for each encoding, whose steps are bounded."""

from __future__ import annotations

import zlib
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STEP_BYTES", "Brotli", "Coder", "Inflater", "Zstandard", "coder_for"]

#: The longest piece that a step makes, about, where the library can be told.
STEP_BYTES: Final = 64 * 1024
#: zlib tells gzip from its own form by the first bytes.
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_NO_HEADER: Final = -zlib.MAX_WBITS
_HEADER_BYTES: Final = 2
_CUT_OFF: Final = "it ends before its end: a part of the answer is missing"
#: What a brotli without a bound is given at once: one copy of it may be 16 MiB long.
_BROTLI_PIECE_BYTES: Final = 8
#: A block of zstandard becomes 128 KiB at most, and takes 4 bytes at least.
_ZSTD_PIECE_BYTES: Final = 64
#: As much as zstandard may look back on as a content-encoding (RFC 9659).
_ZSTD_WINDOW: Final = 8 * 1024**2


class Coder(Protocol):
    """Undoes one encoding of a body that comes in pieces."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what comes of the next bytes, in pieces of bounded length.

        Raises:
            httpx.DecodingError: when they are not encoded as they should be.
        """
        ...

    def finish(self) -> None:
        """Check that the end has come.

        Raises:
            httpx.DecodingError: when it is missing.
        """
        ...


class Inflater:
    """Decompresses gzip, several of them in a row, and deflate in both of its forms.

    Args:
        bare: whether it may be deflate without a header, which some servers take it for.
        step: the longest piece that it gives.

    >>> inflater = Inflater()
    >>> b"".join(inflater.feed(zlib.compress(b"hello"))), inflater.finish()
    (b'hello', None)
    """

    def __init__(self, *, bare: bool = True, step: int = STEP_BYTES) -> None:
        self._wbits = _GZIP_OR_ZLIB
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._may_be_bare = bare
        self._step = step
        self._begun = False
        self._had_one = False
        #: What has come of a header that is not here yet.
        self._first = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what comes of the next bytes, in pieces of bounded length.

        Raises:
            httpx.DecodingError: when they are not compressed as they should be.
        """
        if not (self._begun or self._had_one):
            data, self._first = self._first + data, b""
            if len(data) < _HEADER_BYTES:
                self._first = data
                return
        is_full = False
        while data or is_full:
            # Zeros behind a gzip fill up a block; they begin no other.
            if self._had_one and not self._begun and not (data := data.lstrip(b"\x00")):
                return
            piece = self._inflated(data)
            # What is in zlib already may be more than one piece, though it has read everything.
            is_full = len(piece) == self._step
            data = self._left()
            if piece:
                yield piece

    def _inflated(self, data: bytes) -> bytes:
        """Return what comes of one step."""
        try:
            piece = self._zlib.decompress(data, self._step)
        except zlib.error as error:
            what = str(error).partition(": ")[2] or str(error)
            if not self._begun:
                if self._had_one:
                    what = "something stands behind its end that is not compressed"
                elif self._may_be_bare and self._wbits == _GZIP_OR_ZLIB:
                    self._wbits = _NO_HEADER
                    self._zlib = zlib.decompressobj(_NO_HEADER)
                    return self._inflated(data)
            raise httpx.DecodingError(what) from error
        if self._had_one and self._wbits == _NO_HEADER:
            raise httpx.DecodingError("something stands behind its end")
        self._begun = True
        return piece

    def _left(self) -> bytes:
        """Return what is to be read in the next step; make ready for the next gzip at the end."""
        if not self._zlib.eof:
            return self._zlib.unconsumed_tail
        rest = self._zlib.unused_data
        self._zlib = zlib.decompressobj(self._wbits)
        self._begun, self._had_one = False, True
        return rest

    def finish(self) -> None:
        """Check that the end has come.

        Raises:
            httpx.DecodingError: when it is missing.
        """
        if self._begun or self._first:
            raise httpx.DecodingError(_CUT_OFF)


class Brotli:
    """Decompresses brotli."""

    def __init__(self, step: int = STEP_BYTES) -> None:
        # The second is the same, for other Pythons; not everybody has either.
        name = "brotli" if find_spec("brotli") else "brotlicffi"
        brotli: Any = import_module(name)
        self._brotli = brotli.Decompressor()
        # Before its version 1.2 the library knows no bound.
        self._is_bounded = hasattr(self._brotli, "can_accept_more_data")
        self._limit = {"output_buffer_limit": step} if self._is_bounded else {}
        self._error: type[Exception] = brotli.error
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what comes of the next bytes, in pieces of bounded length.

        Raises:
            httpx.DecodingError: when they are not compressed as they should be.
        """
        for few in self._portions(data):
            yield from self._made_of(few)

    def _portions(self, data: bytes) -> Iterator[bytes]:
        if self._is_bounded:
            yield data
            return
        for at in range(0, len(data), _BROTLI_PIECE_BYTES):
            yield data[at : at + _BROTLI_PIECE_BYTES]

    def _made_of(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        if self._brotli.is_finished():
            raise httpx.DecodingError("something stands behind its end")
        self._begun = True
        yield self._processed(data)
        if not self._is_bounded:
            return
        # It keeps what it has not read, and what it has not given.
        while (piece := self._processed(b"")) or not self._brotli.can_accept_more_data():
            yield piece

    def _processed(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._brotli.process(data, **self._limit)
        except self._error as error:
            raise httpx.DecodingError("it is not valid brotli") from error
        return piece

    def finish(self) -> None:
        """Check that the end has come.

        Raises:
            httpx.DecodingError: when it is missing.
        """
        if self._begun and not self._brotli.is_finished():
            raise httpx.DecodingError(_CUT_OFF)


class Zstandard:
    """Decompresses zstandard, several frames in a row."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 - not everybody has it

        self._library: Any = zstandard
        self._zstd = self._new()
        self._begun = False

    def _new(self) -> Any:
        # What is larger it refuses, with words of its own.
        return self._library.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what comes of the next bytes, in pieces of bounded length.

        Raises:
            httpx.DecodingError: when they are not compressed as they should be.
        """
        for at in range(0, len(data), _ZSTD_PIECE_BYTES):
            few = data[at : at + _ZSTD_PIECE_BYTES]
            while few:
                try:
                    piece = self._zstd.decompress(few)
                except self._library.ZstdError as error:
                    raise httpx.DecodingError(f"it is not valid zstandard: {error}") from error
                self._begun, few = True, b""
                if self._zstd.eof:
                    few = self._zstd.unused_data
                    self._zstd, self._begun = self._new(), False
                if piece:
                    yield piece

    def finish(self) -> None:
        """Check that the end has come.

        Raises:
            httpx.DecodingError: when it is missing.
        """
        if self._begun:
            raise httpx.DecodingError(_CUT_OFF)


def coder_for(coding: str) -> Coder:
    """Return what undoes an encoding of those that `codings_of` gives."""
    if coding == "br":
        return Brotli()
    if coding == "zstd":
        return Zstandard()
    return Inflater(bare=coding == "deflate")
