"""Redirects: methods, bodies, targets and limits, as httpx follows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.httpx.alike import Alike, answers_of, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.testing import Behaviour, FaultServer, ReceivedRequest


def _to(where: str, status: int = 302, **more: str) -> Behaviour:
    headers = [("location", where), *more.items()]
    return answer("moved", status=status, headers=headers)


def _chosen(request: ReceivedRequest) -> Behaviour:
    """Answer /to/302 with a redirect of that status."""
    _, _, status = request.path.rpartition("/")
    return _to("/there", int(status)) if status.isdigit() else answer("there")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_methods_and_bodies(alike: Alike, server: FaultServer, method: str, status: int) -> None:
    """The method becomes GET where httpx makes it one, and the body goes along where it is kept."""
    server.when("*", _chosen)
    body = {"content": b"body"} if method in ("POST", "PUT", "PATCH") else {}
    both = alike(
        answers_of(lambda client: client.request(method, f"/to/{status}", **body)),
        follow_redirects=True,
    )
    last = both.seen[0][-1]
    assert last.line.endswith(b" /there HTTP/1.1")
    if status in (307, 308):
        assert last.line.startswith(method.encode())
        assert last.body == body.get("content", b"")
    assert [it.status_code for it in both.answers[0].history] == [status]


@pytest.mark.parametrize(
    "where",
    ["/there", "there", "../there", "/x?a=1&a=%7e", "//127.0.0.1:{port}/x", "/ü?ö=1", "/x y"],
)
def test_targets(alike: Alike, server: FaultServer, where: str) -> None:
    """Relative, odd and non-ASCII targets lead where httpx goes."""
    server.when("/a/b", _to(where.format(port=server.port)))
    work = answers_of(lambda client: client.get("/a/b"))
    assert len(alike(work, follow_redirects=True).seen[0]) == 2


def test_a_fragment_is_kept(alike: Alike, server: FaultServer) -> None:
    """The fragment of the first URL is carried on, unless the target has its own."""
    server.when("/one", _to("/x"))
    server.when("/two", _to("/x#theirs"))
    both = alike(
        answers_of(
            lambda client: client.get(f"{server.url}/one#mine"),
            lambda client: client.get(f"{server.url}/two#mine"),
        ),
        follow_redirects=True,
    )
    assert [it.url.fragment for it in both.answers] == ["mine", "theirs"]


def test_not_followed(alike: Alike, server: FaultServer) -> None:
    """A redirect that is not followed is the answer, with the request that it asks for."""
    server.when("/go", _to("/there"))
    both = alike(answers_of(lambda client: client.post("/go", content=b"x")))
    (only,) = both.answers
    assert only.next_request is not None
    assert (only.next_request.method, only.next_request.url.path) == ("GET", "/there")


def test_followed_by_one_call(alike: Alike, server: FaultServer) -> None:
    """follow_redirects of a call wins over the client's, both ways."""
    server.when("/go", _to("/there"))
    work = answers_of(
        lambda client: client.get("/go", follow_redirects=True),
        lambda client: client.get("/go", follow_redirects=False),
        lambda client: client.get("/go"),
    )
    for everywhere, expected in ((False, [200, 302, 302]), (True, [200, 302, 200])):
        both = alike(work, follow_redirects=everywhere)
        assert [it.status_code for it in both.answers] == expected


def test_history(alike: Alike, server: FaultServer) -> None:
    """Each answer on the way is in the history, read, with its own cookies."""
    server.when("/1", _to("/2", 301, **{"set-cookie": "a=1"}))
    server.when("/2", _to("/3", 307))
    both = alike(answers_of(lambda client: client.get("/1")), follow_redirects=True)
    assert [it.text for it in both.answers[0].history] == ["moved", "moved"]
    assert [dict(seen.headers).get(b"cookie") for seen in both.seen[0]] == [None, b"a=1", b"a=1"]


def test_too_many(alike: Alike, server: FaultServer) -> None:
    """After max_redirects hops a call gives up, having sent as many requests as httpx."""
    server.when("/loop", _to("/loop"))

    async def plainly() -> None:
        async with alike.plain(follow_redirects=True, max_redirects=3) as client:
            with pytest.raises(httpx.TooManyRedirects):
                await client.get("/loop")

    run(plainly())
    wanted = len(server.requests)
    client = alike.kit(follow_redirects=True, max_redirects=3)
    said = "redirected too often. 3 redirects in a row were followed, and max_redirects= of"
    with pytest.raises(nk.RequestError, match=said):
        client.get("/loop").result()
    client.close()
    assert len(server.requests) == 2 * wanted == 8


def test_max_redirects_of_zero(alike: Alike, server: FaultServer) -> None:
    """max_redirects=0 follows none."""
    server.when("/go", _to("/x"))
    client = alike.kit(follow_redirects=True, max_redirects=0)
    with pytest.raises(nk.RequestError, match="redirected too often"):
        client.get("/go").result()
    client.close()
    assert len(server.requests) == 1


def test_authorization_stays_with_its_origin(
    variant: str, server: FaultServer, other: FaultServer
) -> None:
    """Authorization is not taken along to another origin, but within its own."""
    server.when("/out", _to(other.url + "/x"))
    server.when("/in", _to("/x"))
    alike = Alike(variant, [server, other])
    both = alike(
        answers_of(lambda client: client.get("/out"), lambda client: client.get("/in")),
        follow_redirects=True,
        headers={"authorization": "Bearer abc"},
    )
    inside, outside = both.seen
    assert [b"authorization" in dict(seen.headers) for seen in inside] == [True, True, True]
    assert [b"authorization" in dict(seen.headers) for seen in outside] == [False]


def test_other_credentials_stay_too(variant: str, server: FaultServer, other: FaultServer) -> None:
    """A difference to httpx: x-api-key and cookies of the client stay with their origin as well."""
    server.when("/out", _to(other.url + "/x"))
    options: dict[str, Any] = {"headers": {"x-api-key": "k"}, "cookies": {"session": "s"}}
    alike = Alike(variant, [server, other])

    async def plainly() -> None:
        async with alike.plain(follow_redirects=True, **options) as client:
            await client.get("/out")

    run(plainly())
    client = alike.kit(follow_redirects=True, **options)
    client.get("/out").result()
    client.close()
    theirs, ours = other.requests
    assert theirs.header("x-api-key") == b"k"
    assert theirs.header("cookie") == b"session=s"
    assert (ours.header("x-api-key"), ours.header("cookie")) == (None, None)


@pytest.mark.parametrize("where", ["ftp://host/x", "http://127.0.0.1:99999/x", "mailto:me"])
def test_a_target_that_cannot_be_asked(alike: Alike, server: FaultServer, where: str) -> None:
    """A target that is no usable URL is an error, and not another request."""
    server.when("/go", _to(where))
    client = alike.kit(follow_redirects=True)
    with pytest.raises(nk.RequestError) as caught:
        client.get("/go").result()
    client.close()
    assert "redirect" in str(caught.value)
    assert len(server.requests) == 1


def test_a_body_that_is_gone_is_not_sent_again(alike: Alike, server: FaultServer) -> None:
    """A generator that was sent cannot be sent to where a 307 leads: an error says so."""
    server.when("/go", _to("/x", 307))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"body"

    client = alike.kit(follow_redirects=True)
    with pytest.raises(nk.ConfigurationError, match="read once only"):
        client.post("/go", content=pieces()).result()
    client.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "options",
    [{"follow_redirects": "yes"}, {"max_redirects": -1}, {"max_redirects": 1.5}],
)
def test_what_cannot_work_is_refused(options: dict[str, Any]) -> None:
    """Wrong types are an error when the client is made."""
    with pytest.raises(nk.ConfigurationError, match=next(iter(options))):
        nk.Client("http://host", **options)
