"""A client of the caller's own, of httpx or httpx2: its settings hold, and the caller closes it."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.testing import (
    Behaviour,
    FaultServer,
    answer,
    answer_chunked,
    close_without_answer,
    half_body,
    never_answer,
    stall_mid_body,
)
from tests.client.httpx.alike import described
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from notebook_kit.testing import ReceivedRequest


@pytest.fixture(params=[httpx, httpx2], ids=["httpx", "httpx2"])
def package(request: pytest.FixtureRequest) -> ModuleType:
    """The package whose client is lent."""
    module: ModuleType = request.param
    return module


class _Lender:
    """Makes clients to lend, and closes them as a caller does: on a loop of its own."""

    def __init__(self, package: ModuleType, server: FaultServer) -> None:
        self._package = package
        self._server = server
        self.made: list[Any] = []

    def __call__(self, **options: Any) -> Any:
        options.setdefault("base_url", self._server.url)
        self.made.append(self._package.AsyncClient(**options))
        return self.made[-1]


@pytest.fixture
def lend(package: ModuleType, server: FaultServer) -> Iterator[_Lender]:
    """Make a client to lend."""
    lender = _Lender(package, server)
    yield lender
    for made in lender.made:
        asyncio.run(made.aclose())


def test_single_calls_and_maps(lend: _Lender, server: FaultServer) -> None:
    """Calls on both faces and maps are sent by the lent client, over its connections."""
    with nk.Client(http_client=lend(), retry=0) as api:
        assert api.get("/x").text == "fine"
        frame = api.map("/{n}", range(5), max_concurrency=1, progress=False)
    nk.forget()
    assert frame["result"].tolist() == ["fine"] * 5
    assert server.connections.opened == 1
    agents = [f"python-{it.__name__}/{it.__version__}".encode() for it in (httpx, httpx2)]
    assert server.requests[0].header("user-agent") in agents


def test_its_settings_hold(lend: _Lender, server: FaultServer) -> None:
    """Base URL, headers, parameters, cookies and credentials are those of the lent client."""
    lent = lend(
        base_url=server.url + "/api",
        headers={"x-mine": "1"},
        params={"a": "1", "b": "1"},
        cookies={"c": "1"},
        auth=("user", "pw"),
    )
    client = nk.Client(http_client=lent)
    client.get("/x", params={"b": "2"}, headers={"x-more": "2"}).result()
    client.get("/x?b=3").result()
    client.close()
    first, second = server.requests
    assert first.target == "/api/x?a=1&b=2"
    assert second.target == "/api/x?a=1&b=3"
    assert first.header("x-mine") == b"1"
    assert first.header("x-more") == b"2"
    assert first.header("cookie") == b"c=1"
    assert first.header("authorization") == b"Basic dXNlcjpwdw=="
    assert client.base_url == server.url + "/api/"


def test_its_later_settings_hold_too(lend: _Lender, server: FaultServer) -> None:
    """A header that the caller sets on the lent client later is sent; cookies are in one jar."""
    server.when("/set", answer(headers=[("set-cookie", "s=1")]))
    lent = lend()
    client = nk.Client(http_client=lent)
    client.get("/set").result()
    lent.headers["x-late"] = "1"
    client.get("/x").result()
    client.close()
    assert server.requests[1].header("x-late") == b"1"
    assert server.requests[1].header("cookie") == b"s=1"
    assert dict(lent.cookies) == dict(client.cookies) == {"s": "1"}


@at_any_pace
def test_its_hooks_and_timeouts_hold(pace: float, lend: _Lender, server: FaultServer) -> None:
    """Event hooks of the lent client are called, and its timeouts end a call."""
    server.when("/never", never_answer())
    told: list[str] = []

    async def hook(subject: Any) -> None:
        told.append(type(subject).__name__)

    lent = lend(timeout=0.05 * pace, event_hooks={"request": [hook], "response": [hook]})
    client = nk.Client(http_client=lent, retry=0)
    client.get("/x").result()
    with pytest.raises(nk.RequestTimeout) as caught:
        client.get("/never").result()
    client.close()
    assert caught.value.phase == "read"
    assert [it.rpartition("_")[2].lower() for it in told] == ["request", "response", "request"]


def test_redirects_are_its_own(lend: _Lender, server: FaultServer) -> None:
    """Redirects are followed as the lent client says, and its history is ours."""
    server.when("/go", answer("moved", status=302, headers=[("location", "/x")]))
    lent = lend(follow_redirects=True)
    client = nk.Client(http_client=lent)
    response = client.get("/go").result()
    stayed = client.get("/go", follow_redirects=False).result()
    client.close()
    assert response.url.path == "/x"
    assert [(type(it), it.status_code, it.text) for it in response.history] == [
        (nk.Response, 302, "moved")
    ]
    assert stayed.next_request is not None
    assert stayed.next_request.url.path == "/x"


@pytest.mark.parametrize(
    "options",
    [
        {"content": b"bytes"},
        {"json": {"a": 1}},
        {"data": {"a": ["1", "2"]}},
        {
            "files": {"f": ("n.txt", b"1")},
            "headers": {"content-type": "multipart/form-data; boundary=b"},
        },
        {"headers": httpx.Headers([("x-a", "1"), ("x-a", "2")])},
        {"params": httpx.QueryParams({"a": ["1", "2"]})},
        {"timeout": httpx.Timeout(5, read=3)},
        {"auth": ("user", "pw")},
        {"auth": lambda request: request},
        {"extensions": {"target": b"/other"}},
        {"idempotency_key": "key-1"},
    ],
)
def test_options_of_a_call(lend: _Lender, server: FaultServer, options: dict[str, Any]) -> None:
    """Each option of a call does with a lent client what it does with one of the kit's own."""
    own = nk.Client(server.url)
    own.post("/x", **options).result()
    own.close()
    client = nk.Client(http_client=lend())
    client.post("/x", **options).result()
    client.close()
    ours, theirs = server.requests
    assert theirs.line == ours.line
    assert theirs.body == ours.body
    agents = {b"user-agent", b"accept-encoding"}
    assert sorted(_lower(theirs, agents)) == sorted(_lower(ours, agents))


def _lower(request: ReceivedRequest, without: set[bytes]) -> list[tuple[bytes, bytes]]:
    pairs = [(name.lower(), value) for name, value in request.headers]
    return [pair for pair in pairs if pair[0] not in without]


def test_credentials_of_the_other_package(server: FaultServer) -> None:
    """A class of httpx is refused by a call over httpx2; one of httpx2 works in its client."""
    lent = httpx2.AsyncClient(base_url=server.url, auth=httpx2.BasicAuth("user", "pw"))
    client = nk.Client(http_client=lent, retry=0)
    with pytest.raises(nk.ConfigurationError, match=r"auth= is an httpx\.BasicAuth"):
        client.get("/x", auth=httpx.BasicAuth("user", "pw")).result()
    client.get("/x").result()
    client.close()
    asyncio.run(lent.aclose())
    assert [it.header("authorization") for it in server.requests] == [b"Basic dXNlcjpwdw=="]


@pytest.mark.filterwarnings("ignore:Setting per-request cookies")
def test_cookies_of_a_call(lend: _Lender, server: FaultServer) -> None:
    """Cookies of one call are sent beside those of the lent client."""
    client = nk.Client(http_client=lend(cookies={"a": "1"}))
    client.get("/x", cookies=httpx.Cookies({"b": "2"})).result()
    client.close()
    assert server.requests[0].header("cookie") == b"a=1; b=2"


def test_a_generator_as_body(lend: _Lender, server: FaultServer) -> None:
    """An async generator is sent in chunks."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    client = nk.Client(http_client=lend())
    client.post("/x", content=pieces()).result()
    client.close()
    assert server.requests[0].body == b"onetwo"


@pytest.mark.parametrize(
    "behaviour",
    [
        answer("ü", headers=[("content-type", "text/plain; charset=utf-8"), ("x-a", "1")]),
        answer_chunked([b"one", b"two"]),
        answer(status=204),
        answer(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0"),
        answer(
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0",
            headers=[("content-encoding", "gzip")],
        ),
        answer(headers=[("set-cookie", "a=1"), ("link", "</2>; rel=next")]),
    ],
)
def test_answers(lend: _Lender, server: FaultServer, behaviour: Behaviour) -> None:
    """An answer of a lent client tells what one of the kit's own tells."""
    server.when("/x", behaviour)
    own = nk.Client(server.url)
    expected = described(own.get("/x").result())
    own.close()
    client = nk.Client(http_client=lend())
    response = client.get("/x").result()
    client.close()
    found = described(response)
    for told in (expected, found):
        told.pop("request")
        told.pop("state")
    assert found == expected
    assert type(response) is nk.Response
    assert response.elapsed.total_seconds() > 0


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (close_without_answer(), nk.ConnectionLost),
        (half_body(), nk.ConnectionLost),
        (answer("no", status=404), nk.NotFound),
        (answer("no", status=429), nk.RateLimited),
        (answer(b"not gzip", headers=[("content-encoding", "gzip")]), nk.DecodeError),
    ],
)
def test_errors(
    lend: _Lender, server: FaultServer, behaviour: Behaviour, expected: type[Exception]
) -> None:
    """Errors of either package become the kit's."""
    server.when("/x", behaviour)
    client = nk.Client(http_client=lend(), retry=0)
    with pytest.raises(expected):
        client.get("/x").result()
    client.close()


def test_errors_of_connecting_and_redirecting(lend: _Lender, server: FaultServer) -> None:
    """A refused connection, a loop of redirects and an odd scheme are told apart."""
    server.when("/loop", answer(status=302, headers=[("location", "/loop")]))
    client = nk.Client(http_client=lend(follow_redirects=True), retry=0)
    with pytest.raises(nk.ConnectionFailed):
        client.get("http://127.0.0.1:1/").result()
    with pytest.raises(nk.RequestError, match=r"redirected too often\. 20 redirects"):
        client.get("/loop").result()
    with pytest.raises(nk.ConfigurationError):
        client.get("ftp://host/").result()
    client.close()


def test_policies_work_over_it(lend: _Lender, server: FaultServer) -> None:
    """Attempts are repeated, the same idempotency key with each, and a breaker opens."""
    server.when("/x", answer(status=500), answer("fine"))
    server.when("/down", answer(status=500))
    client = nk.Client(
        http_client=lend(),
        retry=nk.Retry(base_delay=0.001),
        breaker=nk.Breaker(failure_threshold=2, reset_timeout=60),
    )
    assert client.post("/x", json={}, idempotency_key=True).result().text == "fine"
    first, second = server.requests
    assert first.header("idempotency-key") == second.header("idempotency-key") is not None
    with pytest.raises((nk.CircuitOpen, nk.ServerError)):
        client.get("/down", retry=5).result()
    with pytest.raises(nk.CircuitOpen):
        client.get("/x").result()
    client.close()


def test_its_answers_are_kept(lend: _Lender, server: FaultServer) -> None:
    """A call and a map find the answer of an earlier call that follows redirects as they do."""
    client = nk.Client(http_client=lend(follow_redirects=True), cache="5 min")
    assert [client.get("/x").result().source for _ in range(2)] == ["network", "cache"]
    assert client.get("/x", follow_redirects=False).result().source == "network"
    frame = client.map("/{path}", ["x"], progress=False).result()
    assert frame["source"].tolist() == ["cache"]
    assert len(server.requests) == 2
    client.close()


def test_attempt_timeout_holds(lend: _Lender, server: FaultServer) -> None:
    """A limit of the whole exchange ends a call in the middle of its body."""
    server.when("/x", stall_mid_body())
    client = nk.Client(http_client=lend(), retry=0, attempt_timeout=0.1)
    with pytest.raises(nk.RequestTimeout, match="attempt_timeout"):
        client.get("/x").result()
    assert server.connections.wait_ended(1)
    client.close()


def test_the_caller_keeps_it(lend: _Lender, server: FaultServer) -> None:
    """Closing ours closes its connections and not the client: the caller goes on with it."""
    lent = lend()
    with nk.Client(http_client=lent) as api:
        api.get("/x")
    assert server.connections.wait_open(0)
    assert not lent.is_closed

    async def on_ones_own() -> str:
        text: str = (await lent.get("/x")).text
        await lent.aclose()
        return text

    assert asyncio.run(on_ones_own()) == "fine"


def test_a_dropped_client_of_ours_leaves_no_connection(lend: _Lender, server: FaultServer) -> None:
    """Collecting ours closes the connections that it opened."""
    lent = lend()
    nk.Client(http_client=lent).get("/x").result()
    gc.collect()
    assert server.connections.wait_open(0)
    assert not lent.is_closed


def test_closing_ends_what_is_under_way(lend: _Lender, server: FaultServer) -> None:
    """A request under way ends with ClosedError when ours is closed."""
    server.when("/never", never_answer())
    client = nk.Client(http_client=lend(), retry=0)

    async def main() -> None:
        task = asyncio.ensure_future(client.get("/never").send())
        assert await asyncio.to_thread(server.wait_requests, 1)
        await client.close()
        with pytest.raises(nk.ClosedError):
            await task

    asyncio.run(main())
    assert server.connections.wait_open(0)


def test_cancelling_ends_the_connection(lend: _Lender, server: FaultServer) -> None:
    """A cancelled call ends its connection at once."""
    server.when("/never", never_answer())
    client = nk.Client(http_client=lend(), retry=0)

    async def main() -> None:
        task = asyncio.ensure_future(client.get("/never").send())
        assert await asyncio.to_thread(server.wait_requests, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert server.connections.wait_ended(1, within_s=20)
    client.close()


def test_streams(lend: _Lender, server: FaultServer) -> None:
    """A stream is read as it comes; one that was broken off leaves no connection behind."""
    server.when("/x", answer_chunked([b"one", b"two"]))
    server.when("/long", stall_mid_body(b"begun"))
    client = nk.Client(http_client=lend(), retry=0)
    assert b"".join(client.stream("/x").bytes()) == b"onetwo"
    for piece in client.stream("/long").bytes():
        assert piece == b"begun"
        break
    client.close()
    assert server.connections.wait_open(0)


def test_one_lent_to_several(lend: _Lender, server: FaultServer) -> None:
    """The same client may be lent again and again, as when a cell is run twice."""
    lent = lend()
    first = nk.Client(http_client=lent)
    first.get("/x").result()
    second = nk.Client(http_client=lent)
    second.get("/x").result()
    first.close()
    assert second.get("/x").result().text == "fine"
    second.close()


def test_one_used_on_another_loop_is_refused(lend: _Lender, server: FaultServer) -> None:
    """A client that keeps connections of another loop is refused, before anything is sent."""

    async def main() -> None:
        lent = lend()
        await lent.get("/x")
        with pytest.raises(nk.ConfigurationError, match="used on another event loop"):
            nk.Client(http_client=lent)
        await lent.aclose()

    asyncio.run(main())
    assert len(server.requests) == 1


def test_one_used_on_another_loop_and_done_there_works(lend: _Lender, server: FaultServer) -> None:
    """A client whose connections of another loop are gone works: nothing ties it to that loop."""
    server.when("/x", answer("fine", keep_alive=False))
    lent = lend()

    async def before() -> None:
        await lent.get("/x")

    asyncio.run(before())
    client = nk.Client(http_client=lent)
    assert client.get("/x").result().text == "fine"
    client.close()


def test_use_on_another_loop_in_between_is_refused(lend: _Lender, server: FaultServer) -> None:
    """A lent client that the caller has used on another loop meanwhile is refused by the call."""
    lent = lend()
    client = nk.Client(http_client=lent, retry=0)

    async def main() -> None:
        await lent.get("/x")
        with pytest.raises(nk.ConfigurationError, match="used on another event loop"):
            await client.get("/x")
        await lent.aclose()

    asyncio.run(main())
    client.close()
    assert len(server.requests) == 1


def test_one_used_on_the_io_loop_is_taken(lend: _Lender, server: FaultServer) -> None:
    """What has no connection of a pool, as a mock, may have been used anywhere."""
    lent = httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: httpx.Response(200)))

    async def main() -> None:
        await lent.get("http://host/")

    asyncio.run(main())
    client = nk.Client(http_client=lent)
    assert client.get("http://host/").result().status_code == 200
    client.close()
    submit(lent.aclose()).result(20)


def test_a_closed_one_is_refused(lend: _Lender, server: FaultServer) -> None:
    """A closed client is refused when it is given, and by each call when it is closed later."""
    lent = lend()
    client = nk.Client(http_client=lent, retry=0)
    asyncio.run(lent.aclose())
    with pytest.raises(nk.ClosedError, match="was given as http_client= is closed"):
        client.get("/x").result()
    client.close()
    with pytest.raises(nk.ConfigurationError, match="http_client= is closed"):
        nk.Client(http_client=lent)
    assert server.requests == ()


def test_a_map_is_bounded_by_its_pool(lend: _Lender, package: ModuleType) -> None:
    """The concurrency of a map is lowered to the connections that the lent client may have."""
    client = nk.Client(http_client=lend(limits=package.Limits(max_connections=2)))
    assert client.max_connections == 2
    run = client.map("/{n}", range(4), max_concurrency=10, progress=False)
    assert run.result()["result"].tolist() == ["fine"] * 4
    assert "lowered to 2" in run.snapshot().notices[0]
    client.close()
    nk.forget()


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "http://host"},
        {"headers": {}},
        {"verify": True},
        {"max_connections": 10},
        {"transport": None},
        {"event_hooks": {}},
        {"timeout": 5, "http2": False},
    ],
)
def test_options_of_both_are_refused(lend: _Lender, options: dict[str, Any]) -> None:
    """What the lent client was told itself cannot be said again, not even the default."""
    with pytest.raises(nk.ConfigurationError, match=f"{next(iter(options))}= "):
        nk.Client(http_client=lend(), **options)


def test_a_base_url_in_first_place_is_refused(lend: _Lender) -> None:
    """The base URL is refused without its name as well."""
    with pytest.raises(nk.ConfigurationError, match="base_url= would contradict"):
        nk.Client("http://host", http_client=lend())


def test_a_synchronous_one_is_refused(package: ModuleType) -> None:
    """A synchronous client, a class and other objects are refused by name."""
    client = package.Client()
    for wrong in (client, 7, package.AsyncClient, object()):
        with pytest.raises(nk.ConfigurationError, match=r"give an httpx\.AsyncClient"):
            nk.Client(http_client=wrong)
    client.close()


def test_one_of_the_users_own_class(server: FaultServer) -> None:
    """A subclass is lent with what it overrides."""

    class Mine(httpx.AsyncClient):
        def build_request(self, *args: Any, **options: Any) -> httpx.Request:
            request = super().build_request(*args, **options)
            request.headers["x-mine"] = "1"
            return request

    lent = Mine(base_url=server.url)
    client = nk.Client(http_client=lent)
    client.get("/x").result()
    client.close()
    asyncio.run(lent.aclose())
    assert server.requests[0].header("x-mine") == b"1"


def test_a_forked_child_is_told(lend: _Lender) -> None:
    """In a forked child, whose connections are the parent's, a call says what to do instead."""
    client = nk.Client(http_client=lend(), retry=0)
    client.get("/x").result()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = b"nothing"
        try:
            client.get("/x").result(timeout=20)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent looks at it
            said = f"{type(error).__name__}: {error}".encode()
        os.write(writing, said)
        os._exit(0)
    os.waitpid(child, 0)
    said = os.read(reading, 10_000)
    os.close(reading)
    os.close(writing)
    client.close()
    assert said.startswith(b"ConfigurationError: http_client= was given in the parent")
