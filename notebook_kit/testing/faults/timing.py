"""Faults of time: nothing comes, or too slowly, or no more."""

from __future__ import annotations

from typing import Final

from notebook_kit.testing.behaviours import (
    never_answer,
    never_read,
    stall_mid_body,
    stall_mid_headers,
)
from notebook_kit.testing.faults.fault import Fault, chunked, head, raw
from notebook_kit.testing.steps import Behaviour, Drip, Repeat, Send, Silence

__all__ = ["TIMING"]

_GROUP: Final = "time"


def _fault(name: str, says: str, reaction: Behaviour, *, ends: bool = False) -> Fault:
    return Fault(never_ends=not ends, name=name, says=says, group=_GROUP, reaction=reaction)


TIMING: Final = (
    _fault("hang", "The request is read, and nothing comes.", never_answer()),
    _fault(
        "hang-without-reading",
        "The body of the request is not read, and nothing comes.",
        never_read(),
    ),
    _fault(
        "slow-headers",
        "The headers come byte by byte, one every 50 ms.",
        Behaviour([Drip(head(b"X-Slow: " + b"x" * 10_000), 0.05)]),
    ),
    _fault(
        "stall-within-headers",
        "Nothing more comes in the middle of the headers.",
        stall_mid_headers(),
    ),
    _fault(
        "one-byte-at-a-time",
        "The body comes byte by byte, one every 50 ms, and does not end.",
        raw(head(b"Content-Length: 1000000"), Repeat(b"x", 0.05)),
    ),
    _fault(
        "short-in-single-bytes",
        "A whole answer comes byte by byte, one every millisecond.",
        Behaviour([Drip(head(b"Content-Length: 5") + b"whole", 0.001)]),
        ends=True,
    ),
    _fault("stall-within-body", "Nothing more comes in the middle of the body.", stall_mid_body()),
    _fault(
        "stall-within-stream",
        "Nothing more comes after some chunks.",
        chunked(b"4\r\nhalf\r\n" * 3, Silence()),
    ),
    _fault(
        "endless-body",
        "The body never ends.",
        chunked(b"", Repeat(b"400\r\n" + b"x" * 1024 + b"\r\n", 0.01)),
    ),
    _fault(
        "never-closed",
        "There is no length, and the connection is not closed.",
        Behaviour([Send(head() + b"whole"), Silence()]),
    ),
)
