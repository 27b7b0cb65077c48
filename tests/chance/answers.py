"""Answers of any kind: plain garbage, answers with pieces changed, and strange but whole ones."""

from __future__ import annotations

import gzip
import itertools
import zlib
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from notebook_kit.testing.steps import Behaviour, HangUp, Reset, Send

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["behaviours", "mutated", "whole"]

_JSON: Final = b'{"a": [1, 2.5e3, null, true, "\\u00e9\\ud83d\\ude00"], "b": {"c": -0.0}}'
_BODIES: Final = (
    b"",
    b"hello",
    _JSON,
    b"NaN",
    b"[Infinity, -Infinity]",
    b'"\\ud800"',
    b"[" * 500,
    b"1" * 5_000,
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"\x80\x81\xff",
    gzip.compress(_JSON),
    zlib.compress(_JSON),
    gzip.compress(_JSON)[:-4],
    gzip.compress(b"a") + gzip.compress(b"b"),
)
_STATUS: Final = st.one_of(
    st.sampled_from([b"200 OK", b"200", b"201 Created", b"204 No Content", b"304 Not Modified"]),
    st.sampled_from([b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"400 Bad Request"]),
    st.sampled_from([b"404 Not Found", b"401 Unauthorized", b"429 Too Many", b"500 Oops"]),
    st.sampled_from([b"100 Continue", b"101 Switching Protocols", b"103 Early Hints", b"999 ?"]),
    st.integers(-1, 1_200).map(lambda code: b"%d Text" % code),
    st.binary(max_size=8),
)
_NAMES: Final = st.sampled_from(
    [
        *(b"Content-Type", b"Content-Encoding", b"Content-Length", b"Transfer-Encoding"),
        *(b"Location", b"Set-Cookie", b"Connection", b"Retry-After", b"RateLimit", b"Keep-Alive"),
        *(
            b"x-ratelimit-remaining",
            b"x-ratelimit-reset",
            b"Date",
            b"ETag",
            b"Cache-Control",
            b"Link",
        ),
        *(b"Vary", b"WWW-Authenticate", b"Upgrade", b"Trailer", b"Alt-Svc", b"X-\xff", b"", b"a b"),
    ]
)
_VALUES: Final = st.one_of(
    st.sampled_from(
        [
            *(b"application/json", b"text/plain; charset=utf-8", b"text/plain; charset=nonsense"),
            *(
                b"text/plain; charset=utf-16",
                b"text/html; charset=idna",
                b'a/b; charset="',
                b"chunked",
            ),
            *(b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"identity", b"*", b"close"),
            *(b"0", b"5", b"-1", b"99999999999999999999", b"1, 1", b"+5", b"0x10", b"5 5"),
            *(
                b"/",
                b"//elsewhere",
                b"http://[",
                b"http://a:99999/",
                b"javascript:1",
                b"\xff\xfe",
                b"?\x80",
            ),
            *(
                b"a=b; path=/",
                b"=;=;",
                b"a=b; expires=never; max-age=x",
                b"limit=1, remaining=0, reset=x",
            ),
            *(
                b"Wed, 21 Oct 2015 07:28:00 GMT",
                b"Wed, 99 Foo 99999",
                b"inf",
                b"nan",
                b"1e400",
                b"",
            ),
            *(
                b"max-age=1",
                b'</next>; rel="next"',
                b"<<>>;;;",
                b"Basic realm=",
                b"Digest nonce=",
                b"h2c",
            ),
        ]
    ),
    st.binary(max_size=10).map(lambda data: data.replace(b"\r", b"").replace(b"\n", b"")),
    st.text(max_size=6).map(
        lambda text: text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    ),
)


@st.composite
def whole(draw: Any) -> bytes:
    """Draw an answer as servers write it, of any status, with any headers and body."""
    version = draw(st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2"]))
    body = draw(st.one_of(st.sampled_from(_BODIES), st.binary(max_size=30)))
    headers = draw(st.lists(st.tuples(_NAMES, _VALUES), max_size=4))
    framing = draw(st.sampled_from(["length", "length", "chunks", "close"]))
    if framing == "length":
        headers.append((b"Content-Length", b"%d" % len(body)))
    elif framing == "chunks":
        headers.append((b"Transfer-Encoding", b"chunked"))
        body = _chunks(body, draw(st.integers(1, 7)))
    lines = [version + b" " + draw(_STATUS), *(b"%s: %s" % pair for pair in headers), b"", body]
    return b"\r\n".join(lines)


def _chunks(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(it), it) for it in pieces) + b"0\r\n\r\n"


@st.composite
def mutated(draw: Any) -> bytes:
    """Draw an answer of which a few pieces were changed, cut, put in or doubled."""
    data = bytearray(draw(whole()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 12)))
        match draw(st.sampled_from(["flip", "cut", "insert", "double", "end"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:end]
            case "insert":
                data[at:at] = draw(st.one_of(st.binary(max_size=6), _MARKS))
            case "double":
                data[at:at] = data[at:end] * draw(st.integers(1, 3))
            case "end":
                del data[at:]
    return bytes(data)


_MARKS: Final = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\0",
        b":",
        b" ",
        b"\t",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\r\n ",
    ]
)


def behaviours() -> SearchStrategy[Behaviour]:
    """Return what gives behaviours: some bytes in up to three writes, and how it ends."""
    data = st.one_of(st.binary(max_size=60), whole(), mutated(), mutated())
    return st.builds(
        _written,
        data,
        st.lists(st.integers(0, 300), max_size=2),
        st.sampled_from([HangUp(), HangUp(), Reset()]),
    )


def _written(data: bytes, cuts: list[int], end: HangUp | Reset) -> Behaviour:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    return Behaviour([*(Send(piece) for piece in pieces if piece), end])
