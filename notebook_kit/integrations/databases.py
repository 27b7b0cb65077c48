"""What pools of connections to databases have in common."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from notebook_kit.checks import refuse_unknown
from notebook_kit.lifetime import ResourcePool
from notebook_kit.lifetime.pooling.options import PoolLimits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from notebook_kit.policies import Duration

__all__ = ["Database", "DatabasePool"]

C = TypeVar("C")


class Database(Protocol[C]):
    """Where connections lead, and how they are treated; it knows no pool.

    A pool that something of its own held would not be closed when nobody has it any more.
    """

    async def connect(self) -> C:
        """Open a connection; a failure is an error of this package."""
        ...

    async def make_new(self, connection: C) -> None:
        """Roll back what a block has left open, and end what it has not waited for."""
        ...

    async def close(self, connection: C) -> None:
        """Close a connection, whatever it is doing."""
        ...

    def let_go(self, connection: C) -> None:
        """Close a connection without waiting, where its loop may have ended."""
        ...

    def transaction(self, connection: C) -> AbstractAsyncContextManager[object]:
        """Return a block that commits at its end, if it ends well."""
        ...


class DatabasePool(ResourcePool[C]):
    """A pool of connections to one database, each given back as new.

    A transaction that a block has left open is rolled back where the block ends, whatever it ended
    with, so that no connection lies idle with a lock.
    """

    def __init__(
        self,
        database: Database[C],
        options: PoolLimits,
        check: Callable[[C], Awaitable[bool]] | None = None,
    ) -> None:
        refuse_unknown(options, PoolLimits.__annotations__, of=type(self).__name__)
        super().__init__(
            database.connect,
            check=check,
            reset=database.make_new,
            close=database.close,
            **options,
        )
        self._database = database

    @asynccontextmanager
    async def transaction(self, *, timeout: Duration | None = None) -> AsyncIterator[C]:
        """Give a block a connection and a transaction: ``async with pool.transaction() as it:``.

        It is committed where the block ends, and rolled back where that is by an error or a
        cancellation.

        Args:
            timeout: as in `ResourcePool.acquire`.

        Raises:
            Exception: as `ResourcePool.acquire` raises, and what beginning or committing fails
                with: nothing was written then.
        """
        async with (
            self.acquire(timeout=timeout) as connection,
            self._database.transaction(connection),
        ):
            yield connection

    def _abort(self) -> None:
        """Let go of all connections without waiting."""
        if self.supply is not None:
            unclosed = self.supply.closings.unclosed
            while unclosed:
                self._database.let_go(unclosed.pop().resource)
