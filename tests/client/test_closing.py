"""Closing: always, once, waited for, and never louder than the error of the block."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.execution import io_loop
from notebook_kit.testing import FaultServer, answer, never_answer
from tests.client.crowds import TRANSPORTS, client_over, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

#: Half a second is what is promised; what is not closed at once would take a minute.
AT_ONCE_S = 20.0


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers some requests, and others never."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        it.when("/never", never_answer())
        yield it


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """The name of the transport, one after the other."""
    return str(request.param)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives up waiting for the end of something does so after a minute."""
    monkeypatch.setattr("notebook_kit.client.closing._LONGEST_WAIT_S", 60.0)
    monkeypatch.setattr("notebook_kit.execution.crew.GRACE_S", 60.0)
    for room in ("aiohttp_transport", "pieces", "piece_stream"):
        monkeypatch.setattr(f"notebook_kit.client.transports.{room}._CLOSE_S", 60.0)


class Transport(httpx.AsyncBaseTransport):
    """Counts how often it was closed, after some turns of the loop; fails at it if told so."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.closed = 0
        self.started = 0
        self.fault = fault

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200)

    async def aclose(self) -> None:
        self.started += 1
        for _ in range(20):
            await asyncio.sleep(0)
        self.closed += 1
        if self.fault is not None:
            raise self.fault


def test_a_client_that_was_never_used_is_closed_too() -> None:
    """close() closes the user's transport, and a call made before cannot be sent after."""
    transport = Transport()
    client = nk.Client("http://host", transport=transport)
    call = client.get("/x")
    client.close()
    assert transport.closed == 1
    with pytest.raises(nk.ClosedError):
        call.result()


def test_a_call_is_refused_at_once_while_closing_goes_on() -> None:
    """Nothing is sent after close() was called, be its end awaited or not."""
    transport = Transport()

    async def main() -> None:
        client = nk.Client("http://host", transport=transport)
        call = client.get("/x")
        closing = client.close()
        with pytest.raises(nk.ClosedError):
            await call
        await closing

    asyncio.run(main())


def test_everyone_waits_for_the_same_end() -> None:
    """A second `await client.close()` returns when the first does, and closes nothing twice."""
    transport = Transport()

    async def main() -> None:
        client = nk.Client("http://host", transport=transport)
        first = client.close()
        await client.close()
        assert (transport.started, transport.closed) == (1, 1)
        await first
        assert transport.closed == 1

    asyncio.run(main())


def test_a_fault_of_closing_is_raised() -> None:
    """Where nothing else went wrong, close() and the end of the block say that closing failed."""
    with pytest.raises(OSError, match="broken"):
        nk.Client("http://host", transport=Transport(OSError("broken"))).close()
    with (
        pytest.raises(OSError, match="broken"),
        nk.Client("http://host", transport=Transport(OSError("broken"))),
    ):
        pass


def test_a_fault_of_closing_does_not_hide_the_blocks_own_error() -> None:
    """The block's exception comes out, with a note of what closing said."""

    async def main() -> None:
        async with nk.Client("http://host", transport=Transport(OSError("broken"))):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        asyncio.run(main())
    assert "OSError: broken" in caught.value.__notes__[0]
    with (
        pytest.raises(ZeroDivisionError) as caught,
        nk.Client("http://host", transport=Transport(OSError("broken"))),
    ):
        raise ZeroDivisionError
    assert "OSError: broken" in caught.value.__notes__[0]


def test_a_script_goes_on_with_everything_closed(demo: DemoServer) -> None:
    """Where no loop runs, close() returns when the connections are closed."""
    transport = Transport()
    client = nk.Client(demo.url)
    client.get("/airports/ZRH").result()
    own = nk.Client("http://host", transport=transport)
    own.get("/x").result()
    own.close()
    assert transport.closed == 1
    client.close()
    core = client._core
    assert core._ending is not None
    assert core._ending.done()


# In the middle of things


@pytest.mark.usefixtures("patient")
def test_closing_ends_what_is_in_flight(server: FaultServer, transport: str) -> None:
    """Calls of every kind end with ClosedError at once, and their connections with them."""
    ends: list[BaseException] = []

    async def awaited() -> None:
        calls = [asyncio.create_task(client.get("/never").send()) for _ in range(5)]
        await asyncio.wait(calls)
        ends.extend(call.exception() or AssertionError() for call in calls)

    def in_thread() -> None:
        try:
            client.sync.get("/never")
        except nk.NotebookKitError as error:
            ends.append(error)

    with client_over(transport, server) as client:
        threads = [threading.Thread(target=in_thread) for _ in range(4)]
        threads.append(threading.Thread(target=asyncio.run, args=[awaited()]))
        for thread in threads:
            thread.start()
        assert server.wait_requests(9)
        began = time.monotonic()
        client.close()
        for thread in threads:
            thread.join()
        assert time.monotonic() - began < AT_ONCE_S
        assert [type(end) for end in ends] == [nk.ClosedError] * 9
        assert client.is_closed
        assert server.connections.wait_open(0)


@pytest.mark.usefixtures("patient")
def test_closing_from_many_threads_and_loops_at_once(server: FaultServer, transport: str) -> None:
    """All return when it is closed; it is closed once, and calls in flight end once."""
    errors: list[BaseException] = []

    def plainly() -> None:
        start.wait(20)
        try:
            client.close()
            assert client.is_closed
        except BaseException as error:  # noqa: BLE001 - there must be none
            errors.append(error)

    async def awaited() -> None:
        await asyncio.gather(*[client.close() for _ in range(3)], client.aclose())

    def in_loop() -> None:
        start.wait(20)
        try:
            asyncio.run(awaited())
        except BaseException as error:  # noqa: BLE001 - there must be none
            errors.append(error)

    with client_over(transport, server) as client:
        run = client.map("/never", range(10), max_concurrency=10, progress=False)
        assert server.wait_requests(10)
        start = threading.Barrier(12)
        threads = [threading.Thread(target=plainly) for _ in range(8)]
        threads += [threading.Thread(target=in_loop) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        with pytest.raises(nk.BatchFailed, match="the client was closed"):
            run.result(timeout=20)
        client.close()
        assert server.connections.wait_open(0)


@pytest.mark.usefixtures("patient")
def test_closing_during_a_map(server: FaultServer, transport: str) -> None:
    """The run ends at once and says why; what was answered is kept, the rest failed or waited."""
    with client_over(transport, server) as client:
        run = client.map(
            "/{path}", ["ok"] * 20 + ["never"] * 30, max_concurrency=10, progress=False
        )
        assert server.wait_requests(30)
        began = time.monotonic()
        client.close()
        with pytest.raises(nk.BatchFailed, match="the client was closed"):
            run.result(timeout=20)
        assert time.monotonic() - began < AT_ONCE_S
    frame = run.frame
    assert frame["status"].tolist()[:20] == ["ok"] * 20
    assert set(frame["status"].tolist()[20:]) == {"failed", "skipped"}
    assert set(frame["error_type"].dropna()) == {"ClosedError"}
    assert server.connections.wait_open(0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_a_fault_of_closing_does_not_hide_an_interrupt(error: type[BaseException]) -> None:
    """What ends more than the block leaves it as it came, too."""

    async def awaited() -> None:
        async with nk.Client("http://host", transport=Transport(OSError("broken"))):
            raise error

    with (
        pytest.raises(error) as caught,
        nk.Client("http://host", transport=Transport(OSError("broken"))),
    ):
        raise error
    assert "OSError: broken" in caught.value.__notes__[0]
    loop = asyncio.new_event_loop()
    coroutine = awaited()
    with pytest.raises(error) as caught:
        loop.run_until_complete(coroutine)
    loop.close()
    assert "OSError: broken" in caught.value.__notes__[0]


def test_closing_that_takes_too_long_does_not_hide_the_blocks_own_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes on behind; the error of the block says so."""
    monkeypatch.setattr("notebook_kit.client.closing._LONGEST_WAIT_S", 0.05)
    release = asyncio.Event()

    class Slow(Transport):
        async def aclose(self) -> None:
            await release.wait()

    with pytest.raises(ZeroDivisionError) as caught, nk.Client("http://host", transport=Slow()):
        raise ZeroDivisionError
    assert "TimeoutError" in caught.value.__notes__[0]
    io_loop().call_soon_threadsafe(release.set)


def test_a_loop_that_ends_before_its_closing_does_not_stop_it() -> None:
    """`client.close()` without `await` in a coroutine that ends at once still closes."""
    transport = Transport()

    async def main() -> None:
        nk.Client("http://host", transport=transport).close()

    asyncio.run(main())
    assert until(lambda: transport.closed == 1)
