"""A real WebSocket server on a thread of its own, which can be stopped and started on its port."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from tests.ports import kept_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from ssl import SSLContext

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

__all__ = ["WebSocketServer", "read_into"]

PATIENCE_S = 30.0


class WebSocketServer:
    """Sends back what it is sent, and does what some messages and paths tell it to.

    The message ``close 1011`` has it close with this code, ``quote`` close with the credentials
    that it was given as the reason, ``leave`` end the connection without a word, ``later <n>`` send
    so many messages and then leave, ``keep`` answer nothing. At the path ``/deaf`` it reads
    nothing; at ``/status/<n>`` it refuses with this status, a redirect leading to ``/elsewhere``.

    Attributes:
        port: where it listens, the same at each start.
        requests: the path and headers of each opening handshake, oldest first.
        received: the messages that came.
    """

    def __init__(self, *, ssl: SSLContext | None = None) -> None:
        self._kept = ExitStack()
        self.port = self._kept.enter_context(kept_port())
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.received: list[str | bytes] = []
        self._ssl = ssl
        self._open: set[ServerConnection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._is_over: asyncio.Event | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'ws' if self._ssl is None else 'wss'}://127.0.0.1:{self.port}"

    @property
    def accepted(self) -> int:
        """How many connections were asked for so far."""
        return len(self.requests)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._open)

    def start(self) -> None:
        """Start it and return when it listens."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        assert ready.wait(PATIENCE_S)

    def stop(self) -> None:
        """Close its connections with 1001 and end."""
        self._end(leaving=False)

    def kill(self) -> None:
        """End its connections without a word, and itself."""
        self._end(leaving=True)

    def _end(self, *, leaving: bool) -> None:
        loop, thread, is_over = self._loop, self._thread, self._is_over
        if loop is None or thread is None or is_over is None:
            return

        def end() -> None:
            if leaving:
                for connection in self._open:
                    connection.transport.abort()
            is_over.set()

        loop.call_soon_threadsafe(end)
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        self._loop = self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        server: Server
        async with serve(
            self._talk,
            "127.0.0.1",
            self.port,
            ssl=self._ssl,
            process_request=self._look,
            close_timeout=0.5,
            max_size=None,
        ) as server:
            ready.set()
            await self._is_over.wait()
            server.close()

    def _look(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append((request.path, dict(request.headers.raw_items())))
        _, _, status = request.path.partition("/status/")
        if not status:
            return None
        response = connection.respond(HTTPStatus(int(status)), "no")
        response.headers["Location"] = "/elsewhere"
        return response

    async def _talk(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        try:
            path = connection.request.path if connection.request else ""
            if path == "/deaf":
                connection.transport.pause_reading()
                await connection.wait_closed()
                return
            with suppress(ConnectionClosed):
                async for message in connection:
                    self.received.append(message)
                    await self._answer(connection, message)
        finally:
            self._open.discard(connection)

    async def _answer(self, connection: ServerConnection, message: str | bytes) -> None:
        word, _, number = message.partition(" ") if isinstance(message, str) else ("", "", "")
        if word == "close":
            await connection.close(int(number), "as you say")
        elif word == "quote":
            assert connection.request is not None
            given = connection.request.headers
            reason = [given["x-api-key"], given["authorization"], connection.request.path[-16:]]
            await connection.close(4000, " ".join(reason))
        elif word == "leave":
            connection.transport.abort()
        elif word == "later":
            for at in range(int(number)):
                await connection.send(str(at))
            connection.transport.abort()
        elif word != "keep":
            await connection.send(message)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        with self._kept:
            self.kill()


async def read_into(got: list[str | bytes], messages: AsyncIterable[str | bytes]) -> None:
    """Note every message as it comes, until no more come."""
    async for message in messages:
        got.append(message)  # noqa: PERF401 - those before an error are to be kept
