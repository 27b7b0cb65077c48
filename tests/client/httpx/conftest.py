"""Fixtures: each test that asks for `alike` runs over each of the kit's transports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer, answer
from tests.client.httpx.alike import VARIANTS, Alike

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(params=sorted(VARIANTS))
def variant(request: pytest.FixtureRequest) -> str:
    """The name of the transport that the kit takes."""
    name: str = request.param
    return name


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers everything with a few bytes, unless a test says otherwise."""
    with FaultServer() as server:
        server.when("*", answer("fine", headers=[("content-type", "text/plain")]))
        yield server


@pytest.fixture
def other() -> Iterator[FaultServer]:
    """A second server, of another origin."""
    with FaultServer() as server:
        server.when("*", answer("other"))
        yield server


@pytest.fixture
def alike(variant: str, server: FaultServer) -> Alike:
    """What does the same with httpx and with the kit."""
    return Alike(variant, [server])


@pytest.fixture
def tls_server(server_context: ssl.SSLContext) -> Iterator[FaultServer]:
    """A server with TLS and a certificate of that authority."""
    with FaultServer(ssl_context=server_context) as server:
        server.when("*", answer("secure"))
        yield server
