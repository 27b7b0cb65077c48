"""What comes of a single call is the same on the short way and on the full one."""

from __future__ import annotations

import gzip
import logging
import pickle
import random
import zlib
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import (
    Behaviour,
    FaultServer,
    HangUp,
    Send,
    answer,
    answer_chunked,
    answer_with_leftover,
    close_without_answer,
    garbage,
    half_body,
    half_chunk,
    never_answer,
    reset_after_headers,
    reset_before_headers,
    reset_within_body,
    reset_within_headers,
    stall_mid_body,
)
from tests.client.fast.ways import both_ways, httpx_sends, of_call, of_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.testing import Reaction

JSON = [("Content-Type", "application/json")]
ZIPPED = [*JSON, ("Content-Encoding", "gzip")]
DOCUMENT = b'{"city": "Z\xc3\xbcrich", "runways": [3, 2.5, null]}'


def _raw(data: bytes) -> Behaviour:
    return Behaviour([Send(data), HangUp()])


#: What a server may do with a request for /x, one reaction for each attempt; the last one stays.
ANSWERS: dict[str, list[Reaction]] = {
    "json": [answer(DOCUMENT, headers=JSON)],
    "empty": [answer(headers=JSON)],
    "no type": [answer("plain")],
    "text": [answer("grüezi", headers=[("Content-Type", "text/plain; charset=latin-1")])],
    "odd charset": [answer("hello", headers=[("Content-Type", "text/plain; charset=klingon")])],
    "bytes": [answer(bytes(range(256)), headers=[("Content-Type", "image/png")])],
    "big": [answer(b"[" + b"1," * 300_000 + b"1]", headers=JSON)],
    "created": [answer(DOCUMENT, status=201, headers=JSON)],
    "no content": [answer(status=204)],
    "not modified": [answer(status=304)],
    "multiple choices": [answer("choose", status=300)],
    "odd status": [answer("?", status=299, reason="Odd Thing")],
    "no reason": [Behaviour([Send(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok")])],
    "not json": [answer("{no", headers=JSON)],
    "nan": [answer("[NaN, Infinity, -0.0, 1e400]", headers=JSON)],
    "marked": [answer(b"\xef\xbb\xbf[1]", headers=JSON)],
    "wide": [answer('{"a": "ü"}'.encode("utf-16"), headers=JSON)],
    "problem": [answer(b"{}", headers=[("Content-Type", "application/problem+json; a=b")])],
    "two types": [answer(b"[1]", headers=[*JSON, ("content-type", "text/plain")])],
    "latin header": [answer(b"[1]", headers=[(b"X-Name", b"Z\xfcrich"), *JSON])],
    "repeated": [answer(b"[1]", headers=[("X-A", "1"), ("x-a", "2"), *JSON])],
    "cookie": [answer(b"[1]", headers=[*JSON, ("Set-Cookie", "a=b; Path=/")])],
    "limits": [answer(b"[1]", headers=[*JSON, ("X-RateLimit-Remaining", "1000")])],
    "zipped": [answer(gzip.compress(DOCUMENT), headers=ZIPPED)],
    "deflated": [answer(zlib.compress(DOCUMENT), headers=[*JSON, ("Content-Encoding", "deflate")])],
    "zipped twice": [
        answer(
            gzip.compress(gzip.compress(DOCUMENT)),
            headers=[*JSON, ("Content-Encoding", "gzip, gzip")],
        )
    ],
    "badly zipped": [answer(DOCUMENT, headers=ZIPPED)],
    "cut zip": [answer(gzip.compress(DOCUMENT)[:-9], headers=ZIPPED)],
    "empty zip": [answer(b"", headers=ZIPPED)],
    "strange coding": [answer(DOCUMENT, headers=[*JSON, ("Content-Encoding", "rot13")])],
    "identity": [answer(DOCUMENT, headers=[*JSON, ("Content-Encoding", "identity")])],
    "chunks": [answer_chunked([DOCUMENT[:5], DOCUMENT[5:]], headers=JSON)],
    "slow chunks": [answer_chunked([DOCUMENT[:5], DOCUMENT[5:]], headers=JSON, pause_s=0.02)],
    "zipped chunks": [answer_chunked([gzip.compress(DOCUMENT)], headers=ZIPPED)],
    "closing": [answer(DOCUMENT, headers=JSON, keep_alive=False)],
    "until the end": [_raw(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[1, 2]")],
    "hint first": [
        Behaviour([Send(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"), *answer(b"[1]").steps])
    ],
    "leftover": [answer_with_leftover(b"[1]", leftover=b"HTTP/1.1 200 OK\r\n\r\n")],
    "not found": [answer('{"detail": "no such thing"}', status=404, headers=JSON)],
    "unauthorised": [answer("who?", status=401)],
    "cookie of an error": [answer("no", status=403, headers=[("Set-Cookie", "a=b")])],
    "heals": [answer(status=503), answer(DOCUMENT, headers=JSON)],
    "stays broken": [answer("sorry", status=500)],
    "refused": [answer(status=429, headers=[("Retry-After-Ms", "5")]), answer(b"[1]")],
    "unknown status": [answer("?", status=599)],
    "redirect": [answer(status=302, headers=[("Location", "/y")])],
    "redirect with a cookie": [
        answer(status=302, headers=[("Location", "/y"), ("Set-Cookie", "a=b")])
    ],
    "see other": [answer(status=303, headers=[("Location", "/y?a=b")])],
    "redirect nowhere": [answer(status=302)],
    "redirect to itself": [answer(status=307, headers=[("Location", "/x")])],
    "bad redirect": [answer(status=302, headers=[("Location", "http://127.0.0.1:99999/")])],
    "garbage": [garbage()],
    "half body": [half_body()],
    "half body with a cookie": [
        _raw(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 9\r\n\r\nhalf")
    ],
    "half body, then whole": [half_body(), answer(DOCUMENT, headers=JSON)],
    "half chunk": [half_chunk()],
    "reset": [reset_before_headers()],
    "reset within headers": [reset_within_headers()],
    "reset after headers": [reset_after_headers()],
    "reset within body": [reset_within_body()],
    "hung up": [close_without_answer()],
}
_TARGET: dict[str, list[Reaction]] = {"/y": [answer(DOCUMENT, headers=JSON)]}


#: These send a body to HEAD too, which ends the connection sooner or later.
_BODY_ANYWAY = {
    name
    for name in ANSWERS
    if name.startswith(("half", "reset", "until", "leftover", "no reason", "hint"))
}


@pytest.mark.parametrize(
    ("method", "name"),
    [("GET", name) for name in ANSWERS]
    + [("POST", name) for name in ANSWERS]
    + [("HEAD", name) for name in ANSWERS if name not in _BODY_ANYWAY],
)
def test_whatever_a_server_does(method: str, name: str) -> None:
    """Answers, errors, retries, cookies, and what the server sees are the same."""
    short, full = both_ways({"/x": ANSWERS[name], **_TARGET}, of_call(method, "/x"))
    assert short == full


@pytest.mark.parametrize("name", [name for name in ANSWERS if "redirect" in name or "see" in name])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_that_are_followed(name: str, method: str) -> None:
    """History, hops, cookies on the way and errors behind a redirect are the same."""
    act = of_call(method, "/x", headers={"x-api-key": "0123456789abcdef"})
    script = {"/x": ANSWERS[name], **_TARGET}
    short, full = both_ways(script, act, follow_redirects=True, max_redirects=3)
    assert short == full


#: What may be asked of a request.
OPTIONS: dict[str, dict[str, Any]] = {
    "params": {"params": {"q": "a b", "key": "ü/&"}},
    "headers": {"headers": {"X-Trace": "7", "accept": "text/html", "USER-AGENT": "me"}},
    "cookies of the call": {"headers": {"cookie": "session=1"}},
    "json": {"json": {"a": [1, None]}},
    "form": {"data": {"a": "b c"}},
    "content": {"content": b"x" * 100_000},
    "file": {"files": {"file": ("a.txt", b"hello")}},
    "auth": {"auth": ("me", "secret-password")},
    "no redirects": {"follow_redirects": False},
    "timeout": {"timeout": 3.5},
    "attempt_timeout": {"attempt_timeout": 5},
    "key": {"idempotency_key": "order-7"},
    "expect": {"headers": {"Expect": "100-continue"}, "content": b"abc"},
    "close": {"headers": {"Connection": "close"}},
    "target": {"extensions": {"target": b"/other"}},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_whatever_is_asked(name: str) -> None:
    """Each option of a call gives the same bytes on the wire and the same answer."""
    script: dict[str, list[Reaction]] = {"*": [answer(DOCUMENT, headers=JSON)]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._multipart.os.urandom", lambda count: b"b" * count)
        short, full = both_ways(script, of_call("POST", "/x", **OPTIONS[name]))
    assert short == full


#: What may hold for a whole client.
CLIENTS: dict[str, dict[str, Any]] = {
    "headers": {"headers": {"x-api-key": nk.Secret("0123456789abcdef"), "X-A": "1"}},
    "params": {"params": {"version": "1", "token": "0123456789abcdef"}},
    "auth": {"auth": ("me", "secret-password")},
    "cookies": {"cookies": {"session": "1"}},
    "hooks": {"event_hooks": {"response": [lambda _response: None]}},
    "timeout": {"timeout": None},
    "breaker": {"breaker": True},
    "rate": {"rate": "1000/s"},
}


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("answered", ["json", "cookie", "not found", "redirect", "reset"])
def test_whatever_holds_for_a_client(name: str, answered: str) -> None:
    """Each option of a client gives the same bytes on the wire and the same answer."""
    script = {"/x": ANSWERS[answered], **_TARGET}
    short, full = both_ways(script, of_call("GET", "/x"), **CLIENTS[name])
    assert short == full


@pytest.mark.parametrize(
    "path",
    [
        *("x", "/x", "/a%20b", "/a b", "/ü", "/a/../b", "/.x", "/a//b", "/~a", "/a:b", "a:b"),
        *("/a?b=c", "/a?b=c d", "?a=b", "/a#b", "/a;b,c", "/%zz", "/%7e", "/a|b", "/a'b", '/a"b'),
        *("", "/"),
    ],
)
def test_whatever_the_path(path: str) -> None:
    """A path goes out in the same bytes, whatever httpx makes of it."""
    short, full = both_ways({"*": [answer(b"[1]", headers=JSON)]}, of_call("GET", path))
    assert short == full


@pytest.mark.parametrize("behaviour", [never_answer(), stall_mid_body()], ids=["head", "body"])
def test_silence(behaviour: Behaviour) -> None:
    """A server that falls silent ends both ways in the same error."""
    options: dict[str, Any] = {"timeout": 0.15, "retry": 0}
    short, full = both_ways({"/x": [behaviour]}, of_call("GET", "/x"), **options)
    assert short == full
    assert short["made"]["class"] == "RequestTimeout"
    short, full = both_ways({"*": [behaviour]}, of_map("/{n}", [1]), **options)
    assert short == full


def test_a_server_that_is_not_there() -> None:
    """What cannot be connected to gives the same error."""
    script: dict[str, list[Reaction]] = {"*": [answer()]}
    act = of_call("GET", "http://127.0.0.1:1/x")
    short, full = both_ways(script, act)
    assert short == full
    assert short["made"]["class"] == "ConnectionFailed"


@pytest.mark.parametrize("name", ["json", "zipped", "chunks", "no content", "text"])
def test_an_ordinary_answer_costs_httpx_nothing(name: str) -> None:
    """The short way is taken by calls and by maps, though some text is read by httpx."""
    with httpx_sends() as seen:
        assert _on_short_way(name, of_call("GET", "/x"))["class"] == "Response"
        assert _on_short_way(name, of_map("/{x}", ["x", "x"]))["told"][1][0] == "ok"
    assert seen == (["/x", "/x"] if name == "text" else [])


def test_httpx_is_asked_about_the_unusual() -> None:
    """An answer that sets a cookie is given to httpx, and from then on so is everything."""
    with httpx_sends() as seen:
        _on_short_way("cookie", of_map("/{x}", ["x", "x"]))
    assert seen == ["/x", "/x"]


def test_cookies_for_elsewhere_are_looked_through() -> None:
    """Headers of cookies go to another origin in the same bytes, where a client's would be left."""
    with FaultServer() as elsewhere:
        elsewhere.when("*", answer(b"[1]", headers=JSON))
        headers = [("cookie", "a=1"), ("cookie", "b=2; c=3")]
        act = of_call("GET", f"{elsewhere.url}/x", headers=headers)
        short, full = both_ways({"*": [answer()]}, act)
        heads = [request.head for request in elsewhere.requests]
    assert short == full
    assert heads[0] == heads[1]


def test_the_time_that_an_answer_took_is_told_whoever_reads_it() -> None:
    """`elapsed` counts from the sending, for ordinary answers and for those that httpx is given."""
    slow = answer(b"[1]", headers=JSON, delay_s=0.05)
    cookie = answer(b"[1]", headers=[("Set-Cookie", "a=b")], delay_s=0.05)
    led = answer(status=302, headers=[("Location", "/slow")], delay_s=0.05)
    with FaultServer() as server:
        for path, behaviour in {"/slow": slow, "/cookie": cookie, "/led": led}.items():
            server.when(path, behaviour)
        for path in ("/slow", "/cookie", "/led"):
            client = nk.Client(server.url, follow_redirects=True)
            answered = client.get(path).result()
            client.close()
            for one in (answered, *answered.history):
                assert 0.05 <= one.elapsed.total_seconds() < 5


@pytest.mark.parametrize("zipped", [False, True])
def test_a_body_is_there_once(*, zipped: bool) -> None:
    """An answer holds its body, and not the pieces in which it came as well."""
    body = random.Random(1).randbytes(1_000_000)
    sent = gzip.compress(body) if zipped else body
    headers = [("Content-Encoding", "gzip")] if zipped else []
    with FaultServer() as server:
        server.when("/x", answer(sent, headers=headers))
        client = nk.Client(server.url)
        answered = client.get("/x").result()
        client.close()
    held = pickle.dumps(vars(answered.stream))
    assert answered.content == body
    assert len(held) < len(body) / 10


def test_httpx_still_logs_what_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    """Where httpx's own log is turned on it has a line for each request."""
    with caplog.at_level(logging.INFO, logger="httpx"):
        _on_short_way("json", of_call("GET", "/x"))
        _on_short_way("json", of_map("/{x}", ["x", "x"]))
    assert len([record for record in caplog.records if record.name == "httpx"]) == 3


def _on_short_way(name: str, act: Callable[[nk.Client], Any]) -> Any:
    """Return what becomes of an act with a client of a server that answers so."""
    with FaultServer() as server:
        server.when("/x", *ANSWERS[name])
        client = nk.Client(server.url, retry=0)
        try:
            return act(client)
        finally:
            client.close()
