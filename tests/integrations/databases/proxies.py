"""A way to a server that can go dead without a word, as through a firewall that forgets."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Way", "way_to"]


class Way:
    """Passes on what is sent, in both directions, until it is cut.

    Attributes:
        port: where it is taken.
        passed: bytes that came from clients.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self.port = 0
        self.passed = 0
        self._dead: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Let nothing more through on the connections that are there; new ones are as before."""
        self._dead |= self._writers

    async def taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client."""
        there, back = await asyncio.open_connection(*self._to)
        both = {writer, back}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back, both, is_client=True))
                group.create_task(self._pass_on(there, writer, both, is_client=False))
        finally:
            self._writers -= both
            for one in both:
                one.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        both: set[asyncio.StreamWriter],
        *,
        is_client: bool,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                self.passed += len(data) * is_client
                if not both & self._dead:
                    writer.write(data)
        for one in both:
            one.close()


@contextlib.asynccontextmanager
async def way_to(host: str, port: int) -> AsyncIterator[Way]:
    """Give a way to a server."""
    way = Way(host, port)
    serving: set[asyncio.Task[None]] = set()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await way.taken(reader, writer)

    server = await asyncio.start_server(taken, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving)
