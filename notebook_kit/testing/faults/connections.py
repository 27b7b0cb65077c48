"""Faults of connections: none is made, or it ends or breaks before the answer is whole."""

from __future__ import annotations

import socket
from typing import Final

from notebook_kit.testing.behaviours import (
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    half_headers,
    reset_after_answer,
    reset_after_headers,
    reset_before_headers,
    reset_before_request_body,
    reset_within_body,
    reset_within_headers,
)
from notebook_kit.testing.faults.fault import Fault, head
from notebook_kit.testing.steps import Behaviour, HangUp, Reset, Send, Wait

__all__ = ["CONNECTIONS"]

_GROUP: Final = "connection"
_CHUNKS: Final = head(b"Transfer-Encoding: chunked") + b"4\r\nhalf\r\n"


def _address_of_nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _fault(name: str, says: str, reaction: Behaviour) -> Fault:
    return Fault(name=name, says=says, group=_GROUP, reaction=reaction)


CONNECTIONS: Final = (
    Fault(
        name="refused",
        says="Nobody listens at the port.",
        group=_GROUP,
        address=_address_of_nobody,
    ),
    Fault(
        name="unknown-host",
        says="The name of the host is not known.",
        group=_GROUP,
        address=lambda: "http://nowhere.invalid",
    ),
    Fault(
        name="reset-when-connected",
        says="The connection is reset as soon as it is there.",
        group=_GROUP,
        greeting=Behaviour([Reset()]),
    ),
    Fault(
        name="closed-when-connected",
        says="The connection is closed as soon as it is there.",
        group=_GROUP,
        greeting=Behaviour([HangUp()]),
    ),
    _fault(
        "reset-before-request-body",
        "The connection is reset when the head of the request has been read.",
        reset_before_request_body(),
    ),
    _fault(
        "reset-before-headers",
        "The request is read, and the connection is reset.",
        reset_before_headers(),
    ),
    _fault(
        "closed-before-headers",
        "The request is read, and the connection is closed.",
        close_without_answer(),
    ),
    _fault(
        "reset-within-headers",
        "The connection is reset in the middle of the headers.",
        reset_within_headers(),
    ),
    _fault(
        "half-headers", "The connection is closed in the middle of the headers.", half_headers()
    ),
    _fault(
        "reset-after-headers",
        "The connection is reset between headers and body.",
        reset_after_headers(),
    ),
    _fault(
        "reset-within-body",
        "The connection is reset in the middle of the body.",
        reset_within_body(),
    ),
    _fault("half-body", "The connection is closed in the middle of the body.", half_body()),
    _fault("half-chunk", "The connection is closed in the middle of a chunk.", half_chunk()),
    _fault(
        "no-last-chunk",
        "The connection is closed between two chunks, before the one that ends the body.",
        Behaviour([Send(_CHUNKS), HangUp()]),
    ),
    _fault(
        "reset-between-chunks",
        "The connection is reset between two chunks.",
        Behaviour([Send(_CHUNKS), Wait(0.02), Reset()]),
    ),
    _fault(
        "reset-of-endless-body",
        "The connection is reset in a body that lasts until the connection ends.",
        Behaviour([Send(head() + b"half"), Wait(0.02), Reset()]),
    ),
    _fault(
        "reset-after-answer",
        "The connection is reset when the whole answer has been sent.",
        reset_after_answer(),
    ),
    _fault("garbage", "The answer is bytes that are not HTTP.", garbage()),
    _fault("zeros", "The answer is a megabyte of zeros.", garbage(bytes(1_000_000))),
)
