"""Fixtures of the transport suite: each test that asks for `make` runs once for each transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.client.transports.aiohttp_transport import AiohttpTransport
from notebook_kit.client.transports.pieces import HttpxPieces
from notebook_kit.testing import FaultServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.transport.helpers import Make, Transport

_CLASSES: dict[str, type[AiohttpTransport | HttpxPieces]] = {
    "aiohttp": AiohttpTransport,
    "pieces": HttpxPieces,
}


class _Maker:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, **options: Any) -> Transport:
        return _CLASSES[self.name](**options)


@pytest.fixture(params=sorted(_CLASSES))
def make(request: pytest.FixtureRequest) -> Make:
    """Make the transport under test, with options."""
    return _Maker(request.param)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server without TLS that answers what the test says."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def tls_server(server_context: ssl.SSLContext) -> Iterator[FaultServer]:
    """A server with TLS and a certificate of the session's authority."""
    with FaultServer(ssl_context=server_context) as server:
        yield server
