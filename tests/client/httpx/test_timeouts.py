"""Time limits: httpx's phases, a limit over the whole exchange, and retries of one call."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import (
    Behaviour,
    FaultServer,
    Send,
    Step,
    Wait,
    answer,
    never_answer,
    stall_mid_body,
)
from tests.client.httpx.alike import Alike, run
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def _drip() -> Behaviour:
    """One byte in 0.1 s: no read ever waits for long, and the whole takes 100 s."""
    pieces: list[Step] = [Send(b"x"), Wait(0.1)] * 1000
    return Behaviour([Send(_HEAD), *pieces])


def _phases_of(client_for: Callable[[httpx.AsyncBaseTransport], Any]) -> dict[str, Any]:
    seen: list[dict[str, Any]] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200)

    run(client_for(httpx.MockTransport(look)))
    return seen[0]


@pytest.mark.parametrize(
    "timeout",
    [
        None,
        3,
        2.5,
        (1, 2, 3, 4),
        (1, None, 3, None),
        httpx.Timeout(5),
        httpx.Timeout(5, read=None),
        httpx.Timeout(connect=1, read=2, write=3, pool=4),
    ],
)
def test_forms(timeout: Any) -> None:
    """Each of httpx's forms means the same phases, for a client and for a call."""

    async def theirs(transport: httpx.AsyncBaseTransport) -> None:
        async with httpx.AsyncClient(transport=transport, timeout=timeout) as client:
            await client.get("http://host/")

    async def ours(transport: httpx.AsyncBaseTransport) -> None:
        async with nk.Client(transport=transport, timeout=timeout) as client:
            await client.get("http://host/")

    async def of_a_call(transport: httpx.AsyncBaseTransport) -> None:
        async with nk.Client(transport=transport) as client:
            await client.get("http://host/", timeout=timeout)

    assert _phases_of(ours) == _phases_of(theirs) == _phases_of(of_a_call)


def test_the_default_is_longer() -> None:
    """A difference to httpx: 10 s to connect, 60 s of silence, and no limit on waiting in line."""

    async def ours(transport: httpx.AsyncBaseTransport) -> None:
        async with nk.Client(transport=transport) as client:
            await client.get("http://host/")

    assert _phases_of(ours) == {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": None}


@pytest.mark.parametrize("behaviour", [never_answer(), stall_mid_body()])
@at_any_pace
def test_silence(pace: float, alike: Alike, server: FaultServer, behaviour: Behaviour) -> None:
    """A server that says nothing, before its answer or within it, is left after timeout=."""
    server.when("/x", behaviour)
    client = alike.kit()
    with pytest.raises(nk.RequestTimeout) as caught:
        client.get("/x", timeout=0.05 * pace).result()
    client.close()
    assert caught.value.phase == "read"
    assert isinstance(caught.value, TimeoutError)


def test_waiting_for_a_connection(alike: Alike, server: FaultServer) -> None:
    """The pool's limit is that of waiting for a connection, as in httpx."""
    server.when("/never", never_answer())
    client = alike.kit(max_connections=1)

    async def main() -> None:
        async with client:
            task = asyncio.ensure_future(client.get("/never").send())
            assert await asyncio.to_thread(server.wait_requests, 1)
            with pytest.raises(nk.RequestTimeout) as caught:
                await client.get("/x", timeout=httpx.Timeout(5, pool=0.05))
            assert caught.value.phase == "pool"
            task.cancel()

    run(main())


@pytest.mark.parametrize("limit", [0.3, "300 ms", timedelta(seconds=0.3)])
def test_attempt_timeout_ends_a_drip(alike: Alike, server: FaultServer, limit: Any) -> None:
    """A server that sends a byte now and then is left when attempt_timeout is over, not before."""
    server.when("/drip", _drip())
    for client, options in (
        (alike.kit(attempt_timeout=limit), {}),
        (alike.kit(), {"attempt_timeout": limit}),
    ):
        start = time.monotonic()
        with pytest.raises(nk.RequestTimeout, match=r"attempt_timeout=0\.3 s") as caught:
            client.get("/drip", timeout=30, **options).result()
        took = time.monotonic() - start
        assert 0.3 <= took < 20
        assert caught.value.phase == "attempt"
        assert caught.value.maybe_sent
        client.close()
    assert server.connections.wait_open(0)


def test_attempt_timeout_of_a_call_wins(alike: Alike, server: FaultServer) -> None:
    """None of a call switches the client's limit off; a longer one takes its place."""
    server.when("/never", never_answer())
    server.when("/slow", answer("at last", delay_s=0.2))
    client = alike.kit(attempt_timeout=0.05)
    with pytest.raises(nk.RequestTimeout):
        client.get("/never").result()
    assert client.get("/slow", attempt_timeout=None).result().text == "at last"
    assert client.get("/slow", attempt_timeout=10).result().text == "at last"
    client.close()


@at_any_pace
def test_attempt_timeout_is_of_one_attempt(pace: float, alike: Alike, server: FaultServer) -> None:
    """Each try has the whole time again, and what was cut off is tried again."""
    server.when("/x", never_answer(), answer("second"))
    client = alike.kit(attempt_timeout=0.1 * pace, retry=nk.Retry(base_delay=0.001))
    assert client.get("/x").result().text == "second"
    client.close()


def test_the_shorter_of_two_limits_holds(alike: Alike, server: FaultServer) -> None:
    """Of attempt_timeout and the call_timeout of a breaker the shorter one ends an attempt."""
    server.when("/never", never_answer())
    for attempt, call, said in ((0.05, 5, "attempt_timeout"), (5, 0.05, "call_timeout")):
        client = alike.kit(attempt_timeout=attempt, breaker=nk.Breaker(call_timeout=call))
        with pytest.raises(nk.RequestTimeout, match=f"{said}=0\\.05 s"):
            client.get("/never").result()
        client.close()


def test_attempt_timeout_in_a_map(alike: Alike, server: FaultServer) -> None:
    """A map takes the client's limit where it has none of its own; its own wins."""
    server.when("/never", never_answer())
    server.when("/slow", answer("at last", delay_s=0.2))
    client = alike.kit(attempt_timeout=0.05)
    cut = client.map("/{it}", ["never"], progress=False).result()
    whole = client.map("/{it}", ["slow"], attempt_timeout=None, progress=False).result()
    client.close()
    nk.forget()
    assert "attempt_timeout=0.05 s" in str(cut["error"].iloc[0])
    assert whole["result"].tolist() == ["at last"] or whole["result"].tolist() == [b"at last"]


@pytest.mark.parametrize("limit", [0, -1, "soon", True, float("nan")])
def test_what_is_no_limit_is_refused(limit: Any) -> None:
    """A limit that cannot work is an error of the client or the call."""
    with pytest.raises(nk.ConfigurationError, match="attempt_timeout="):
        nk.Client("http://host", attempt_timeout=limit)
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="attempt_timeout="):
        client.get("/x", attempt_timeout=limit)
    client.close()


def test_retry_of_a_call(alike: Alike, server: FaultServer) -> None:
    """retry= of a call takes the place of the client's, both ways."""
    server.when("/x", answer(status=500))
    quick = nk.Retry(max_attempts=3, base_delay=0.001)
    for everywhere, once, expected in ((quick, 0, 1), (0, quick, 3), (quick, None, 1)):
        client = alike.kit(retry=everywhere)
        before = len(server.requests)
        with pytest.raises(nk.ServerError) as caught:
            client.get("/x", retry=once).result()
        client.close()
        assert len(server.requests) - before == caught.value.attempts == expected


@pytest.mark.parametrize("retry", [-1, "2", 1.5])
def test_what_is_no_retry_is_refused(retry: Any) -> None:
    """A retry that cannot work is an error when the call is made."""
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="retry="):
        client.get("/x", retry=retry)
    client.close()
