"""The connections of the demo API: counted, dropped on purpose, and noticed when they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from notebook_kit.demo.stats import Counters

__all__ = ["ENDING", "ClientGone", "Connection", "Connections"]

_Address: TypeAlias = tuple[str, int]

#: Where a request's scope keeps what counts it as done, with its status or 0 for none.
ENDING: Final = "notebook_kit.ending"

#: A pause shorter than this is slept through; a longer one ends when the client leaves.
_SHORT_S: Final = 0.05


class ClientGone(Exception):
    """The client left before it was answered."""


class Connection:
    """One connection, and whether it still stands."""

    def __init__(self, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        # A client that has already hung up has no address any more.
        self.address: _Address | None = (peer[0], peer[1]) if peer else None
        self.transport = transport
        self.lost = asyncio.Event()


class Connections:
    """All connections that are open, found by the address that ASGI gives for the client."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._open: dict[_Address | None, Connection] = {}

    def made(self, transport: asyncio.Transport) -> Connection:
        """Take in a connection that was accepted."""
        connection = Connection(transport)
        self._open[connection.address] = connection
        self._counters.connections_opened += 1
        self._counters.connections_open += 1
        return connection

    def ended(self, connection: Connection) -> None:
        """Let go of a connection that ended."""
        connection.lost.set()
        self._counters.connections_open -= 1
        if self._open.get(connection.address) is connection:
            del self._open[connection.address]

    def gone(self, scope: MutableMapping[str, Any]) -> bool:
        """Tell whether the client of a request has left."""
        return scope["client"] not in self._open

    async def pause(self, scope: MutableMapping[str, Any], length_s: float) -> None:
        """Wait so many seconds.

        Raises:
            ClientGone: when the client leaves before that.
        """
        if length_s < _SHORT_S:
            await asyncio.sleep(length_s)
            return
        connection = self._open.get(scope["client"])
        if connection is not None:
            try:
                async with asyncio.timeout(length_s):
                    await connection.lost.wait()
            except TimeoutError:
                return
        raise ClientGone

    async def drop(self, scope: MutableMapping[str, Any]) -> None:
        """End the connection of a request without an answer."""
        connection = self._open.get(scope["client"])
        if connection is not None:
            scope[ENDING](0)
            connection.transport.abort()
            # The HTTP layer complains of an answer that never came unless it knows of the end.
            await connection.lost.wait()

    def abort_all(self) -> None:
        """End every connection."""
        for connection in list(self._open.values()):
            connection.transport.abort()
