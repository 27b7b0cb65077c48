"""Connections between calls: used again, closed by the clock, and never kept by a notebook."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.transports import idle
from notebook_kit.testing import FaultServer, answer
from tests.client.crowds import TRANSPORTS, client_over
from tests.widgets.kernels import Kernel, running_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORTS = "import asyncio, gc, notebook_kit as nk"

both_transports = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers."""
    with FaultServer() as it:
        it.when("*", answer("ok"))
        yield it


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel for all tests of this module."""
    with running_kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.execute(IMPORTS)
        yield kernel


# By the clock


@both_transports
@pytest.mark.parametrize("expiry", [0.1, "100 ms"])
def test_an_idle_connection_is_closed_by_the_clock(
    server: FaultServer, transport: str, expiry: Any
) -> None:
    """After `keepalive_expiry`, with nothing else going on; the client goes on working."""
    with client_over(transport, server, keepalive_expiry=expiry) as client:
        client.get("/x").result()
        assert server.connections.wait_open(0)
        client.get("/x").result()
    assert server.connections.opened == 2


def test_an_idle_connection_is_kept_if_so_said(server: FaultServer) -> None:
    """None keeps it for ever: no clock is running for it."""
    with client_over("aiohttp", server, keepalive_expiry=None) as client:
        client.get("/x").result()
        pool = client._core._here._transport._inner._pool  # type: ignore[attr-defined]
        assert pool._idle._timer is None
        assert server.connections.open == 1


@pytest.mark.parametrize("expiry", [-1, "soon", True, float("nan")])
def test_what_is_no_expiry_is_refused(expiry: Any) -> None:
    """It has to be a duration, or None."""
    with pytest.raises(nk.ConfigurationError, match="keepalive_expiry="):
        nk.Client("http://host", keepalive_expiry=expiry)


@pytest.mark.kernel
def test_a_client_that_is_shown_holds_no_connection(server: FaultServer, kernel: Kernel) -> None:
    """As the last value of a cell it is kept in `Out`, its idle connections are not."""
    kernel.execute(f"client = nk.Client({server.url!r}, keepalive_expiry=0.3)")
    kernel.execute("await asyncio.gather(*[client.get('/x') for _ in range(5)]); client")
    assert kernel.printed("Out[max(Out)] is client") == "True"
    assert server.connections.wait_open(0)
    kernel.execute("(await client.get('/x')).text")
    assert server.connections.wait_open(0)
    kernel.execute("client.close()")


@pytest.mark.kernel
def test_a_shown_client_goes_when_the_notebook_lets_it(server: FaultServer, kernel: Kernel) -> None:
    """`del` leaves open what the history keeps; reset, it is closed at once."""
    kernel.execute(f"client = nk.Client({server.url!r}, keepalive_expiry=None)")
    kernel.execute("answer = await client.get('/x')")
    kernel.execute("client")
    kernel.execute("del client; gc.collect()")
    assert kernel.printed("len(nk.open_resources())") == "1"
    assert server.connections.open == 1
    # The output history alone is not all: IPython has the last values by other names too.
    kernel.execute("%reset -f")
    kernel.execute(IMPORTS)
    kernel.execute("gc.collect();")
    assert kernel.printed("len(nk.open_resources())") == "0"
    assert server.connections.wait_open(0)


@pytest.mark.kernel
def test_a_client_that_was_not_shown_goes_with_its_name(
    server: FaultServer, kernel: Kernel
) -> None:
    """`del`, and its connections are closed, whatever the time they would be kept."""
    kernel.execute(f"client = nk.Client({server.url!r}, keepalive_expiry=None)")
    kernel.execute("answer = await client.get('/x')")
    kernel.execute("frame = await client.map('/x', range(20), progress=False)")
    assert server.connections.open >= 1
    kernel.execute("del client; nk.forget(); gc.collect();")
    assert server.connections.wait_open(0)
    assert kernel.printed("answer.text, len(frame), len(nk.open_resources())") == "ok 20 0"


# Used again


def _two_gets(client: nk.Client) -> None:
    assert client.get("/x").result().text == client.get("/x").result().text == "ok"


def _synchronous_then_awaited(client: nk.Client) -> None:
    async def awaited() -> None:
        assert (await client.get("/x")).text == "ok"

    assert client.sync.get("/x").text == "ok"
    asyncio.run(awaited())
    asyncio.run(awaited())


def _map_then_call(client: nk.Client) -> None:
    client.map("/x", range(5), max_concurrency=1, progress=False).result()
    client.get("/x").result()


def _call_then_map_then_stream(client: nk.Client) -> None:
    client.get("/x").result()
    client.map("/x", range(5), max_concurrency=1, progress=False).result()
    assert "".join(client.stream("/x").text()) == "ok"
    client.post("/x", json={"a": 1}).result()


@both_transports
@pytest.mark.parametrize(
    "use", [_two_gets, _synchronous_then_awaited, _map_then_call, _call_then_map_then_stream]
)
def test_the_next_call_uses_the_connection_of_the_last(
    server: FaultServer, transport: str, use: Any
) -> None:
    """One after the other, whatever they are and wherever they come from: one connection."""
    with client_over(transport, server) as client:
        use(client)
    assert server.connections.opened == 1
    assert len(server.requests) >= 2


@pytest.mark.kernel
def test_the_next_cell_uses_the_connection_of_the_last(server: FaultServer, kernel: Kernel) -> None:
    """Cells share their client's connection, awaited or not."""
    kernel.execute(f"client = nk.Client({server.url!r})")
    for cell in (
        "answer = await client.get('/x')",
        "answer = await client.get('/x')",
        "answer = client.sync.get('/x')",
        "answer = await client.map('/x', range(3), max_concurrency=1, progress=False)",
        "answer = client.get('/x').result()",
    ):
        kernel.execute(cell)
    kernel.execute("await client.close()")
    assert server.connections.opened == 1
    assert len(server.requests) == 7


@both_transports
@pytest.mark.parametrize("how", ["await", "map"])
def test_two_thousand_requests_need_fifty_connections(
    server: FaultServer, transport: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With default settings, 50 at once, at most 50 connections are opened in all."""
    # A machine that is busy with other tests may leave some idle for longer than a second.
    monkeypatch.setattr(idle, "SETTLED_S", 60.0)

    async def calls(client: nk.Client) -> None:
        places = asyncio.Semaphore(50)

        async def call() -> str:
            async with places:
                return (await client.get("/x")).text

        assert await asyncio.gather(*[call() for _ in range(2_000)]) == ["ok"] * 2_000

    with client_over(transport, server) as client:
        if how == "await":
            asyncio.run(calls(client))
        else:
            run = client.map("/x", range(2_000), max_concurrency=50, progress=False)
            assert run.result()["status"].eq("ok").all()
    assert len(server.requests) == 2_000
    assert server.connections.opened <= 50
