from __future__ import annotations

import struct

import pytest

from notebook_kit.widgets.inspector.images import Image, image_of
from tests.widgets.inspector.pictures import PNG

GIF = b"GIF89a" + struct.pack("<HHB", 7, 5, 0) + bytes(2) + b","
JPEG = (
    b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"ab" + b"\xff\x01"
    b"\xff\xc0" + struct.pack(">HBHH", 11, 8, 5, 7) + bytes(4)
)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + body


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, Image("image/png", 1, 1)),
        (GIF, Image("image/gif", 7, 5)),
        (JPEG, Image("image/jpeg", 7, 5)),
        (webp(b"VP8X", bytes(4) + b"\x06\0\0" + b"\x04\0\0"), Image("image/webp", 7, 5)),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 6 | 4 << 14)), Image("image/webp", 7, 5)),
        (
            webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 7, 5)),
            Image("image/webp", 7, 5),
        ),
    ],
)
def test_images_are_known_by_what_they_begin_with(data: bytes, expected: Image) -> None:
    """The four formats of the web are known, with their sizes."""
    assert image_of(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"<svg onload='alert(1)'/>",
        PNG[:8] + bytes(30),
        PNG[:12],
        PNG[:16] + bytes(8),
        b"GIF89a<script>alert(1)</script>"[:10],
        b"GIF89a<script>alert(1)</script>",
        b"GIF89a" + struct.pack("<HHB", 7, 5, 0x87) + bytes(10),
        b"\xff\xd8\xff" + bytes(20),
        b"\xff\xd8\xff\xe0",
        b"\xff\xd8" + b"\xff\xd0" * 2_000,
        webp(b"VP8?", bytes(40)),
        webp(b"VP8L", bytes(9)),
        webp(b"VP8 ", bytes(9)),
        b"RIFF" + bytes(30),
    ],
)
def test_what_only_begins_like_an_image_is_none(data: bytes) -> None:
    """Bytes that are cut short, or lie, are bytes."""
    assert image_of(data) is None
