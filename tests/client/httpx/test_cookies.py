"""Cookies: kept, sent by the rules of domain and path, replaced and deleted, as httpx does."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.httpx.alike import Alike, answers_of

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, FaultServer, ReceivedRequest
    from tests.client.httpx.alike import Both


def _sent(both: Both) -> list[bytes | None]:
    return [dict(seen.headers).get(b"cookie") for seen in both.seen[0]]


def _setting(request: ReceivedRequest) -> Behaviour:
    """Set the cookies that the query names, one after the other."""
    said = request.target.partition("?")[2]
    return answer(headers=[("set-cookie", it.replace("+", "; ")) for it in said.split("&") if it])


def _jar() -> httpx.Cookies:
    jar = httpx.Cookies()
    jar.set("mine", "1", path="/a")
    jar.set("everywhere", "2")
    jar.set("elsewhere", "3", domain="other.example")
    return jar


@pytest.mark.parametrize(
    "cookies",
    [{"a": "1", "b": "2"}, [("a", "1"), ("b", "2")], httpx.Cookies({"a": "1", "b": "2"})],
)
def test_forms(alike: Alike, cookies: Any) -> None:
    """A dict, a list of pairs and an httpx.Cookies are the same, for a client and for a call."""
    assert _sent(alike(answers_of(lambda client: client.get("/x")), cookies=cookies)) == [
        b"a=1; b=2"
    ]


def test_a_jar_of_the_standard_library(alike: Alike) -> None:
    """A CookieJar is taken as it is."""
    jar = httpx.Cookies({"a": "1"}).jar
    assert isinstance(jar, CookieJar)
    assert _sent(alike(answers_of(lambda client: client.get("/x")), cookies=jar)) == [b"a=1"]


def test_domains_and_paths(alike: Alike) -> None:
    """A cookie goes where its domain and its path say."""
    work = answers_of(
        lambda client: client.get("/a/x"),
        lambda client: client.get("/ab"),
        lambda client: client.get("/"),
    )
    sent = _sent(alike(work, cookies=_jar))
    assert sent == [b"mine=1; everywhere=2", b"everywhere=2", b"everywhere=2"]


@pytest.mark.filterwarnings("ignore:Setting per-request cookies:DeprecationWarning")
def test_cookies_of_one_call(alike: Alike) -> None:
    """Cookies of a call are put to those of the client, and are not kept."""
    work = answers_of(
        lambda client: client.get("/x", cookies={"b": "2"}),
        lambda client: client.get("/x", cookies={"a": "9"}),
        lambda client: client.get("/x"),
    )
    sent = _sent(alike(work, cookies={"a": "1"}))
    assert sent[0] == b"a=1; b=2"
    assert sent[2] == b"a=1"


def test_what_answers_set_is_kept(alike: Alike, server: FaultServer) -> None:
    """Cookies of answers come back with later requests, by their paths, until they are deleted."""
    server.when("*", _setting)
    work = answers_of(
        lambda client: client.get("/x?a=1&b=2+Path=/sub"),
        lambda client: client.get("/x"),
        lambda client: client.get("/sub/x?a=3+Path=/"),
        lambda client: client.get("/x?a=gone+Max-Age=0"),
        lambda client: client.get("/x"),
        lambda client: client.get("/sub/"),
    )
    both = alike(work)
    assert _sent(both) == [None, b"a=1", b"b=2; a=1", b"a=3", None, b"b=2"]
    assert dict(both.answers[0].cookies) == {"a": "1", "b": "2"}


def test_foreign_and_secure_cookies_are_left_out(alike: Alike, server: FaultServer) -> None:
    """A cookie for another domain is not taken, and a secure one is not sent without TLS."""
    server.when("*", _setting)
    work = answers_of(
        lambda client: client.get("/x?a=1+Domain=other.example&b=2+Secure"),
        lambda client: client.get("/x"),
    )
    assert _sent(alike(work)) == [None, None]


def test_a_refusal_sets_cookies_too(alike: Alike, server: FaultServer) -> None:
    """Cookies of an answer of 4xx are kept, although it raises."""
    server.when("/no", answer(status=403, headers=[("set-cookie", "a=1")]))
    work = answers_of(lambda client: client.get("/no"), lambda client: client.get("/x"))
    assert _sent(alike(work)) == [None, b"a=1"]


def test_the_jar_of_a_client(variant: str, server: FaultServer) -> None:
    """client.cookies is the jar: it is read, changed and cleared between calls, values hidden."""
    server.when("*", _setting)
    alike = Alike(variant, [server])
    client = alike.kit()
    client.get("/x?secret=hunter2").result()
    assert dict(client.cookies) == {"secret": "hunter2"}
    assert "hunter2" not in repr(client.cookies)
    client.cookies.set("more", "1")
    client.get("/x").result()
    client.cookies.delete("secret")
    client.get("/x").result()
    client.cookies.clear()
    client.get("/x").result()
    client.close()
    sent = [request.header("cookie") for request in server.requests]
    assert sent[1:] == [b"secret=hunter2; more=1", b"more=1", None]


def test_a_cookie_header_of_ones_own(alike: Alike) -> None:
    """A Cookie header is sent as it is where the client has no cookies."""
    work = answers_of(lambda client: client.get("/x", headers={"cookie": "raw=1"}))
    assert _sent(alike(work)) == [b"raw=1"]


@pytest.mark.parametrize("cookies", [7, "a=1", ["a"], {"a": 1}, {1: "a"}])
def test_what_is_no_cookies_is_refused(cookies: Any) -> None:
    """Wrong cookies are an error when the client is made."""
    with pytest.raises(nk.ConfigurationError, match="cookies= must be"):
        nk.Client("http://host", cookies=cookies)
