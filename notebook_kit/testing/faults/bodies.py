"""Faults of what a body says: JSON that is none or too much of it, and odd charsets."""

from __future__ import annotations

from typing import Final

from notebook_kit.testing.faults.fault import Fault, sized

__all__ = ["BODIES"]

_JSON: Final = "JSON"
_CHARSET: Final = "charset"
_DEEP: Final = 100_000


def _json(name: str, says: str, body: bytes, kind: bytes = b"application/json") -> Fault:
    reaction = sized(body, b"Content-Type: " + kind)
    return Fault(name=name, says=says, group=_JSON, reaction=reaction, read_as="json")


def _text(name: str, says: str, charset: bytes, body: bytes = b"Z\xfcrich") -> Fault:
    reaction = sized(body, b"Content-Type: text/plain; charset=" + charset)
    return Fault(name=name, says=says, group=_CHARSET, reaction=reaction, read_as="text")


_DOCUMENTS: Final = (
    _json("empty-json", "The body is empty and should be JSON.", b""),
    _json("half-json", "The JSON breaks off.", b'{"name": "Zu'),
    _json("two-jsons", "Two JSON documents stand one behind the other.", b'{"a": 1}{"a": 2}'),
    _json(
        "html-for-json", "A page stands where JSON should be.", b"<html>Login</html>", b"text/html"
    ),
    _json("html-said-to-be-json", "A page is said to be JSON.", b"<html>Login</html>"),
    _json("single-quotes", "The JSON has single quotes, as Python writes it.", b"{'a': None}"),
    _json("nan-json", "The JSON holds NaN.", b'{"a": NaN}'),
    _json("infinity-json", "The JSON holds -Infinity.", b'{"a": -Infinity}'),
    _json("overflowing-json", "The JSON holds 1e999, which is more than a float.", b'{"a": 1e999}'),
    _json("deep-json", "The JSON is 100,000 lists deep.", b"[" * _DEEP + b"]" * _DEEP),
    _json("half-deep-json", "100,000 lists are begun and none ends.", b"[" * _DEEP),
    _json(
        "deep-objects", "The JSON is 100,000 objects deep.", b'{"a":' * _DEEP + b"1" + b"}" * _DEEP
    ),
    _json(
        "huge-number",
        "The JSON holds a whole number of 10,000 digits.",
        b'{"a": 1%s}' % (b"0" * 9_999),
    ),
    _json("huge-json", "The JSON has 20 MB.", b'["' + b"x" * 20_000_000 + b'"]'),
    _json("same-key-twice", "An object has the same key twice.", b'{"a": 1, "a": 2}'),
    _json("lone-surrogate", "A string holds half of a character.", b'{"a": "\\ud800"}'),
    _json("not-utf-8", "The JSON is not UTF-8.", b'{"a": "Z\xfcrich"}'),
    _json("utf-16-json", "The JSON is UTF-16.", '{"a": "Zürich"}'.encode("utf-16")),
    _json("json-with-bom", "A byte order mark stands before the JSON.", b'\xef\xbb\xbf{"a": 1}'),
    _json(
        "json-in-odd-charset",
        "The JSON is said to be of a charset that nobody knows.",
        b'{"a": 1}',
        b"application/json; charset=klingon",
    ),
    _json("odd-content-type", "The content type makes no sense.", b'{"a": 1}', b";;=\xff/"),
)

_CHARSETS: Final = (
    _text("wrong-charset", "The text is not of the charset that is told.", b"utf-8"),
    _text("unknown-charset", "The charset is one that nobody knows.", b"klingon"),
    _text("empty-charset", "The charset is empty.", b""),
    _text("binary-charset", "The charset is a codec that makes bytes of bytes.", b"base64"),
    _text("compressing-charset", "The charset is a codec that inflates.", b"zlib"),
    _text("rot13-charset", "The charset is a codec that makes text of text.", b"rot13"),
    _text("undefined-charset", "The charset is a codec that always fails.", b"undefined"),
    _text("idna-charset", "The charset is the one of host names.", b"idna", b"a" * 100 + b"\xfc"),
    _text(
        "punycode-charset", "The charset is the one of international names.", b"punycode", b"-\xff9"
    ),
    _text("quoted-null-charset", "The charset holds a control character.", b'"utf-8\x01"'),
    _text("long-charset", "The name of the charset has 10,000 characters.", b"x" * 10_000),
    _text("non-ascii-charset", "The name of the charset holds bytes above ASCII.", b"l\xe4tin"),
    _text("utf-7-charset", "The text is broken UTF-7.", b"utf-7", b"+AGEA"),
    _text("utf-16-charset", "The text is half of UTF-16.", b"utf-16", b"\xff\xfea\x00\x00\xd8z"),
)

BODIES: Final = (*_DOCUMENTS, *_CHARSETS)
