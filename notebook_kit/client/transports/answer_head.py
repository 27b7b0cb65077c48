"""What the head of an answer may not say, over any transport.

A head from which two readers could tell two different ends of the body is not believed (RFC 9112,
6.1 and 6.3): what lies behind the one end might be taken for the next answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MAX_HEADERS",
    "MAX_INFORMATIONAL",
    "TOO_MANY_INFORMATIONAL",
    "check_answer",
    "check_coding",
    "check_head",
    "is_answer",
]

#: As generous as httpx's h11, which counts bytes alone.
MAX_HEADERS: Final = 1000
#: More `1xx` answers than this before the real one are taken for a fault of the server.
MAX_INFORMATIONAL: Final = 32
TOO_MANY_INFORMATIONAL: Final = (
    f"The server sent {MAX_INFORMATIONAL} informational answers and no final one."
)

_PLAIN: Final = frozenset({"chunked", "identity"})
_FIRST: Final = b"HTTP/1."
_SWITCHING_PROTOCOLS: Final = 101


def check_coding(coding: str) -> None:
    """Check the value of an answer's Transfer-Encoding.

    Raises:
        httpx.RemoteProtocolError: when it is one that cannot be undone.

    >>> check_coding("Chunked")
    """
    if coding.strip().lower() not in _PLAIN:
        message = f"The server's answer has the transfer encoding {coding[:60]!r}, not 'chunked'."
        raise httpx.RemoteProtocolError(message)


def check_head(status: int, coding: str | None, asked: bytes) -> None:
    r"""Check what an answer's head says of what comes after it.

    Args:
        status: its status.
        coding: its Transfer-Encoding, or None.
        asked: the head of the request.

    Raises:
        httpx.RemoteProtocolError: when that is not HTTP as it was asked for, or cannot be undone.

    >>> check_head(101, None, b"GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n")
    """
    if status == _SWITCHING_PROTOCOLS and b"\r\nupgrade:" not in asked.lower():
        text = "The server switched to another protocol, which it was not asked to."
        raise httpx.RemoteProtocolError(text)
    if coding is not None:
        check_coding(coding)


def check_answer(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Check the headers of an answer that h11 has let through.

    Raises:
        httpx.RemoteProtocolError: when there are too many, or both a length and chunks.

    >>> check_answer([(b"Content-Length", b"5")])
    """
    names = [name.lower() for name, _ in headers]
    if len(names) > MAX_HEADERS:
        message = f"The server's answer has {len(names):,} headers, more than {MAX_HEADERS:,}."
        raise httpx.RemoteProtocolError(message)
    if b"transfer-encoding" in names and b"content-length" in names:
        message = "The server's answer has both Content-Length and Transfer-Encoding."
        raise httpx.RemoteProtocolError(message)


def is_answer(leftover: bytes) -> bool:
    r"""Tell whether bytes behind an answer may be the beginning of another one.

    >>> is_answer(b"\r\nHTTP"), is_answer(b"left over")
    (True, False)
    """
    begun = leftover.lstrip(b"\r\n")[: len(_FIRST)]
    return _FIRST.startswith(begun)
