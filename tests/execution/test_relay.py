"""What belongs to another loop is awaited there."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.execution.relay import Relay, await_at_home

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def home() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def numbers(closed: list[Any]) -> AsyncIterator[asyncio.AbstractEventLoop]:
    try:
        while True:
            yield asyncio.get_running_loop()
    finally:
        closed.append(asyncio.get_running_loop())


def test_items_and_the_end_come_from_home(home: asyncio.AbstractEventLoop) -> None:
    """Each item is made on the home loop, and so is what the generator does when it is closed."""
    closed: list[Any] = []

    async def main() -> None:
        relay = Relay(numbers(closed), home)
        assert [await anext(aiter(relay)) for _ in range(3)] == [home] * 3
        assert relay.close_at_home
        await relay.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(relay)

    asyncio.run(main())
    assert closed == [home]


def test_a_home_that_is_closed_is_an_error() -> None:
    """Nothing is awaited on a loop that is closed, and nobody waits for it."""
    loop = asyncio.new_event_loop()
    loop.close()
    closed: list[Any] = []
    relay = Relay(numbers(closed), loop)

    async def main() -> None:
        with pytest.raises(RuntimeError, match="has been closed"):
            await anext(relay)
        await relay.aclose()

    asyncio.run(main())
    assert closed == []


def test_a_cancellation_at_home_arrives(home: asyncio.AbstractEventLoop) -> None:
    """Who waits for what is cancelled at home hears of it."""

    async def main() -> None:
        never = asyncio.Event()
        waiting = asyncio.ensure_future(await_at_home(never.wait(), home))
        await asyncio.sleep(0.01)
        for task in asyncio.all_tasks(home):
            home.call_soon_threadsafe(task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
