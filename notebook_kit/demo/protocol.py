"""uvicorn, told to report its connections, to keep quiet and to stop at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from notebook_kit.demo.connections import Connections

__all__ = ["HttpServer"]

#: Errors of the demo itself go here; the loggers of uvicorn belong to the user's own servers.
_LOGGER: Final = logging.getLogger("notebook_kit.demo.http")
_LOGGER.setLevel(logging.WARNING)
# Without a handler Python would print to the cell that happens to run.
_LOGGER.addHandler(logging.NullHandler())

#: How long an idle connection is kept. Longer than clients keep theirs, so that it is they who
#: close and no request crosses a closing connection.
_KEEP_ALIVE_S: Final = 75

#: How often the ``Date`` header is renewed.
_TICK_S: Final = 1.0


class _Reporting(asyncio.Protocol):
    """Mixed into uvicorn's protocol: tells of connections that begin and end."""

    # Named unlike anything that uvicorn keeps on the same object.
    demo_connections: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _LOGGER
        self.access_log = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._demo_connection = self.demo_connections.made(cast("asyncio.Transport", transport))
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.demo_connections.ended(self._demo_connection)


def _protocol(connections: Connections) -> type[asyncio.Protocol]:
    # A class of its own for each server, since uvicorn makes the protocols and takes no arguments
    # for them.
    return type("DemoProtocol", (_Reporting, AutoHTTPProtocol), {"demo_connections": connections})


class HttpServer(uvicorn.Server):
    """A server on a socket that listens already, in the loop that awaits `run_until`."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._connections = connections
        config = uvicorn.Config(
            app,
            http=_protocol(connections),
            interface="asgi3",
            ws="none",
            lifespan="off",
            # None and the default leave the logging of the process as it is.
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
        super().__init__(config)

    async def run_until(
        self, stopping: asyncio.Event, listening: socket.socket, *, started: Callable[[], None]
    ) -> None:
        """Serve until the event is set; call ``started`` when requests are answered."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.on_tick(0)
        await self.startup(sockets=[listening])
        started()
        try:
            while not stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), _TICK_S)
                await self.on_tick(0)
        finally:
            await self._stop()

    async def _stop(self) -> None:
        for server in self.servers:
            server.close()
        self._connections.abort_all()
        for server in self.servers:
            await server.wait_closed()
        # Handlers learn of the end of their connection in the loop's next turns.
        if tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=_TICK_S)
