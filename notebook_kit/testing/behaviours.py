"""What a `FaultServer` does with a request: a behaviour is a short list of steps.

The functions of this module name the usual faults; anything else is a `Behaviour` of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_kit.checks import whole_number
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown
from notebook_kit.testing.steps import (
    Behaviour,
    HangUp,
    Reset,
    Send,
    Silence,
    Step,
    StopReading,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "answer",
    "answer_chunked",
    "answer_with_leftover",
    "close_without_answer",
    "garbage",
    "half_body",
    "half_chunk",
    "half_headers",
    "never_answer",
    "never_read",
    "reset_after_answer",
    "reset_after_headers",
    "reset_before_headers",
    "reset_before_request_body",
    "reset_within_body",
    "reset_within_headers",
    "stall_mid_body",
    "stall_mid_headers",
    "with_continue",
]

Text: TypeAlias = "str | bytes"
Headers: TypeAlias = "Sequence[tuple[Text, Text]] | Mapping[str, Text]"

_NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def answer(
    body: Text | dict[str, Any] | list[Any] = b"",
    *,
    status: int = 200,
    reason: str | None = None,
    headers: Headers = (),
    delay_s: float = 0.0,
    keep_alive: bool = True,
) -> Behaviour:
    """Answer in the ordinary way, after `delay_s` seconds; a dict or a list is written as JSON.

    Raises:
        ConfigurationError: for a body, a status or headers that cannot be sent.

    >>> answer("hello", status=201).steps[0].data.splitlines()[0]
    b'HTTP/1.1 201 Created'
    >>> answer({"name": "Ada"}).steps[1].data
    b'{"name": "Ada"}'
    """
    pairs = _pairs(headers)
    if isinstance(body, (dict, list)):
        body = _as_json(body)
        if not any(_bytes(name).lower() == b"content-type" for name, _ in pairs):
            pairs = [("Content-Type", "application/json"), *pairs]
    data = _bytes(body, or_else=", or a dict or list to be written as JSON")
    framing = [] if status in _NO_BODY else [("Content-Length", str(len(data)))]
    head = _head(status, reason, [*framing, *pairs], keep_alive=keep_alive)
    return _behaviour([Send(head), Send(data, is_body=True)], delay_s, keep_alive=keep_alive)


def answer_chunked(
    chunks: Iterable[Text],
    *,
    status: int = 200,
    headers: Headers = (),
    delay_s: float = 0.0,
    pause_s: float = 0.0,
    keep_alive: bool = True,
) -> Behaviour:
    """Answer with `Transfer-Encoding: chunked`, pausing `pause_s` seconds before each chunk."""
    pairs = [("Transfer-Encoding", "chunked"), *_pairs(headers)]
    head = _head(status, None, pairs, keep_alive=keep_alive)
    steps: list[Step] = [Send(head)]
    for chunk in chunks:
        if pause_s:
            steps.append(Wait(pause_s))
        steps.append(Send(_chunk(_bytes(chunk)), is_body=True))
    steps.append(Send(b"0\r\n\r\n", is_body=True))
    return _behaviour(steps, delay_s, keep_alive=keep_alive)


def answer_with_leftover(body: Text = b"", *, leftover: bytes) -> Behaviour:
    """Answer in the ordinary way and send `leftover` right behind it, in the same write."""
    data = _bytes(body)
    head = _head(200, None, [("Content-Length", str(len(data)))], keep_alive=True)
    return Behaviour([Send(head + data + leftover)])


def never_answer() -> Behaviour:
    """Read the request and then say nothing until the client has gone."""
    return Behaviour([Silence()])


def never_read() -> Behaviour:
    """Read the head of the request and not one byte of its body, and say nothing."""
    return Behaviour([Silence()], before_body=[StopReading()], read_body=False)


def close_without_answer() -> Behaviour:
    """Read the request and close the connection."""
    return Behaviour([HangUp()])


def reset_before_headers() -> Behaviour:
    """Read the request and break the connection before a byte of the answer."""
    return Behaviour([Reset()])


def reset_before_request_body() -> Behaviour:
    """Read the head of the request and break the connection before its body was read."""
    return Behaviour([], before_body=[Reset()])


def reset_within_headers() -> Behaviour:
    """Break the connection in the middle of the answer's headers."""
    return Behaviour([Send(_HALF_HEAD), Wait(_LET_ARRIVE_S), Reset()])


def reset_after_headers(*, length: int = 100) -> Behaviour:
    """Send the headers, promising `length` bytes, and break the connection."""
    return reset_within_body(b"", length=length)


def reset_within_body(body: Text = b"half", *, length: int = 100) -> Behaviour:
    """Send `body` out of `length` promised bytes and break the connection."""
    return Behaviour([*_promise(body, length), Wait(_LET_ARRIVE_S), Reset()])


def reset_after_answer(body: Text = b"whole") -> Behaviour:
    """Answer in the ordinary way and break the connection right behind it."""
    data = _bytes(body)
    return Behaviour([*_promise(data, len(data)), Wait(_LET_ARRIVE_S), Reset()])


def half_headers() -> Behaviour:
    """Close the connection in the middle of the answer's headers."""
    return Behaviour([Send(_HALF_HEAD), HangUp()])


def half_body(body: Text = b"half", *, length: int = 100) -> Behaviour:
    """Send `body` out of `length` promised bytes and close the connection."""
    return Behaviour([*_promise(body, length), HangUp()])


def half_chunk(body: Text = b"half", *, length: int = 100) -> Behaviour:
    """Send `body` out of a chunk of `length` promised bytes and close the connection."""
    head = _head(200, None, [("Transfer-Encoding", "chunked")], keep_alive=True)
    return Behaviour([Send(head), Send(b"%x\r\n" % length + _bytes(body)), HangUp()])


def stall_mid_body(body: Text = b"half", *, length: int = 100) -> Behaviour:
    """Send `body` out of `length` promised bytes and then nothing until the client has gone."""
    return Behaviour([*_promise(body, length), Silence()])


def stall_mid_headers() -> Behaviour:
    """Send half of the headers and then nothing until the client has gone."""
    return Behaviour([Send(_HALF_HEAD), Silence()])


def garbage(data: bytes = b"\x16\x03\x01 this is not HTTP\r\n\r\n") -> Behaviour:
    """Answer with bytes that are not HTTP and close the connection."""
    return Behaviour([Send(data), HangUp()])


def with_continue(behaviour: Behaviour) -> Behaviour:
    """Say `100 Continue` when the head of a request is in, then read its body and go on."""
    return replace(behaviour, before_body=[Send(b"HTTP/1.1 100 Continue\r\n\r\n")])


#: Bytes that lie unread when a connection is reset may be dropped at the other end.
_LET_ARRIVE_S = 0.02
_HALF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Le"


def _behaviour(steps: list[Step], delay_s: float, *, keep_alive: bool) -> Behaviour:
    before: list[Step] = [Wait(delay_s)] if delay_s else []
    after: list[Step] = [] if keep_alive else [HangUp()]
    return Behaviour([*before, *steps, *after])


def _promise(body: Text, length: int) -> list[Step]:
    head = _head(200, None, [("Content-Length", str(length))], keep_alive=True)
    return [Send(head), Send(_bytes(body))]


def _head(
    status: int, reason: str | None, headers: Sequence[tuple[Text, Text]], *, keep_alive: bool
) -> bytes:
    whole_number(status, name="status", least=0, example="404")
    phrase = _phrase(status) if reason is None else reason
    lines = [b"HTTP/1.1 %d %s" % (status, _bytes(phrase))]
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers]
    if not keep_alive:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", b""])


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _pairs(headers: Any) -> list[tuple[Text, Text]]:
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    for pair in pairs:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:  # noqa: PLR2004 - a pair
            message = f"headers= has {shown(pair)}: write [('name', 'value')] or a dict."
            raise ConfigurationError(message)
    return pairs


def _as_json(value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"the body cannot be written as JSON: {error}. Give plain data, or b'...'."
        raise ConfigurationError(message) from None


def _bytes(text: Any, *, or_else: str = "") -> bytes:
    if isinstance(text, str):
        return text.encode()
    if isinstance(text, (bytes, bytearray)):
        return bytes(text)
    message = f"{shown(text)} is neither text nor bytes: write '...' or b'...'{or_else}."
    raise ConfigurationError(message)
