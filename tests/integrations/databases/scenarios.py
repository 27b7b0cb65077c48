"""What is done with pools of any database, in the same way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.integrations.databases import DatabasePool

__all__ = ["write_in_transactions"]


async def write_in_transactions(
    pool: DatabasePool[Any],
    insert: Callable[[Any, int], Awaitable[object]],
    wait: Callable[[Any], Awaitable[object]],
) -> None:
    """Insert 2 in a transaction that ends well, 3 in one that fails, 4 in one that is cancelled.

    Args:
        pool: the pool.
        insert: inserts a number, over a connection.
        wait: waits there without an end.
    """

    async def write(number: int, then: object) -> None:
        async with pool.transaction() as connection:
            await insert(connection, number)
            if isinstance(then, asyncio.Event):
                then.set()
                await wait(connection)
            if isinstance(then, Exception):
                raise then

    await write(2, None)
    with pytest.raises(KeyError):
        await write(3, KeyError())
    has_written = asyncio.Event()
    writing = asyncio.ensure_future(write(4, has_written))
    await has_written.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
