"""Bytes that really are an image, told by what they begin with; and how large it is."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Image", "image_of"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_GIFS: Final = (b"GIF87a", b"GIF89a")
#: Bytes before the table of colours, and what each block behind it begins with.
_GIF_HEAD: Final = 13
_GIF_BLOCKS: Final = b"!,;"
#: Markers of a JPEG that begin a frame, which has the size (ITU-T T.81, table B.1).
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers without anything behind them.
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_MOST_MARKERS: Final = 1_000


class Image(NamedTuple):
    """What sort of image it is, and its width and height in pixels."""

    media_type: str
    width: int
    height: int


def image_of(data: bytes) -> Image | None:
    """Return what image the bytes are, PNG, JPEG, GIF or WebP; None if they are none.

    >>> image_of(b"GIF89a" + bytes([3, 0, 2, 0, 0, 0, 0]) + b",")
    Image(media_type='image/gif', width=3, height=2)
    >>> image_of(b"GIF89a<script>") is None
    True
    """
    for media_type, read in _READERS.items():
        try:
            found = read(data)
        except (struct.error, IndexError):  # it is cut short
            found = None
        if found is not None:
            width, height = found
            return Image(media_type, width, height) if width and height else None
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_PNG) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _gif(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_GIFS):
        return None
    width, height, flags = struct.unpack("<HHB", data[6:11])
    table = 3 << ((flags & 7) + 1) if flags & 0x80 else 0
    # Behind the table of colours a block begins; else it is a text that begins in the same way.
    return (width, height) if data[_GIF_HEAD + table] in _GIF_BLOCKS else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_JPEG):
        return None
    at = 2
    for _ in range(_MOST_MARKERS):
        if data[at] != 0xFF:  # noqa: PLR2004 - what each marker begins with
            return None
        marker = data[at + 1]
        at += 2
        if marker in _BARE:
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 3 : at + 7])
            return width, height
        (length,) = struct.unpack(">H", data[at : at + 2])
        at += length
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return width, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and data[20] == 0x2F:  # noqa: PLR2004 - its signature
        (bits,) = struct.unpack("<I", data[21:25])
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


_READERS: Final[dict[str, Callable[[bytes], tuple[int, int] | None]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
