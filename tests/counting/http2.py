"""A server of HTTP/2 that counts what it has processed, and breaks off in the ways it has."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import h2.config
import h2.connection
import h2.errors
import h2.events

from tests.threaded_server import ThreadedServer

if TYPE_CHECKING:
    import ssl

__all__ = ["BREAKS", "Break", "CountingHttp2Server"]

Break: TypeAlias = Literal[
    "refused stream",
    "stream reset unprocessed",
    "connection lost unprocessed",
    "stream reset",
    "farewell",
    "connection closed",
    "connection reset",
    "stream reset within the body",
    "connection lost within the body",
]

#: Each with whether the request was processed.
BREAKS: Final[dict[Break, bool]] = {
    "refused stream": False,
    "stream reset unprocessed": False,
    "connection lost unprocessed": False,
    "stream reset": True,
    "farewell": True,
    "connection closed": True,
    "connection reset": True,
    "stream reset within the body": True,
    "connection lost within the body": True,
}
_LINGER_OFF: Final = struct.pack("ii", 1, 0)


class CountingHttp2Server(ThreadedServer):
    """Ends requests as it is told to.

    Attributes:
        begun: requests whose head came, by path.
        processed: requests that came to their end and were not refused, by path.
        breaks: how the next ones end.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.begun: Counter[str] = Counter()
        self.processed: Counter[str] = Counter()
        self.breaks: list[Break] = []
        super().__init__(context)

    def connection(self) -> _Connection:
        return _Connection(self)


class _Connection(asyncio.Protocol):
    _transport: asyncio.Transport

    def __init__(self, server: CountingHttp2Server) -> None:
        self._server = server
        config = h2.config.H2Configuration(client_side=False)
        self._state = h2.connection.H2Connection(config=config)
        self._paths: dict[int, str] = {}
        self._how: dict[int, Break | None] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.initiate_connection()
        self._flush()

    def data_received(self, data: bytes) -> None:
        for event in self._state.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                self._began(event)
            elif isinstance(event, h2.events.DataReceived):
                self._state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                self._came(event.stream_id)
        self._flush()

    def _began(self, event: h2.events.RequestReceived) -> None:
        path = dict(event.headers)[b":path"].decode()
        self._server.begun[path] += 1
        stream = event.stream_id
        how = self._server.breaks.pop(0) if self._server.breaks else None
        self._paths[stream], self._how[stream] = path, how
        if how == "refused stream":
            self._state.reset_stream(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
        elif how == "stream reset unprocessed":
            self._state.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        elif how == "connection lost unprocessed":
            self._reset()

    def _came(self, stream: int) -> None:
        how = self._how[stream]
        if how is not None and not BREAKS[how]:
            return
        self._server.processed[self._paths[stream]] += 1
        if how is None:
            self._state.send_headers(stream, [(":status", "200")])
            self._state.send_data(stream, b"done", end_stream=True)
            return
        if how.endswith("within the body"):
            self._state.send_headers(stream, [(":status", "200"), ("content-length", "10")])
            self._state.send_data(stream, b"half")
            self._flush()
        if how.startswith("stream reset"):
            self._state.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        elif how == "farewell":
            self._state.close_connection(last_stream_id=stream)
            self._flush()
            self._transport.close()
        elif how == "connection closed":
            self._transport.close()
        else:
            self._reset()

    def _reset(self) -> None:
        connection: socket.socket = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self._transport.abort()

    def _flush(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._state.data_to_send())
