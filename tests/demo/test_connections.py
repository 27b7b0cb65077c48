from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from uvicorn.protocols.http.h11_impl import H11Protocol

from notebook_kit.demo import serve

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from notebook_kit.demo import DemoServer


def _httptools() -> type[asyncio.Protocol]:
    pytest.importorskip("httptools")
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    return HttpToolsProtocol


@pytest.fixture(params=[lambda: H11Protocol, _httptools], ids=["h11", "httptools"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoServer]:
    """A server on each of the two HTTP parsers that uvicorn may find installed."""
    monkeypatch.setattr("notebook_kit.demo.protocol.AutoHTTPProtocol", request.param())
    with serve(latency=0) as server:
        yield server


def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.002)
    return true()


@pytest.mark.parametrize("path", ["/slow?seconds=60", "/stream/text/sea?stall_after=1"])
def test_a_client_that_leaves_is_noticed(either: DemoServer, path: str) -> None:
    """Its request stops being in flight at once, however long it would have taken."""
    with socket.create_connection(("127.0.0.1", either.port)) as leaving:
        leaving.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        assert _until(lambda: either.stats().in_flight == 1)
    assert _until(lambda: either.stats().in_flight == 0)
    assert _until(lambda: either.stats().connections_open == 0)


def test_a_dropped_connection_ends_without_a_byte(
    either: DemoServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The client sees the end of the connection, and the server has nothing to complain of."""
    either.switches.outage = "refuse"
    with socket.create_connection(("127.0.0.1", either.port), timeout=5) as dropped:
        dropped.sendall(b"GET /airports/OSL HTTP/1.1\r\nhost: x\r\n\r\n")
        try:
            received = dropped.recv(100)
        except ConnectionResetError:
            received = b""
    assert received == b""
    assert caplog.records == []


def test_both_parsers_answer_alike(either: DemoServer) -> None:
    """Plain, empty, streamed and large answers, with and without a body asked for."""
    with httpx.Client(base_url=either.url, trust_env=False) as client:
        assert client.get("/airports/OSL").json()["iata"] == "OSL"
        assert client.get("/status/204").content == b""
        assert client.head("/bytes/100000").headers["content-length"] == "100000"
        assert len(client.get("/bytes/1000000").content) == 1_000_000
        assert "the sea" in client.get("/stream/text/the sea").text
        assert client.post("/echo", content=b"x" * 300_000).json()["body"] == "x" * 300_000
        assert client.get("/echo/a%2Fb?c=%20d").json()["path"] == "/echo/a%2Fb"


def test_a_request_that_is_no_http_is_answered_400_quietly(
    either: DemoServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """A stray client must not write into somebody's notebook."""
    with socket.create_connection(("127.0.0.1", either.port), timeout=5) as stray:
        stray.sendall(b"this is not HTTP\r\n\r\n")
        assert stray.recv(100).startswith(b"HTTP/1.1 400")
    assert capfd.readouterr().err == ""


def test_many_connections_are_counted_and_gone(either: DemoServer) -> None:
    """Every connection that ended is taken off the count, also those that asked nothing."""
    for _ in range(200):
        socket.create_connection(("127.0.0.1", either.port)).close()
    assert _until(lambda: either.stats().connections_opened == 200)
    assert _until(lambda: either.stats().connections_open == 0)
