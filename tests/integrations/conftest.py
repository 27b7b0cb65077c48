"""A real PostgreSQL and a real Redis, one of each for each process of the tests that asks for it.

A server is started again before a test where the test before has left it down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def _postgres_of_the_session() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def _redis_of_the_session() -> Iterator[RedisServer]:
    with RedisServer(password="pw-of-the-tests") as server:
        yield server


@pytest.fixture
def postgres_server(_postgres_of_the_session: PostgresServer) -> PostgresServer:
    """A PostgreSQL that runs; a test may stop, kill and start it."""
    _postgres_of_the_session.start()
    return _postgres_of_the_session


@pytest.fixture
def redis_server(_redis_of_the_session: RedisServer) -> RedisServer:
    """A Redis that runs and asks for a password; a test may stop, kill and start it."""
    _redis_of_the_session.start()
    return _redis_of_the_session
