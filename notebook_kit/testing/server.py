"""A server on the loopback interface that does to each request what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from notebook_kit.errors import ConfigurationError
from notebook_kit.testing.behaviours import answer
from notebook_kit.testing.connection import ServedConnection
from notebook_kit.testing.reactions import checked_behaviour, checked_path, checked_reaction
from notebook_kit.testing.records import Connections, Ledger

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from notebook_kit.testing.records import ReceivedRequest
    from notebook_kit.testing.steps import Behaviour, Reaction

__all__ = ["FaultServer"]

_PATIENCE_S = 5.0


class FaultServer:
    """An HTTP/1.1 server on 127.0.0.1, in a thread of its own, that misbehaves on request.

    It speaks raw bytes: what it sends is what the behaviour says, and what it received is kept
    byte for byte. A path that nothing was said about is answered with 404. A function that chooses
    a behaviour and raises is an answer of 500, and an error at the end of the block.

    Args:
        ssl_context: a server-side context; the server then speaks TLS.
        host: the name that `url` carries; it must lead to 127.0.0.1.

    >>> import urllib.request
    >>> with FaultServer() as api:
    ...     api.when("/hello", answer(b"hi"))
    ...     with urllib.request.urlopen(api.url + "/hello") as response:
    ...         print(response.read(), api.requests[0].method, api.connections.opened)
    b'hi' GET 1
    """

    def __init__(
        self, *, ssl_context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self._ssl_context = ssl_context
        self._host = host
        self._ledger = Ledger()
        self._scripts: dict[str, deque[Reaction]] = {}
        self._on_connection: dict[int | None, Behaviour] = {}
        self._arranged: Behaviour | None = None
        self._failures: list[tuple[str, BaseException]] = []
        self._served: set[ServedConnection] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None
        self._started = threading.Event()

    # --- what it is to do -----------------------------------------------------------------------

    def when(self, path: str, *reactions: Reaction) -> None:
        """Say what happens to requests for `path`: one behaviour each in turn, the last one stays.

        A reaction may be a function that is given the request and returns a behaviour; it is
        called on the server's thread. The path `"*"` stands for all that have no script.

        Raises:
            ConfigurationError: for a path that no request has, and what is no behaviour.
        """
        if path != "*":
            checked_path(path, example="server.when('{}', ...)")
        if not reactions:
            message = f"server.when({path!r}) needs a behaviour: server.when({path!r}, answer())."
            raise ConfigurationError(message)
        self._scripts[path] = deque([checked_reaction(it) for it in reactions])

    def when_connected(self, number: int | None, behaviour: Behaviour) -> None:
        """Say what happens to the connection with this number (from 1) before it sends a byte.

        None stands for all connections of which nothing else was said.

        Raises:
            ConfigurationError: for what is no behaviour.
        """
        self._on_connection[number] = checked_behaviour(behaviour)
        if number is None:
            self._arranged = None

    def arrange_connections(self, behaviour: Behaviour | None) -> None:
        """Say what a fault does to all new connections, or None; `Fault.arrange` calls it."""
        self._arranged = behaviour

    # --- what it saw ----------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._server is None or self._thread is None:
            state = "not running" if self._server is None else "closed"
            message = f"The server is {state}: use it as `with FaultServer() as server:`."
            raise RuntimeError(message)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end: `http://127.0.0.1:49152`."""
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{self._host}:{self.port}"

    @property
    def ssl_context(self) -> ssl.SSLContext | None:
        """What it was given to speak TLS with, or None."""
        return self._ssl_context

    @property
    def requests(self) -> tuple[ReceivedRequest, ...]:
        """The requests so far, in the order they were read."""
        return self._ledger.requests

    @property
    def connections(self) -> Connections:
        """Counts of the connections, and ways to wait for them."""
        return Connections(self._ledger)

    def wait_requests(self, count: int, within_s: float = 20.0) -> bool:
        """Wait until `count` requests were read; tell whether that was so within `within_s`."""
        return self._ledger.wait(lambda: len(self._ledger.requests) >= count, within_s)

    def wait_answered(self, count: int, within_s: float = 20.0) -> bool:
        """Wait until all that was to be done to `count` requests is done, late bytes included."""
        return self._ledger.wait(lambda: self._ledger.answered >= count, within_s)

    def check(self) -> None:
        """Say which reactions could not be carried out; `close` and the end of the block do so too.

        Raises:
            AssertionError: when one raised, or gave what is no behaviour.
        """
        if self._failures:
            (path, error), more = self._failures[0], len(self._failures) - 1
            rest = f" ({more:,} more failed as well.)" if more else ""
            message = f"The reaction to {path} raised {error!r}; the client was given 500.{rest}"
            raise AssertionError(message) from error

    def hang_up(self) -> None:
        """Close every connection that is open, in the ordinary way, and go on listening.

        When it returns, the clients' systems have been told.
        """
        ended = self._ledger.opened

        async def close_all() -> None:
            for connection in list(self._served):
                connection.close()

        asyncio.run_coroutine_threadsafe(close_all(), self._loop).result(_PATIENCE_S)
        self._ledger.wait(lambda: self._ledger.ended >= ended, _PATIENCE_S)

    def push(self, data: bytes) -> None:
        """Send bytes that nobody asked for on every connection that is open."""

        async def push_to_all() -> None:
            for connection in list(self._served):
                connection.write(data)

        asyncio.run_coroutine_threadsafe(push_to_all(), self._loop).result(_PATIENCE_S)

    # --- its life -------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start listening; `with` does it."""
        self._thread = threading.Thread(target=self._run, name="fault-server", daemon=True)
        self._thread.start()
        if not self._started.wait(_PATIENCE_S):
            message = f"The server did not start within {_PATIENCE_S:g} s."
            raise RuntimeError(message)
        return self

    def close(self) -> None:
        """Break all connections and stop; a second time does nothing.

        Raises:
            AssertionError: when a reaction raised; see `check`.
        """
        if self._stop():
            self.check()

    def _stop(self) -> bool:
        """Stop, and tell whether it was running."""
        thread, self._thread = self._thread, None
        if thread is None:
            return False
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(_PATIENCE_S)
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stop() and exc is None:
            self.check()

    def __repr__(self) -> str:
        where = "stopped" if self._thread is None else self.url
        return f"<FaultServer {where} {self.connections!r}>"

    def _run(self) -> None:
        try:
            self._server = self._loop.run_until_complete(self._listen())
            self._started.set()
            self._loop.run_forever()
            self._loop.run_until_complete(self._shut_down(self._server))
        finally:
            self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: ServedConnection(
                self._ledger, self._choose, self._greet, self._served, self._note
            ),
            "127.0.0.1",
            0,
            ssl=self._ssl_context,
            backlog=512,
        )

    async def _shut_down(self, server: asyncio.Server) -> None:
        server.close()
        for connection in list(self._served):
            connection.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports that were just broken are taken down in the next turn of the loop.
        await asyncio.sleep(0)

    # --- what a connection asks -----------------------------------------------------------------

    def _greet(self, number: int) -> Behaviour | None:
        ours = self._on_connection
        return ours.get(number) or self._arranged or ours.get(None)

    def _note(self, path: str, error: BaseException) -> None:
        self._failures.append((path, error))

    def _choose(self, request: ReceivedRequest) -> Reaction:
        script = self._scripts.get(request.path) or self._scripts.get("*")
        if script is None:
            advice = f"Nothing was said about {request.path}: server.when({request.path!r}, ...)."
            return answer(advice, status=404)
        return script[0] if len(script) == 1 else script.popleft()
