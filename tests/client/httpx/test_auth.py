"""Credentials in all the forms that httpx takes, on the wire."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.httpx.alike import answers_of, run

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from notebook_kit.testing import Behaviour, FaultServer, ReceivedRequest
    from tests.client.httpx.alike import Alike, Both

_BASIC = b"Basic dXNlcjpwdw=="  # user:pw


def _sent(both: Both) -> list[bytes | None]:
    return [dict(seen.headers).get(b"authorization") for seen in both.seen[0]]


class _Token(httpx.Auth):
    """Asks for a token with a request of its own when it is refused."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        refused = yield request
        if refused.status_code == 401:
            ticket = yield httpx.Request("POST", request.url.join("/token"), content=refused.text)
            request.headers["authorization"] = f"Bearer {ticket.text}"
            yield request


class _Signed(httpx.Auth):
    """Signs the body of a request."""

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["x-digest"] = hashlib.sha256(request.content).hexdigest()
        yield request


class _Asynchronous(httpx.Auth):
    """Has a flow of its own for asynchronous clients."""

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        raise AssertionError

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["authorization"] = "Custom async"
        yield request


def _header(request: httpx.Request) -> httpx.Request:
    request.headers["authorization"] = "Custom function"
    return request


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (("user", "pw"), _BASIC),
        (("ü", "p:w"), b"Basic w7w6cDp3"),
        ((b"user", b"pw"), _BASIC),
        (httpx.BasicAuth("user", "pw"), _BASIC),
        (_header, b"Custom function"),
        (_Asynchronous(), b"Custom async"),
    ],
)
def test_credentials_of_a_client_and_of_a_call(alike: Alike, auth: Any, sent: bytes) -> None:
    """Each form of credentials is written as httpx writes it, for a client and for one call."""
    plainly = answers_of(lambda client: client.get("/x"))
    assert _sent(alike(plainly, auth=auth)) == [sent]
    once = answers_of(lambda client: client.get("/x", auth=auth), lambda client: client.get("/x"))
    assert _sent(alike(once)) == [sent, None]


def test_auth_none_switches_off(alike: Alike) -> None:
    """auth=None of one call sends none of the client's credentials."""
    both = alike(answers_of(lambda client: client.get("/x", auth=None)), auth=("user", "pw"))
    assert _sent(both) == [None]


def test_credentials_in_a_url(alike: Alike, server: FaultServer) -> None:
    """User and password of a URL are sent as basic authentication, and auth= wins over them."""
    there = server.url.replace("http://", "http://user:pw@") + "/x"
    both = alike(
        answers_of(
            lambda client: client.get(there),
            lambda client: client.get(there, auth=("other", "pw")),
        )
    )
    assert _sent(both) == [_BASIC, b"Basic b3RoZXI6cHc="]


def test_credentials_in_the_base_url(alike: Alike, server: FaultServer) -> None:
    """User and password of a base URL go with each request."""
    base_url = server.url.replace("http://", "http://user:pw@")
    both = alike(answers_of(lambda client: client.get("/x")), base_url=base_url)
    assert _sent(both) == [_BASIC]


def test_netrc(alike: Alike, tmp_path: Path) -> None:
    """NetRCAuth finds the host in the file it is given; it is not used unasked."""
    file = tmp_path / "netrc"
    file.write_text("machine 127.0.0.1 login user password pw\n")
    work = answers_of(lambda client: client.get("/x"))
    assert _sent(alike(work, auth=lambda: httpx.NetRCAuth(str(file)))) == [_BASIC]
    assert _sent(alike(work)) == [None]


def _digest(request: ReceivedRequest, *, qop: str) -> Behaviour:
    said = request.header("authorization")
    if said is not None and _is_right(request, said.decode()):
        return answer("in")
    options = f', qop="{qop}"' if qop else ""
    challenge = f'Digest realm="here", nonce="n0", opaque="o", algorithm=MD5{options}'
    return answer(status=401, headers=[("www-authenticate", challenge), ("set-cookie", "s=1")])


def _is_right(request: ReceivedRequest, said: str) -> bool:
    given: dict[str, str] = {key: text or bare for key, text, bare in _FIELDS.findall(said)}
    first = _md5("user:here:pw")
    second = _md5(f"{request.method}:{given['uri']}")
    if "qop" not in given:
        return given["response"] == _md5(f"{first}:n0:{second}")
    middle = f"n0:{given['nc']}:{given['cnonce']}:{given['qop']}"
    return given["response"] == _md5(f"{first}:{middle}:{second}")


_FIELDS = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - what the scheme prescribes


@pytest.mark.parametrize("qop", ["auth", "auth,auth-int", ""])
def test_digest(alike: Alike, server: FaultServer, qop: str) -> None:
    """A challenge is answered, and the next request of the client answers it without being asked.

    The answer to the challenge is in the history, as in httpx.
    """
    server.when("*", lambda request: _digest(request, qop=qop))
    both = alike(
        answers_of(
            lambda client: client.post("/x?a=1", content=b"body"),
            lambda client: client.get("/y"),
        ),
        auth=lambda: httpx.DigestAuth("user", "pw"),
    )
    assert [it.status_code for it in both.answers] == [200, 200]
    assert [it.status_code for it in both.answers[0].history] == [401]
    assert [seen.body for seen in both.seen[0]] == [b"body", b"body", b""]


def test_a_refused_digest_is_the_answer(alike: Alike, server: FaultServer) -> None:
    """Wrong credentials are tried once, and the refusal is what comes of the call."""
    server.when("*", lambda request: _digest(request, qop="auth"))
    both = alike(answers_of(lambda client: client.get("/x", auth=httpx.DigestAuth("user", "no"))))
    assert [it.status_code for it in both.answers] == [401]
    assert len(both.seen[0]) == 2


def test_a_flow_of_several_requests(alike: Alike, server: FaultServer) -> None:
    """A flow may read the refusal and send a request of its own before it repeats the first."""
    server.when(
        "/x",
        lambda request: (
            answer("in")
            if request.header("authorization") == b"Bearer t-why"
            else answer("why", status=401)
        ),
    )
    server.when("/token", lambda request: answer(b"t-" + request.body))
    both = alike(answers_of(lambda client: client.get("/x")), auth=_Token)
    assert [seen.line for seen in both.seen[0]] == [
        b"GET /x HTTP/1.1",
        b"POST /token HTTP/1.1",
        b"GET /x HTTP/1.1",
    ]
    assert both.answers[0].text == "in"


def test_a_flow_that_reads_the_body(alike: Alike) -> None:
    """A flow that signs the body is given it whole, also where it is a generator."""

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"bo"
        yield b"dy"

    both = alike(
        answers_of(
            lambda client: client.post("/x", content=b"body"),
            lambda client: client.post("/x", content=pieces()),
            lambda client: client.post("/x", json={"a": 1}),
        ),
        auth=_Signed,
    )
    digests = [dict(seen.headers)[b"x-digest"] for seen in both.seen[0]]
    assert digests[0] == digests[1] == hashlib.sha256(b"body").hexdigest().encode()


def test_an_error_of_a_flow_is_the_callers(alike: Alike, server: FaultServer) -> None:
    """What a flow raises comes out of the call as it is, and nothing is sent."""

    def broken(_request: httpx.Request) -> httpx.Request:
        raise LookupError

    with pytest.raises(LookupError):
        run(alike.kit(auth=broken).get("/x"))
    assert server.requests == ()


@pytest.mark.parametrize("auth", [("a",), ("a", "b", "c"), "key", 7, ["a", "b"]])
def test_what_is_no_auth_is_refused(alike: Alike, server: FaultServer, auth: Any) -> None:
    """Wrong credentials are an error when the client or the call is made."""
    with pytest.raises(nk.ConfigurationError, match="auth= is a"):
        alike.kit(auth=auth)
    client = alike.kit()
    with pytest.raises(nk.ConfigurationError, match="auth= is a"):
        client.get("/x", auth=auth)
    client.close()
    assert server.requests == ()
