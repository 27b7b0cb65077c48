"""Small proxies for tests: HTTP (forwarding and CONNECT, with a password if asked), SOCKS 5."""

from __future__ import annotations

import select
import socket
import socketserver
import struct
import threading
from typing import Any, Self

__all__ = ["HttpProxy", "SocksProxy"]

_QUIET_S = 5.0


class _Proxy(socketserver.ThreadingTCPServer):
    """Listens on a free port, in a thread; remembers the first bytes of each connection."""

    allow_reuse_address = True
    scheme = ""

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.heads: list[bytes] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.address}"

    def handle_error(self, *_: Any) -> None:
        """Stay silent: a client that breaks off is what some tests are about."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class HttpProxy(_Proxy):
    """An HTTP proxy; with `credentials` it demands them, with `status` it refuses tunnels."""

    scheme = "http"

    def __init__(self, *, credentials: bytes | None = None, status: bytes = b"") -> None:
        super().__init__(_HttpHandler)
        self.credentials = credentials
        self.status = status


class _HttpHandler(socketserver.BaseRequestHandler):
    server: HttpProxy
    request: socket.socket

    def handle(self) -> None:
        head = _read_until(self.request, b"\r\n\r\n")
        self.server.heads.append(head)
        if self.server.credentials is not None and self.server.credentials not in head:
            self._refuse(b"407 Proxy Authentication Required")
        elif head.startswith(b"CONNECT ") and self.server.status:
            self._refuse(self.server.status)
        elif head.startswith(b"CONNECT "):
            host, _, port = head.split(b" ")[1].rpartition(b":")
            with socket.create_connection((host.decode(), int(port))) as upstream:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pump(self.request, upstream)
        else:
            host, _, port = head.split(b"/")[2].rpartition(b":")
            with socket.create_connection((host.decode(), int(port))) as upstream:
                upstream.sendall(head)
                _pump(self.request, upstream)

    def _refuse(self, status: bytes) -> None:
        self.request.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")


class SocksProxy(_Proxy):
    """A SOCKS 5 proxy without a password."""

    scheme = "socks5"

    def __init__(self) -> None:
        super().__init__(_SocksHandler)


class _SocksHandler(socketserver.BaseRequestHandler):
    server: SocksProxy
    request: socket.socket

    def handle(self) -> None:
        _, count = _read(self.request, 2)
        _read(self.request, count)
        self.request.sendall(b"\x05\x00")
        _, _, _, kind = _read(self.request, 4)
        if kind == 1:
            host = socket.inet_ntoa(_read(self.request, 4))
        else:
            host = _read(self.request, _read(self.request, 1)[0]).decode()
        (port,) = struct.unpack(">H", _read(self.request, 2))
        self.server.heads.append(f"{host}:{port}".encode())
        with socket.create_connection((host, port)) as upstream:
            self.request.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            _pump(self.request, upstream)


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def _read_until(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        data += _read(connection, 1)
    return data


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    partner = {one: other, other: one}
    while True:
        readable, _, _ = select.select([one, other], [], [], _QUIET_S)
        if not readable:
            return
        for connection in readable:
            data = connection.recv(65536)
            if not data:
                return
            partner[connection].sendall(data)
