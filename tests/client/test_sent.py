"""Limits hold for what a server sees, also where a connection has to be made first."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Iterator

HANDSHAKE_S = 0.6


class SlowToGreet:
    """A server that takes its time over each TLS handshake, and notes when requests come."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.arrivals: list[float] = []
        self.port = 0
        self._context = context
        self._stop = asyncio.Event()

    async def serve(self, ready: threading.Event) -> None:
        """Accept connections until told to stop."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.setblocking(False)  # noqa: FBT003 - as sockets have it
            self.port = listening.getsockname()[1]
            ready.set()
            async with asyncio.TaskGroup() as visits:
                accepting = visits.create_task(self._accept(listening, visits))
                await self._stop.wait()
                accepting.cancel()

    async def _accept(self, listening: socket.socket, visits: asyncio.TaskGroup) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listening)
            visits.create_task(self._greet(connection))

    async def _greet(self, connection: socket.socket) -> None:
        await asyncio.sleep(HANDSHAKE_S)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, connection, ssl=self._context
        )
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.arrivals.append(time.monotonic())
                transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            transport.abort()

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def slow_to_greet() -> Iterator[tuple[SlowToGreet, ssl.SSLContext]]:
    """Serve from a thread; gives the server, and what trusts it."""
    authority = trustme.CA()
    context, trusting = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(),
    )
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trusting)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    server = SlowToGreet(context)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(server.serve(ready))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        yield server, trusting
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(10)


@pytest.mark.parametrize("http2", [False, True], ids=["aiohttp", "httpx"])
@pytest.mark.parametrize("alone", [False, True], ids=["map", "calls"])
def test_the_stamp_is_taken_when_the_request_leaves(*, alone: bool, http2: bool) -> None:
    """Five a second, all at once: the sixth comes a second after the first that was seen."""
    with slow_to_greet() as (server, trusting):
        url = f"https://127.0.0.1:{server.port}"
        rate = nk.Rate(5, per="s", burst=True)
        with nk.Client(url, rate=rate, verify=trusting, http2=http2) as api:
            if alone:
                calls = [threading.Thread(target=api.get, args=("/",)) for _ in range(8)]
                for call in calls:
                    call.start()
                for call in calls:
                    call.join()
            else:
                frame = api.map("/{n}", [{"n": n} for n in range(8)], progress=False)
                assert frame["status"].eq("ok").all()
        arrivals = sorted(server.arrivals)
    assert len(arrivals) == 8
    # The window is a hundredth longer than asked for, and a server may be late to see its first.
    assert arrivals[5] - arrivals[0] > 1 - HANDSHAKE_S / 2
