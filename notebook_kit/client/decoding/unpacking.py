"""All encodings of a body undone, one within the other, in steps that are bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.client.decoding.coders import coder_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notebook_kit.client.decoding.coders import Coder

__all__ = ["Unpacker"]


class Unpacker:
    """Undoes the encodings of one body, the last one first.

    A body of no bytes at all is empty, whatever its encodings: so browsers and other clients read
    it.

    Args:
        codings: as `codings_of` gives them.

    >>> import gzip
    >>> unpacker = Unpacker(("gzip", "gzip"))
    >>> b"".join(unpacker.feed(gzip.compress(gzip.compress(b"hello"))))
    b'hello'
    """

    def __init__(self, codings: Sequence[str]) -> None:
        self._coders = [coder_for(coding) for coding in reversed(codings)]

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what comes of the next bytes, piece by piece.

        Nothing is done before the next piece is asked for, so that who has enough can stop.

        Raises:
            httpx.DecodingError: when they are not encoded as they should be.
        """
        pieces: Iterable[bytes] = (data,)
        for coder in self._coders:
            pieces = _through(coder, pieces)
        yield from pieces

    def finish(self) -> None:
        """Check that the end of each has come.

        Raises:
            httpx.DecodingError: when one is missing.
        """
        for coder in self._coders:
            coder.finish()


def _through(coder: Coder, pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield from coder.feed(piece)
