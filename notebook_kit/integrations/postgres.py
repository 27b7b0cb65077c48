"""PostgreSQL from async code: a pool of asyncpg connections to one server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.integrations.addresses import Address
from notebook_kit.integrations.databases import DatabasePool
from notebook_kit.integrations.postgres_database import PostgresDatabase
from notebook_kit.policies import seconds
from notebook_kit.redact import Secret, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.integrations.postgres_database import Connection
    from notebook_kit.lifetime.pooling.options import PoolLimits
    from notebook_kit.policies import Duration

__all__ = ["PostgresPool"]

_SCHEMES: Final = ("postgresql", "postgres")


class PostgresPool(DatabasePool["Connection"]):
    """A pool of asyncpg connections to one PostgreSQL server.

    A connection is given back as new: settings, locks, cursors and listeners of the block are gone,
    as asyncpg resets them. One that the server has closed is known by that and replaced; one that
    lay idle for half a minute is asked with ``SELECT 1``, because a firewall closes without a word.
    A query that fails leaves its connection in the pool, if that can be reset.

    Args:
        url: ``postgresql://user@host:5432/database``; a `Secret`, where a password is in it.
        password: if it is not in the address: a text or a `Secret`.
        connect_timeout: how long opening a connection may take, a duration.
        init: is given each new connection, to set codecs of types. Async.
        connect_options: what else `asyncpg.connect` takes, as ``{"ssl": context}``, or
            ``{"statement_cache_size": 0}`` behind PgBouncer.
        **options: sizes and times as `ResourcePool` takes them; one that is idle for 5 minutes is
            closed, if nothing else is said.

    Raises:
        ConfigurationError: when an option cannot work.

    ::

        async with PostgresPool("postgresql://me@localhost/shop", password=secret) as pool:
            async with pool.transaction() as connection:
                await connection.execute("UPDATE stock SET left = left - 1 WHERE item = $1", 7)
            async with pool.acquire() as connection:
                rows = await connection.fetch("SELECT * FROM stock")
    """

    kind: ClassVar[str] = "pool"

    def __init__(
        self,
        url: str | Secret,
        *,
        password: str | Secret | None = None,
        connect_timeout: Duration = "10 s",
        init: Callable[[Connection], Awaitable[object]] | None = None,
        connect_options: Mapping[str, Any] | None = None,
        **options: Unpack[PoolLimits],
    ) -> None:
        with brief:
            address = Address.checked(url, schemes=_SCHEMES)
            given = {
                **_mapping(connect_options),
                "timeout": seconds(connect_timeout, name="connect_timeout"),
            }
            for option, secret in address.with_password(password).items():
                # As a function, it stands in none of the values that asyncpg keeps.
                given[option] = Secret(secret).reveal
            if init is not None and not callable(init):
                message = f"init={shown(init)} cannot be called: give an async function."
                raise ConfigurationError(message)
            name = options.setdefault("name", f"the pool of {address!r}")
            options.setdefault("idle_timeout", "5 min")
            database = PostgresDatabase(address, name, init, given)
            super().__init__(database, options, database.is_sound)


def _mapping(options: object) -> Mapping[str, Any]:
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        message = f"connect_options={shown(options)} is no dict: write {{'ssl': context}}."
        raise ConfigurationError(message)
    return options
