"""A server of HTTP/2 on a free port, in a thread; what it answers is its subclass's."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    import ssl

__all__ = ["ThreadedServer"]

_PATIENCE_S: Final = 20.0


class ThreadedServer(ABC):
    """Listens for TLS while its block lasts."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.port = 0
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def connection(self) -> asyncio.Protocol:
        """Return what speaks on a new connection."""

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(_PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            self._loop.create_server(self.connection, "127.0.0.1", 0, ssl=self._context)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()
