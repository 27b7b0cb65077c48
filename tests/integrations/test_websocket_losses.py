"""Connections that are lost, cancelled, dropped, and that do not want to close."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import awake
from notebook_kit.integrations.websocket import WebSocket
from notebook_kit.testing import nothing_left_open
from tests.client.crowds import until
from tests.client.processes import run_strictly
from tests.lifetime.resources import turns
from tests.loops import close_at_once, in_loop
from tests.servers.websocket import WebSocketServer, read_into

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """No socket, task or thread is there after any of it."""
    with nothing_left_open():
        yield


@pytest.fixture
def server() -> Iterator[WebSocketServer]:
    """A server that sends back what it is sent."""
    with WebSocketServer() as it:
        yield it


async def soon(condition: Callable[[], object]) -> None:
    """Wait for something that nothing announces."""
    assert await asyncio.to_thread(until, lambda: bool(condition()), PATIENCE_S)


async def cancelled(work: asyncio.Task[Any]) -> None:
    """Cancel a task, and see that it ends by nothing else."""
    work.cancel()
    await asyncio.wait([work], timeout=PATIENCE_S)
    assert work.cancelled()


@in_loop
async def test_all_who_wait_are_told_and_the_next_connect_again(server: WebSocketServer) -> None:
    """Over one connection, however many there are."""
    async with WebSocket(server.url) as socket:
        waiting = [asyncio.ensure_future(socket.receive()) for _ in range(20)]
        await socket.ping()
        server.kill()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(it) for it in told} == {nk.ConnectionLost}
        server.start()
        await asyncio.gather(*(socket.send("again") for _ in range(50)))
        assert {await socket.receive() for _ in range(50)} == {"again"}
    assert server.accepted == 2


@in_loop
async def test_while_the_server_is_down(server: WebSocketServer) -> None:
    """No connection can be made; when it is there again, the same object works."""
    async with WebSocket(server.url) as socket:
        server.stop()
        with pytest.raises(nk.ConnectionLost, match="1001"):
            await socket.receive()
        for _ in range(3):
            with pytest.raises(nk.ConnectionFailed) as caught:
                await socket.send("hello")
            assert not caught.value.maybe_sent
        server.start()
        await socket.send("hello")
        assert await socket.receive() == "hello"


@in_loop
async def test_a_loss_while_nobody_looked_is_told_once(server: WebSocketServer) -> None:
    """By the next use, which has sent nothing; the one after that connects again."""
    async with WebSocket(server.url) as socket:
        await socket.ping()
        server.kill()
        await soon(lambda: "not connected" in str(nk.open_resources()))
        server.start()
        with pytest.raises(nk.ConnectionLost) as caught:
            await socket.send("keep 1")
        assert not caught.value.maybe_sent
        await socket.send("keep 2")
        await soon(lambda: server.received)
    assert server.received == ["keep 2"]


@in_loop
async def test_nothing_is_sent_twice(server: WebSocketServer) -> None:
    """What was on its way when the connection was lost is the caller's to send again."""
    sent = []
    async with WebSocket(server.url) as socket:
        for number in range(200):
            if number == 100:
                server.kill()
                server.start()
            try:
                await socket.send(f"keep {number}")
                sent.append(f"keep {number}")
            except nk.ConnectionLost:
                continue
        await soon(lambda: server.received[-1:] == ["keep 199"])
    assert len(set(server.received)) == len(server.received)
    assert set(server.received) <= {f"keep {number}" for number in range(200)}
    assert len(sent) == 199


@in_loop
async def test_what_came_before_the_loss_is_given(server: WebSocketServer) -> None:
    """Only then it is told."""
    got: list[str | bytes] = []
    async with WebSocket(server.url) as socket:
        await socket.send("later 10")
        await soon(lambda: server.received and not server.connections)
        with pytest.raises(nk.ConnectionLost):
            await read_into(got, socket)
    assert got == [str(number) for number in range(10)]


@in_loop
async def test_a_ping_on_a_lost_connection(server: WebSocketServer) -> None:
    """Is told of the loss, as any other use."""
    async with WebSocket(server.url) as socket:
        await socket.send("leave")
        await soon(lambda: server.received and not server.connections)
        with pytest.raises(nk.ConnectionLost):
            await socket.ping()


@in_loop
async def test_a_server_that_says_nothing_is_lost() -> None:
    """It is asked every so often, and has as long to answer."""
    with WebSocketServer() as server:
        async with WebSocket(
            f"{server.url}/deaf", ping_interval="30 ms", close_timeout="50 ms"
        ) as it:
            with pytest.raises(nk.ConnectionLost, match="keepalive ping timeout"):
                await it.receive()


@in_loop
async def test_closing_while_a_message_is_waited_for(server: WebSocketServer) -> None:
    """Who waits is told that it was closed; a loop over messages ends."""
    socket = await WebSocket(server.url).open()
    other = await WebSocket(server.url).open()

    async def read(it: WebSocket) -> list[str | bytes]:
        return [message async for message in it]

    waiting, reading = asyncio.ensure_future(socket.receive()), asyncio.ensure_future(read(other))
    await asyncio.gather(socket.ping(), other.ping())
    await asyncio.gather(socket.close(), other.close())
    with pytest.raises(nk.ClosedError, match="was closed meanwhile"):
        await waiting
    assert await reading == []
    with pytest.raises(nk.ClosedError):
        await socket.send("hello")


@in_loop
async def test_a_closing_handshake_that_hangs_is_cut(server: WebSocketServer) -> None:
    """Within the limit, and without an error: nothing is lost by it."""
    async with WebSocket(f"{server.url}/deaf", close_timeout="50 ms") as socket:
        await socket.send("hello")
    assert socket.state == "closed"


@in_loop
async def test_cancelled_while_it_connects(server: WebSocketServer) -> None:
    """Nothing is left of it, and the next try connects."""
    reached = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()  # Until the other side has gone.
        writer.close()

    tcp = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with tcp:
        url = f"ws://127.0.0.1:{tcp.sockets[0].getsockname()[1]}"
        socket = WebSocket(url)
        opening = asyncio.create_task(socket.open())
        await asyncio.wait_for(reached.wait(), PATIENCE_S)
        await cancelled(opening)
        assert socket.state == "new"
    async with WebSocket(server.url) as other:
        assert await other.ping() >= 0


@in_loop
async def test_cancelled_while_it_receives(server: WebSocketServer) -> None:
    """No message is lost by it."""
    async with WebSocket(server.url) as socket:
        receiving = asyncio.create_task(socket.receive())
        await socket.ping()
        await cancelled(receiving)
        await socket.send("for the next")
        assert await socket.receive() == "for the next"
    assert server.accepted == 1


@in_loop
async def test_cancelled_while_it_pings(server: WebSocketServer) -> None:
    """The answer that comes all the same disturbs nobody."""
    async with WebSocket(server.url) as socket:
        await socket.ping()
        for _ in range(3):
            pinging = asyncio.create_task(socket.ping())
            await asyncio.sleep(0)
            await cancelled(pinging)
        assert await socket.ping() >= 0
    assert server.accepted == 1


@in_loop
async def test_the_stop_button_works_while_a_message_is_waited_for(
    server: WebSocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop is kept awake, also outside of a block."""
    beats: list[str] = []
    real = awake.heartbeat  # type: ignore[attr-defined]

    def heartbeat(waiter: Any, tick: Any) -> Any:
        beats.append("begun")
        return real(waiter, tick)

    socket = WebSocket(server.url)
    await socket.ping()
    monkeypatch.setattr(awake, "heartbeat", heartbeat)
    receiving = asyncio.create_task(socket.receive())
    await turns()
    assert beats == ["begun"]
    await cancelled(receiving)
    await socket.close()


@in_loop
async def test_cancelled_while_it_sends(server: WebSocketServer) -> None:
    """To a server that does not read; the connection is closed all the same."""
    async with WebSocket(f"{server.url}/deaf", close_timeout="50 ms") as socket:
        sending = asyncio.create_task(socket.send(os.urandom(20_000_000)))
        connection = socket._line.connection
        await soon(lambda: connection.transport.get_write_buffer_size() > 0)
        await cancelled(sending)


@in_loop
async def test_cancelled_while_it_closes(server: WebSocketServer) -> None:
    """It is closed when the cancellation comes out."""
    socket = await WebSocket(f"{server.url}/deaf", close_timeout="100 ms").open()
    closing = asyncio.create_task(socket.close())
    await soon(lambda: socket.state == "closing")
    await cancelled(closing)
    assert socket.state == "closed"


@in_loop
async def test_cancelled_in_its_block(server: WebSocketServer) -> None:
    """It is closed, and the server sees it go."""
    inside = asyncio.Event()

    async def work() -> None:
        async with WebSocket(server.url):
            inside.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await asyncio.wait_for(inside.wait(), PATIENCE_S)
    await soon(lambda: server.connections == 1)
    await cancelled(working)
    await soon(lambda: server.connections == 0)


@in_loop
async def test_one_that_is_dropped_is_closed(server: WebSocketServer) -> None:
    """When the last reference to it goes."""
    socket = await WebSocket(server.url).open()
    await soon(lambda: server.connections == 1)
    del socket
    await soon(lambda: server.connections == 0)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_one_whose_loop_was_closed_is_let_go_of(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext, *, is_encrypted: bool
) -> None:
    """Without a word, and it connects anew on the next loop that it is used on."""
    contexts = (server_context, client_context) if is_encrypted else (None, None)
    with WebSocketServer(ssl=contexts[0]) as server:
        socket = WebSocket(server.url, ssl=contexts[1])
        for _ in range(2):
            loop = asyncio.new_event_loop()
            loop.run_until_complete(socket.send("hello"))
            assert loop.run_until_complete(socket.receive()) == "hello"
            assert until(lambda: server.connections == 1)
            close_at_once(loop)
        asyncio.run(socket.close())
        assert until(lambda: server.connections == 0)
        assert server.accepted == 2


def test_scripts_that_leave_it_open(server: WebSocketServer) -> None:
    """At the end of its loop it is closed, and the interpreter has nothing to complain of."""
    source = """
from notebook_kit.execution import awake
from notebook_kit.integrations.websocket import WebSocket
kept = []
async def main():
    for _ in range(3):
        kept.append(await WebSocket(URL).open())
asyncio.run(main())
assert becomes(lambda: not to_server())
async def dropped():
    await (await WebSocket(URL).open()).send("hello")
asyncio.run(dropped())
assert becomes(lambda: not to_server())
assert threading.active_count() == 1, threading.enumerate()
"""
    assert run_strictly(source, server.url) == (0, "", "")
