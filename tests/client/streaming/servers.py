"""What streaming tests share: servers that send on demand, and clients over each transport."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import Behaviour, HangUp, Send, Wait
from tests.certificates import unused_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_kit.testing import Reaction, Step

__all__ = ["TRANSPORTS", "Feed", "chunk", "endless", "head", "in_the_kernel", "made"]

#: The kit's own transport, httpx's in pieces, and one of the user's.
TRANSPORTS: Final = ("aiohttp", "pieces", "custom")

END: Final = b"0\r\n\r\n"


def made(transport: str, url: str, **options: Any) -> nk.Client:
    """Return a client over the transport of this name."""
    if transport == "pieces":
        options["http2"] = True
    elif transport == "custom":
        most = options.pop("max_connections", 100)
        options["transport"] = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=most), verify=unused_context()
        )
    return nk.Client(url, **options)


def head(media_type: str = "text/plain", *headers: str, status: str = "200 OK") -> bytes:
    """Return the head of an answer that comes in chunks."""
    lines = [f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", f"Content-Type: {media_type}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


def chunk(data: bytes) -> bytes:
    """Return data as one chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def _behaviour(steps: Iterator[Step]) -> Behaviour:
    # The server asks for one step after the other, so they may be made as they are asked for.
    return Behaviour(cast("Sequence[Step]", steps))


class Feed:
    """An answer whose parts are sent when the test says so."""

    def __init__(self, *first: bytes, media_type: str = "text/plain") -> None:
        self._first = first
        self._media_type = media_type
        self._changed = threading.Condition()
        self._waiting: list[bytes] = []
        self._ended: Callable[[], Iterator[Step]] | None = None

    def send(self, data: bytes) -> None:
        """Send a chunk."""
        self._waiting.append(chunk(data))

    def end(self) -> None:
        """End the answer in the ordinary way."""
        self._ended = lambda: iter([Send(END)])

    def hang_up(self) -> None:
        """Close the connection in the middle of the answer."""
        self._ended = lambda: iter([HangUp()])

    @property
    def reaction(self) -> Reaction:
        """What the server does."""
        return lambda _request: _behaviour(self._steps())

    def _steps(self) -> Iterator[Step]:
        yield Send(head(self._media_type))
        for data in self._first:
            yield Send(chunk(data))
        while True:
            while self._waiting:
                yield Send(self._waiting.pop(0))
            if self._ended is not None:
                yield from self._ended()
                return
            yield Wait(0.005)


def endless(
    data: bytes,
    sent: list[int] | None = None,
    *,
    pause_s: float = 0.0,
    status: str = "200 OK",
) -> Reaction:
    """Send the same chunk again and again; how many bytes went is noted in a list of one."""
    counted = [0] if sent is None else sent

    def steps() -> Iterator[Step]:
        yield Send(head(status=status))
        while True:
            # Without any pause the server's loop would never hear that the client has gone.
            yield Wait(pause_s or 0.0001)
            yield Send(chunk(data))
            # Asked for the next step, the server has got rid of this one.
            counted[0] += len(data)

    return lambda _request: _behaviour(steps())


def in_the_kernel(port: int) -> int:
    """Return the bytes that wait in the kernel's buffers, both ways, of connections with a port.

    They grow to tens of megabytes, as the kernel sees fit, and nobody's reading could be told from
    them. A test is skipped where the kernel does not say.
    """
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("this system does not tell what waits in its sockets' buffers")
    waiting = 0
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if port in (int(local.rpartition(":")[2], 16), int(remote.rpartition(":")[2], 16)):
            waiting += sum(int(queue, 16) for queue in queues.split(":"))
    return waiting
