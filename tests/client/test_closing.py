"""Closing: always, once, waited for, and never louder than the error of the block."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer


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
