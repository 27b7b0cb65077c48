"""Transports of one's own, mounts for some URLs, and the limits of connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from tests.behaviours import held_until_open
from tests.client.httpx.alike import Alike, answers_of
from tests.transport.proxy_double import HttpProxy

if TYPE_CHECKING:
    from notebook_kit.testing import ReceivedRequest


def _mock(text: str = "mocked") -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(200, text=f"{text} {request.url}"))


async def _app(scope: Any, receive: Any, send: Any) -> None:
    event = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"yes")]})
    await send({"type": "http.response.body", "body": event["body"] + scope["path"].encode()})


class _Own(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.closed = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        return httpx.Response(200, content=body[::-1])

    async def aclose(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(
    ("transport", "expected"),
    [
        (_mock(), "mocked http://host/x"),
        (httpx.ASGITransport(_app), "body/x"),
        (_Own(), "ydob"),
    ],
)
def test_any_transport(transport: httpx.AsyncBaseTransport, expected: str) -> None:
    """A mock, an ASGI app and a class of one's own answer single calls and maps."""
    with nk.Client("http://host", transport=transport) as api:
        assert api.post("/x", content=b"body").text == expected
        frame = api.map("/{n}", ["x"], method="POST", content=b"body", progress=False)
    nk.forget()
    assert frame["result"].map(lambda it: it if isinstance(it, str) else it.decode()).tolist() == [
        expected
    ]


def test_a_transport_is_closed_with_its_client() -> None:
    """As in httpx, closing the client closes the transports that it was given, once."""
    one, two = _Own(), _Own()
    client = nk.Client("http://host", transport=one, mounts={"https://": two})
    client.close()
    client.close()
    assert (one.closed, two.closed) == (1, 1)


def test_httpx_own_transport(server: FaultServer) -> None:
    """httpx's own transport is used as it is, its retries of connecting too."""
    transport = httpx.AsyncHTTPTransport(retries=2, limits=httpx.Limits(max_connections=1))
    with nk.Client(server.url, transport=transport) as api:
        assert api.get("/x").text == "fine"
        assert api.get("/x").text == "fine"
    assert server.connections.opened == 1


def test_errors_of_a_transport() -> None:
    """Errors of httpx become the kit's; others come out as they are."""
    errors = [httpx.ReadTimeout("slow"), httpx.ConnectError("none"), LookupError("mine")]

    def fail(_request: httpx.Request) -> httpx.Response:
        raise errors.pop(0)

    with nk.Client("http://host", transport=httpx.MockTransport(fail), retry=0) as api:
        for expected in (nk.RequestTimeout, nk.ConnectionFailed, LookupError):
            with pytest.raises(expected):
                api.get("/x")


@pytest.mark.parametrize("transport", [httpx.HTTPTransport(), 7, httpx.AsyncHTTPTransport, _app])
def test_what_is_no_transport_is_refused(transport: Any) -> None:
    """A synchronous transport, a class and a number are errors at once."""
    with pytest.raises(nk.ConfigurationError, match="transport= has"):
        nk.Client("http://host", transport=transport)
    with pytest.raises(nk.ConfigurationError, match="mounts= has"):
        nk.Client("http://host", mounts={"http://": transport})


def test_mounts(alike: Alike, server: FaultServer, other: FaultServer) -> None:
    """Each URL goes to the transport of the closest pattern, as in httpx."""
    there = other.url
    work = answers_of(
        lambda client: client.get("/x"),
        lambda client: client.get(there + "/y"),
        lambda client: client.get("http://mock.example/z"),
        lambda client: client.get("http://sub.mock.example/z"),
        lambda client: client.get("https://any.example/"),
    )
    both = alike(
        work,
        mounts=lambda: {
            "http://mock.example": _mock("exact"),
            "all://*.mock.example": _mock("below"),
            "https://": _mock("secure"),
        },
    )
    assert [it.text.split()[0] for it in both.answers] == [
        "fine",
        "other",
        "exact",
        "below",
        "secure",
    ]


def test_credentials_stay_with_their_origin_in_mounts(server: FaultServer) -> None:
    """A mounted transport sees no key that belongs to another origin."""
    seen: list[httpx.Request] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    server.when("/go", answer(status=302, headers=[("location", "http://mock.example/")]))
    with nk.Client(
        server.url,
        headers={"x-api-key": "k"},
        mounts={"http://mock.example": httpx.MockTransport(look)},
        follow_redirects=True,
    ) as api:
        api.get("/go")
    assert "x-api-key" not in seen[0].headers


def test_a_mount_of_none_goes_without_a_proxy(
    variant: str, server: FaultServer, other: FaultServer
) -> None:
    """A mount of None takes some URLs out of the proxy, as in httpx."""
    with HttpProxy() as proxy:
        work = answers_of(
            lambda client: client.get("/x"), lambda client: client.get(other.url + "/y")
        )
        mounts = {f"all://127.0.0.1:{other.port}": None}
        Alike(variant, [server, other])(work, proxy=proxy.url, mounts=mounts)
        lines = [head.split(b"\r\n")[0] for head in proxy.heads]
    assert lines == [f"GET {server.url}/x HTTP/1.1".encode()] * 2


@pytest.mark.parametrize("mounts", [{"host": None}, {7: None}, [("http://", None)], 7])
def test_what_is_no_mounts_is_refused(mounts: Any) -> None:
    """A pattern without a scheme, and what is no mapping, are errors at once."""
    with pytest.raises(nk.ConfigurationError, match="mounts="):
        nk.Client("http://host", mounts=mounts)


def _slowly(_request: ReceivedRequest) -> Any:
    return answer("fine", delay_s=0.05)


def _at_once(client: nk.Client, count: int) -> None:
    async def main() -> None:
        await asyncio.gather(*(client.get("/x") for _ in range(count)))
        await client.close()

    asyncio.run(main())


def test_limits(alike: Alike, server: FaultServer) -> None:
    """httpx.Limits bounds the connections, as max_connections does."""
    server.when("/x", lambda _: held_until_open(server, 2, answer("fine")))
    _at_once(alike.kit(limits=httpx.Limits(max_connections=2)), 6)
    assert server.connections.peak == 2
    assert len(server.requests) == 6


def test_limits_without_a_bound(alike: Alike, server: FaultServer) -> None:
    """httpx.Limits() bounds nothing, and neither does it lower max_concurrency of a map."""
    server.when("*", _slowly)
    client = alike.kit(limits=httpx.Limits())
    assert "any number of connections" in repr(client)
    run = client.map("/{n}", range(150), max_concurrency=150, progress=False)
    run.result()
    assert not run.snapshot().notices
    client.close()
    nk.forget()
    assert server.connections.peak > 100


def test_limits_of_keeping(alike: Alike, server: FaultServer) -> None:
    """keepalive_expiry of httpx.Limits closes idle connections after that time."""
    client = alike.kit(limits=httpx.Limits(keepalive_expiry=0.05))
    client.get("/x").result()
    assert server.connections.wait_ended(1, within_s=20)
    client.close()


def test_maps_are_bounded_by_limits(alike: Alike) -> None:
    """The concurrency of a map is lowered to what httpx.Limits allows, and says so."""
    client = alike.kit(limits=httpx.Limits(max_connections=3))
    run = client.map("/{n}", range(3), max_concurrency=9, progress=False)
    run.result()
    assert "max_concurrency=9 was lowered to 3" in run.snapshot().notices[0]
    client.close()
    nk.forget()


@pytest.mark.parametrize("name", ["max_connections", "max_keepalive_connections"])
def test_limits_said_twice_are_refused(name: str) -> None:
    """Limits and a count that contradict each other are an error."""
    options: Any = {"limits": httpx.Limits(), name: 5}
    with pytest.raises(nk.ConfigurationError, match=f"limits= and {name}= say the same"):
        nk.Client("http://host", **options)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (5, "limits= is a int"),
        (httpx.Limits(max_connections=0), "max_connections=0"),
        (httpx.Limits(keepalive_expiry=-1), "keepalive_expiry=-1"),
    ],
)
def test_what_is_no_limits_is_refused(limits: Any, said: str) -> None:
    """Limits that cannot work are an error at once."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host", limits=limits)
