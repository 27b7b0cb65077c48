"""A small HTTP/2 server for tests: answers with the path, after as long as the path says."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self

import h2.config
import h2.connection
import h2.events

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


class Http2Server:
    """Listens on a free port, in a thread; counts connections and remembers paths."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.opened = 0
        self.ended = 0
        self.paths: list[str] = []
        self.port = 0
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Connection(self), "127.0.0.1", 0, ssl=self._context)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()
