"""A WebSocket that connects itself, closes itself, and tells of a lost connection once.

::

    key = nk.Secret.from_env("EXAMPLE_KEY")
    async with WebSocket("wss://example.com/prices", headers={"x-api-key": key}) as socket:
        await socket.send('{"subscribe": "ZRH"}')
        async for message in socket:
            print(message)
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from notebook_kit.client.transports.tls import make_context
from notebook_kit.errors import ClosedError, ConfigurationError, ConnectionLost
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.awake import awake
from notebook_kit.integrations.addresses import Address
from notebook_kit.integrations.websocket_line import Line, sendable_headers
from notebook_kit.lifetime import AsyncResource, Holding
from notebook_kit.numbers import plural
from notebook_kit.policies import seconds
from notebook_kit.policies.sizes import bytes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from ssl import SSLContext

    from notebook_kit.policies import Duration
    from notebook_kit.policies.sizes import Size
    from notebook_kit.redact import Secret

__all__ = ["WebSocket"]


class WebSocket(AsyncResource):
    """Messages to and from a server, over a connection that is made on first use.

    When the connection is lost, every use that was under way raises `notebook_kit.ConnectionLost`,
    or the next one where there was none; the use after that makes a new connection, one however
    many ask for it. What was sent is never sent again: ``error.maybe_sent`` says whether it may
    have arrived. Redirects are not followed, because credentials would go along. Proxies that the
    environment names are used where the library knows them (websockets 15 and later).

    Args:
        url: the address, ``ws://`` or ``wss://``; may be a `Secret`. Of a user, a password and
            tokens in it nothing is shown.
        headers: sent with the opening handshake; values may be a `Secret`.
        ssl: the TLS context for ``wss://``; what the system trusts, if None.
        max_message: how long a message that comes may be; None for no bound.
        ping_interval: how often the server is asked whether it is there, a duration; one that does
            not answer for as long is lost. None for never.
        open_timeout: how long making a connection may take, a duration.
        close_timeout: how long the server may take to answer that the connection closes, a
            duration; it is cut then.

    Raises:
        ConfigurationError: for an option that cannot work.
    """

    kind: ClassVar[str] = "websocket"

    def __init__(
        self,
        url: str | Secret,
        *,
        headers: Any = None,
        ssl: SSLContext | None = None,
        max_message: Size | None = "10 MiB",
        ping_interval: Duration | None = "20 s",
        open_timeout: Duration = "10 s",
        close_timeout: Duration = "5 s",
    ) -> None:
        with brief:
            self._address = Address.checked(url, schemes=("wss", "ws"))
            self.name = repr(self._address)
            self._limit_s = seconds(close_timeout, name="close_timeout")
            self.close_timeout_s = self._limit_s + 2
            ping_s = None if ping_interval is None else seconds(ping_interval, name="ping_interval")
            self._options: dict[str, Any] = {
                "additional_headers": sendable_headers(headers),
                "max_size": None
                if max_message is None
                else bytes_of(max_message, name="max_message"),
                "ping_interval": ping_s,
                "ping_timeout": ping_s,
                "open_timeout": seconds(open_timeout, name="open_timeout"),
            }
            if self._address.secure:
                self._options["ssl"] = ssl or make_context()
            elif ssl is not None:
                message = f"ssl= is for wss://, and {self.name} is not encrypted: write wss://."
                raise ConfigurationError(message)
            self._line = self._new_line()
            self._sent = self._received = 0

    async def send(self, message: str | bytes) -> None:
        """Send one message: a text, or bytes; it is on its way when this returns.

        Raises:
            ConnectionLost: when the connection was lost; the message may have arrived or not.
            ConnectionFailed: when no connection can be made.
            ConfigurationError: when it is neither text nor bytes.
        """
        with brief, awake():
            is_text, data = isinstance(message, str), _as_bytes(message)
            line = await self._connected()
            with self._told(line, sending=True):
                await line.connection.send(data, text=is_text)
            self._sent += 1

    async def receive(self) -> str | bytes:
        """Return the next message: text or bytes, as it was sent.

        Of several who wait, each is given a message of its own. One who is cancelled takes none.

        Raises:
            ConnectionLost: when no more come because the connection was closed or lost.
            ConnectionFailed: when no connection can be made.
        """
        with brief, awake():
            return await self._next(await self._connected())

    async def ping(self) -> float:
        """Ask the server whether it is there; return how many seconds the answer took.

        Raises:
            ConnectionLost: when the connection was lost; after `ping_interval` without an answer.
            ConnectionFailed: when no connection can be made.
        """
        with brief, awake():
            line = await self._connected()
            with self._told(line, sending=False):
                answer = await line.connection.ping()
                # Shielded: the library sets it, whether anybody still waits or not.
                return float(await asyncio.shield(answer))

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Give messages as they come, until one side closes well: with 1000, 1001 or no code.

        Raises:
            ConnectionLost: when the connection ends in another way.
            ConnectionFailed: when no connection can be made.
        """
        with brief, awake():
            line = await self._connected()
        while True:
            with brief, awake():
                try:
                    message = await self._next(line)
                except (ConnectionLost, ClosedError):
                    if line.ended_well:
                        return
                    raise
            yield message

    async def _next(self, line: Line) -> str | bytes:
        with self._told(line, sending=False):
            async with line.reading:
                message = await line.connection.recv()
        self._received += 1
        return message

    @contextmanager
    def _told(self, line: Line, *, sending: bool) -> Iterator[None]:
        try:
            with line.told(sending=sending):
                yield
        except ConnectionLost:
            if self.state in ("closing", "closed"):
                message = f"{self.name} was closed meanwhile: make another."
                raise ClosedError(message) from None
            raise

    async def _connected(self) -> Line:
        """Return the connection; another one where somebody was told that the last is lost."""
        await self.open()
        lost = self._line
        if lost.is_told:
            self._line = self._new_line()
            await lost.close()
        return await self._line.open()

    def _new_line(self) -> Line:
        return Line(self._address, self._options, name=self.name, close_timeout_s=self._limit_s)

    async def _open(self) -> None:
        # It may have been open before, on a loop that is gone.
        self._line = self._new_line()
        await self._line.open()

    async def _close(self) -> None:
        await self._line.close()

    def _abort(self) -> None:
        self._line.drop()

    def _look(self) -> Holding:
        is_up = self._line.is_up
        counts = f"{plural(self._sent, 'message')} sent, {self._received:,} received"
        return Holding(
            f"{'connected' if is_up else 'not connected'}, {counts}",
            uses=self._sent + self._received,
            sockets=int(is_up),
            busy=self._life.users > 0 or self._line.is_read,
        )


def _as_bytes(message: object) -> bytes:
    """Return a message as bytes, before anything is sent.

    Raises:
        ConfigurationError: when it is no message.
    """
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    if not isinstance(message, str):
        kind = type(message).__name__
        message = f"A message is text or bytes, not a {kind}: send(json.dumps(value)) sends JSON."
        raise ConfigurationError(message)
    try:
        return message.encode()
    except UnicodeEncodeError as error:
        at = f"{message[error.start]!r} at {error.start:,}"
        message = f"The message holds half a character, {at}, and no text that is sent can have it."
        raise ConfigurationError(message) from None
