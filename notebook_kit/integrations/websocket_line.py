"""One connection of a WebSocket: how it is made, let go of, and what its errors become."""

from __future__ import annotations

import asyncio
import functools
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from notebook_kit.client.credentials import checked_headers, is_credential
from notebook_kit.errors import (
    ConnectionFailed,
    ConnectionLost,
    api_error_class,
)
from notebook_kit.integrations.addresses import remember
from notebook_kit.integrations.letting_go import let_go
from notebook_kit.integrations.libraries import needed
from notebook_kit.lifetime import AsyncResource
from notebook_kit.logs import kit_logger
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed

    from notebook_kit.errors import NotebookKitError
    from notebook_kit.integrations.addresses import Address
    from notebook_kit.lifetime import Handle

__all__ = ["Line", "sendable_headers"]

_EXTRA = "websocket"
#: What a frame says that was refused because it is too long (RFC 6455, 7.4.1).
_TOO_BIG = 1009
_LEAST_ERROR = 400

logger = kit_logger("notebook_kit.integrations.websocket")
# Below that the library writes out every frame, and with the first ones every header.
logger.setLevel(logging.INFO)


@functools.cache
def _connect() -> Any:
    """Return what connects; it follows no redirect, which would take credentials elsewhere."""
    connect: Any = needed("websockets.asyncio.client", extra=_EXTRA).connect

    class Direct(connect):  # type: ignore[misc]  # of a library that need not be there
        def process_redirect(self, exc: Exception) -> Exception:
            return exc

    return Direct


class Line(AsyncResource):
    """One connection, used until it is lost.

    Attributes:
        is_told: whether somebody was told that it is lost, and the next use needs another one.
        ended_well: whether it was closed, and not lost.
        reading: held by who receives, because the library serves one at a time.
    """

    kind: ClassVar[str] = "connection"

    def __init__(
        self, address: Address, options: Mapping[str, Any], *, name: str, close_timeout_s: float
    ) -> None:
        self.name = name
        # It keeps to its time by itself; this is for what goes wrong with that.
        self.close_timeout_s = close_timeout_s + 1
        self.is_told = self.ended_well = False
        self._address = address
        self._options = {**options, "close_timeout": close_timeout_s, "logger": logger}
        self._connection: ClientConnection | None = None
        self.reading = asyncio.Lock()

    @property
    def connection(self) -> ClientConnection:
        """The connection of the library, once this is open."""
        assert self._connection is not None  # noqa: S101 - it is there from the opening on
        return self._connection

    @property
    def is_read(self) -> bool:
        """Whether somebody waits for a message."""
        return self.reading.locked()

    @property
    def is_up(self) -> bool:
        """Whether something that is sent now would leave."""
        return self._connection is not None and self._connection.state.name == "OPEN"

    @contextmanager
    def told(self, *, sending: bool) -> Iterator[None]:
        """Have the loss of the connection be told as `ConnectionLost`."""
        exceptions = needed("websockets.exceptions", extra=_EXTRA)
        was_up = self.is_up
        try:
            yield
        except exceptions.ConnectionClosed as error:
            self.is_told, self.ended_well = True, isinstance(error, exceptions.ConnectionClosedOK)
            message = f"{self.name}: the connection was lost: {_words(error)}"
            raise ConnectionLost(message, call=self.name, maybe_sent=sending and was_up) from error

    async def _open(self) -> None:
        exceptions = needed("websockets.exceptions", extra=_EXTRA)
        try:
            self._connection = await _connect()(self._address.url, **self._options)
        except (OSError, EOFError, exceptions.WebSocketException) as error:
            raise self._failed(error) from error

    async def _close(self) -> None:
        try:
            # The library bounds the handshake, and not what is to be written before it.
            async with asyncio.timeout(self._options["close_timeout"]):
                await self.connection.close()
        except TimeoutError:
            self.drop()
            await self.connection.wait_closed()

    def _abort(self) -> None:
        self.drop()

    def drop(self) -> None:
        """Let go of the connection without waiting."""
        if self._connection is not None:
            let_go(self._connection.transport)

    def _registered(self) -> Handle | None:
        """Stand under the socket whose connection it is, and not beside it."""
        return None

    def _failed(self, error: Exception) -> NotebookKitError:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is not None and status >= _LEAST_ERROR:
            message = f"{self.name}: the server refused the connection: it answered {status}."
            return api_error_class(status)(message, status_code=status, call=self.name)
        if status is not None:
            said = f"the server answered {status}, and redirects are not followed: ask there"
        elif isinstance(error, TimeoutError):
            said = "it was not made in time (open_timeout=)"
        else:
            said = text_of(error) or type(error).__name__
        message = f"{self.name}: no connection could be made: {said}."
        return ConnectionFailed(message, call=self.name)


def _words(error: ConnectionClosed) -> str:
    cause = error.__cause__
    said = text_of(error) if cause is None else f"{text_of(error)} ({text_of(cause)})"
    if error.sent is not None and error.sent.code == _TOO_BIG:
        said += "; max_message= says how long a message may be"
    return f"{said}. The next use makes a new one."


def sendable_headers(headers: Any) -> list[tuple[str, str]]:
    """Return headers as the library takes them; credentials among them are shown nowhere.

    Raises:
        ConfigurationError: for what no header can carry.
    """
    pairs = [(_text(name), _text(value)) for name, value in checked_headers(headers)]
    given = [value for name, value in pairs if is_credential(name, value)]
    # Without its scheme as well, as in "Bearer ...".
    remember(part for value in given for part in {value, value.rpartition(" ")[2]})
    return pairs


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
