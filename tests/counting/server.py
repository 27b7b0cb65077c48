"""A server that counts what it has processed, and breaks off at any point of an exchange."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["AFTER", "BEFORE", "POINTS", "CountingServer", "Cut", "End", "Point"]

Point: TypeAlias = Literal[
    "unread",
    "within the line",
    "within the head",
    "before the body",
    "within the body",
    "processed",
    "after 1xx",
    "within the answer's head",
    "after the answer's head",
    "within the answer's body",
]
End: TypeAlias = Literal["reset", "close"]

#: Where the request has not been read to its end, so that nothing was done.
BEFORE: Final[tuple[Point, ...]] = (
    "unread",
    "within the line",
    "within the head",
    "before the body",
    "within the body",
)
#: Where it was read, and what it asks for was done.
AFTER: Final[tuple[Point, ...]] = (
    "processed",
    "after 1xx",
    "within the answer's head",
    "after the answer's head",
    "within the answer's body",
)
POINTS: Final = BEFORE + AFTER

_ANSWER_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
_ANSWER_BODY: Final = b"0123456789"
_SAID: Final[dict[Point, bytes]] = {
    "processed": b"",
    "after 1xx": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "within the answer's head": _ANSWER_HEAD[:25],
    "after the answer's head": _ANSWER_HEAD,
    "within the answer's body": _ANSWER_HEAD + _ANSWER_BODY[:4],
}
_LINGER_OFF: Final = struct.pack("ii", 1, 0)
_PATIENCE_S: Final = 20.0


@dataclass
class Cut:
    """How the next exchanges end.

    Attributes:
        point: where they are broken off.
        end: how.
        times: how many of them.
    """

    point: Point
    end: End
    times: int


class _Broken(Exception):
    """The exchange was broken off, as it was to be."""


class CountingServer:
    """Speaks HTTP/1.1 on 127.0.0.1, a thread for each connection.

    Attributes:
        cut: how the next exchanges end; None to answer them.
        begun: exchanges of which at least one byte came while `cut` stood, or that were cut unread.
        processed: requests that were read to their end, by method and path.
        keys: the idempotency keys that came, by path.
    """

    def __init__(self) -> None:
        self.cut: Cut | None = None
        self.begun = 0
        self.processed: Counter[tuple[str, str]] = Counter()
        self.keys: dict[str, set[bytes]] = {}
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Closing alone does not wake who waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(_PATIENCE_S)
        self.hang_up()

    def hang_up(self) -> None:
        """Close all connections in the ordinary way; clients' systems have been told then."""
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            assert self._changed.wait_for(lambda: not self._open, _PATIENCE_S)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE_S)
        try:
            with contextlib.suppress(_Broken, OSError):
                while connection.recv(1, socket.MSG_PEEK):
                    self._exchange(connection)
        finally:
            connection.close()
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()

    def _take_cut(self) -> Cut | None:
        with self._changed:
            self.begun += 1
            cut = self.cut
            if cut is None or not cut.times:
                return None
            cut.times -= 1
            return cut

    def _exchange(self, connection: socket.socket) -> None:
        cut = self._take_cut()
        point = None if cut is None else cut.point

        def reached(*points: Point) -> None:
            if cut is not None and point in points:
                _end(connection, cut.end)

        reached("unread")
        head = _read(connection, 7)
        reached("within the line")
        # Of the shortest head more than so much is still to come.
        head += _read(connection, 23)
        reached("within the head")
        while not head.endswith(b"\r\n\r\n"):
            head += _read(connection, 1)
        method, path, length, key = _understood(head)
        reached("before the body")
        _read(connection, length // 2)
        reached("within the body")
        _read(connection, length - length // 2)
        with self._changed:
            self.processed[method, path] += 1
            self.keys.setdefault(path, set()).add(key)
        if point in _SAID:
            connection.sendall(_SAID[point])
            reached(point)
        connection.sendall(_ANSWER_HEAD + (b"" if method == "HEAD" else _ANSWER_BODY))


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise _Broken
        data += piece
    return data


def _understood(head: bytes) -> tuple[str, str, int, bytes]:
    """Return method, path, length of the body and idempotency key."""
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (it.partition(":") for it in lines)
    }
    method, path, _ = line.split(" ")
    key = headers.get("idempotency-key", "").encode()
    return method, path, int(headers.get("content-length", 0)), key


def _end(connection: socket.socket, end: End) -> None:
    if end == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
    else:
        # Bytes that lie unread would make a reset of it; here the end is to come in order.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    raise _Broken
