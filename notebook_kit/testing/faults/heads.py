"""Faults of the head of an answer: its first line, its headers, and what comes before it."""

from __future__ import annotations

from typing import Final

from notebook_kit.testing.faults.fault import Fault, head, raw, sized
from notebook_kit.testing.steps import Behaviour, Repeat, Send

__all__ = ["HEADS"]

_LINE: Final = "first line"
_HEADERS: Final = "headers"
_BODY: Final = b"Content-Length: 5\r\n\r\nwhole"


def _first_line(name: str, says: str, line: bytes) -> Fault:
    return Fault(name=name, says=says, group=_LINE, reaction=raw(line + b"\r\n" + _BODY))


def _header(name: str, says: str, *lines: bytes) -> Fault:
    return Fault(name=name, says=says, group=_HEADERS, reaction=sized(b"whole", *lines))


_FIRST_LINES: Final = (
    Fault(
        name="http-0.9",
        says="The body comes without a head, as in HTTP/0.9.",
        group=_LINE,
        reaction=raw(b"<html>whole</html>\n"),
    ),
    _first_line("http-1.0", "The answer is of HTTP/1.0.", b"HTTP/1.0 200 OK"),
    _first_line("http-2-in-words", "The first line names HTTP/2.0.", b"HTTP/2.0 200 OK"),
    _first_line("other-protocol", "The first line names another protocol.", b"ICY 200 OK"),
    _first_line("no-status", "The first line has no status.", b"HTTP/1.1 OK"),
    _first_line("status-of-2-digits", "The status has two digits.", b"HTTP/1.1 20 OK"),
    _first_line("status-of-4-digits", "The status has four digits.", b"HTTP/1.1 2000 OK"),
    _first_line("negative-status", "The status is negative.", b"HTTP/1.1 -200 OK"),
    _first_line("status-000", "The status is 000.", b"HTTP/1.1 000 None"),
    _first_line(
        "status-999", "The status is 999, which no class of statuses has.", b"HTTP/1.1 999 Odd"
    ),
    _first_line("no-reason", "Behind the status stands nothing.", b"HTTP/1.1 200"),
    _first_line(
        "latin-1-reason", "The reason holds bytes above ASCII.", b"HTTP/1.1 200 Tr\xe8s bien"
    ),
    _first_line(
        "long-reason", "The reason is 200,000 bytes long.", b"HTTP/1.1 200 " + b"x" * 200_000
    ),
    Fault(
        name="endless-first-line",
        says="The first line never ends.",
        group=_LINE,
        reaction=raw(b"HTTP/1.1 200 ", Repeat(b"x" * 10_000)),
        never_ends=True,
    ),
    Fault(
        name="switching-protocols",
        says="The server switches protocols, which nobody asked for.",
        group=_LINE,
        reaction=raw(head(b"Upgrade: chess", b"Connection: upgrade", status=b"HTTP/1.1 101 Yes")),
    ),
    Fault(
        name="endless-1xx",
        says="Informational answers come without end, and never the real one.",
        group=_LINE,
        reaction=Behaviour([Repeat(head(status=b"HTTP/1.1 102 Processing"))]),
        never_ends=True,
    ),
    Fault(
        name="slow-endless-1xx",
        says="An informational answer comes every 50 ms, and never the real one.",
        group=_LINE,
        reaction=Behaviour([Repeat(head(status=b"HTTP/1.1 102 Processing"), 0.05)]),
        never_ends=True,
    ),
    Fault(
        name="1xx-and-closed",
        says="An informational answer comes, and then the connection is closed.",
        group=_LINE,
        reaction=raw(head(status=b"HTTP/1.1 103 Early Hints")),
    ),
)

_FIELDS: Final = (
    Fault(
        name="endless-headers",
        says="Headers come without end.",
        group=_HEADERS,
        reaction=raw(b"HTTP/1.1 200 OK\r\n", Repeat(b"X-More: and more\r\n" * 100)),
        never_ends=True,
    ),
    Fault(
        name="endless-header",
        says="One header never ends.",
        group=_HEADERS,
        reaction=raw(b"HTTP/1.1 200 OK\r\nX-More: ", Repeat(b"x" * 10_000)),
        never_ends=True,
    ),
    _header("many-headers", "There are 10,000 headers.", *[b"X-%d: 1" % n for n in range(10_000)]),
    _header("huge-header", "A header has a megabyte.", b"X-Huge: " + b"x" * 1_000_000),
    _header("header-without-colon", "A line of the headers has no colon.", b"X-Odd"),
    _header("header-without-name", "A header has no name.", b": odd"),
    _header("blank-in-header-name", "The name of a header holds a blank.", b"X Odd: 1"),
    _header("folded-header", "A header goes on in the next line.", b"X-Odd: 1", b" 2"),
    _header("null-in-header", "A header holds a null byte.", b"X-Odd: a\x00b"),
    _header("control-in-header", "A header holds control characters.", b"X-Odd: a\x07\x1b[31mb"),
    _header("latin-1-header", "A header holds bytes above ASCII.", b"X-Odd: Z\xfcrich"),
    _header("odd-cookies", "Cookies make no sense.", b"Set-Cookie: =;=;;", b"Set-Cookie: a"),
    _header("latin-1-cookie", "A cookie holds bytes above ASCII.", b"Set-Cookie: \xff=\xfe"),
    _header("odd-date", "Dates are none.", b"Date: yesterday", b"Expires: -1"),
    Fault(
        name="bare-line-feeds",
        says="The lines of the head end with a line feed alone.",
        group=_HEADERS,
        reaction=raw(b"HTTP/1.1 200 OK\nContent-Length: 5\n\nwhole"),
    ),
    Fault(
        name="error-without-end",
        says="An answer of 500 is cut off in the middle of its body.",
        group=_HEADERS,
        reaction=Behaviour(
            [
                Send(head(b"Content-Length: 100", status=b"HTTP/1.1 500 Failed")),
                *raw(b"half").steps,
            ]
        ),
    ),
)

HEADS: Final = (*_FIRST_LINES, *_FIELDS)
