"""A client against httpbin, on each transport, compared with what httpx itself makes of it."""

from __future__ import annotations

import asyncio
import io
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., nk.Client]

#: Headers that differ from answer to answer.
FLEETING = ("date",)

#: What is asked: method, path, options. Each is sent by the kit and by httpx, and compared.
ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "get": ("GET", "/get", {"params": {"a": "1 2", "b": ["x", "y"], "ä": "ß/?&"}}),
    "get, query in the path": ("GET", "/get?a=1&a=2&c=%20+%2B", {}),
    "headers": ("GET", "/headers", {"headers": {"X-One": "1", "x-two": "zwei"}}),
    "cookies sent": ("GET", "/cookies", {"cookies": {"a": "1", "b": "two"}}),
    "user agent": ("GET", "/user-agent", {}),
    "post json": ("POST", "/post", {"json": {"text": "Zürich ✈", "list": [1, None, 2.5, True]}}),
    "post form": ("POST", "/post", {"data": {"a": "1", "b": ["x", "y z"], "ü": "ö"}}),
    "post text": ("POST", "/post", {"content": "Grüezi"}),
    "post bytes": ("POST", "/post", {"content": bytes(range(256))}),
    "post nothing": ("POST", "/post", {}),
    "put": ("PUT", "/put", {"json": [1, 2]}),
    "patch": ("PATCH", "/patch", {"json": {"a": None}}),
    "delete": ("DELETE", "/delete", {}),
    "head": ("HEAD", "/get", {}),
    "options": ("OPTIONS", "/get", {}),
    "anything": ("GET", "/anything/%7Bnot%20a%20field%7D/a%2Fb;c=1", {}),
    "basic auth": ("GET", "/basic-auth/me/p%40ss", {"auth": ("me", "p@ss")}),
    "basic auth, wrong": ("GET", "/basic-auth/me/pass", {"auth": ("me", "word")}),
    "hidden basic auth": ("GET", "/hidden-basic-auth/me/pass", {"auth": ("me", "pass")}),
    "bearer": ("GET", "/bearer", {"headers": {"Authorization": "Bearer abcdef123456"}}),
    "bearer, none": ("GET", "/bearer", {}),
    "redirect, not followed": ("GET", "/redirect/1", {}),
    "redirect, relative": ("GET", "/relative-redirect/3", {"follow_redirects": True}),
    "redirect, absolute": ("GET", "/absolute-redirect/3", {"follow_redirects": True}),
    "redirect, post by 307": (
        "POST",
        "/redirect-to?url=/post&status_code=307",
        {"json": {"a": 1}, "follow_redirects": True},
    ),
    "redirect, post by 302": (
        "POST",
        "/redirect-to?url=/get&status_code=302",
        {"json": {"a": 1}, "follow_redirects": True},
    ),
    "cookies set": ("GET", "/cookies/set?a=1&b=2", {"follow_redirects": True}),
    "cookies deleted": ("GET", "/cookies/delete?a", {}),
    "gzip": ("GET", "/gzip", {}),
    "deflate": ("GET", "/deflate", {}),
    "brotli": ("GET", "/brotli", {"headers": {"Accept-Encoding": "br"}}),
    "utf-8": ("GET", "/encoding/utf8", {}),
    "html": ("GET", "/html", {}),
    "xml": ("GET", "/xml", {}),
    "robots": ("GET", "/robots.txt", {}),
    "json": ("GET", "/json", {}),
    "image": ("GET", "/image/png", {}),
    "image, svg": ("GET", "/image/svg", {}),
    "image, by accept": ("GET", "/image", {"headers": {"Accept": "image/webp"}}),
    "bytes": ("GET", "/bytes/1000?seed=3", {}),
    "no bytes": ("GET", "/bytes/0", {}),
    "streamed bytes": ("GET", "/stream-bytes/20000?seed=3&chunk_size=700", {}),
    "streamed lines": ("GET", "/stream/20", {}),
    "drip": ("GET", "/drip?numbytes=5&duration=0.2&delay=0", {}),
    "range": ("GET", "/range/1000?chunk_size=100", {"headers": {"Range": "bytes=10-49"}}),
    "range, beyond": ("GET", "/range/100", {"headers": {"Range": "bytes=500-"}}),
    "etag, same": ("GET", "/etag/abc", {"headers": {"If-None-Match": "abc"}}),
    "etag, other": ("GET", "/etag/abc", {"headers": {"If-None-Match": "xyz"}}),
    "cache, fresh": ("GET", "/cache/60", {}),
    "cache, not modified": ("GET", "/cache", {"headers": {"If-None-Match": "x"}}),
    "response headers": ("GET", "/response-headers?X-A=1&X-A=2&Content-Type=text/plain", {}),
    "links": ("GET", "/links/5/2", {"follow_redirects": True}),
    "delay": ("GET", "/delay/0.1", {}),
    "base64": ("GET", "/base64/R3LDvGV6aQ==", {}),
    "deny": ("GET", "/deny", {}),
    **{
        f"status {code}": ("GET", f"/status/{code}", {})
        for code in (200, 201, 204, 301, 304, 400, 401, 402, 404, 406, 418, 429, 500, 503)
    },
}


def _facts(response: httpx.Response) -> dict[str, Any]:
    """Return all that is to be the same, whatever has carried it."""
    return {
        "status": (response.status_code, response.reason_phrase, response.http_version),
        "headers": [
            (name, value) for name, value in response.headers.multi_items() if name not in FLEETING
        ],
        "url": str(response.url),
        "history": [(it.status_code, str(it.url)) for it in response.history],
        "next": None if response.next_request is None else str(response.next_request.url),
        "cookies": dict(response.cookies),
        "content": response.content,
        "encoding": response.encoding,
        "sent": (response.request.method, str(response.request.url), _body(response.request)),
        "downloaded": response.num_bytes_downloaded,
    }


def _body(request: httpx.Request) -> bytes | None:
    try:
        return request.content
    except httpx.RequestNotRead:  # as it is behind a redirect
        return None


async def _by_httpx(url: str, method: str, path: str, options: dict[str, Any]) -> dict[str, Any]:
    options = dict(options)
    cookies = options.pop("cookies", None)
    async with httpx.AsyncClient(base_url=url, trust_env=False, cookies=cookies) as client:
        response = await client.request(method, path, **options)
    return {**_facts(response), "jar": dict(client.cookies)}


async def _by_the_kit(
    client: nk.Client, method: str, path: str, options: dict[str, Any]
) -> dict[str, Any]:
    async with client:
        try:
            response = await client.request(method, path, **options)
        except nk.APIError as error:
            response = error.response
        jar = dict(client.cookies)
    for name in options.get("cookies") or {}:
        jar[name] = options["cookies"][name]
    return {**_facts(response), "jar": jar}


@pytest.mark.parametrize("name", ASKED)
def test_it_is_answered_as_httpx_answers(httpbin: str, client_of: Make, name: str) -> None:
    """Status, headers, body, history, cookies and what was sent are what httpx has, byte by byte.

    An answer of 4xx or 5xx raises the kit's error, which carries the same answer.
    """
    method, path, options = ASKED[name]

    async def main() -> tuple[dict[str, Any], dict[str, Any]]:
        ours = await _by_the_kit(client_of(httpbin, retry=0), method, path, options)
        return ours, await _by_httpx(httpbin, method, path, options)

    ours, theirs = asyncio.run(main())
    assert ours == theirs


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, nk.AuthenticationError),
        (403, nk.PermissionDenied),
        (404, nk.NotFound),
        (409, nk.Conflict),
        (418, nk.APIError),
        (429, nk.RateLimited),
        (500, nk.ServerError),
        (503, nk.ServerError),
    ],
)
def test_statuses_raise_errors_of_their_own(
    httpbin: str, client_of: Make, code: int, error: type[nk.APIError]
) -> None:
    """Each kind of refusal is an error that can be caught by its name."""
    with client_of(httpbin, retry=0) as client, pytest.raises(error) as raised:
        client.get(f"/status/{code}")
    assert raised.value.status_code == code


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
def test_digest_auth(httpbin: str, client_of: Make, algorithm: str) -> None:
    """The challenge is answered with ``qop=auth``; the second call answers it without being asked.

    httpbin wants the cookie back that it has sent with its challenge.
    """
    path = f"/digest-auth/auth/me/secret/{algorithm}"
    with client_of(httpbin, auth=httpx.DigestAuth("me", "secret")) as client:
        first = client.get(path)
        assert first.json() == {"authenticated": True, "user": "me"}
        assert [it.status_code for it in first.history] == [401]
        assert client.get(path).history == []
    wrong = httpx.DigestAuth("me", "wrong")
    with client_of(httpbin, auth=wrong) as client, pytest.raises(nk.AuthenticationError):
        client.get(path)


def test_bearer_token_of_the_client(httpbin: str, client_of: Make) -> None:
    """A wrapped key is sent as it is and shown nowhere."""
    key = nk.Secret("abcdef-0123456789")
    with client_of(httpbin, headers={"Authorization": key.bearer()}) as client:
        answer = client.get("/bearer")
        assert answer.json() == {"authenticated": True, "token": key.reveal()}
        assert key.reveal() not in repr(answer.request.headers)


def test_credentials_stay_with_their_origin(
    httpbin: str, client_of: Make, demo: nk.demo.DemoServer
) -> None:
    """Behind a redirect to another origin neither header nor password is sent."""
    options = {"headers": {"x-api-key": "abc"}, "auth": ("me", "pass"), "follow_redirects": True}
    with client_of(httpbin, **options) as client:
        here = client.get("/redirect-to", params={"url": "/headers"}).json()["headers"]
        echo = client.get("/redirect-to", params={"url": f"{demo.url}/echo"}).json()
    there = dict(echo["headers"])
    assert here["X-Api-Key"] == "abc"
    assert here["Authorization"].startswith("Basic ")
    assert "user-agent" in there
    assert not {"x-api-key", "authorization"} & there.keys()


def test_parameters_are_put_behind_those_of_the_path(httpbin: str, client_of: Make) -> None:
    """Where httpx drops the query of the path when there are parameters, the kit keeps both."""
    with client_of(httpbin) as client:
        said = client.get("/get?a=1", params={"b": "2"}).json()
    assert said["args"] == {"a": "1", "b": "2"}


def test_too_many_redirects(httpbin: str, client_of: Make) -> None:
    """More redirects than allowed are an error that says how many were followed."""
    with client_of(httpbin, follow_redirects=True, max_redirects=3) as client:
        assert client.get("/redirect/3").json()["url"].endswith("/get")
        with pytest.raises(nk.RequestError, match="redirect"):
            client.get("/redirect/4")


def test_cookies_are_kept_and_deleted(httpbin: str, client_of: Make) -> None:
    """What one answer sets the next request sends, until an answer takes it away."""
    with client_of(httpbin, follow_redirects=True) as client:
        assert client.get("/cookies").json() == {"cookies": {}}
        client.get("/cookies/set", params={"a": "1", "b": "2"})
        assert client.get("/cookies").json() == {"cookies": {"a": "1", "b": "2"}}
        client.get("/cookies/delete", params={"a": ""})
        assert client.get("/cookies").json() == {"cookies": {"b": "2"}}


def test_files(httpbin: str, client_of: Make) -> None:
    """Files and fields go in one multipart body; a file object is read."""
    files = {
        "one": ("name ü.txt", b"first", "text/plain"),
        "two": io.BytesIO(b"second"),
    }
    with client_of(httpbin) as client:
        said = client.post("/post", data={"field": "value"}, files=files).json()
    assert said["files"] == {"one": "first", "two": "second"}
    assert said["form"] == {"field": "value"}
    assert said["headers"]["Content-Type"].startswith("multipart/form-data; boundary=")


def test_a_body_of_pieces(httpbin: str, client_of: Make) -> None:
    """An iterable of bytes, async or not, is sent in chunks and arrives whole."""

    async def pieces() -> Any:
        for number in range(3):
            yield b"%d," % number

    with client_of(httpbin) as client:
        for content in (pieces(), iter([b"0,", b"1,", b"2,"])):
            said = client.post("/post", content=content, headers={"Content-Type": "text/plain"})
            assert said.json()["data"] == "0,1,2,"


def test_a_large_body_there_and_back(httpbin: str, client_of: Make) -> None:
    """A megabyte is sent and comes back inside JSON, unchanged."""
    text = "0123456789abcdef" * 65_536
    with client_of(httpbin) as client:
        assert client.post("/post", content=text).json()["data"] == text


@at_any_pace
def test_silence_runs_into_the_timeout(pace: float, httpbin: str, client_of: Make) -> None:
    """A server that does not answer in time is a `RequestTimeout`, soon."""
    limit_s = min(0.3 * pace, 3.0)
    with client_of(httpbin, retry=0, timeout=limit_s) as client:
        began = time.monotonic()
        with pytest.raises(nk.RequestTimeout) as raised:
            client.get("/delay/5")
        assert raised.value.phase == "read"
        # It would have answered after that.
        assert time.monotonic() - began < 5
        # Bytes that drip in keep a request alive however long it takes as a whole,
        drip = f"/drip?numbytes=6&duration={3 * limit_s}&delay=0"
        assert len(client.get(drip).content) == 6
        # and a limit of the whole ends it.
        with pytest.raises(nk.RequestTimeout):
            client.get("/drip?numbytes=20&duration=4&delay=0", attempt_timeout=0.5)


def test_what_is_not_modified(httpbin: str, client_of: Make) -> None:
    """The entity tag of one answer makes the next one a 304 without a body."""
    with client_of(httpbin) as client:
        tag = client.get("/etag/abc").headers["etag"]
        again = client.get("/etag/abc", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_links_are_followed_one_by_one(httpbin: str, client_of: Make) -> None:
    """Pages that link to each other are fetched over one connection."""
    with client_of(httpbin) as client:
        for number in range(5):
            assert client.get(f"/links/5/{number}").text.count("<a href") == 4
        opened = client.stats.connections_opened
    assert opened in {None, 1}


def test_a_map_over_many_paths(httpbin: str, client_of: Make) -> None:
    """Good, failing, redirecting, compressed and slow paths: a row each, in order, 50 at once."""
    paths = ["get", "gzip", "brotli", "deflate", "status/404", "status/204", "delay/0.05", "json"]
    expected = {"status/404": ("failed", 404), "status/204": ("ok", 204)}
    with client_of(httpbin, retry=0) as client:
        frame = client.map("/{path:path}", paths * 40, max_concurrency=50, progress=False)
        stats = client.stats
    assert len(frame) == 320
    for path, status, code in zip(paths * 40, frame["status"], frame["status_code"], strict=True):
        assert (status, code) == expected.get(path, ("ok", 200)), path
    assert frame["result"].iloc[1]["gzipped"] is True
    assert frame["result"].iloc[2]["brotli"] is True
    assert frame["result"].iloc[5] is None
    assert stats.requests == 320
    assert stats.most_in_flight <= 50


def test_a_map_of_bodies(httpbin: str, client_of: Make) -> None:
    """Bodies made of rows arrive as they are, and their answers in order."""
    with client_of(httpbin) as client:
        frame = client.map(
            "/anything/{item}",
            list(range(100)),
            method="POST",
            json=lambda number: {"number": number, "text": "ü" * number},
            max_concurrency=20,
            progress=False,
        )
    answers = [answer["json"] for answer in frame["result"]]
    assert answers == [{"number": n, "text": "ü" * n} for n in range(100)]


def test_a_cut_body_is_an_error(httpbin: str, client_of: Make) -> None:
    """An image is not JSON: the error says what came, and the answer can still be looked at."""
    with client_of(httpbin) as client:
        image = client.get("/image/png")
        assert image.content.startswith(b"\x89PNG")
        assert image.media_type == "image/png"
        with pytest.raises(nk.DecodeError):
            image.json()
