"""A small HTTP/2 server for tests: answers with the path, after as long as the path says."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events

from tests.threaded_server import ThreadedServer

if TYPE_CHECKING:
    import ssl

__all__ = ["Http2Server"]


class _Connection(asyncio.Protocol):
    def __init__(self, server: Http2Server) -> None:
        self._server = server
        config = h2.config.H2Configuration(client_side=False)
        self._state = h2.connection.H2Connection(config=config)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened += 1
        self._state.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        for event in self._state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                path = dict(event.headers)[b":path"].decode()
                self._server.paths.append(path)
                if path != "/never":
                    delay_s = float(path.rpartition("/")[2] or 0)
                    asyncio.get_running_loop().call_later(
                        delay_s, self._answer, event.stream_id, path
                    )
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.ended += 1
        self._transport = None

    def _answer(self, stream: int, path: str) -> None:
        if self._transport is None:
            return
        self._state.send_headers(stream, [(":status", "200"), ("content-type", "text/plain")])
        self._state.send_data(stream, path.encode(), end_stream=True)
        self._flush()

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(self._state.data_to_send())


class Http2Server(ThreadedServer):
    """Counts connections and remembers paths."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.opened = 0
        self.ended = 0
        self.paths: list[str] = []
        super().__init__(context)

    def connection(self) -> _Connection:
        return _Connection(self)
