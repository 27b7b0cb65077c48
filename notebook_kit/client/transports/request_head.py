"""The head of an HTTP/1.1 request, byte for byte as httpx built it, checked before it is sent.

What is not allowed on the wire is refused here, so that no header can smuggle in another one. The
messages name the header and never show its value, which may be a credential.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import httpx

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Framing",
    "check_head",
    "encode_head",
    "framing_of",
    "head_of",
    "proxy_target",
    "request_line",
]

Headers: TypeAlias = "Sequence[tuple[bytes, bytes]]"

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(rb"[\x21-\x7e]+")
# Visible characters, bytes above ASCII, and blanks that are neither first nor last (RFC 9110, 5.5).
_VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
_DIGITS = re.compile(rb"[0-9]+")

_CONTENT_LENGTH = b"content-length"
_TRANSFER_ENCODING = b"transfer-encoding"


class Framing(NamedTuple):
    """How the end of a request's body is told, and what else its head says about the connection.

    Attributes:
        length: bytes the body must have; None for a chunked one.
        expects_continue: whether the body waits for `100 Continue`.
        closes: whether the request says that its connection is not to be used again.
    """

    length: int | None
    expects_continue: bool
    closes: bool


def framing_of(headers: Headers) -> Framing:
    """Read from the headers how the body is to be sent.

    Raises:
        httpx.LocalProtocolError: when they contradict themselves, or name no host.

    >>> framing_of([(b"Host", b"a"), (b"Content-Length", b"5")]).length
    5
    """
    length: int | None = None
    chunked = expects_continue = closes = has_host = False
    for name, value in headers:
        match name.lower():
            case b"content-length":
                length = _content_length(value, length)
            case b"transfer-encoding":
                chunked = _is_chunked(value)
            case b"host":
                has_host = True
            case b"expect":
                expects_continue = value.lower() == b"100-continue"
            case b"connection":
                closes = b"close" in value.lower()
    if not has_host:
        raise httpx.LocalProtocolError("The request has no Host header.")
    if chunked and length is not None:
        message = "The request has both Content-Length and Transfer-Encoding; leave one out."
        raise httpx.LocalProtocolError(message)
    return Framing(None if chunked else length or 0, expects_continue, closes)


def encode_head(
    method: bytes,
    target: bytes,
    headers: Headers,
    extra: Headers = (),
) -> bytes:
    r"""Return the request line and the headers, each as it was given and in the order given.

    Args:
        method: the method.
        target: the path and query, or the whole URL for a proxy.
        headers: names and values.
        extra: headers for the proxy; one that `headers` also holds is left out.

    Raises:
        httpx.LocalProtocolError: when a part holds bytes that HTTP does not allow there.

    >>> encode_head(b"GET", b"/", [(b"Host", b"a")])
    b'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    """
    if extra:
        given = {name.lower() for name, _ in headers}
        headers = [*(pair for pair in extra if pair[0].lower() not in given), *headers]
    lines = [_request_line(method, target)]
    is_token, is_value = _TOKEN.fullmatch, _VALUE.fullmatch
    for name, value in headers:
        if is_token(name) is None:
            raise httpx.LocalProtocolError(f"{name!r} is not a header name.")
        if is_value(value) is None:
            raise _bad_value(name)
        lines.append(b"%s: %s\r\n" % (name, value))
    lines.append(b"\r\n")
    return b"".join(lines)


def _request_line(method: bytes, target: bytes) -> bytes:
    if _TOKEN.fullmatch(method) is None:
        raise httpx.LocalProtocolError(f"The method {method!r} is not one: use letters only.")
    if _TARGET.fullmatch(target) is None:
        message = "The URL holds blanks or control characters; they have to be percent-encoded."
        raise httpx.LocalProtocolError(message)
    return b"%s %s HTTP/1.1\r\n" % (method, target)


def request_line(request: httpx.Request) -> bytes:
    """Return the first line of the head of a request that goes to its host directly.

    Raises:
        httpx.LocalProtocolError: when a part of it is not allowed on the wire.
    """
    return _request_line(*_method_and_target(request))


def _method_and_target(request: httpx.Request) -> tuple[bytes, bytes]:
    if request.method == "CONNECT":
        message = "CONNECT is for proxies: give the proxy as proxy=... instead."
        raise httpx.LocalProtocolError(message)
    target = request.extensions.get("target") or request.url.raw_path
    return request.method.encode("ascii", "replace"), target


def head_of(request: httpx.Request, *, through_proxy: bool = False, extra: Headers = ()) -> bytes:
    """Return the head of a request.

    Args:
        request: the request.
        through_proxy: whether a proxy forwards it, and so has to be told the whole URL.
        extra: headers for that proxy.

    Raises:
        httpx.LocalProtocolError: when a part of it is not allowed on the wire.
    """
    method, target = _method_and_target(request)
    if through_proxy:
        target = proxy_target(request.url, target)
    return encode_head(method, target, request.headers.raw, extra)


def check_head(request: httpx.Request) -> None:
    """Raise what `framing_of` and `head_of` raise, for a transport that encodes by itself."""
    framing_of(request.headers.raw)
    head_of(request)


def proxy_target(url: httpx.URL, target: bytes) -> bytes:
    """Return the whole URL, as a proxy wants it for a request that it forwards.

    >>> proxy_target(httpx.URL("http://a:81/x?y"), b"/x?y")
    b'http://a:81/x?y'
    """
    return b"%s://%s%s" % (url.raw_scheme, url.netloc, target)


def _content_length(value: bytes, earlier: int | None) -> int:
    if _DIGITS.fullmatch(value) is None:
        message = f"Content-Length is {value!r}; it has to be a number of bytes."
        raise httpx.LocalProtocolError(message)
    length = int(value)
    if earlier is not None and earlier != length:
        message = f"The request has two lengths, {earlier} and {length}; leave one out."
        raise httpx.LocalProtocolError(message)
    return length


def _is_chunked(value: bytes) -> bool:
    if value.lower() != b"chunked":
        message = f"Transfer-Encoding is {value!r}; a request body can only be sent as 'chunked'."
        raise httpx.LocalProtocolError(message)
    return True


def _bad_value(name: bytes) -> httpx.LocalProtocolError:
    return httpx.LocalProtocolError(
        f"The value of the header {name.decode('latin-1')!r} begins or ends with a blank, or holds "
        "a line end or another control character. A key read from a file often ends with a "
        "newline: use key.strip()."
    )
