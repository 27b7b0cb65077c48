"""What calls and clients accept, and what they refuse with which advice."""

from __future__ import annotations

import asyncio
import concurrent.futures
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.execution import submit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer


@pytest.fixture
def seen() -> list[httpx.Request]:
    return []


@pytest.fixture
def client(seen: list[httpx.Request]) -> Iterator[nk.Client]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    client = nk.Client("http://host", transport=httpx.MockTransport(answer))
    yield client
    client.close()
    nk.forget()


def test_methods_are_tokens_in_capitals(client: nk.Client, seen: list[httpx.Request]) -> None:
    """A method is written in any case and may hold a dash, in calls and in maps."""
    call = client.request("get", "/x")
    assert call.method == "GET"
    call.result()
    client.request("m-search", "/x").result()
    client.map("/{n}", [1], method="m-search", progress=False).result()
    assert [request.method for request in seen] == ["GET", "M-SEARCH", "M-SEARCH"]


@pytest.mark.parametrize("method", ["", "GET /", "GE T", 7, None])
def test_what_is_no_method_is_refused(client: nk.Client, method: Any) -> None:
    """Neither a call nor a map takes a method that no server could read."""
    with pytest.raises(nk.ConfigurationError, match="must be an HTTP method"):
        client.request(method, "/x")
    with pytest.raises(nk.ConfigurationError, match="must be an HTTP method"):
        client.map("/{n}", [1], method=method)


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        ("5 s", 5.0),
        (timedelta(minutes=1), 60.0),
        (2, 2.0),
        (None, None),
        (httpx.Timeout(3), 3.0),
        ((7, 7, 7, None), 7.0),
    ],
)
def test_timeouts_are_durations(
    client: nk.Client, seen: list[httpx.Request], timeout: Any, expected: float | None
) -> None:
    """The timeout of a client, a call and a map is a duration, None or httpx's own."""
    client.get("/x", timeout=timeout).result()
    client.map("/{n}", [1], timeout=timeout, progress=False).result()
    with nk.Client("http://host", timeout=timeout, transport=client._core._here._transport) as api:
        api.get("/x")
    assert [request.extensions["timeout"]["read"] for request in seen] == [expected] * 3


@pytest.mark.parametrize("timeout", [-1, float("nan"), True, 0, "soon", (1, 2), [5]])
def test_what_is_no_timeout_is_refused(client: nk.Client, timeout: Any) -> None:
    """A time limit that cannot work is an error of the client, the call or the map."""
    with pytest.raises(nk.ConfigurationError, match="timeout="):
        client.get("/x", timeout=timeout)
    with pytest.raises(nk.ConfigurationError, match="timeout="):
        client.map("/{n}", [1], timeout=timeout)
    with pytest.raises(nk.ConfigurationError, match="timeout="):
        nk.Client("http://host", timeout=timeout)


def test_result_waits_for_a_duration(demo: DemoServer) -> None:
    """call.result() takes a duration, and refuses what is none before it sends anything."""
    client = nk.Client(demo.url, retry=0)
    with pytest.raises(TimeoutError):
        client.get("/slow?seconds=30").result(timeout="50 ms")
    with pytest.raises(nk.ConfigurationError, match="timeout=-1"):
        client.get("/slow?seconds=30").result(timeout=-1)
    client.close()


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"n": nk.col("n")}},
        {"json": [nk.col("n")]},
        {"headers": {"x-n": nk.col("n")}},
        {"content": nk.col("n")},
        {"json": lambda row: row},
        {"params": lambda row: row},
    ],
)
def test_a_single_call_has_no_row(client: nk.Client, options: dict[str, Any]) -> None:
    """nk.col and functions are refused with a word on client.map."""
    with pytest.raises(nk.ConfigurationError, match=r"client\.map"):
        client.post("/x", **options)


@pytest.mark.parametrize("headers", [7, "a: b", [("a",)], ["ab"]])
def test_what_is_no_headers_is_refused(client: nk.Client, headers: Any) -> None:
    """Headers are a dict or pairs."""
    with pytest.raises(nk.ConfigurationError, match="headers= is a"):
        client.get("/x", headers=headers)


@pytest.mark.parametrize("auth", ["key", 7, ("a", "b", "c")])
def test_what_is_no_auth_is_refused(auth: Any) -> None:
    """A client says at once which credentials it takes."""
    with pytest.raises(nk.ConfigurationError, match="auth= is a"):
        nk.Client("http://host", auth=auth)


def test_parse_is_an_ordinary_function(client: nk.Client, seen: list[httpx.Request]) -> None:
    """An async function as parse= would give coroutines as results: it is refused."""

    async def parse(answer: nk.Response) -> Any:
        return answer

    class Parser:
        async def __call__(self, answer: nk.Response) -> Any:
            return answer

    for wrong in (parse, Parser()):
        with pytest.raises(nk.ConfigurationError, match="parse= is an async function"):
            client.map("/{n}", [1], parse=wrong)
    assert seen == []


def test_send_gives_a_coroutine_for_tasks(client: nk.Client) -> None:
    """create_task and task groups take call.send()."""

    async def main() -> list[int]:
        alone = asyncio.create_task(client.get("/x").send())
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.get("/x").send()) for _ in range(2)]
        return [(await task).status_code for task in (alone, *tasks)]

    assert asyncio.run(main()) == [200, 200, 200]


def test_a_call_that_was_cut_is_cancelled() -> None:
    """A cancellation on the I/O thread comes out of the await as asyncio's own."""

    async def cut() -> nk.Response:
        raise asyncio.CancelledError

    async def main() -> None:
        with pytest.raises(asyncio.CancelledError):
            await nk.Call("GET", "http://host/x", cut)

    asyncio.run(main())
    with pytest.raises(concurrent.futures.CancelledError):
        nk.Call("GET", "http://host/x", cut).result()


def test_a_synchronous_map_on_the_io_thread_is_refused(
    client: nk.Client, seen: list[httpx.Request]
) -> None:
    """It could never end, so it does not begin."""

    async def main() -> None:
        with pytest.raises(nk.WouldDeadlock):
            client.sync.map("/{n}", [1], progress=False)

    submit(main()).result(20)
    assert seen == []
    assert nk.last_run() is None


def test_a_redirect_that_is_not_followed_is_an_answer() -> None:
    """An answer of 3xx raises nothing, and follow_redirects of one call follows."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/go":
            return httpx.Response(302, headers={"location": "/there"})
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    with nk.Client("http://host", transport=transport) as api:
        assert api.get("/go").status_code == 302
        assert api.get("/go", follow_redirects=True).url.path == "/there"
        assert api.get("/go").status_code == 302


def test_cookies_of_one_call_that_cannot_be_sent(
    client: nk.Client, seen: list[httpx.Request]
) -> None:
    """They are looked at as those of a client are."""
    with pytest.raises(nk.ConfigurationError, match="cookies= must be a dict of texts"):
        client.get("/x", cookies={"n": 3})
    assert seen == []


@pytest.mark.parametrize(
    "bodies",
    [
        {"json": {}, "data": {"a": "1"}},
        {"json": [], "content": b""},
        {"json": {"a": 1}, "files": {"f": b"x"}},
        {"data": {"a": "1"}, "content": b"x"},
        {"content": b"x", "files": {"f": b"x"}},
        {"data": b"raw", "files": {"f": b"x"}},
        {"data": b"raw", "content": b"x"},
        {"json": 1, "data": {"a": "1"}, "content": "x", "files": {"f": b"x"}},
    ],
)
def test_two_bodies_are_refused(
    client: nk.Client, seen: list[httpx.Request], bodies: dict[str, Any]
) -> None:
    """httpx would drop all but one without a word; here they are named, and nothing is sent."""
    names = " and ".join(
        f"{name}=" for name in ("json", "data", "content", "files") if name in bodies
    )
    with pytest.raises(nk.ConfigurationError, match=f"^{names} are each a whole body"):
        client.post("/x", **bodies)
    with pytest.raises(nk.ConfigurationError, match="are each a whole body"):
        client.stream("/x", method="POST", **bodies)
    assert seen == []


@pytest.mark.parametrize(
    "bodies",
    [
        {"data": {"a": "1"}, "files": {"f": b"x"}},
        {"json": {"a": 1}, "data": None, "content": None, "files": None},
        {"json": {"a": 1}, "data": {}, "files": {}},
        {"json": None, "content": b"x"},
    ],
)
def test_what_goes_together_is_sent(
    client: nk.Client, seen: list[httpx.Request], bodies: dict[str, Any]
) -> None:
    """Fields go with files, and what is None or an empty form is no second body."""
    client.post("/x", **bodies).result()
    own = httpx.Client().build_request("POST", "http://host/x", **bodies)
    seen[0].read()
    own.read()
    assert len(seen[0].content) == len(own.content) > 0
    kinds = [it.headers.get("content-type", "").partition(";")[0] for it in (seen[0], own)]
    assert kinds[0] == kinds[1]


def test_two_bodies_of_a_map_are_refused(client: nk.Client, seen: list[httpx.Request]) -> None:
    """A map with two constant bodies does not start; a row that gets a second one is its error."""
    with pytest.raises(nk.ConfigurationError, match=r"^json= and data= are each a whole body"):
        client.map("/x/{n}", [1], method="POST", json={}, data={"a": "1"})
    options: dict[str, Any] = {"json": {"a": 1}, "content": lambda n: b"x" if n else None}
    run = client.map("/x/{n}", [0, 1], method="POST", progress=False, **options)
    frame = run.result()
    assert frame["status"].tolist() == ["ok", "failed"]
    assert len(seen) == 1


class _Broken:
    """Raises whatever it is asked."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no iteration")


@pytest.mark.parametrize(
    "options",
    [
        {"headers": _Broken()},
        {"params": [(_Broken(), 1)]},
        {"params": {"a": _Broken()}},
        {"json": _Broken()},
        {"timeout": _Broken()},
        {"idempotency_key": _Broken()},
        {"idempotency_key": 10**5_000},
        {"params": [(10**5_000, 1)]},
        {"auth": ("user", "\ud800")},
        {"content": ["whole", "\ud800"]},
        {"content": "\ud800"},
        {"auth": ("\udfff", b"password")},
        {"cookies": [("a", _Broken())]},
    ],
)
def test_what_cannot_even_be_looked_at_is_refused(
    client: nk.Client, seen: list[httpx.Request], options: dict[str, Any]
) -> None:
    """Objects that raise, numbers too long to be written and halves of characters are told of."""
    with pytest.raises(nk.ConfigurationError):
        client.get("/x", **options).result()
    frame = client.map("/{n}", [1], progress=False, on_error="collect").result()
    assert frame["status"].tolist() == ["ok"]
    assert len(seen) == 1
