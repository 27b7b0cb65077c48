"""Waiting in ticks, so that an interrupt acts."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future

import pytest

from notebook_kit.execution import wait_async, wait_sync
from notebook_kit.execution.waiting import TICK_S


def test_a_waiting_loop_keeps_waking() -> None:
    """While a future is awaited the tick is called about ten times a second."""
    ticks: list[float] = []
    future: Future[int] = Future()

    def tick() -> None:
        ticks.append(time.monotonic())
        if len(ticks) == 3:
            future.set_result(7)

    assert asyncio.run(wait_async(future, tick=tick)) == 7
    assert len(ticks) == 3
    assert TICK_S <= 0.1


def test_a_future_completed_in_another_thread_wakes_the_loop_at_once() -> None:
    """The waiter does not wait for the next tick."""
    future: Future[str] = Future()

    async def main() -> str:
        threading.Timer(0.0, future.set_result, ["done"]).start()
        return await wait_async(future)

    assert asyncio.run(main()) == "done"


def test_cancelling_the_wait_leaves_the_future() -> None:
    """Who waits can be cancelled; the future goes on, and may end after the loop is closed."""
    future: Future[None] = Future()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait_async(future), timeout=0.01)

    asyncio.run(main())
    assert not future.cancelled()
    future.set_result(None)


def test_errors_of_the_future_are_raised() -> None:
    """What the future raises is raised where it is awaited."""
    future: Future[None] = Future()
    future.set_exception(KeyError("x"))
    with pytest.raises(KeyError):
        asyncio.run(wait_async(future))


def test_wait_sync_gives_up_after_its_time() -> None:
    """wait_sync raises TimeoutError when the time is over and ticks meanwhile."""
    ticks: list[int] = []
    with pytest.raises(TimeoutError, match=r"0\.25 s; it goes on"):
        wait_sync(Future(), timeout_s=0.25, tick=lambda: ticks.append(1))
    assert len(ticks) == 3
