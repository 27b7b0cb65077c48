"""Faults of content-encodings: cut off, corrupt, nested, and small ones that become large."""

from __future__ import annotations

import functools
import gzip
import zlib
from typing import TYPE_CHECKING, Final

from notebook_kit.testing.faults.fault import Fault, sized

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.testing.records import ReceivedRequest
    from notebook_kit.testing.steps import Behaviour

__all__ = ["COMPRESSION", "bomb"]

_GROUP: Final = "compression"
_WHOLE: Final = gzip.compress(b"whole" * 1_000, mtime=0)
_MEBIBYTE: Final = bytes(2**20)
_BOMB_MIB: Final = 256


def _encoded(name: str, says: str, body: bytes, encoding: bytes = b"gzip") -> Fault:
    reaction = sized(body, b"Content-Encoding: " + encoding)
    return Fault(name=name, says=says, group=_GROUP, reaction=reaction)


def _made_later(
    name: str, says: str, make: Callable[[], bytes], encoding: bytes = b"gzip"
) -> Fault:
    """Return a fault whose body takes a while to make, and so is made when it is arranged."""

    def react(_request: ReceivedRequest) -> Behaviour:
        return sized(make(), b"Content-Encoding: " + encoding)

    return Fault(name=name, says=says, group=_GROUP, reaction=react, prepare=make)


@functools.cache
def bomb(mebibytes: int = _BOMB_MIB) -> bytes:
    """Return a small gzip that becomes so many MiB of zeros.

    >>> len(bomb(16)), len(gzip.decompress(bomb(16)))
    (16..., 16777216)
    """
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    pieces = [packer.compress(_MEBIBYTE) for _ in range(mebibytes)]
    return b"".join([*pieces, packer.flush()])


@functools.cache
def _bomb_in_bomb() -> bytes:
    return gzip.compress(bomb(), 9, mtime=0)


def _nested(times: int) -> bytes:
    body = b"whole"
    for _ in range(times):
        body = gzip.compress(body, mtime=0)
    return body


def _corrupt(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]


COMPRESSION: Final = (
    _encoded("half-gzip", "The gzip breaks off in the middle.", _WHOLE[: len(_WHOLE) // 2]),
    _encoded("gzip-without-end", "The gzip lacks its last four bytes.", _WHOLE[:-4]),
    _encoded("gzip-header-only", "Of the gzip there are ten bytes.", _WHOLE[:10]),
    _encoded("empty-gzip", "The gzip is empty.", b""),
    _encoded("corrupt-gzip", "A byte in the middle of the gzip is another.", _corrupt(_WHOLE, 15)),
    _encoded("wrong-checksum", "The checksum of the gzip is wrong.", _corrupt(_WHOLE, -8)),
    _encoded("wrong-size-of-gzip", "The gzip tells a wrong length.", _corrupt(_WHOLE, -1)),
    _encoded("no-gzip", "The body is said to be gzip, and is not.", b"whole"),
    _encoded("bytes-behind-gzip", "Other bytes stand behind the gzip.", _WHOLE + b"and more"),
    _encoded("two-gzips", "Two gzips stand one behind the other.", _WHOLE * 2),
    _encoded(
        "half-deflate", "The deflate breaks off.", zlib.compress(b"whole" * 99)[:-9], b"deflate"
    ),
    _encoded("no-deflate", "The body is said to be deflate, and is not.", b"whole", b"deflate"),
    _encoded("half-brotli", "The brotli breaks off.", b"\x0b\x02\x80who", b"br"),
    _encoded("no-brotli", "The body is said to be brotli, and is not.", b"whole" * 9, b"br"),
    _encoded("no-zstd", "The body is said to be zstd, and is not.", b"whole" * 9, b"zstd"),
    _encoded(
        "unknown-encoding", "The content encoding is one that nobody knows.", b"whole", b"morse"
    ),
    _encoded("nested-gzip", "The body is gzip of gzip, and says so.", _nested(2), b"gzip, gzip"),
    _encoded(
        "half-nested-gzip",
        "The body is gzip of a gzip that breaks off.",
        gzip.compress(_WHOLE[:-9], mtime=0),
        b"gzip, gzip",
    ),
    _encoded(
        "gzip-in-gzip", "The body is packed 50 times.", _nested(50), b", ".join([b"gzip"] * 50)
    ),
    _made_later("bomb", f"A quarter of a MB becomes {_BOMB_MIB} MB.", bomb),
    _made_later("bomb-of-text", "The same, said to be deflate.", bomb, b"deflate"),
    _made_later(
        "bomb-in-bomb",
        f"A few kB become {_BOMB_MIB} MB, in two steps.",
        _bomb_in_bomb,
        b"gzip, gzip",
    ),
)
