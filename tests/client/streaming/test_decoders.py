from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.streaming.decoders import Decoder, JsonLines, Lines, Text


def answered(content_type: str = "", **keywords: Any) -> nk.Response:
    request = httpx.Request("GET", "http://host/x")
    headers = {"content-type": content_type} if content_type else {}
    return nk.Response.adopt(httpx.Response(200, headers=headers, request=request, **keywords))


def through(decoder: Decoder[Any], *pieces: bytes) -> list[Any]:
    values = [value for piece in pieces for value in decoder.feed(piece)]
    return values + list(decoder.finish())


@given(st.text(max_size=40), st.integers(1, 5))
def test_text_is_whole_however_its_bytes_part(text: str, size: int) -> None:
    """A character whose bytes come in two pieces is one character."""
    if text.startswith("\ufeff"):
        return
    data = text.encode("utf-8")
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    found = through(Text(answered()), *pieces)
    assert "".join(found) == text
    assert "" not in found


@pytest.mark.parametrize(
    ("content_type", "data", "text"),
    [
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ("text/plain; charset=utf-16", "é€".encode("utf-16"), "é€"),
        ("text/plain; charset=UTF8", b"\xef\xbb\xbf\xc3\xa9", "é"),
        ("text/plain; charset=no-such-thing", "é".encode(), "é"),
        ("text/plain; charset=hex", b"41", "41"),
        ("text/plain; charset=rot13", b"abc", "abc"),
        ("text/plain; charset=undefined", b"abc", "abc"),
        ("text/plain; charset=idna", b"xn--\xff.", "xn--\ufffd."),
        ("text/plain", b"a\xff", "a\ufffd"),
        ("text/plain", b"a\xc3", "a\ufffd"),
    ],
)
def test_charsets(content_type: str, data: bytes, text: str) -> None:
    """The one that the answer names, UTF-8 otherwise; what is no text is shown as such."""
    assert "".join(through(Text(answered(content_type)), *(bytes([byte]) for byte in data))) == text


def test_the_client_s_own_default_charset_holds() -> None:
    """Where the answer names none."""
    assert through(Text(answered(default_encoding="latin-1")), b"\xe9") == ["é"]
    assert through(Text(answered("a/b; charset=utf-8", default_encoding="latin-1")), b"a") == ["a"]


def test_text_that_a_charset_cannot_read_is_an_error_of_ours() -> None:
    """In some charsets bytes that are no text can be told by no character."""
    decoder = JsonLines(answered("text/plain; charset=utf-16"))
    with pytest.raises(nk.DecodeError, match="no utf-16"):
        through(decoder, b"\xff\xfe\x00\xd8a\x00\n\x00")


def test_lines() -> None:
    """A last line without an end is a line, a last end is none."""
    assert through(Lines(answered()), b"one\r", b"\ntw", b"o\n\nthree") == [
        "one",
        "two",
        "",
        "three",
    ]
    assert through(Lines(answered()), b"one\n") == ["one"]


def test_json_lines() -> None:
    """One value for each line that is not empty, in whatever pieces it comes."""
    pieces = (b'\xef\xbb\xbf{"a": 1}\r\n\n  \t\n[2]\n"\xc3', b'\xa9\xe2\x80\xa8"\nnull')
    assert through(JsonLines(answered()), *pieces) == [{"a": 1}, [2], "é\u2028", None]


def test_a_bad_line_is_named() -> None:
    """Those before it are given; the number counts empty lines too, as an editor does."""
    values: list[Any] = []
    with pytest.raises(nk.DecodeError, match=r"GET http://host/x: line 3 is not JSON .*'oops'"):
        values.extend(JsonLines(answered()).feed(b"1\n\noops\n4\n"))
    decoder = JsonLines(answered()).feed(b"1\n\noops\n4\n")
    assert next(decoder) == 1
    with pytest.raises(nk.DecodeError):
        next(decoder)


@pytest.mark.parametrize("line", [b'"\xff"', b"[" * 100_000, b"1" * 5_000, b'{"a":'])
def test_whatever_is_wrong_with_a_line_it_is_the_line_s_fault(line: bytes) -> None:
    """Bytes that are no text, too deep, too long a number, cut off."""
    with pytest.raises(nk.DecodeError, match="line 2 is not JSON"):
        through(JsonLines(answered()), b"1\n" + line + b"\n")
