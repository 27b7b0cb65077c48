"""What only httpx's transport in pieces can do: SOCKS proxies and HTTP/2."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from notebook_kit.client.transports.piece import Piece
from notebook_kit.client.transports.pieces import HttpxPieces
from notebook_kit.client.transports.tls import make_context
from notebook_kit.testing import answer
from tests.behaviours import held_until_open
from tests.transport.helpers import begin, elsewhere, read, send, timeouts, turns, until
from tests.transport.http2_double import Http2Server
from tests.transport.proxy_double import SocksProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from notebook_kit.testing import FaultServer


@pytest.fixture
def http2_server(authority: trustme.CA) -> Iterator[Http2Server]:
    """A server that speaks HTTP/2 only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2"])
    with Http2Server(context) as server:
        yield server


@pytest.fixture
def own_context(authority: trustme.CA) -> ssl.SSLContext:
    """A context of the test's own: offering HTTP/2 changes it."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_through_a_socks_proxy(server: FaultServer) -> None:
    """A SOCKS 5 proxy carries requests, over a connection that is used again."""
    server.when("/", answer("ok"))

    async def main(proxy: SocksProxy) -> None:
        async with HttpxPieces(proxy_for=lambda _: proxy.url) as transport:
            for _ in range(2):
                _, body = await send(transport, server.url)
                assert body == b"ok"

    with SocksProxy() as proxy:
        asyncio.run(main(proxy))
        assert proxy.heads == [f"127.0.0.1:{server.port}".encode()]


def _fails_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first piece not made, as for a proxy that this installation cannot speak to."""
    made, calls = HttpxPieces._make, iter([True])

    def make(self: HttpxPieces, route: Any) -> Piece:
        if next(calls, False):
            message = "cannot be made"
            raise RuntimeError(message)
        return made(self, route)

    monkeypatch.setattr(HttpxPieces, "_make", make)


def test_a_piece_that_cannot_be_made_keeps_no_place(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one place of the pool is there for the next request."""
    _fails_once(monkeypatch)
    server.when("/x", answer("fine"))

    async def main() -> None:
        async with HttpxPieces(max_connections=1) as transport:
            with pytest.raises(RuntimeError, match="cannot be made"):
                await send(transport, f"{server.url}/x")
            _, body = await asyncio.wait_for(send(transport, f"{server.url}/x"), 20)
            assert body == b"fine"

    asyncio.run(main())


def test_nobody_waits_for_a_shared_piece_that_cannot_be_made(
    http2_server: Http2Server, own_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who wait for the first connection open others; its own request has the error."""
    _fails_once(monkeypatch)

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=2) as transport:
            tasks = [send(transport, f"{http2_server.url}/{n}/0") for n in range(3)]
            ends = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
            assert [isinstance(it, RuntimeError) for it in ends] == [True, False, False]

    asyncio.run(main())


def test_http2_shares_one_connection(
    http2_server: Http2Server, own_context: ssl.SSLContext
) -> None:
    """Fifty requests at once to a server that speaks HTTP/2 share one connection."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context) as transport:
            tasks = [send(transport, f"{http2_server.url}/{n}/0.05") for n in range(50)]
            answers = await asyncio.gather(*tasks)
            assert [body for _, body in answers] == [f"/{n}/0.05".encode() for n in range(50)]
            versions = {response.extensions["http_version"] for response, _ in answers}
            assert versions == {b"HTTP/2"}
            assert transport.connections == (1, 1)
            _, body = await send(transport, f"{http2_server.url}/again/0")
            assert body == b"/again/0"

    asyncio.run(main())
    assert http2_server.opened == 1


def test_http2_where_the_server_does_not_speak_it(
    tls_server: FaultServer, own_context: ssl.SSLContext
) -> None:
    """Offered HTTP/2, a server of HTTP/1.1 gets as many connections as there are requests."""
    tls_server.when("/", lambda _: held_until_open(tls_server, 5, answer("ok")))

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=5) as transport:
            answers = await asyncio.gather(*[send(transport, tls_server.url) for _ in range(10)])
            assert {body for _, body in answers} == {b"ok"}
            assert tls_server.connections.peak == 5

    asyncio.run(main())


def test_http2_is_not_for_plain_connections(server: FaultServer) -> None:
    """Without TLS there is no agreeing on HTTP/2: requests run side by side in HTTP/1.1."""
    server.when("/", lambda _: held_until_open(server, 4, answer("ok")))

    async def main() -> None:
        async with HttpxPieces(http2=True) as transport:
            await asyncio.gather(*[send(transport, server.url) for _ in range(4)])
            assert server.connections.peak == 4

    asyncio.run(main())


def test_cancelling_one_of_many_on_http2(
    http2_server: Http2Server, own_context: ssl.SSLContext
) -> None:
    """A cancelled request leaves the others on its connection alone, and nobody joins them."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=2) as transport:
            url = http2_server.url
            slow = [asyncio.ensure_future(send(transport, f"{url}/{n}/0.3")) for n in range(5)]
            doomed = asyncio.ensure_future(send(transport, f"{url}/never"))
            await until(lambda: len(http2_server.paths) == 6)
            doomed.cancel()
            with pytest.raises(asyncio.CancelledError):
                await doomed
            await send(transport, f"{url}/0")
            assert http2_server.opened == 2
            assert len(await asyncio.gather(*slow)) == 5
            await until(lambda: http2_server.ended == 1)
            assert transport.connections == (1, 1)

    asyncio.run(main())


def test_cancelling_all_on_http2_loses_no_slot(
    http2_server: Http2Server, own_context: ssl.SSLContext
) -> None:
    """Rounds of cancelling over HTTP/2, at every stage, leave the one slot there is usable."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=1) as transport:
            for steps in range(0, 60, 3):
                tasks = [
                    asyncio.ensure_future(send(transport, f"{http2_server.url}/never"))
                    for _ in range(4)
                ]
                await turns(steps)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            _, body = await send(transport, f"{http2_server.url}/ok/0")
            assert body == b"/ok/0"
            await until(lambda: http2_server.opened - http2_server.ended == 1)

    asyncio.run(main())


def test_no_answer_from_whoever_leads(own_context: ssl.SSLContext) -> None:
    """Requests that wait for the first connection to a dead host all fail, not one by one."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=10) as transport:
            tasks = [send(transport, "https://127.0.0.1:1/") for _ in range(10)]
            async with asyncio.timeout(2):
                results = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(result) for result in results} == {httpx.ConnectError}
            await until(lambda: transport.connections == (0, 0))

    asyncio.run(main())


def test_waiting_for_the_first_connection_has_its_limit(
    http2_server: Http2Server, own_context: ssl.SSLContext
) -> None:
    """Over HTTP/2, too, a request that finds no place in time is PoolTimeout."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=1) as transport:
            never = asyncio.ensure_future(send(transport, f"{http2_server.url}/never"))
            await until(lambda: http2_server.paths == ["/never"])
            # The one slot is taken, and its connection leads to another host.
            with pytest.raises(httpx.PoolTimeout):
                await send(transport, "https://127.0.0.1:1/", extensions=timeouts(pool=0.05))
            never.cancel()
            await asyncio.gather(never, return_exceptions=True)

    asyncio.run(main())


def test_a_trace_of_the_callers_own_is_kept(server: FaultServer) -> None:
    """A trace extension of the caller's still hears of everything; its request is not changed."""
    server.when("/", answer("ok"))
    heard: list[str] = []

    async def trace(event: str, _info: dict[str, Any]) -> None:
        heard.append(event)

    async def main() -> None:
        async with HttpxPieces() as transport:
            extensions = {**timeouts(), "trace": trace}
            request = httpx.Request("GET", server.url, extensions=extensions)
            response = await transport.handle_async_request(request)
            await read(response)
            assert request.extensions["trace"] is trace

    asyncio.run(main())
    assert "connection.connect_tcp.complete" in heard


def test_a_piece_shows_what_is_left_over(server: FaultServer) -> None:
    """The look inside httpcore finds no leftovers after a clean answer, and some after others."""
    server.when("/clean", answer("ok"))

    async def main() -> None:
        piece = Piece(make_context(verify=False), http2=False, proxy=None, local_address=None)
        request = httpx.Request("GET", f"{server.url}/clean", extensions=timeouts())
        response = await piece.transport.handle_async_request(request)
        assert await response.aread() == b"ok"
        await response.aclose()
        assert not piece.has_leftover()
        # Were this place in httpcore to move, nothing would be reused, and this test would fail.
        (connection,) = piece.transport._pool.connections
        connection._connection._h11_state.receive_data(b"HTTP/1.1 2")  # type: ignore[attr-defined]
        assert piece.has_leftover()
        await piece.transport.aclose()

    asyncio.run(main())


def test_a_piece_that_cannot_be_looked_into_is_not_reused(server: FaultServer) -> None:
    """A piece without the inside that is known counts as one with leftovers."""

    class Other:
        _pool = object()

    piece = Piece(make_context(verify=False), http2=False, proxy=None, local_address=None)
    piece.transport = Other()  # type: ignore[assignment]
    assert piece.has_leftover()


def test_answers_dropped_over_http2(http2_server: Http2Server, own_context: ssl.SSLContext) -> None:
    """An answer closed before its end takes its connection out of use, and the slot comes back."""

    async def main() -> None:
        async with HttpxPieces(http2=True, verify=own_context, max_connections=1) as transport:
            response = await begin(transport, f"{http2_server.url}/0")
            await response.aclose()
            await send(transport, f"{http2_server.url}/0")
            assert await elsewhere(lambda: http2_server.opened) == 2

    asyncio.run(main())
