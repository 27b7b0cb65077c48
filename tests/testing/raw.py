"""Speaking to the fault server in raw bytes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer

GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


def connect(server: FaultServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data


def ask(server: FaultServer, request: bytes = GET % b"/", *, size: int = 0) -> bytes:
    """Send one request; return `size` bytes of the answer, or all until the connection ends."""
    with connect(server) as connection:
        connection.sendall(request)
        return read(connection, size) if size else read_all(connection)
