"""The client's rate and retries hold for its calls and its maps alike."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.demo import DemoServer


class Server:
    """Answers with the given statuses in turn, the last for ever, and counts."""

    def __init__(self, *statuses: int) -> None:
        self.asked = 0
        self.statuses = list(statuses)
        self.first = threading.Event()
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, _: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.first.set()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, json={})


def _settles(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def test_the_clients_rate_holds_for_maps() -> None:
    """With one request a minute, the second row waits for its turn."""
    server = Server(200)
    client = nk.Client("http://host", transport=server.transport, rate="1/min")
    run = client.map("/{n}", [1, 2, 3], progress=False)
    assert _settles(lambda: run.snapshot().ok == 1)
    assert _settles(lambda: run.snapshot().waiting_for is not None)
    assert server.asked == 1
    run.cancel()
    assert run.result()["status"].tolist() == ["ok", "cancelled", "cancelled"]
    assert server.asked == 1
    client.close()


def test_the_clients_rate_holds_for_single_calls() -> None:
    """With one request a minute, the second call waits, after a map too."""
    server = Server(200)

    async def main() -> None:
        async with nk.Client("http://host", transport=server.transport, rate="1/min") as client:
            await client.get("/x")
            waiting = asyncio.create_task(client.get("/x").send())
            done, _ = await asyncio.wait([waiting], timeout=0.1)
            assert not done
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(main())
    assert server.asked == 1


@pytest.mark.parametrize(
    ("method", "asked"), [("GET", 3), ("POST", 1), ("PUT", 3), ("PATCH", 1), ("DELETE", 3)]
)
def test_a_map_repeats_what_may_be_repeated(method: str, asked: int) -> None:
    """A 503 is tried again with the client's policy, and not where it may do harm."""
    server = Server(503)
    retry = nk.Retry(max_attempts=3, base_delay=0)
    with nk.Client("http://host", transport=server.transport, retry=retry) as api:
        frame = api.map("/{n}", [1], method=method, progress=False)
    assert server.asked == asked
    assert frame["attempts"].tolist() == [asked]


def test_retry_failed_of_a_clients_map() -> None:
    """What failed is sent again, with the same parameters, and nothing else is."""
    server = Server(503, 200)
    client = nk.Client("http://host", transport=server.transport, retry=0)
    run = client.map("/{n}", ["a"], params={"key": nk.Secret("short")}, progress=False)
    assert run.result()["status"].tolist() == ["failed"]
    again: Any = run.retry_failed()
    assert again.result()["status"].tolist() == ["ok"]
    assert server.asked == 2
    client.close()


def test_an_interrupt_of_result_cuts_the_request(
    demo: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop button during call.result() ends the request at the server."""

    def interrupted(future: Any, **_options: Any) -> None:
        assert _settles(lambda: demo.stats().in_flight == 1)
        raise KeyboardInterrupt

    client = nk.Client(demo.url, retry=0)
    with monkeypatch.context() as patched:
        patched.setattr("notebook_kit.client.pending.wait_sync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.get("/slow?seconds=30").result()
    assert _settles(lambda: demo.stats().in_flight == 0)
    client.close()


def test_after_close_the_server_sees_no_connection(demo: DemoServer) -> None:
    """A script that closes leaves nothing open at the server."""
    client = nk.Client(demo.url)
    calls = [client.get("/airports/ZRH") for _ in range(3)]
    for call in calls:
        call.result()
    assert demo.stats().connections_open == 1
    client.close()
    assert _settles(lambda: demo.stats().connections_open == 0)
