"""Whatever moment a request is cancelled in, its connection ends and its slot comes back."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import pytest

from notebook_kit.errors import ClosedError
from notebook_kit.testing import answer, never_answer, never_read, stall_mid_body
from tests.transport.helpers import begin, elsewhere, read, send, timeouts, turns, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from notebook_kit.testing import FaultServer
    from tests.transport.helpers import Make, Transport


async def _cancel(tasks: list[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


async def _all_slots_work(transport: Transport, url: str, slots: int) -> None:
    """Fill every slot at once with requests that are all in flight together."""
    answers = await asyncio.gather(*[send(transport, url) for _ in range(slots)])
    assert [body for _, body in answers] == [b"ok"] * slots


def test_cancelled_requests_end_their_connections(server: FaultServer, make: Make) -> None:
    """When requests are cancelled, a server that never answers sees 20 of 20 connections end."""
    server.when("/", never_answer())
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=20) as transport:
            tasks: list[asyncio.Task[object]] = [
                asyncio.ensure_future(send(transport, server.url)) for _ in range(20)
            ]
            assert await elsewhere(server.wait_requests, 20)
            await _cancel(tasks)
            assert await elsewhere(server.connections.wait_ended, 20, 1.5)
            await _all_slots_work(transport, f"{server.url}/ok", 20)

    asyncio.run(main())


def test_no_slot_is_lost_in_fifty_rounds_of_cancelling(server: FaultServer, make: Make) -> None:
    """Fifty rounds, each cancelled some steps of the loop later than the last, lose no slot."""
    server.when("/", never_answer())
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=4) as transport:
            for steps in range(50):
                # Two more than there are slots, so that some are cancelled while they wait.
                tasks: list[asyncio.Task[object]] = [
                    asyncio.ensure_future(send(transport, server.url)) for _ in range(6)
                ]
                await turns(steps)
                await _cancel(tasks)
            await _all_slots_work(transport, f"{server.url}/ok", 4)
            assert await elsewhere(server.connections.wait_open, transport.connections.open)

    asyncio.run(main())


def test_cancelling_one_waiter_lets_the_next_one_go(server: FaultServer, make: Make) -> None:
    """A slot that comes free while its next user is being cancelled goes to the one after."""
    server.when("/", answer("ok", delay_s=0.02))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            first, second, third = (
                asyncio.ensure_future(send(transport, server.url)) for _ in range(3)
            )
            # The callback runs in the very turn of the loop in which the slot is handed on.
            first.add_done_callback(lambda _: second.cancel())
            with pytest.raises(asyncio.CancelledError):
                await second
            _, body = await third
            assert body == b"ok"

    asyncio.run(main())


def test_cancelling_while_the_body_comes(server: FaultServer, make: Make) -> None:
    """A request cancelled in the middle of its answer's body ends its connection."""
    server.when("/", stall_mid_body())

    async def main() -> None:
        async with make() as transport:
            response = await begin(transport, server.url)
            reading = asyncio.ensure_future(read(response))
            await asyncio.sleep(0)
            await _cancel([reading])
            assert await elsewhere(server.connections.wait_ended, 1, 1.5)
            assert transport.connections.open == 0

    asyncio.run(main())


def test_cancelling_while_the_body_goes(server: FaultServer, make: Make) -> None:
    """A request cancelled while the server takes no more of its body ends its connection."""
    server.when("/", never_read())

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65536

    async def main() -> None:
        async with make() as transport:
            task: asyncio.Task[object] = asyncio.ensure_future(
                send(transport, server.url, "POST", content=endless())
            )
            assert await elsewhere(server.wait_requests, 1)
            await _cancel([task])
            # The server has stopped reading; what it sees is that its own writing fails.
            await until(lambda: transport.connections.open == 0)

    asyncio.run(main())


def test_an_answer_closed_unread_ends_its_connection(server: FaultServer, make: Make) -> None:
    """A response that is closed before its end takes its connection with it."""
    server.when("/", stall_mid_body())
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            response = await begin(transport, server.url)
            await response.aclose()
            await response.aclose()
            assert await elsewhere(server.connections.wait_ended, 1, 1.5)
            _, body = await send(transport, f"{server.url}/ok")
            assert body == b"ok"
            assert server.connections.opened == 2

    asyncio.run(main())


def test_an_answer_dropped_unread_gives_its_slot_back(server: FaultServer, make: Make) -> None:
    """A response that nobody holds any more frees its slot without having been closed."""
    server.when("/", stall_mid_body())
    server.when("/ok", answer("ok"))

    async def main() -> None:
        async with make(max_connections=1) as transport:
            await begin(transport, server.url)
            gc.collect()
            _, body = await send(transport, f"{server.url}/ok")
            assert body == b"ok"
            assert await elsewhere(server.connections.wait_ended, 1, 1.5)

    asyncio.run(main())


def test_closing_the_transport_ends_what_is_in_flight(server: FaultServer, make: Make) -> None:
    """aclose ends requests in flight and in the queue with ClosedError, and leaves nothing open."""
    server.when("/", never_answer())

    async def main() -> None:
        transport = make(max_connections=2)
        tasks = [asyncio.ensure_future(send(transport, server.url)) for _ in range(4)]
        assert await elsewhere(server.wait_requests, 2)
        await transport.aclose()
        await transport.aclose()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [ClosedError] * 4
        assert transport.connections == (0, 0)
        with pytest.raises(ClosedError, match="make a new client"):
            await send(transport, server.url)

    asyncio.run(main())
    assert server.connections.wait_open(0)


def test_closing_the_transport_ends_an_answer_in_mid_body(server: FaultServer, make: Make) -> None:
    """Whoever reads a body while the transport is closed gets ClosedError and does not hang."""
    server.when("/", stall_mid_body())

    async def main() -> None:
        transport = make()
        response = await begin(transport, server.url, extensions=timeouts(None))
        reading = asyncio.ensure_future(read(response))
        await asyncio.sleep(0)
        await transport.aclose()
        with pytest.raises(ClosedError):
            await asyncio.wait_for(reading, 20)

    asyncio.run(main())
