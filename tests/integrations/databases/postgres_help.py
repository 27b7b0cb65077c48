"""What tests of PostgreSQL ask the server beside the pool."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from notebook_kit.integrations.postgres import PostgresPool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.servers.postgres import PostgresServer

__all__ = ["asked", "connections", "pool_of", "until", "whose"]

APPLICATION = "a pool under test"
DEADLINE_S = 20.0


def pool_of(server: PostgresServer, **options: Any) -> PostgresPool:
    """Return a pool whose connections are known to the server by a name."""
    settings = {"server_settings": {"application_name": APPLICATION}}
    return PostgresPool(server.dsn, connect_options=settings, **options)


@asynccontextmanager
async def asked(server: PostgresServer) -> AsyncIterator[Any]:
    """Give a connection that is none of the pool's."""
    connection = await asyncpg.connect(server.dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def connections(server: PostgresServer, state: str = "") -> int:
    """Return how many connections of the pool the server has, of those in a state if given."""
    async with asked(server) as connection:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
            " AND ($2 = '' OR state = $2)",
            APPLICATION,
            state,
        )
        return count


async def until(count: int, server: PostgresServer) -> None:
    """Wait until the server has so many connections of the pool; it notices an end late."""
    deadline = time.monotonic() + DEADLINE_S
    while (there := await connections(server)) != count:
        assert time.monotonic() < deadline, there
        await asyncio.sleep(0.01)


async def whose(pool: PostgresPool) -> int:
    """Return the server's number of the connection that is next."""
    async with pool.acquire() as connection:
        number: int = await connection.fetchval("SELECT pg_backend_pid()")
        return number
