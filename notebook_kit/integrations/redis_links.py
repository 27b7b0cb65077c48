"""Connections to Redis: opened, shared by a pool, let go of; and what their errors become."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    PermissionDenied,
    RequestError,
)
from notebook_kit.integrations.letting_go import let_go
from notebook_kit.integrations.libraries import needed
from notebook_kit.lifetime import ResourcePool
from notebook_kit.lifetime.uncut import to_the_end
from notebook_kit.numbers import took
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from notebook_kit.errors import NotebookKitError
    from notebook_kit.integrations.addresses import Address
    from notebook_kit.lifetime import Handle

__all__ = ["RedisLinks"]

_EXTRA = "redis"
_UNAUTHORIZED, _FORBIDDEN = 401, 403
#: How Redis begins what it says of a key under which something else than a text stands.
_ANOTHER_TYPE = "WRONGTYPE"
#: What the library says where the connection could not be made, as it has no class for that.
_NOT_CONNECTED = "connecting to"


class RedisLinks(ResourcePool[Any]):
    """Connections to one Redis, each used for one command at a time, and replaced when broken.

    A command is sent once more, over a new connection, where that which was kept is gone: each of
    those that are sent here gives the same the second time.
    """

    def __init__(
        self,
        address: Address,
        options: Mapping[str, Any],
        *,
        most: int,
        timeout_s: float,
        name: str,
    ) -> None:
        self._address = address
        # Limits are ours: what the library waits with swallows cancellations (Python 3.11).
        self._given = {"socket_timeout": None, "socket_connect_timeout": None, **options}
        self._timeout_s = timeout_s
        self._clients: set[Any] = set()
        super().__init__(
            self._connect,
            max_size=most,
            close=self._disconnect,
            # One may have to be opened, after waiting for a place.
            acquire_timeout=2 * timeout_s,
            name=name,
        )

    async def do(self, command: Callable[[Any], Awaitable[Any]], *, writes: bool = False) -> Any:
        """Return what a command gives, which is a function of a client of the library.

        Raises:
            ConnectionFailed: when no connection can be made.
            ConnectionLost: when it was lost, or Redis does not answer in time.
            AuthenticationError: when the password is missing or wrong.
            PermissionDenied: when its user may not do this.
            DecodeError: when something else than a text stands under the key.
            RequestError: for all else that Redis refuses.
        """
        with self._told(writes=writes):
            async with self.acquire() as client:
                try:
                    async with asyncio.timeout(self._timeout_s):
                        return await command(client)
                except TimeoutError as error:
                    said = f"no answer within {took(self._timeout_s)}"
                    raise self._lost(said, writes=writes) from error

    @contextmanager
    def _told(self, *, writes: bool) -> Iterator[None]:
        errors = needed("redis.exceptions", extra=_EXTRA)
        try:
            yield
        except errors.RedisError as error:
            raise self._translated(error, errors, writes=writes) from error

    def _translated(self, error: Exception, errors: Any, *, writes: bool) -> NotebookKitError:
        said, name = text_of(error).rstrip("."), self.name
        if isinstance(error, errors.AuthenticationError):
            message = f"{name}: the password is missing or wrong: {said}."
            return AuthenticationError(message, status_code=_UNAUTHORIZED, call=name)
        if isinstance(error, errors.NoPermissionError):
            message = f"{name}: its user may not do this: {said}."
            return PermissionDenied(message, status_code=_FORBIDDEN, call=name)
        if said.startswith(_ANOTHER_TYPE):
            message = f"{name}: under the key stands what no such cache has put there: {said}."
            return DecodeError(message, call=name)
        if not isinstance(error, (errors.ConnectionError, errors.TimeoutError)):
            return RequestError(f"{name} refused it: {said}.", call=name)
        if _NOT_CONNECTED in said:
            message = f"{name}: no connection could be made: {said}."
            # The first of the two tries may have been over one that was there.
            return ConnectionFailed(message, maybe_sent=writes, call=name)
        return self._lost(said, writes=writes)

    def _lost(self, said: str, *, writes: bool) -> ConnectionLost:
        message = f"{self.name}: the connection was lost: {said}."
        return ConnectionLost(message, maybe_sent=writes, call=self.name)

    async def _connect(self) -> Any:
        library = needed("redis.asyncio", extra=_EXTRA)
        errors = needed("redis.exceptions", extra=_EXTRA)
        retry = needed("redis.asyncio.retry", extra=_EXTRA).Retry
        backoff = needed("redis.backoff", extra=_EXTRA).NoBackoff
        try:
            client = library.Redis.from_url(
                self._address.url,
                single_connection_client=True,
                retry=retry(backoff(), 1),
                retry_on_error=[errors.ConnectionError],
                **self._given,
            )
            self._clients.add(client)
        except (TypeError, ValueError) as error:
            raise self._bad_address(error) from error
        try:
            async with asyncio.timeout(self._timeout_s):
                return await client.initialize()
        except BaseException as error:
            await to_the_end(lambda: self._disconnect(client))
            if isinstance(error, TypeError):
                raise self._bad_address(error) from error
            if type(error) is TimeoutError:
                said = f"no connection could be made within {took(self._timeout_s)}"
                raise ConnectionFailed(f"{self.name}: {said}.", call=self.name) from error
            raise

    def _bad_address(self, error: Exception) -> ConfigurationError:
        """Return the error for options behind the address that the library does not take."""
        message = f"{self.name}: the address cannot be used: {text_of(error)}."
        return ConfigurationError(message)

    async def _disconnect(self, client: Any) -> None:
        try:
            await client.aclose(close_connection_pool=True)
        finally:
            _drop(client)
            self._clients.discard(client)

    def _abort(self) -> None:
        self.drop()

    def drop(self) -> None:
        """Let go of all connections without waiting."""
        for client in list(self._clients):
            _drop(client)
        self._clients.clear()

    def _registered(self) -> Handle | None:
        """Stand under the cache whose connections they are, and not beside it."""
        return None


def _drop(client: Any) -> None:
    """Let go of a connection without waiting; nothing public of the library does that."""
    connection = getattr(client, "connection", None)
    writer = getattr(connection, "_writer", None)
    if connection is not None and writer is not None:
        let_go(writer.transport)
        connection._reader = connection._writer = None  # noqa: SLF001 - see above
    client.connection = None
