from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ConfigurationError, ResourceTimeout
from notebook_kit.integrations.postgres import PostgresPool
from notebook_kit.lifetime import ResourceManager, open_resources
from tests.integrations.databases.postgres_help import asked, connections, pool_of, until, whose
from tests.integrations.databases.scenarios import write_in_transactions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.postgres import PostgresServer


@pytest.fixture
def server(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A server with one table, in which one number stands."""

    async def table(*statements: str) -> None:
        async with asked(postgres_server) as connection:
            for statement in statements:
                await connection.execute(statement)

    asyncio.run(table("CREATE TABLE numbers (n INTEGER)", "INSERT INTO numbers VALUES (1)"))
    yield postgres_server
    postgres_server.start()
    asyncio.run(table("DROP TABLE numbers"))


async def numbers(pool: PostgresPool) -> list[int]:
    """Return what stands in the table."""
    async with pool.acquire() as connection:
        return [row["n"] for row in await connection.fetch("SELECT n FROM numbers ORDER BY n")]


def test_many_tasks_use_few_connections(server: PostgresServer) -> None:
    """The server never has more than the pool may open, and none when it is closed."""

    async def write(pool: PostgresPool, number: int) -> None:
        async with pool.transaction() as connection:
            await connection.execute("INSERT INTO numbers VALUES ($1)", number)

    async def main() -> None:
        async with pool_of(server, max_size=4) as pool:
            await asyncio.gather(*(write(pool, number) for number in range(2, 101)))
            assert await numbers(pool) == list(range(1, 101))
            stats = pool.stats()
            assert (stats.opened, stats.size, stats.most_in_use) == (4, 4, 4)
            assert (stats.acquired, stats.broken) == (100, 0)
            assert await connections(server) == 4
        assert pool.stats().closed == 4
        await until(0, server)
        with pytest.raises(ClosedError):
            await numbers(pool)

    asyncio.run(main())


def test_a_transaction_stands_as_a_whole_or_not_at_all(server: PostgresServer) -> None:
    """It is committed at its end, and rolled back after an error or a cancellation."""

    async def main() -> None:
        async with pool_of(server) as pool:
            await write_in_transactions(
                pool,
                lambda connection, number: connection.execute(
                    "INSERT INTO numbers VALUES ($1)", number
                ),
                lambda connection: connection.execute("SELECT pg_sleep(60)"),
            )
            assert await numbers(pool) == [1, 2]
            assert (pool.stats().opened, pool.stats().broken) == (1, 0)

    asyncio.run(main())


def test_one_is_given_back_as_new(server: PostgresServer) -> None:
    """Transaction, settings, locks and listeners of a block end with it, on the same connection."""

    async def main() -> None:
        async with pool_of(server, max_size=1) as pool, asked(server) as other:
            async with pool.acquire() as connection:
                number = await connection.fetchval("SELECT pg_backend_pid()")
                await connection.add_listener("news", print)
                await connection.execute("SET statement_timeout = '77 s'")
                await connection.execute("SELECT pg_advisory_lock(7)")
                await connection.execute("BEGIN")
                await connection.execute("INSERT INTO numbers VALUES (2)")
                await connection.execute("LOCK numbers IN ACCESS EXCLUSIVE MODE")
            assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
            assert await other.fetchval("SELECT count(*) FROM numbers") == 1
            async with pool.acquire() as connection:
                assert await connection.fetchval("SELECT pg_backend_pid()") == number
                assert await connection.fetchval("SHOW statement_timeout") == "0"
                assert await connection.fetch("SELECT pg_listening_channels()") == []
                assert not connection.is_in_transaction()

    asyncio.run(main())


def test_a_transaction_that_began_too_late_is_rolled_back(
    server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The server answers a cancelled BEGIN when the block has been left; no log tells of it."""

    async def begin(pool: PostgresPool) -> None:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")

    async def main() -> None:
        async with pool_of(server, max_size=1) as pool:
            number = await whose(pool)
            for turn in range(4):
                beginning = asyncio.ensure_future(begin(pool))
                for _ in range(turn):
                    await asyncio.sleep(0)
                beginning.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await beginning
                async with pool.acquire() as connection:
                    assert not connection.is_in_transaction()
            assert await whose(pool) == number

    asyncio.run(main())
    assert caplog.messages == []


def test_a_query_that_fails_leaves_its_connection_in_the_pool(server: PostgresServer) -> None:
    """Its error is the library's own; a transaction that it has broken off is no hindrance."""

    async def fail(pool: PostgresPool) -> None:
        async with pool.acquire() as connection:
            await connection.execute("BEGIN")
            await connection.execute("SELECT no_such_column FROM numbers")

    async def main() -> None:
        async with pool_of(server) as pool:
            number = await whose(pool)
            with pytest.raises(asyncpg.UndefinedColumnError):
                await fail(pool)
            assert await whose(pool) == number
            assert pool.stats().broken == 0

    asyncio.run(main())


def test_each_new_connection_is_set_up(server: PostgresServer) -> None:
    """By a function of the user's; where that fails, nothing of the connection is left."""

    async def codec(connection: Any) -> None:
        await connection.set_type_codec(
            "json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )

    async def fails(connection: Any) -> None:
        raise KeyError

    async def main() -> None:
        async with pool_of(server, init=codec) as pool:
            for _ in range(2):
                async with pool.acquire() as connection:
                    assert await connection.fetchval("""SELECT '{"a": [1]}'::json""") == {"a": [1]}
        async with pool_of(server, init=fails) as pool:
            with pytest.raises(KeyError):
                await whose(pool)
            assert (pool.stats().failed, pool.stats().size) == (1, 0)
            await until(0, server)

    asyncio.run(main())


def test_who_waits_too_long_is_told(server: PostgresServer) -> None:
    """With how it stands; one who is cancelled while he waits takes nothing with him."""

    async def main() -> None:
        async with pool_of(server, max_size=1) as pool:
            async with pool.acquire():
                with pytest.raises(ResourceTimeout, match=r"none of 1 place .* 1 in use"):
                    async with pool.acquire(timeout=0.02):
                        pass
                waiting = asyncio.ensure_future(whose(pool))
                await asyncio.sleep(0)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            await whose(pool)
            assert (pool.stats().opened, pool.stats().timed_out) == (1, 1)

    asyncio.run(main())


def test_it_is_seen_among_what_is_open(server: PostgresServer) -> None:
    """By its address without the password, with what is in use."""

    async def main() -> None:
        async with PostgresPool(server.dsn, max_size=3) as pool, pool.acquire():
            (seen,) = [it for it in open_resources() if it.kind == "pool"]
            assert seen.name == (
                f"the pool of postgresql://****@{server.host}:{server.port}/postgres"
            )
            assert "1 of 3 in use" in str(seen)

    asyncio.run(main())


def test_a_pool_that_is_dropped_is_closed(server: PostgresServer) -> None:
    """Its connections end, also where its loop was closed under it; the next can use it."""

    async def drop() -> None:
        pool = pool_of(server)
        await whose(pool)
        del pool
        gc.collect()
        await until(0, server)

    asyncio.run(drop())

    pool = pool_of(server, min_size=2)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(pool.open())
    # Nobody tells what runs on it that it ends.
    loop.close()

    async def again() -> None:
        async with pool:
            await until(2, server)
            await whose(pool)

    asyncio.run(again())


def test_it_stands_in_a_manager_beside_a_client(
    server: PostgresServer, demo: nk.demo.DemoServer
) -> None:
    """Rows from an API are written in one transaction; both are closed at the end."""

    async def main() -> None:
        manager = ResourceManager()
        pool = manager.add("pool", pool_of(server))
        manager.add("client", nk.Client(demo.url), needs=["pool"])
        async with manager:
            answer = await manager["client"].get("/airports/ZRH")
            async with manager["pool"].transaction() as connection:
                length = len(answer.json()["city"])
                await connection.execute("INSERT INTO numbers VALUES ($1)", length)
            assert await numbers(pool) == [1, len("Zurich")]
        assert (pool.state, pool.stats().closed) == ("closed", 1)
        await until(0, server)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("", {}, "is no address"),
        ("mysql://localhost/x", {}, r"does not begin with postgresql:// or postgres://"),
        ("postgresql://host/x", {"password": 7}, "password= is a int"),
        ("postgresql://host/x", {"connect_timeout": 0}, "connect_timeout=0"),
        ("postgresql://host/x", {"init": "SET x"}, "init='SET x' cannot be called"),
        ("postgresql://host/x", {"connect_options": "ssl"}, "connect_options='ssl' is no dict"),
        ("postgresql://host/x", {"maxsize": 3}, "has no option 'maxsize'. Did you mean 'max_size'"),
    ],
)
def test_what_cannot_work_is_refused(url: str, options: dict[str, Any], said: str) -> None:
    """When the pool is made, before anything is sent."""
    with pytest.raises(ConfigurationError, match=said):
        PostgresPool(url, **options)


def test_what_the_library_refuses_is_told() -> None:
    """When it is first used, as an error of this package."""

    async def main() -> None:
        pool = PostgresPool("postgresql://host/x", connect_options={"target_session_attrs": "odd"})
        async with pool, pool.acquire():
            pass

    with pytest.raises(ConfigurationError, match="target_session_attrs"):
        asyncio.run(main())


def test_a_library_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it, when it is first needed."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    async def main() -> None:
        async with PostgresPool("postgresql://localhost/x") as pool:
            await whose(pool)

    with pytest.raises(ConfigurationError, match=r"asyncpg.*notebook_kit\[postgres\]"):
        asyncio.run(main())


def test_the_example_of_the_class_is_python() -> None:
    """What it shows without running it can be read, with names that there are."""
    # From 3.13 on the compiler takes the margin away itself.
    shown = textwrap.dedent(inspect.cleandoc(PostgresPool.__doc__ or "").partition("::\n")[2])
    compile(f"async def shown() -> None:\n{textwrap.indent(shown, '    ')}", "example", "exec")
    for name in ("PostgresPool(", ".transaction()", ".acquire()", "password=secret"):
        assert name in shown
