"""Connections stay within their bounds, are kept for the next request, and not for ever."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.testing import FaultServer, answer, answer_with_leftover
from tests.behaviours import held_until_open
from tests.transport.helpers import elsewhere, send, until

if TYPE_CHECKING:
    from tests.transport.helpers import Make


def test_never_more_connections_than_allowed(server: FaultServer, make: Make) -> None:
    """Forty requests at once over four connections: the server never sees a fifth."""
    server.when("/", lambda _: held_until_open(server, 4, answer("ok")))

    async def main() -> None:
        async with make(max_connections=4) as transport:
            answers = await asyncio.gather(*[send(transport, server.url) for _ in range(40)])
            assert [body for _, body in answers] == [b"ok"] * 40
            assert server.connections.peak == 4
            assert transport.statistics().opened_total == server.connections.opened == 4

    asyncio.run(main())


def test_never_more_connections_to_one_host_than_allowed(make: Make) -> None:
    """A bound per host holds for each host, and does not hold up the others."""

    async def main(one: FaultServer, other: FaultServer) -> None:
        async with make(max_connections=10, max_connections_per_host=2) as transport:
            urls = [one.url] * 10 + [other.url] * 10
            await asyncio.gather(*[send(transport, url) for url in urls])
            assert (one.connections.peak, other.connections.peak) == (2, 2)

    with FaultServer() as one, FaultServer() as other:
        one.when("/", answer("ok", delay_s=0.005))
        other.when("/", answer("ok", delay_s=0.005))
        asyncio.run(main(one, other))


def test_idle_connections_make_room_for_another_host(make: Make) -> None:
    """The bound counts idle connections too: those to one host make way for another host's."""

    async def main(one: FaultServer, other: FaultServer) -> None:
        async with make(max_connections=2) as transport:
            await asyncio.gather(*[send(transport, one.url) for _ in range(2)])
            assert transport.connections == (2, 2)
            await asyncio.gather(*[send(transport, other.url) for _ in range(2)])
            assert transport.connections == (2, 2)
            assert await elsewhere(one.connections.wait_open, 0)
            assert other.connections.open == 2

    with FaultServer() as one, FaultServer() as other:
        one.when("/", answer("ok", delay_s=0.005))
        other.when("/", answer("ok", delay_s=0.005))
        asyncio.run(main(one, other))


def test_requests_one_after_another_share_a_connection(server: FaultServer, make: Make) -> None:
    """A connection is used again, for every method and also when an answer has no body."""
    server.when("/", answer("ok"))
    server.when("/none", answer(status=204))
    server.when("/same", answer(status=304, headers=[("ETag", '"1"')]))

    async def main() -> None:
        async with make() as transport:
            for method in ("GET", "POST", "HEAD", "DELETE"):
                await send(transport, server.url, method)
            await send(transport, f"{server.url}/none")
            await send(transport, f"{server.url}/same")
            await send(transport, server.url)
            assert transport.statistics().opened_total == 1
            assert transport.connections == (1, 1)

    asyncio.run(main())
    assert server.connections.opened == 1


def test_a_burst_keeps_its_connections_while_it_lasts(server: FaultServer, make: Make) -> None:
    """Twenty at once, again and again, with 2 to be kept: none is opened anew within a second."""
    server.when("/", answer("ok", delay_s=0.005))

    async def main() -> None:
        async with make(max_keepalive_connections=2) as transport:
            for _ in range(5):
                await asyncio.gather(*[send(transport, server.url) for _ in range(20)])
            assert server.connections.opened == 20

    asyncio.run(main())


def test_only_so_many_settled_connections_are_kept(server: FaultServer, make: Make) -> None:
    """A second after a burst, all but max_keepalive_connections of its connections are closed."""
    server.when("/", answer("ok", delay_s=0.005))

    async def main() -> None:
        async with make(max_keepalive_connections=2) as transport:
            await asyncio.gather(*[send(transport, server.url) for _ in range(6)])
            assert server.connections.opened == 6
            assert await elsewhere(server.connections.wait_ended, 4, 20.0)
            assert transport.connections == (2, 2)
            assert server.connections.open == 2

    asyncio.run(main())


def test_idle_connections_are_closed_by_the_clock(server: FaultServer, make: Make) -> None:
    """After keepalive_expiry an idle connection is closed though nothing else happens."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with make(keepalive_expiry=0.1) as transport:
            await send(transport, server.url)
            assert await elsewhere(server.connections.wait_ended, 1, 2.0)
            assert transport.connections == (0, 0)
            await send(transport, server.url)
            assert server.connections.opened == 2

    asyncio.run(main())


def test_connections_can_be_used_once_only(server: FaultServer, make: Make) -> None:
    """With keepalive_expiry=0 each request opens a connection and closes it."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with make(keepalive_expiry=0) as transport:
            await send(transport, server.url)
            await send(transport, server.url)
            assert await elsewhere(server.connections.wait_ended, 2)

    asyncio.run(main())


def test_the_server_may_ask_to_close(server: FaultServer, make: Make) -> None:
    """After an answer with Connection: close the next request opens a new connection."""
    server.when("/", answer("ok", keep_alive=False))

    async def main() -> None:
        async with make() as transport:
            for _ in range(2):
                _, body = await send(transport, server.url)
                assert body == b"ok"
            assert server.connections.opened == 2

    asyncio.run(main())


def test_the_client_may_ask_to_close(server: FaultServer, make: Make) -> None:
    """After a request with Connection: close the next one opens a new connection."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with make() as transport:
            await send(transport, server.url, headers={"Connection": "close"})
            await send(transport, server.url)
            assert server.connections.opened == 2

    asyncio.run(main())


def test_a_kept_connection_that_the_server_closed_is_not_used(
    server: FaultServer, make: Make
) -> None:
    """A POST after the server closed the kept connection goes out once, over a new one."""
    server.when("/", answer("ok"))

    async def main() -> None:
        async with make() as transport:
            await send(transport, server.url)
            # The loop has no turn between the server's closing and the next request.
            server.hang_up()
            _, body = await send(transport, server.url, "POST", content=b"once")
            assert body == b"ok"

    asyncio.run(main())
    assert [request.body for request in server.requests] == [b"", b"once"]


def test_bytes_that_nobody_asked_for_are_no_answer(server: FaultServer, make: Make) -> None:
    """An answer sent over an idle connection is not taken for that to the next request."""
    server.when("/", answer("mine"))

    async def main() -> None:
        async with make() as transport:
            await send(transport, server.url)
            server.push(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnot")
            _, body = await send(transport, server.url)
            assert body == b"mine"
            assert server.connections.opened == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    "leftover",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnot", b"HTTP/1.1 2", b"more than was promised"],
    ids=["answer", "half a head", "no HTTP"],
)
def test_bytes_behind_an_answer_are_not_the_next_one(
    server: FaultServer, make: Make, leftover: bytes
) -> None:
    """A connection with bytes left over behind an answer is not used again."""
    server.when("/first", answer_with_leftover("first", leftover=leftover))
    server.when("/second", answer("second"))

    async def main() -> None:
        async with make() as transport:
            # The answer itself may be refused: its length was wrong, or something came with it.
            with contextlib.suppress(httpx.RemoteProtocolError):
                _, body = await send(transport, f"{server.url}/first")
                assert body == b"first"
            _, body = await send(transport, f"{server.url}/second")
            assert body == b"second"

    asyncio.run(main())
    assert [request.connection for request in server.requests] == [1, 2]


def test_counts_can_be_read_from_any_thread(server: FaultServer, make: Make) -> None:
    """Connections in use and idle ones are counted, before, during and after requests."""
    server.when("/", answer("ok", delay_s=0.05))

    async def main() -> None:
        transport = make()
        assert transport.connections == (0, 0)
        async with transport:
            await send(transport, server.url)
            assert transport.connections == (1, 1)
            tasks = [asyncio.ensure_future(send(transport, server.url)) for _ in range(2)]
            await until(lambda: transport.connections.open == 2)
            assert await elsewhere(lambda: transport.connections) == (2, 0)
            await asyncio.gather(*tasks)
            counts = transport.statistics()
            assert (counts.open, counts.idle, counts.opened_total) == (2, 2, 2)
        assert transport.connections == (0, 0)
        assert "closed" in repr(transport)

    asyncio.run(main())
