"""Answers: all that httpx's response tells, read and unread, pickled and shown."""

from __future__ import annotations

import gzip
import pickle
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer, answer_chunked
from tests.client.httpx.alike import Alike, answers_of, described

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, FaultServer


def _typed(body: bytes, kind: str) -> Behaviour:
    return answer(body, headers=[("content-type", kind)])


@pytest.mark.parametrize(
    "behaviour",
    [
        _typed("ü".encode(), "text/plain"),
        _typed("ü".encode("latin-1"), "text/plain"),
        _typed("ü".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        _typed("ü".encode(), "text/plain; charset=klingon"),
        _typed('{"a": "ü"}'.encode("utf-16"), "application/json"),
        _typed(b"", "text/plain"),
        answer(b"\xef\xbb\xbfbom"),
        answer(gzip.compress(b"packed"), headers=[("content-encoding", "gzip")]),
        answer(zlib.compress(b"packed"), headers=[("content-encoding", "deflate")]),
        answer_chunked([b"one", b"two"], headers=[("x-one", "1"), ("x-one", "2")]),
        answer(status=204),
        answer("", status=200, reason="Very Fine"),
        answer("teapot", status=418),
        answer("?", status=599, reason=""),
        answer(headers=[("link", '<https://host/2>; rel="next", </1>; rel=prev; a="b"')]),
        answer(headers=[("set-cookie", "a=1"), ("set-cookie", "b=2; Path=/y")]),
        answer(status=304),
    ],
)
def test_what_an_answer_tells(alike: Alike, server: FaultServer, behaviour: Behaviour) -> None:
    """Status, headers, body, text, links and cookies of an answer are those of httpx."""
    server.when("/x", behaviour)
    alike(answers_of(lambda client: client.get("/x"), lambda client: client.head("/x")))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "cp1251", lambda: _find])
def test_default_encoding(alike: Alike, server: FaultServer, encoding: Any) -> None:
    """Text of an answer that names no encoding is read by the client's; a named one wins."""
    server.when("/x", _typed(b"\xe4\xfc", "text/plain"))
    server.when("/y", _typed(b"\xe4\xfc", "text/plain; charset=cp1252"))
    both = alike(
        answers_of(lambda client: client.get("/x"), lambda client: client.get("/y")),
        default_encoding=encoding,
    )
    if encoding == "latin-1" or callable(encoding):
        assert both.answers[0].text == "äü"
    assert both.answers[1].text == "äü"


def _find(_body: bytes) -> str:
    return "latin-1"


def test_default_encoding_in_a_map(alike: Alike, server: FaultServer) -> None:
    """The text that a map reads is read by the client's encoding too."""
    server.when("*", _typed(b"\xe4", "text/plain"))
    client = alike.kit(default_encoding="latin-1")
    frame = client.map("/{n}", [1, 2], progress=False).result()
    client.close()
    nk.forget()
    assert frame["result"].tolist() == ["ä", "ä"]


@pytest.mark.parametrize("encoding", ["klingon", 7, None])
def test_what_is_no_encoding_is_refused(encoding: Any) -> None:
    """A difference to httpx, which reads UTF-8 then: an unknown encoding is an error at once."""
    with pytest.raises(nk.ConfigurationError, match="default_encoding="):
        nk.Client("http://host", default_encoding=encoding)


def test_an_encoding_set_by_hand(alike: Alike, server: FaultServer) -> None:
    """response.encoding may be set before text is read, and not after."""
    server.when("/x", _typed(b"\xe4", "text/plain"))
    client = alike.kit()
    response = client.get("/x").result()
    response.encoding = "latin-1"
    assert response.text == "ä"
    with pytest.raises(ValueError, match="after `text`"):
        response.encoding = "utf-8"
    client.close()


def test_elapsed(alike: Alike, server: FaultServer) -> None:
    """elapsed is the time from sending to the end of the body."""
    server.when("/x", answer_chunked([b"one"], pause_s=0.05))
    client = alike.kit()
    elapsed = client.get("/x").result().elapsed
    client.close()
    assert timedelta(seconds=0.05) <= elapsed < timedelta(seconds=5)


def test_reading_a_read_answer(alike: Alike, server: FaultServer) -> None:
    """iter_bytes, iter_text, iter_lines, read and aread work on an answer that has been read."""
    server.when("/x", _typed("one\ntwö\n".encode(), "text/plain"))
    client = alike.kit()
    response = client.get("/x").result()
    client.close()
    assert b"".join(response.iter_bytes(3)) == response.read() == "one\ntwö\n".encode()
    assert list(response.iter_text(4)) == ["one\n", "twö\n"]
    assert list(response.iter_lines()) == ["one", "twö"]
    with pytest.raises(httpx.StreamConsumed):
        list(response.iter_raw())


def test_raise_for_status(alike: Alike, server: FaultServer) -> None:
    """raise_for_status gives a good answer back, and raises httpx's error for one of 4xx."""
    server.when("/no", answer("no", status=404))
    client = alike.kit()
    good = client.get("/x").result()
    assert good.raise_for_status() is good
    with pytest.raises(nk.NotFound) as caught:
        client.get("/no").result()
    with pytest.raises(httpx.HTTPStatusError):
        caught.value.response.raise_for_status()
    client.close()


def test_statuses_raise(alike: Alike, server: FaultServer) -> None:
    """A difference to httpx: 4xx and 5xx raise; the answer is in the error."""
    server.when("/no", answer('{"detail": "no"}', status=404))
    client = alike.kit()
    with pytest.raises(nk.NotFound) as caught:
        client.get("/no").result()
    client.close()
    assert caught.value.response.json() == {"detail": "no"}


def test_pickling(alike: Alike, server: FaultServer) -> None:
    """An answer is the same after pickling, its history too."""
    server.when("/go", answer(status=302, headers=[("location", "/x")]))
    client = alike.kit(follow_redirects=True)
    response = client.get("/go").result()
    client.close()
    again = pickle.loads(pickle.dumps(response))  # noqa: S301 - it is our own
    assert type(again) is nk.Response
    before, after = described(response), described(again)
    # httpx forgets these, as it forgets the requests' bodies.
    for lost in ("history", "next"):
        before.pop(lost)
        after.pop(lost)
    before["status"] = before["status"][1:]
    after["status"] = after["status"][1:]
    assert after == before


def test_httpx_types(alike: Alike, server: FaultServer) -> None:
    """An answer is an httpx.Response, its parts httpx's own classes."""
    client = alike.kit()
    response = client.get("/x").result()
    client.close()
    assert isinstance(response, httpx.Response)
    assert isinstance(response.request, httpx.Request)
    assert isinstance(response.url, httpx.URL)
    assert isinstance(response.headers, httpx.Headers)
    assert isinstance(response.cookies, httpx.Cookies)


def test_what_is_no_json(alike: Alike, server: FaultServer) -> None:
    """A difference to httpx: json() of what is no JSON raises DecodeError, a ValueError no more."""
    client = alike.kit()
    response = client.get("/x").result()
    client.close()
    with pytest.raises(nk.DecodeError, match="not JSON"):
        response.json()
