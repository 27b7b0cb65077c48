from __future__ import annotations

import asyncio
import socket
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from notebook_kit.demo.middleware import Counting
from notebook_kit.demo.stats import Counters
from notebook_kit.demo.web import Reply

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from notebook_kit.demo import DemoServer
    from notebook_kit.demo.world import World


def _outcome(api: httpx.Client, path: str = "/airports/OSL") -> str:
    try:
        return str(api.get(path).status_code)
    except httpx.RemoteProtocolError:
        return "dropped"


def test_latency_holds_an_answer_back(api: httpx.Client, server: DemoServer) -> None:
    """The switch works from the next request on, and only as long as it is set."""
    api.get("/airports/OSL")
    server.switches.latency_s = 0.08
    start = time.monotonic()
    api.get("/airports/OSL")
    assert time.monotonic() - start >= 0.08


def test_latency_varies_within_its_jitter(server: DemoServer, api: httpx.Client) -> None:
    """Answers take between the latency less the jitter and the latency more the jitter."""
    server.switches.latency_s = 0.02
    server.switches.latency_jitter_s = 0.02
    lengths = []
    for _ in range(8):
        start = time.monotonic()
        api.get("/airports/OSL")
        lengths.append(time.monotonic() - start)
    assert max(lengths) - min(lengths) > 0.005


def test_requests_wait_side_by_side(server: DemoServer) -> None:
    """Latency holds back each answer, not the server: ten at once are in flight together."""
    server.switches.latency_s = 60
    waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
    for connection in waiting:
        connection.sendall(b"GET /airports/OSL HTTP/1.1\r\nhost: x\r\n\r\n")
    deadline = time.monotonic() + 20
    while server.stats().in_flight < 10 and time.monotonic() < deadline:
        time.sleep(0.002)
    for connection in waiting:
        connection.close()
    assert server.stats().most_in_flight == 10


def test_a_share_of_requests_fails(api: httpx.Client, server: DemoServer) -> None:
    """Of those that fail, some are answered 503 and some lose their connection."""
    server.switches.flaky_rate = 0.5
    server.switches.flaky_drop_share = 0.5
    outcomes = [_outcome(api) for _ in range(80)]
    assert 20 < outcomes.count("200") < 60
    assert outcomes.count("503") > 5
    assert outcomes.count("dropped") > 5
    assert server.stats().by_status[0] == outcomes.count("dropped")


def test_a_failed_request_counts_under_its_route(api: httpx.Client, server: DemoServer) -> None:
    """Also when the switch answers before the route is asked."""
    server.switches.flaky_rate = 1
    server.switches.flaky_drop_share = 0
    assert api.post("/todos", json={"title": "x"}).status_code == 503
    assert server.stats().by_route == {"POST /todos": 1}
    assert server.stats().todos_created == 0


def test_a_limit_answers_429_and_says_when_to_come_back(
    api: httpx.Client, server: DemoServer
) -> None:
    """What is left is told with each answer that passed, the wait with the one that did not."""
    server.switches.rate_limit = "2/min"
    left = [api.get("/airports/OSL").headers["x-ratelimit-remaining"] for _ in range(2)]
    refused = api.get("/airports/LHR")
    assert left == ["1", "0"]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert refused.headers["x-ratelimit-limit"] == "2"
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"


def test_an_outage_answers_503_to_all_data_and_ends_when_switched_off(
    api: httpx.Client, server: DemoServer
) -> None:
    """The server's own controls go on working, so that it can be ended over HTTP."""
    server.switches.outage = True
    assert _outcome(api) == "503"
    assert api.post("/_demo/switches", json={"outage": False}).status_code == 200
    assert _outcome(api) == "200"


def test_an_outage_that_refuses_drops_every_connection(
    api: httpx.Client, server: DemoServer
) -> None:
    """No answer comes at all, while the controls still answer."""
    server.switches.outage = "refuse"
    assert [_outcome(api) for _ in range(3)] == ["dropped"] * 3
    assert api.get("/_demo/switches").json()["outage"] == "refuse"


def test_an_answer_can_be_lost_after_its_request_was_processed(
    api: httpx.Client, server: DemoServer
) -> None:
    """What makes repeating a POST dangerous, and what an idempotency key is for."""
    server.switches.update({"flaky_rate": 1, "flaky_drop_share": 1, "drop_after_processing": True})
    creation = {"json": {"title": "Once"}, "headers": {"idempotency-key": "k1"}}
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/todos", **creation)  # type: ignore[arg-type]
    assert server.stats().todos_created == 1
    server.switches.flaky_rate = 0
    again = api.post("/todos", **creation)  # type: ignore[arg-type]
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert server.stats().todos_created == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Basic ZGVtbzp4"}, 401),
        ({"authorization": "Bearer demo-token"}, 200),
        ({"x-secret-key": "demo-token"}, 403),
        ({"x-secret-key": "wrong", "x-organization-id": "demo-org"}, 401),
        ({"x-secret-key": "demo-token", "x-organization-id": "demo-org"}, 200),
    ],
)
def test_data_can_be_made_to_need_credentials(
    api: httpx.Client, server: DemoServer, headers: dict[str, str], status: int
) -> None:
    """A bearer token, or a secret key with its organisation; the answer never shows either."""
    server.switches.require_credentials = True
    answer = api.get("/datasets", headers=headers)
    assert answer.status_code == status
    assert "demo-token" not in answer.text


def test_controls_and_index_are_not_counted(api: httpx.Client, server: DemoServer) -> None:
    """Looking at the counts does not change them."""
    api.get("/")
    api.get("/_demo/stats")
    assert server.stats().requests == 0


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("GET", Reply(None, status=304)),
        ("DELETE", Reply(None, status=204)),
        ("HEAD", Reply(b"1234", headers={})),
        ("GET", Reply(b"", headers={"content-length": "0"})),
    ],
)
def test_an_answer_of_a_head_alone_is_counted_before_it_is_sent(method: str, reply: Reply) -> None:
    """Its client has it with the head, and may ask for the counts before the (empty) body goes."""
    counters = Counters()
    counted_at: dict[str, int] = {}

    async def send(message: Message) -> None:
        counted_at[message["type"]] = sum(counters.by_status.values())

    async def receive() -> Message:
        return {"type": "http.request"}

    app = Counting(reply, cast("World", SimpleNamespace(counters=counters)), [])
    scope = {"type": "http", "method": method, "path": "/airports/OSL", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert counted_at["http.response.start"] == 1
    assert sum(counters.by_status.values()) == 1


def test_an_answer_of_a_known_length_is_counted_before_its_last_byte_is_sent() -> None:
    """Its client has it with that piece, and does not wait for the server to say that it ends."""
    counters = Counters()
    counted_at: list[tuple[bytes, int]] = []

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        head = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"3")],
        }
        await send(head)
        for piece in (b"ab", b"c"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        counted_at.append((message.get("body", b"head"), counters.by_status[200]))

    async def receive() -> Message:
        return {"type": "http.request"}

    app = Counting(told, cast("World", SimpleNamespace(counters=counters)), [])
    scope = {"type": "http", "method": "GET", "path": "/bytes/3", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert counted_at == [(b"head", 0), (b"ab", 0), (b"c", 1), (b"", 1)]
