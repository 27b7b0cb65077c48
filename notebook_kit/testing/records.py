"""What a `FaultServer` saw: its requests and its connections, readable from any thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Connections", "Ledger", "ReceivedRequest"]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request, byte for byte.

    Attributes:
        head: everything up to and with the empty line.
        body: the body, taken out of its chunks.
        connection: the number of the connection it came on, from 1.
        raw_body: the body as it was on the wire.
    """

    head: bytes
    body: bytes
    connection: int
    raw_body: bytes = b""

    @property
    def line(self) -> bytes:
        """The request line, without its line end."""
        return self.head.partition(b"\r\n")[0]

    @property
    def method(self) -> str:
        """The method, as it was sent."""
        return self.line.partition(b" ")[0].decode("latin-1")

    @property
    def target(self) -> str:
        """The second part of the request line: path and query, as they were sent."""
        return [*self.line.split(b" "), b"", b""][1].decode("latin-1")

    @property
    def path(self) -> str:
        """The path of the target: without the query, and without the host that a proxy is told."""
        target = self.target
        if "://" in target.partition("?")[0]:
            target = "/" + target.partition("://")[2].partition("/")[2]
        return target.partition("?")[0]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Names and values in the order they came, as they were sent."""
        pairs = (line.partition(b":") for line in self.head.split(b"\r\n")[1:-2])
        return [(name, value.strip(b" \t")) for name, _, value in pairs]

    def header(self, name: str) -> bytes | None:
        """Return the first value of a header, or None; the case of the name does not matter."""
        wanted = name.lower().encode("latin-1")
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class Ledger:
    """Counts and lists that the server's thread writes and any other thread reads or waits for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[ReceivedRequest] = []
        self.opened = 0
        self.ended = 0
        self.peak = 0
        self.answered = 0

    def connection_opened(self) -> int:
        """Count a new connection and return its number."""
        with self._changed:
            self.opened += 1
            self.peak = max(self.peak, self.opened - self.ended)
            self._changed.notify_all()
            return self.opened

    def connection_ended(self) -> None:
        """Count a connection that is gone."""
        with self._changed:
            self.ended += 1
            self._changed.notify_all()

    def request_received(self, request: ReceivedRequest) -> None:
        """Keep a request that was read."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def request_answered(self) -> None:
        """Count a request to which all was done that was to be done."""
        with self._changed:
            self.answered += 1
            self._changed.notify_all()

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The requests so far, in the order they were read."""
        with self._changed:
            return tuple(self._requests)

    def wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait until a condition on this ledger holds; tell whether it did within the time."""
        with self._changed:
            return self._changed.wait_for(condition, timeout=within_s)


class Connections:
    """The connections of a server: how many were opened, are open, have ended, at most at once."""

    __slots__ = ("_ledger",)

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @property
    def opened(self) -> int:
        """How many were ever opened."""
        return self._ledger.opened

    @property
    def ended(self) -> int:
        """How many are gone."""
        return self._ledger.ended

    @property
    def open(self) -> int:
        """How many are there now."""
        return self._ledger.opened - self._ledger.ended

    @property
    def peak(self) -> int:
        """How many there were at most at one time."""
        return self._ledger.peak

    def wait_opened(self, count: int, within_s: float = 20.0) -> bool:
        """Wait until `count` were opened; tell whether that was so within `within_s` seconds."""
        return self._ledger.wait(lambda: self._ledger.opened >= count, within_s)

    def wait_ended(self, count: int, within_s: float = 20.0) -> bool:
        """Wait until `count` have ended; tell whether that was so within `within_s` seconds."""
        return self._ledger.wait(lambda: self._ledger.ended >= count, within_s)

    def wait_open(self, count: int, within_s: float = 20.0) -> bool:
        """Wait until exactly `count` are open; tell whether that was so within `within_s`."""
        return self._ledger.wait(lambda: self.open == count, within_s)

    def __repr__(self) -> str:
        return (
            f"<Connections opened={self.opened} open={self.open} "
            f"ended={self.ended} peak={self.peak}>"
        )
