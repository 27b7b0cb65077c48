from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

import notebook_kit as nk
from notebook_kit.errors import AuthenticationError, ConnectionFailed, NotebookKitError
from notebook_kit.integrations.postgres import PostgresPool
from notebook_kit.lifetime import open_resources
from tests.integrations.databases.postgres_help import asked, connections, pool_of, until, whose
from tests.integrations.databases.proxies import way_to
from tests.ports import kept_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.postgres import PostgresServer

QUERIES = 200
TASKS = 20
#: What a query inside a block fails with when the server goes: the library's own errors, the last
#: of them where the server has said that it ends, and has not ended yet.
LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)


class Work:
    """Tasks that ask until so many queries were answered, whatever happens to the server.

    Attributes:
        answered: how many were.
        outside: what entering a block failed with.
        inside: what a query in a block failed with.
        entered: how many blocks were entered.
    """

    def __init__(self, pool: PostgresPool) -> None:
        self.pool = pool
        self.answered = self.entered = 0
        self.outside: list[Exception] = []
        self.inside: list[Exception] = []
        self.is_under_way = asyncio.Event()
        self.has_failed = asyncio.Event()

    async def go_on(self) -> None:
        """Ask, and ask again."""
        while self.answered < QUERIES:
            is_inside = False
            try:
                async with self.pool.acquire() as connection:
                    is_inside = True
                    self.entered += 1
                    await connection.fetchval("SELECT pg_sleep(0.001)")
            except Exception as error:  # noqa: BLE001 - which it may be is looked at afterwards
                (self.inside if is_inside else self.outside).append(error)
                if not is_inside:
                    self.has_failed.set()
                await asyncio.sleep(0.005)
            else:
                self.answered += 1
                if self.answered > QUERIES // 4:
                    self.is_under_way.set()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_comes_back_is_used_again(postgres_server: PostgresServer, how: str) -> None:
    """In the middle of 200 queries by 20 tasks: nothing is started anew, and nothing leaks."""
    end: Callable[[], None] = getattr(postgres_server, how)

    async def main() -> None:
        async with pool_of(postgres_server, max_size=5) as pool:
            work = Work(pool)
            asking = [asyncio.ensure_future(work.go_on()) for _ in range(TASKS)]
            await work.is_under_way.wait()
            await asyncio.to_thread(end)
            await work.has_failed.wait()
            await asyncio.to_thread(postgres_server.start)
            await asyncio.gather(*asking)

            assert {type(error) for error in work.outside} == {ConnectionFailed}
            assert [error for error in work.inside if not isinstance(error, LOST)] == []
            assert not any(isinstance(error, NotebookKitError) for error in work.inside)
            stats = pool.stats()
            assert stats.acquired == work.entered == work.answered + len(work.inside)
            assert stats.failed == len(work.outside)
            assert (stats.opened - stats.closed, stats.in_use) == (stats.size, 0)
            assert stats.broken <= stats.closed
            assert stats.size == await connections(postgres_server)
        assert pool.stats().opened == pool.stats().closed
        await until(0, postgres_server)

    asyncio.run(main())


def test_a_map_goes_on_when_the_server_is_back(postgres_server: PostgresServer) -> None:
    """Rows that failed meanwhile are tried again, as those of any other call."""

    async def main() -> None:
        async with pool_of(postgres_server, max_size=3) as pool:
            down = asyncio.Event()

            async def twice(number: int) -> int:
                if number == 20 and not down.is_set():
                    down.set()
                    await asyncio.to_thread(postgres_server.stop)
                    asyncio.get_running_loop().call_later(
                        0.05, asyncio.ensure_future, asyncio.to_thread(postgres_server.start)
                    )
                async with pool.acquire() as connection:
                    doubled: int = await connection.fetchval("SELECT 2 * $1::int", number)
                    return doubled

            # A query that was cut short may have been done; asking is done twice without harm.
            retry = nk.Retry(
                max_attempts=200,
                base_delay="10 ms",
                max_delay="20 ms",
                budget=1_000,
                retry_if=lambda error: isinstance(error, (ConnectionFailed, *LOST)),
            )
            run = nk.map(twice, range(60), max_concurrency=5, retry=retry, fail_fast=False)
            frame = await run
            assert frame["error"].dropna().tolist() == []
            assert frame["result"].tolist() == [2 * number for number in range(60)]
            assert pool.stats().failed > 0
        await until(0, postgres_server)

    asyncio.run(main())


def test_one_that_the_server_ends_is_replaced(postgres_server: PostgresServer) -> None:
    """While it is idle, and in a block, whose error is the library's own."""

    async def main() -> None:
        async with pool_of(postgres_server) as pool, asked(postgres_server) as admin:

            async def end(number: int) -> None:
                assert await admin.fetchval("SELECT pg_terminate_backend($1, 5000)", number)

            async def be_ended() -> None:
                async with pool.acquire() as connection:
                    await end(await connection.fetchval("SELECT pg_backend_pid()"))
                    await connection.fetchval("SELECT 1")

            first = await whose(pool)
            await end(first)
            second = await whose(pool)
            assert second != first
            assert pool.stats().broken == 1
            with pytest.raises(LOST):
                await be_ended()
            assert await whose(pool) not in (first, second)
            assert (pool.stats().broken, pool.stats().opened) == (2, 3)

    asyncio.run(main())


def test_one_that_was_silent_for_long_is_asked(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A way that goes dead without a word is found out then; before, no question is asked."""
    module = "notebook_kit.integrations.postgres_database"

    async def main() -> None:
        async with way_to(postgres_server.host, postgres_server.port) as way:
            dsn = f"postgresql://tester@{postgres_server.host}:{way.port}/postgres"
            password = postgres_server.password
            async with PostgresPool(dsn, password=password, close_timeout=0.05) as pool:
                first = await whose(pool)
                passed = way.passed
                async with pool.acquire():
                    assert way.passed == passed
                monkeypatch.setattr(f"{module}._SILENT_S", 0.0)
                passed = way.passed
                async with pool.acquire():
                    assert way.passed > passed
                assert await whose(pool) == first
                way.cut()
                monkeypatch.setattr(f"{module}._ANSWER_S", 0.05)
                assert await whose(pool) != first
                assert pool.stats().broken == 1

    asyncio.run(main())


def test_a_block_that_is_left_on_a_dead_way_is_soon_left(
    postgres_server: PostgresServer,
) -> None:
    """Giving a connection back takes no longer than closing one may."""

    async def main() -> None:
        async with way_to(postgres_server.host, postgres_server.port) as way:
            dsn = f"postgresql://tester@{postgres_server.host}:{way.port}/postgres"
            password = nk.Secret(postgres_server.password)
            async with PostgresPool(dsn, password=password, close_timeout=0.05) as pool:

                async def ask() -> None:
                    async with asyncio.timeout(0.05), pool.acquire() as connection:
                        way.cut()
                        await connection.fetchval("SELECT 1")

                with pytest.raises(TimeoutError):
                    await ask()
                await whose(pool)
                assert (pool.stats().broken, pool.stats().opened) == (1, 2)

    asyncio.run(main())


def test_a_query_that_is_cancelled_is_ended_on_the_server(
    postgres_server: PostgresServer,
) -> None:
    """Its connection is used again."""

    async def main() -> None:
        async with pool_of(postgres_server, max_size=1) as pool:

            async def sleep() -> None:
                async with pool.acquire() as connection:
                    await connection.fetchval("SELECT pg_sleep(60)")

            number = await whose(pool)
            sleeping = asyncio.ensure_future(sleep())
            while await connections(postgres_server, "active") == 0:
                await asyncio.sleep(0.005)
            sleeping.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sleeping
            assert await connections(postgres_server, "active") == 0
            assert await whose(pool) == number
            assert pool.stats().broken == 0

    asyncio.run(main())


def test_connecting_that_is_cancelled_leaves_nothing_open() -> None:
    """A server that accepts and says nothing sees the connection end; the place is free again."""

    async def main() -> None:
        accepted, ended = asyncio.Event(), asyncio.Event()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set()
            await reader.read()
            ended.set()
            writer.close()

        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        dsn = f"postgresql://tester@127.0.0.1:{port}/postgres"
        options: dict[str, Any] = {"connect_options": {"ssl": False}, "max_size": 1}
        async with server:
            async with PostgresPool(dsn, **options) as pool:
                connecting = asyncio.ensure_future(whose(pool))
                await accepted.wait()
                connecting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await connecting
                await ended.wait()
                assert (pool.stats().size, pool.stats().opened) == (0, 0)
            async with PostgresPool(dsn, connect_timeout=0.02, **options) as pool:
                with pytest.raises(ConnectionFailed, match="took too long"):
                    await whose(pool)

    asyncio.run(main())


def test_closing_that_is_cancelled_closes_all_the_same(postgres_server: PostgresServer) -> None:
    """Also what is in use: it goes under its user when its time is over."""

    async def main() -> None:
        pool = pool_of(postgres_server, close_timeout=0.05)

        async def sleep() -> None:
            async with pool.acquire() as connection:
                await connection.fetchval("SELECT pg_sleep(60)")

        await asyncio.gather(whose(pool), whose(pool))
        sleeping = asyncio.ensure_future(sleep())
        while await connections(postgres_server, "active") == 0:
            await asyncio.sleep(0.005)
        closing = asyncio.ensure_future(pool.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        with pytest.raises(LOST):
            await sleeping
        await until(0, postgres_server)
        assert (pool.state, pool.stats().opened) == ("closed", pool.stats().closed)

    asyncio.run(main())


def test_a_refused_password_is_told_and_never_shown(
    postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """In no message, repr, list of what is open, log or chained error, wherever it was given."""
    caplog.set_level(logging.DEBUG)
    planted = "planted-Pass/w0rd"
    at = f"{postgres_server.host}:{postgres_server.port}/postgres"
    pools = [
        PostgresPool(f"postgresql://tester:planted-Pass%2Fw0rd@{at}"),
        PostgresPool(nk.Secret(f"postgres://tester:planted-Pass%2Fw0rd@{at}")),
        PostgresPool(f"postgresql://tester@{at}", password=planted),
        PostgresPool(f"postgresql://tester@{at}", password=nk.Secret(planted)),
        PostgresPool(f"postgresql://tester@{at}?password={planted}"),
    ]
    seen: list[str] = []

    async def main() -> None:
        for pool in pools:
            async with pool:
                with pytest.raises(AuthenticationError, match="refused the user") as refused:
                    await whose(pool)
                assert isinstance(refused.value.__cause__, asyncpg.InvalidPasswordError)
                formatted = traceback.format_exception(refused.value)
                seen.extend([*formatted, repr(refused.value), repr(vars(refused.value))])
                seen.extend([repr(pool), pool.name, str(pool.stats()), str(open_resources())])

    asyncio.run(main())
    text = "\n".join([*seen, caplog.text])
    assert "127.0.0.1" in text
    assert "planted" not in text
    assert "w0rd" not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://tester:planted/w0rd@127.0.0.1/x",
        "postgresql://tester:55/planted-w0rd@127.0.0.1/x",
        "postgresql://tester:planted#w0rd@127.0.0.1/x",
        "postgresql://tester:planted?w0rd@127.0.0.1/x",
    ],
)
def test_a_password_that_breaks_the_address_is_not_shown(url: str) -> None:
    """What is refused says how to write it."""
    with pytest.raises(nk.errors.ConfigurationError, match="%2F") as refused:
        PostgresPool(url)
    text = "".join(traceback.format_exception(refused.value))
    assert "w0rd" not in str(refused.value)
    assert "planted-" not in text.replace(url, "")


def test_what_cannot_be_reached_is_told() -> None:
    """With the address; the same pool tries again for the next one."""

    async def main() -> None:
        with kept_port() as port:
            async with PostgresPool(f"postgresql://me:secret-secret@127.0.0.1:{port}/x") as pool:
                for _ in range(2):
                    with pytest.raises(ConnectionFailed, match=f"127.0.0.1:{port}") as told:
                        await whose(pool)
                    assert isinstance(told.value.__cause__, ConnectionRefusedError)
                    assert "secret-secret" not in str(told.value)
                assert (pool.stats().failed, pool.stats().size) == (2, 0)

    asyncio.run(main())


def test_a_database_that_is_not_there_is_told(postgres_server: PostgresServer) -> None:
    """In the server's own words."""

    async def main() -> None:
        async with PostgresPool(postgres_server.dsn.replace("/postgres", "/none")) as pool:
            with pytest.raises(ConnectionFailed, match='database "none" does not exist'):
                await whose(pool)

    asyncio.run(main())
