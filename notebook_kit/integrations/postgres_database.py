"""One PostgreSQL server: how its connections are opened, given back as new, and closed."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.errors import AuthenticationError, ConfigurationError, ConnectionFailed
from notebook_kit.errors.brevity import brief
from notebook_kit.integrations.letting_go import let_go
from notebook_kit.integrations.libraries import needed
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    import asyncpg

    from notebook_kit.integrations.addresses import Address

    Connection: TypeAlias = asyncpg.Connection

__all__ = ["PostgresDatabase"]

_UNAUTHORIZED: Final = 401
#: Seconds after which silence may mean that something on the way has forgotten a connection.
_SILENT_S: Final = 30.0
#: Seconds that an answer to that question may take.
_ANSWER_S: Final = 5.0


class PostgresDatabase:
    """Where a pool of PostgreSQL connections leads.

    Args:
        address: that of the server.
        name: what messages call it.
        init: is given each new connection.
        options: what `asyncpg.connect` is given beside the address.
    """

    def __init__(
        self,
        address: Address,
        name: str,
        init: Callable[[Connection], Awaitable[object]] | None,
        options: dict[str, Any],
    ) -> None:
        self._address = address
        self._name = name
        self._init = init
        self._options = options
        #: When each has last answered, by the clock of its loop.
        self._answered: weakref.WeakKeyDictionary[Connection, float] = weakref.WeakKeyDictionary()

    async def connect(self) -> Connection:
        """Open a connection.

        Raises:
            AuthenticationError: when the server refuses the user or the password.
            ConnectionFailed: when it cannot be reached, or refuses the connection.
            ConfigurationError: when asyncpg cannot work with what it is given.
        """
        asyncpg = needed("asyncpg", extra="postgres")
        with brief:
            try:
                connection: Connection = await asyncpg.connect(self._address.url, **self._options)
            except asyncpg.InvalidAuthorizationSpecificationError as error:
                message = f"{self._name}: the server refused the user: {text_of(error)}."
                raise AuthenticationError(
                    message, status_code=_UNAUTHORIZED, call=self._name
                ) from error
            except ValueError as error:  # asyncpg's own among them
                message = f"{self._name}: {text_of(error)}."
                raise ConfigurationError(message) from error
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise ConnectionFailed(
                    f"{self._name}: no connection was made: {_words(error)}.", call=self._name
                ) from error
        if self._init is not None:
            try:
                await self._init(connection)
            except BaseException:
                connection.terminate()
                raise
        self._note_answer(connection)
        return connection

    def _note_answer(self, connection: Connection) -> None:
        self._answered[connection] = asyncio.get_running_loop().time()

    async def is_sound(self, connection: Connection) -> bool:
        """Tell whether it is open, and answers where it was silent for long."""
        if connection.is_closed():
            return False
        silent_s = asyncio.get_running_loop().time() - self._answered[connection]
        if silent_s >= _SILENT_S:
            await connection.fetchval("SELECT 1", timeout=_ANSWER_S)
            self._note_answer(connection)
        return True

    async def make_new(self, connection: Connection) -> None:
        """Roll back what is open, and have the server forget what the block has set."""
        await _rolled_back(connection)
        await connection.reset()
        # A cancelled BEGIN is answered no sooner than the next question.
        if await _rolled_back(connection):
            await connection.reset()
        self._note_answer(connection)

    async def close(self, connection: Connection) -> None:
        """Close a connection; where that is cut, asyncpg lets go of it."""
        await connection.close()

    def let_go(self, connection: Connection) -> None:
        """Close a connection without waiting, where its loop may have ended."""
        # Its own way needs a loop that is not closed.
        let_go(connection._transport)  # noqa: SLF001 - nothing public gives it

    def transaction(self, connection: Connection) -> AbstractAsyncContextManager[object]:
        """Return asyncpg's own block."""
        return connection.transaction()  # type: ignore[no-any-return]


async def _rolled_back(connection: Connection) -> bool:
    """Roll back a transaction that is open, and tell whether there was one."""
    if not connection.is_in_transaction():
        return False
    await connection.execute("ROLLBACK")
    return True


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "it took too long (connect_timeout=)"
    return text_of(error)
