from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.demo import serve
from tests.quiet import begin_anew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

REQUEST = b"GET /airports/OSL HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serve(latency=0) as server:
        yield server


def _counted_after_one_more(server: DemoServer) -> tuple[int, int, int, dict[int, int]]:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        client.get("/airports/OSL")
    seen = server.stats()
    return seen.requests, seen.connections_opened, seen.most_in_flight, dict(seen.by_status)


def test_what_waits_to_be_accepted_does_not_count(server: DemoServer) -> None:
    """A client has come, asked and gone while the server was busy: the next test is not told."""
    loop = server._running._loop
    assert loop is not None
    free = threading.Event()
    loop.call_soon_threadsafe(free.wait)
    with socket.create_connection(("127.0.0.1", server.port)) as hasty:
        hasty.sendall(REQUEST)
    # When the first turn has been asked for; should it come sooner, less is asked of the server.
    freeing = threading.Timer(0.05, free.set)
    freeing.start()
    begin_anew(server)
    freeing.join()
    assert _counted_after_one_more(server) == (1, 1, 1, {200: 1})


def test_what_is_under_way_does_not_count(server: DemoServer) -> None:
    """Its client has gone, and the server sleeps on before it answers nobody."""
    server.switches.latency_s = 0.04
    with socket.create_connection(("127.0.0.1", server.port)) as hasty:
        hasty.sendall(REQUEST)
        while not server.stats().in_flight:
            pass
    begin_anew(server)
    assert _counted_after_one_more(server) == (1, 1, 1, {200: 1})
