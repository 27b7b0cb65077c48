"""Text is read in the charset that is named if there is one, and nothing else is ever run on it."""

from __future__ import annotations

import codecs
import encodings
import pkgutil
from typing import Any, Final

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.charsets import beginning, charset_of, codec_of, decoder_of
from notebook_kit.testing import FakeAPI, FaultServer, answer

#: Codecs of Python that are no charsets, under names that a server might give.
ODD: Final = [
    *("base64", "BASE64_codec", "bz2", "zlib", "zip", "hex", "uu", "quopri", "rot13", "rot_13"),
    *("undefined", "idna", "punycode", "unicode_escape", "raw-unicode-escape", "charmap"),
    *("mbcs", "oem", "klingon", "", "utf-8\x01", "l\xe4tin", "x" * 10_000, "..", "aliases"),
]
#: Those that are, as `codecs` calls them.
CHARSETS: Final = sorted(
    {
        name
        for module in pkgutil.iter_modules(encodings.__path__)
        if (name := codec_of(module.name)) is not None
    }
)


def answered(content: bytes, kind: str = "", **keywords: Any) -> nk.Response:
    headers = [(b"content-type", kind.encode("latin-1"))] if kind else []
    request = httpx.Request("GET", "http://host/x")
    made = httpx.Response(200, headers=headers, content=content, request=request, **keywords)
    return nk.Response.adopt(made)


@pytest.mark.parametrize("charset", ODD)
def test_what_is_no_charset_counts_as_none(charset: str) -> None:
    """The text is UTF-8 then, or what the client says, and bytes that are none are replaced."""
    assert codec_of(charset) is None
    kind = f"text/plain; charset={charset}"
    response = answered(b"Z\xc3\xbcrich \xff", kind)
    assert (response.text, response.encoding) == ("Zürich \ufffd", "utf-8")
    assert "".join(answered(b"41", kind).iter_text()) == "41"
    assert answered(b"Z\xfcrich", kind, default_encoding="latin-1").text == "Zürich"


@pytest.mark.parametrize("charset", ["latin-1", "Latin1", "ISO-8859-1", "iso_8859_1"])
def test_a_charset_is_known_under_each_of_its_names(charset: str) -> None:
    """It is called as the answer calls it, in small letters."""
    response = answered(b"Z\xfcrich", f"text/plain; charset={charset}")
    assert (response.text, response.encoding) == ("Zürich", charset.lower())


def test_all_charsets_of_python_are_known() -> None:
    """Only a dozen of its codecs are none."""
    every = {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    odd = {name for name in every if codec_of(name) is None}
    assert odd == {
        *("aliases", "base64_codec", "bz2_codec", "charmap", "hex_codec", "idna", "mbcs", "oem"),
        *("punycode", "quopri_codec", "raw_unicode_escape", "rot_13", "undefined"),
        *("unicode_escape", "uu_codec", "zlib_codec"),
    }


@given(charset=st.sampled_from(CHARSETS), data=st.binary(max_size=30), size=st.integers(1, 5))
def test_no_bytes_are_an_error_in_any_charset(charset: str, data: bytes, size: int) -> None:
    """Whole, in pieces, or its beginning alone: what is no text is replaced."""
    response = answered(data, f"text/plain; charset={charset}")
    decoder = decoder_of(charset, "replace")
    pieces = [decoder.decode(data[at : at + size]) for at in range(0, len(data), size)]
    assert "".join(pieces) + decoder.decode(b"", final=True) == response.text
    assert beginning(response, len(data)) == response.text
    assert beginning(response, 200) == response.text


@pytest.mark.parametrize(("charset", "width"), [("utf-16", 2), ("utf-32", 4)])
def test_the_order_of_bytes(charset: str, width: int) -> None:
    """A mark at the beginning says it; without one the low byte comes first, as browsers read."""
    kind = f"text/plain; charset={charset}"
    for order in ("le", "be"):
        marked = ("\ufeff" + "Zürich").encode(f"{charset}-{order}")
        assert answered(marked, kind).text == "Zürich"
        assert decoder_of(charset, "replace").decode(marked, final=True) == "Zürich"
    bare = "Zürich".encode(f"{charset}-le")
    assert answered(bare, kind).text == "Zürich"
    assert answered(bare, kind).encoding == f"{charset}-le"
    decoder = decoder_of(charset, "replace")
    assert "".join(decoder.decode(bare[at : at + 1]) for at in range(len(bare))) == "Zürich"
    assert answered(b"", kind).text == ""
    assert answered(bare[: width - 1], kind).text == "\ufffd"


def test_a_beginning_cuts_no_character() -> None:
    """One that is not whole is left out, but for the end of the body itself."""
    response = answered("aü".encode(), "text/plain")
    assert [beginning(response, most) for most in (1, 2, 3)] == ["a", "a", "aü"]
    assert beginning(answered(b"a\xc3"), 10) == "a\ufffd"


def test_a_function_that_finds_the_charset_may_find_none() -> None:
    """What it gives is not trusted either; of a stream it is not asked."""
    for found in (None, "base64", 7):
        default: Any = lambda _content, found=found: found  # noqa: E731 - as users write it
        assert answered(b"\xc3\xbc", default_encoding=default).text == "ü"
    unread = httpx.Response(200, stream=httpx.ByteStream(b""), default_encoding=lambda _: "cp1252")
    assert charset_of(unread) == "utf-8"


def test_a_head_that_cannot_be_parsed_names_no_charset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the parser of headers makes of it."""

    def fail(_: Any) -> str:
        raise AssertionError

    monkeypatch.setattr(httpx.Response, "charset_encoding", property(fail))
    assert answered(b"\xc3\xbc").text == "ü"


def test_setting_what_is_no_charset_is_refused() -> None:
    """When it is set, and not when the text is read."""
    response = answered(b"\xfc")
    for charset in ("base64", "klingon", None):
        with pytest.raises(nk.ConfigurationError, match=r"encoding=.* must be a charset"):
            response.encoding = charset  # type: ignore[assignment]
    response.encoding = "latin-1"
    assert response.text == "ü"


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", 7])
def test_a_client_s_default_must_be_a_charset(charset: Any) -> None:
    """A codec that is none is refused when the client is made."""
    with pytest.raises(nk.ConfigurationError, match="default_encoding="):
        nk.Client("http://host", default_encoding=charset)


@pytest.mark.parametrize("parse", ["auto", "text"])
def test_rows_and_streams_read_alike(parse: Any) -> None:
    """A row, a call, a stream and its lines read the same text of an odd charset."""
    with FaultServer() as server, nk.Client(server.url, retry=0) as api:
        for at, charset in enumerate(("zlib", "cp1252", "utf-16")):
            head = [("Content-Type", f"text/plain; charset={charset}")]
            data = "Zürich\nBern".encode("utf-8" if charset == "zlib" else charset)
            server.when(f"/{at}", answer(data, headers=head))
        frame = api.map("/{it}", [0, 1, 2], parse=parse, progress=False)
        assert frame["result"].tolist() == ["Zürich\nBern"] * 3
        for at in range(3):
            assert api.get(f"/{at}").text == "Zürich\nBern"
            assert "".join(api.stream(f"/{at}").text()) == "Zürich\nBern"
            assert list(api.stream(f"/{at}").lines()) == ["Zürich", "Bern"]


def test_an_error_tells_what_the_server_said_in_its_charset() -> None:
    """The piece of an error's body is read in the charset of the answer."""
    head = {"content-type": "text/plain; charset=cp1251"}
    with FakeAPI() as fake, nk.Client(fake.url, transport=fake, retry=0) as api:
        fake.get("/x").answers(status=400, content="Ошибка".encode("cp1251"), headers=head)
        with pytest.raises(nk.APIError, match="Ошибка"):
            api.get("/x")


def test_an_answer_is_shown_in_its_charset() -> None:
    """One that nobody knows is no reason to show nothing."""
    shown = answered("Ошибка".encode("cp1251"), "text/plain; charset=cp1251")._repr_html_()
    assert "Ошибка" in shown
    assert "Zürich" in answered("Zürich".encode(), "text/plain; charset=klingon")._repr_html_()


def test_names_are_not_looked_for_without_end() -> None:
    """A name that is too long or no name at all is not even looked up."""
    codec_of.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codecs, "lookup", lambda _: pytest.fail("looked up"))
        assert codec_of("x" * 61) is None
        assert codec_of("a\nb") is None
        assert codec_of("ä") is None
    codec_of.cache_clear()
