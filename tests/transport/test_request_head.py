"""Heads of requests: what is sent, and what is refused."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.transports.request_head import (
    check_head,
    encode_head,
    framing_of,
    head_of,
)

HOST = (b"Host", b"a")


def test_a_head_is_sent_as_given() -> None:
    """Names, values and their order are kept; nothing is added."""
    headers = [HOST, (b"x-B", b"2"), (b"X-a", b""), (b"x-B", b"caf\xe9")]
    head = encode_head(b"GET", b"/a?", headers)
    assert head == b"GET /a? HTTP/1.1\r\nHost: a\r\nx-B: 2\r\nX-a: \r\nx-B: caf\xe9\r\n\r\n"


def test_headers_for_the_proxy_come_first_and_give_way() -> None:
    """What a proxy is to get is added unless the request says it itself."""
    extra = [(b"Proxy-Authorization", b"ours"), (b"X-Team", b"blue")]
    headers = [HOST, (b"proxy-authorization", b"theirs")]
    head = encode_head(b"GET", b"/", headers, extra)
    assert head.split(b"\r\n")[1:-2] == [
        b"X-Team: blue",
        b"Host: a",
        b"proxy-authorization: theirs",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"X", b"a\n"),
        (b"X", b"a\rb"),
        (b"X", b"a\x00b"),
        (b"X", b" a"),
        (b"X", b"a\t"),
        (b"X", b"\x7f"),
        (b"", b"a"),
        (b"X Y", b"a"),
        (b"X:", b"a"),
        (b"X\xe9", b"a"),
    ],
)
def test_a_header_that_is_not_allowed(name: bytes, value: bytes) -> None:
    """Control characters, blanks at the ends, and names that are no tokens are refused."""
    with pytest.raises(httpx.LocalProtocolError):
        encode_head(b"GET", b"/", [HOST, (name, value)])


def test_the_value_is_not_shown() -> None:
    """The message about a bad value names the header and gives advice, never the value."""
    with pytest.raises(httpx.LocalProtocolError, match=r"'X-Key'.*key\.strip\(\)") as caught:
        encode_head(b"GET", b"/", [(b"X-Key", b"sk-hidden\n")])
    assert "hidden" not in str(caught.value)


@given(st.binary(max_size=20))
def test_no_value_can_end_its_line(value: bytes) -> None:
    """Whatever a value is, it is refused or stays on one line, whole."""
    try:
        head = encode_head(b"GET", b"/", [HOST, (b"X", value)])
    except httpx.LocalProtocolError:
        return
    assert head.split(b"\r\n") == [b"GET / HTTP/1.1", b"Host: a", b"X: " + value, b"", b""]


@pytest.mark.parametrize("method", [b"", b"GE T", b"GET\r\n", b"G?T"])
def test_a_method_that_is_none(method: bytes) -> None:
    """A method is a token."""
    with pytest.raises(httpx.LocalProtocolError, match="method"):
        encode_head(method, b"/", [HOST])


@pytest.mark.parametrize("target", [b"", b"/a b", b"/\r\nX: 1", b"/caf\xe9"])
def test_a_target_that_is_none(target: bytes) -> None:
    """A target is printable ASCII without blanks."""
    with pytest.raises(httpx.LocalProtocolError, match="percent-encoded"):
        encode_head(b"GET", target, [HOST])


def test_a_target_of_ones_own() -> None:
    """httpx's extension `target` takes the place of the URL's path, as in OPTIONS *."""
    request = httpx.Request("OPTIONS", "http://a/", extensions={"target": b"*"})
    assert head_of(request).startswith(b"OPTIONS * HTTP/1.1\r\n")


def test_connect_is_for_proxies() -> None:
    """CONNECT as a method of a request is refused with a hint."""
    with pytest.raises(httpx.LocalProtocolError, match="proxy="):
        check_head(httpx.Request("CONNECT", "http://a/"))


def test_how_the_end_of_a_body_is_told() -> None:
    """A length, chunks, or no body at all."""
    assert framing_of([HOST]).length == 0
    assert framing_of([HOST, (b"content-LENGTH", b"12")]).length == 12
    assert framing_of([HOST, (b"Transfer-Encoding", b"Chunked")]).length is None


def test_what_else_the_head_says() -> None:
    """Expect and Connection: close are noticed."""
    plain = framing_of([HOST])
    assert (plain.expects_continue, plain.closes) == (False, False)
    said = framing_of([HOST, (b"Expect", b"100-Continue"), (b"Connection", b"Close")])
    assert (said.expects_continue, said.closes) == (True, True)


@pytest.mark.parametrize(
    "headers",
    [
        [(b"Content-Length", b"5")],
        [HOST, (b"Content-Length", b"5"), (b"Content-Length", b"6")],
        [HOST, (b"Content-Length", b"-5")],
        [HOST, (b"Content-Length", b"five")],
        [HOST, (b"Content-Length", b"5"), (b"Transfer-Encoding", b"chunked")],
        [HOST, (b"Transfer-Encoding", b"gzip, chunked")],
    ],
    ids=["no host", "two lengths", "negative", "no number", "length and chunks", "other encoding"],
)
def test_headers_that_contradict_themselves(headers: list[tuple[bytes, bytes]]) -> None:
    """What could be understood in two ways is refused."""
    with pytest.raises(httpx.LocalProtocolError):
        framing_of(headers)
