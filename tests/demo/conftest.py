"""One server and one client for the tests of the demo API."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest

from notebook_kit.demo import DemoServer, serve
from tests.quiet import begin_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Reading the certificates of the system for each client would take most of the tests' time.
_TLS = ssl.create_default_context()


@pytest.fixture(scope="session")
def _shared_server() -> Iterator[DemoServer]:
    with serve(latency=0) as server:
        yield server


@pytest.fixture
def server(_shared_server: DemoServer) -> DemoServer:
    """A demo API as if it had just been started, without latency."""
    begin_anew(_shared_server)
    _shared_server.switches.stream_interval_s = 0
    return _shared_server


@pytest.fixture
def connect() -> Iterator[Callable[[DemoServer], httpx.Client]]:
    """Make clients that are closed when the test ends."""
    clients: list[httpx.Client] = []

    def make(server: DemoServer) -> httpx.Client:
        clients.append(httpx.Client(base_url=server.url, verify=_TLS, trust_env=False, timeout=10))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def api(server: DemoServer, connect: Callable[[DemoServer], httpx.Client]) -> httpx.Client:
    """A client of the demo API."""
    return connect(server)
