"""Which earlier outcomes a run took over, in chunks: pairs of a position and the id of a row."""

from __future__ import annotations

import sys
import zlib
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["packed", "parts", "unpacked"]

#: Numbers of a chunk at most, two for each pair. More is nothing that was written here.
_MOST: Final = 2 * 65_536
_WIDTH: Final = 8
#: What is compressed costs the writer little, and positions that follow each other go small.
_LEVEL: Final = 1


def parts(pairs: array[int]) -> Iterator[array[int]]:
    """Return a sequence of pairs in parts, each of which can be a chunk."""
    for start in range(0, len(pairs), _MOST):
        yield pairs[start : start + _MOST]


def packed(pairs: array[int]) -> bytes:
    """Return the chunk of a part.

    >>> list(unpacked(packed(array("q", [3, 70, 4, 71]))))
    [3, 70, 4, 71]
    """
    if sys.byteorder == "big":
        pairs = pairs[:]
        pairs.byteswap()
    return zlib.compress(pairs.tobytes(), _LEVEL)


def unpacked(rows: object) -> array[int]:
    """Return the pairs of a chunk.

    Raises:
        ValueError: for what is no chunk, or would be larger than any that is written.
    """
    if not isinstance(rows, bytes):
        message = "no bytes"
        raise ValueError(message)  # noqa: TRY004 - what a file holds is no type of the caller's
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(rows, _MOST * _WIDTH)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not reader.eof or len(content) % (2 * _WIDTH):
        message = "no whole chunk, or one that is too long"
        raise ValueError(message)
    pairs = array("q", content)
    if sys.byteorder == "big":
        pairs.byteswap()
    return pairs
