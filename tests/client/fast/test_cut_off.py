"""What is cut off on the short way is cut off at the server too, and costs no connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, never_answer, stall_mid_body

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour

AT_ONCE = 40


@pytest.mark.parametrize("behaviour", [never_answer(), stall_mid_body()], ids=["head", "body"])
def test_calls_that_are_cancelled_end_their_connections(behaviour: Behaviour) -> None:
    """Before the head and in mid-body: the server sees each end, and new calls pass at once."""

    async def main(server: FaultServer) -> None:
        async with nk.Client(server.url, max_connections=AT_ONCE, retry=0) as client:
            tasks = [asyncio.ensure_future(client.get("/x").send()) for _ in range(AT_ONCE)]
            assert await asyncio.to_thread(server.wait_requests, AT_ONCE)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks)
            assert await asyncio.to_thread(server.connections.wait_ended, AT_ONCE, 5.0)
            async with asyncio.timeout(10):
                answers = await asyncio.gather(*(client.get("/y") for _ in range(AT_ONCE)))
            assert {it.status_code for it in answers} == {200}

    with FaultServer() as server:
        server.when("/x", behaviour)
        server.when("/y", answer("ok"))
        asyncio.run(main(server))


def test_a_run_that_is_cancelled_ends_its_connections() -> None:
    """Rows under way are cut at the server, and the client works on."""

    async def main(server: FaultServer) -> None:
        async with nk.Client(server.url, max_connections=10) as client:
            run = client.map("/{x}", ["x"] * 50, max_concurrency=10, progress=False)
            assert await asyncio.to_thread(server.wait_requests, 10)
            run.cancel()
            frame = await run
            assert set(frame["status"]) == {"cancelled"}
            assert await asyncio.to_thread(server.connections.wait_ended, 10, 5.0)
            assert (await client.get("/y")).status_code == 200

    with FaultServer() as server:
        server.when("/x", never_answer())
        server.when("/y", answer("ok"))
        asyncio.run(main(server))


def test_what_is_under_way_when_the_client_is_closed_says_so() -> None:
    """Calls and rows that are cut by closing the client end in the kit's error, no other's."""

    async def main(server: FaultServer) -> None:
        client = nk.Client(server.url, retry=0)
        call = asyncio.ensure_future(client.get("/x").send())
        run = client.map("/{x}", ["x"] * 3, progress=False)
        assert await asyncio.to_thread(server.wait_requests, 4)
        await client.close()
        with pytest.raises(nk.ClosedError, match="make a new client"):
            await call
        with pytest.raises(nk.BatchFailed, match="the client was closed"):
            await run

    with FaultServer() as server:
        server.when("/x", never_answer())
        asyncio.run(main(server))


def test_no_more_connections_than_calls_at_once() -> None:
    """A thousand calls, twenty at once, are sent over twenty connections at most."""

    async def main(url: str) -> None:
        gate = asyncio.Semaphore(20)
        async with nk.Client(url) as client:

            async def one() -> None:
                async with gate:
                    await client.get("/x")

            await asyncio.gather(*(one() for _ in range(1_000)))

    with FaultServer() as server:
        server.when("/x", answer("ok"))
        asyncio.run(main(server.url))
        assert server.connections.opened <= 20
