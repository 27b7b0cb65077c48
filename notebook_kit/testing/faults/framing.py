"""Faults of a body's length, of its chunks, and bytes that belong to no answer."""

from __future__ import annotations

from typing import Final

from notebook_kit.testing.behaviours import answer_with_leftover
from notebook_kit.testing.faults.fault import Fault, chunked, head, raw, sized
from notebook_kit.testing.steps import Behaviour, Repeat, Send, Wait

__all__ = ["FRAMING"]

_LENGTH: Final = "length"
_CHUNKS: Final = "chunks"
_LEFTOVER: Final = "leftovers"
_ANOTHER: Final = head(b"Content-Length: 8") + b"not mine"


def _length(name: str, says: str, *lines: bytes, body: bytes = b"whole") -> Fault:
    return Fault(name=name, says=says, group=_LENGTH, reaction=raw(head(*lines) + body))


def _chunks(name: str, says: str, after: bytes) -> Fault:
    return Fault(name=name, says=says, group=_CHUNKS, reaction=chunked(after))


_LENGTHS: Final = (
    _length("length-too-long", "The length is more than what comes.", b"Content-Length: 6"),
    _length("length-too-short", "The length is less than what comes.", b"Content-Length: 3"),
    _length("negative-length", "The length is negative.", b"Content-Length: -5"),
    _length("length-in-words", "The length is a word.", b"Content-Length: five"),
    _length("length-with-plus", "The length has a sign.", b"Content-Length: +5"),
    _length("empty-length", "The length is empty.", b"Content-Length:"),
    _length("fraction-as-length", "The length is a fraction.", b"Content-Length: 5.0"),
    _length("enormous-length", "The length has 40 digits.", b"Content-Length: " + b"9" * 40),
    _length("two-lengths", "There are two lengths.", b"Content-Length: 5", b"Content-Length: 3"),
    _length(
        "same-length-twice", "The length is told twice.", b"Content-Length: 5", b"Content-Length: 5"
    ),
    _length("list-of-lengths", "The length is a list.", b"Content-Length: 5, 3"),
    _length("no-length", "There is no length: the body ends with the connection."),
    _length(
        "length-and-chunks",
        "There are a length and chunks.",
        b"Content-Length: 3",
        b"Transfer-Encoding: chunked",
        body=b"5\r\nwhole\r\n0\r\n\r\n",
    ),
    _length(
        "unknown-transfer-encoding",
        "The transfer encoding is one that nobody knows.",
        b"Transfer-Encoding: morse",
    ),
)

_CHUNKED: Final = (
    _chunks(
        "chunk-size-in-words", "The size of a chunk is no number.", b"five\r\nwhole\r\n0\r\n\r\n"
    ),
    _chunks("negative-chunk", "The size of a chunk is negative.", b"-5\r\nwhole\r\n0\r\n\r\n"),
    _chunks("enormous-chunk", "The size of a chunk has 40 digits.", b"f" * 40 + b"\r\nwhole\r\n"),
    _chunks("chunk-too-long", "A chunk is longer than its size.", b"3\r\nwhole\r\n0\r\n\r\n"),
    _chunks("chunk-without-end", "No line end follows a chunk.", b"5\r\nwhole0\r\n\r\n"),
    _chunks("half-chunk-size", "The connection is closed within the size of a chunk.", b"5"),
    _chunks("no-chunk", "The connection is closed before the first chunk.", b""),
    _chunks("half-trailers", "The connection is closed within the trailers.", b"0\r\nX-T: 1\r\n"),
    Fault(
        name="endless-chunk-size",
        says="The line with the size of a chunk never ends.",
        group=_CHUNKS,
        reaction=chunked(b"5;", Repeat(b"x" * 10_000)),
        never_ends=True,
    ),
    Fault(
        name="endless-trailers",
        says="Trailers come without end.",
        group=_CHUNKS,
        reaction=chunked(b"0\r\n", Repeat(b"X-More: and more\r\n" * 100)),
        never_ends=True,
    ),
)

_LEFTOVERS: Final = (
    Fault(
        name="pipelined-answer",
        says="A second answer, which nobody asked for, follows in the same packet.",
        group=_LEFTOVER,
        reaction=answer_with_leftover("whole", leftover=_ANOTHER),
    ),
    Fault(
        name="late-pipelined-answer",
        says="A second answer, which nobody asked for, follows 20 ms later.",
        group=_LEFTOVER,
        reaction=Behaviour([*sized(b"whole").steps, Wait(0.02), Send(_ANOTHER)]),
    ),
    Fault(
        name="leftover-bytes",
        says="Bytes that are not HTTP follow the answer.",
        group=_LEFTOVER,
        reaction=answer_with_leftover("whole", leftover=b"\r\nleft over"),
    ),
    Fault(
        name="leftover-after-chunks",
        says="A second answer follows the last chunk.",
        group=_LEFTOVER,
        reaction=chunked(b"5\r\nwhole\r\n0\r\n\r\n" + _ANOTHER, Wait(0.0)),
    ),
    Fault(
        name="body-of-204",
        says="An answer of 204, which has no body, is followed by one.",
        group=_LEFTOVER,
        reaction=raw(
            head(b"Content-Length: 5", status=b"HTTP/1.1 204 No Content") + b"whole", Wait(0.0)
        ),
    ),
)

FRAMING: Final = (*_LENGTHS, *_CHUNKED, *_LEFTOVERS)
