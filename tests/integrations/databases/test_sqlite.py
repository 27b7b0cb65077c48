from __future__ import annotations

import asyncio
import gc
import sqlite3
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.errors import ClosedError, ConfigurationError, ConnectionFailed
from notebook_kit.integrations.sqlite import SQLitePool
from notebook_kit.integrations.sqlite_database import SQLiteDatabase
from notebook_kit.lifetime import ResourceManager, open_resources
from tests.integrations.databases.scenarios import write_in_transactions
from tests.lifetime.resources import turns

if TYPE_CHECKING:
    from pathlib import Path

    from aiosqlite import Connection

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table, in which one number stands."""
    path = tmp_path / "numbers.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE numbers (n INTEGER); INSERT INTO numbers VALUES (1)")
    return path


async def numbers(pool: SQLitePool) -> list[int]:
    """Return what stands in the table."""
    async with pool.acquire() as connection:
        rows = await connection.execute_fetchall("SELECT n FROM numbers ORDER BY n")
        return [row["n"] for row in rows]


def written_by_another(path: Path) -> None:
    """Write a number from outside the pool, or fail at once where something is locked."""
    with closing(sqlite3.connect(path, timeout=0)) as connection, connection:
        connection.execute("INSERT INTO numbers VALUES (100)")


@pytest.mark.parametrize("place", [":memory:", "file"])
def test_many_tasks_use_few_connections(place: str, tmp_path: Path) -> None:
    """A new database is made by whoever comes first; all write into it, none is locked out."""
    path = tmp_path / "new.db" if place == "file" else place

    async def write(pool: SQLitePool, number: int) -> None:
        async with pool.acquire() as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS numbers (n INTEGER)")
        async with pool.transaction() as connection:
            # What was read when another has written since could not be written upon.
            await connection.execute_fetchall("SELECT count(*) FROM numbers")
            await connection.execute("INSERT INTO numbers VALUES (?)", (number,))

    async def main() -> None:
        async with SQLitePool(path, max_size=4) as pool:
            await asyncio.gather(*(write(pool, number) for number in range(100)))
            assert await numbers(pool) == list(range(100))
            stats = pool.stats()
            assert stats.most_in_use == 4
            assert (stats.opened, stats.size, stats.broken) == (4, 4, 0)
            assert stats.acquired == 201
        assert pool.stats().closed == 4
        with pytest.raises(ClosedError):
            await numbers(pool)

    asyncio.run(main())


def test_what_connections_are_set_to(file: Path) -> None:
    """Rows by name, foreign keys, write-ahead mode for files, and a wait for who writes."""

    async def setting(connection: Connection, name: str) -> Any:
        (row,) = await connection.execute_fetchall(f"PRAGMA {name}")
        return row[0]

    async def main() -> None:
        async with SQLitePool(file, busy_timeout="2 s") as pool, pool.acquire() as connection:
            (row,) = await connection.execute_fetchall("SELECT n FROM numbers")
            assert isinstance(row, sqlite3.Row)
            assert await setting(connection, "foreign_keys") == 1
            assert await setting(connection, "journal_mode") == "wal"
            assert await setting(connection, "busy_timeout") == 2_000

    async def plain(path: Path) -> None:
        async with SQLitePool(path, wal=False) as pool, pool.acquire() as connection:
            assert await setting(connection, "journal_mode") == "delete"

    asyncio.run(main())
    asyncio.run(plain(file.with_name("plain.db")))


def test_a_statement_of_a_block_stands_at_once(file: Path) -> None:
    """Without a transaction nothing is to be committed, as in other databases."""

    async def main() -> None:
        async with SQLitePool(file) as pool, pool.acquire() as connection:
            await connection.execute("INSERT INTO numbers VALUES (2)")
            assert await numbers(pool) == [1, 2]
            written_by_another(file)

    asyncio.run(main())


def test_a_transaction_stands_as_a_whole_or_not_at_all(file: Path) -> None:
    """It is committed at its end, and rolled back after an error or a cancellation."""

    async def main() -> None:
        async with SQLitePool(file) as pool:
            await write_in_transactions(
                pool,
                lambda connection, number: connection.execute(
                    "INSERT INTO numbers VALUES (?)", (number,)
                ),
                lambda _: asyncio.Event().wait(),
            )
            assert await numbers(pool) == [1, 2]
            assert (pool.stats().opened, pool.stats().broken) == (1, 0)
            written_by_another(file)

    asyncio.run(main())


def test_a_transaction_that_is_left_open_is_rolled_back(file: Path) -> None:
    """Where its block ends: an idle connection keeps nobody from writing."""

    async def main() -> None:
        async with SQLitePool(file, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.execute("BEGIN IMMEDIATE")
                await connection.execute("INSERT INTO numbers VALUES (2)")
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    written_by_another(file)
            written_by_another(file)
            assert await numbers(pool) == [1, 100]
            assert pool.stats().broken == 0

    asyncio.run(main())


def test_one_of_which_a_cursor_still_reads_is_replaced(file: Path) -> None:
    """It would go on reading what was there when it began."""

    async def main() -> None:
        async with SQLitePool(file, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.execute("INSERT INTO numbers VALUES (2)")
                cursor = await connection.execute("SELECT n FROM numbers")
                await cursor.fetchone()
            assert await numbers(pool) == [1, 2]
            assert (pool.stats().opened, pool.stats().broken) == (2, 1)

    asyncio.run(main())


def test_a_query_that_is_cancelled_is_ended(file: Path) -> None:
    """Its thread does not go on with it, and its connection is used again."""

    async def count(pool: SQLitePool) -> None:
        async with asyncio.timeout(0.02), pool.transaction() as connection:
            await connection.execute("INSERT INTO numbers VALUES (2)")
            await connection.execute_fetchall(ENDLESS)

    async def main() -> None:
        async with SQLitePool(file, max_size=1) as pool:
            for _ in range(3):
                with pytest.raises(TimeoutError):
                    await count(pool)
            assert await numbers(pool) == [1]
            assert pool.stats().size == 1

    asyncio.run(main())


def test_a_wait_for_another_writer_can_be_cancelled(file: Path) -> None:
    """It is not waited for to its end; another connection takes the place."""

    async def write(pool: SQLitePool) -> None:
        async with pool.transaction() as connection:
            await connection.execute("INSERT INTO numbers VALUES (2)")

    async def main() -> None:
        options: dict[str, Any] = {"busy_timeout": "20 s", "close_timeout": "20 s"}
        async with SQLitePool(file, max_size=1, **options) as pool:
            await numbers(pool)
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                end = asyncio.get_running_loop().call_later(5, other.rollback)
                waiting = asyncio.ensure_future(write(pool))
                while not pool.stats().in_use:
                    await asyncio.sleep(0.001)
                await asyncio.sleep(0.05)
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
                # The other has not ended, so the wait was not over.
                assert other.in_transaction
                end.cancel()
            assert await numbers(pool) == [1]

    asyncio.run(main())


def test_a_file_that_is_being_written_can_be_opened(file: Path) -> None:
    """Its mode is changed by a later connection; reading does not wait."""

    async def main() -> None:
        async with SQLitePool(file, busy_timeout="20 s", max_idle=0) as pool:
            with closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                assert await numbers(pool) == [1]
                assert other.in_transaction
            await numbers(pool)
        with closing(sqlite3.connect(file)) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    asyncio.run(main())


def test_opening_that_is_cancelled_leaves_nothing_open(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its thread opens all the same is closed."""
    opening, goes_on = threading.Event(), threading.Event()
    made: list[sqlite3.Connection] = []
    set_up = SQLiteDatabase._set_up

    def slow(self: SQLiteDatabase, native: sqlite3.Connection) -> None:
        made.append(native)
        opening.set()
        goes_on.wait(10)
        set_up(self, native)

    monkeypatch.setattr(SQLiteDatabase, "_set_up", slow)

    async def main() -> None:
        async with SQLitePool(file) as pool:
            reading = asyncio.ensure_future(numbers(pool))
            await asyncio.to_thread(opening.wait, 10)
            reading.cancel()
            await turns()
            goes_on.set()
            with pytest.raises(asyncio.CancelledError):
                await reading
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                made[0].execute("SELECT 1")
            assert (pool.stats().opened, pool.stats().size) == (0, 0)
            assert await numbers(pool) == [1]

    asyncio.run(main())


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """A folder that is not there, a file that is no database; the same pool works afterwards."""

    async def main() -> None:
        place = tmp_path / "later"
        async with SQLitePool(place / "numbers.db") as pool:
            with pytest.raises(ConnectionFailed, match=r"later.*its folder is not there") as told:
                await numbers(pool)
            assert isinstance(told.value.__cause__, sqlite3.OperationalError)
            place.mkdir()
            (place / "numbers.db").write_text("no database at all" * 100)
            with pytest.raises(ConnectionFailed, match="file is not a database"):
                await numbers(pool)
            (place / "numbers.db").unlink()
            async with pool.acquire() as connection:
                await connection.execute("CREATE TABLE numbers (n INTEGER)")
            assert await numbers(pool) == []
            stats = pool.stats()
            assert (stats.failed, stats.opened, stats.size) == (2, 1, 1)

    asyncio.run(main())


def test_one_in_memory_lives_as_long_as_its_pool() -> None:
    """Also while none of its connections is open; another pool has another."""

    async def main() -> None:
        async with SQLitePool(":memory:", max_idle=0) as pool, SQLitePool(":memory:") as other:
            async with pool.acquire() as connection:
                await connection.execute("CREATE TABLE numbers (n INTEGER)")
            await turns(50)
            assert await numbers(pool) == []
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await numbers(other)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("", {}, "path='' is no path"),
        (7, {}, "path=7 is no path"),
        ("file:x.db?mode=ro", {}, "is a URI: write the path of the file alone"),
        ("a\0b", {}, "zero byte"),
        ("x.db", {"busy_timeout": "soon"}, "busy_timeout='soon' is not a duration"),
        ("x.db", {"maxsize": 3}, "SQLitePool has no option 'maxsize'. Did you mean 'max_size'"),
        ("x.db", {"check": bool}, "SQLitePool has no option 'check'"),
    ],
)
def test_what_cannot_work_is_refused(path: Any, options: dict[str, Any], said: str) -> None:
    """When the pool is made, before anything is opened."""
    with pytest.raises(ConfigurationError, match=said.replace("?", "\\?")):
        SQLitePool(path, **options)


def test_a_library_that_is_missing_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it, when it is first needed."""
    monkeypatch.setitem(sys.modules, "aiosqlite", None)

    async def main() -> None:
        async with SQLitePool(file) as pool:
            await numbers(pool)

    with pytest.raises(ConfigurationError, match=r"aiosqlite.*notebook_kit\[sqlite\]"):
        asyncio.run(main())


def test_it_is_seen_among_what_is_open(file: Path) -> None:
    """By its path, with what is in use."""

    async def main() -> None:
        async with SQLitePool(file, max_size=3) as pool, pool.acquire():
            (seen,) = [it for it in open_resources() if it.kind == "pool"]
            assert seen.name == f"the pool of {file}"
            assert "1 of 3 in use" in str(seen)

    asyncio.run(main())


def test_a_pool_that_is_dropped_is_closed(file: Path) -> None:
    """Its threads end, also where its loop was closed under it; the next loop can use a pool."""

    async def drop() -> None:
        pool = SQLitePool(file)
        await numbers(pool)
        del pool
        gc.collect()
        await turns(50)

    asyncio.run(drop())

    pool = SQLitePool(":memory:", min_size=2)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(pool.open())
    # Nobody tells what runs on it that it ends.
    loop.close()
    keeper = pool._keeper

    async def again() -> None:
        async with pool, pool.acquire() as connection:
            await connection.execute("SELECT 1")
            assert keeper is not None
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                keeper.execute("SELECT 1")

    asyncio.run(again())


def test_closing_ends_what_goes_on(file: Path) -> None:
    """A pool that is closed under its users takes its connections away from them."""

    async def main() -> None:
        pool = SQLitePool(file, close_timeout=0.05)

        async def use() -> None:
            async with pool.acquire() as connection:
                await connection.execute_fetchall(ENDLESS)

        using = asyncio.ensure_future(use())
        while not pool.stats().in_use:
            await asyncio.sleep(0.001)
        with pytest.raises(nk.errors.ResourceTimeout, match="1 resource did not come back"):
            await pool.close()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            await using

    asyncio.run(main())


def test_a_connection_that_its_user_closes_is_replaced(file: Path) -> None:
    """The next one gets another."""

    async def main() -> None:
        async with SQLitePool(file, max_size=1) as pool:
            async with pool.acquire() as connection:
                await connection.close()
            assert await numbers(pool) == [1]
            assert (pool.stats().opened, pool.stats().broken) == (2, 1)

    asyncio.run(main())


def test_it_stands_in_a_manager_beside_a_client(file: Path, demo: nk.demo.DemoServer) -> None:
    """Rows from an API are written in one transaction; both are closed at the end."""

    async def main() -> None:
        manager = ResourceManager()
        manager.add("client", nk.Client(demo.url))
        pool = manager.add("pool", SQLitePool(file), needs=["client"])
        async with manager:
            answer = await manager["client"].get("/airports/ZRH")
            async with manager["pool"].transaction() as connection:
                await connection.execute("CREATE TABLE airports (code TEXT, city TEXT)")
                row = ("ZRH", answer.json()["city"])
                await connection.execute("INSERT INTO airports VALUES (?, ?)", row)
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT * FROM airports").fetchall() == [("ZRH", "Zurich")]
        assert (pool.state, pool.stats().closed) == ("closed", 1)

    asyncio.run(main())
