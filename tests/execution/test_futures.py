"""Futures that are asked in a thread that may be interrupted, and work that is begun with them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from notebook_kit.errors import ClosedError
from notebook_kit.execution import Future, begin_on_io_loop, io_thread, submit, wait_sync

if TYPE_CHECKING:
    from types import FrameType


async def answer() -> int:
    return 42


def test_no_step_of_python_lies_between_the_lock_and_its_block() -> None:
    """Interrupts are raised between steps of Python: to take and to give the lock needs none."""
    entered: list[str] = []

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            entered.append(frame.f_code.co_name)

    condition = Future[int]()._condition
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        with condition:
            pass
    finally:
        sys.setprofile(before)
    assert entered == []


def test_the_lock_is_held_inside_the_block() -> None:
    """Another thread that needs it goes on after the block, not before."""
    future = Future[int]()
    done = threading.Event()

    def settle() -> None:
        future.set_result(42)
        done.set()

    setter = threading.Thread(target=settle)
    with future._condition:
        setter.start()
        assert not done.wait(0.05)
    assert done.wait(20)
    setter.join()
    assert future.result() == 42


def test_it_is_a_future_like_others() -> None:
    """It can be waited for, cancelled and asked as those of concurrent.futures."""
    future = Future[int]()
    told: list[object] = []
    future.add_done_callback(told.append)
    waiter = threading.Thread(target=concurrent.futures.wait, args=[[future]])
    waiter.start()
    future.set_result(1)
    waiter.join(20)
    assert not waiter.is_alive()
    assert (told, future.result()) == ([future], 1)
    other = Future[int]()
    assert other.cancel()
    with pytest.raises(concurrent.futures.CancelledError):
        other.result()


def test_who_waits_no_more_leaves_nothing_behind() -> None:
    """A wait that ended for want of time is not called when it is done at last."""
    future = Future[int]()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            wait_sync(future, timeout_s=0)
    assert future._done_callbacks == []
    future.let_go(print)


def test_cancelled_before_it_is_begun_it_makes_nothing() -> None:
    """Not even a coroutine that warns of never having been awaited."""
    begun: list[int] = []

    async def work() -> None:
        begun.append(1)

    future = Future[None]()
    future.cancel()
    begin_on_io_loop(future, work)
    submit(answer()).result(timeout=20)
    assert begun == []


def test_cancelled_under_way_it_is_cut() -> None:
    """The coroutine is cancelled on its loop, and has ended soon."""
    begun, cut = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cut.set()
            raise

    future = Future[None]()
    begin_on_io_loop(future, work)
    assert begun.wait(20)
    assert future.cancel()
    assert cut.wait(20)


def test_work_that_cancels_itself_is_cancelled() -> None:
    """Its future says so, and what it raises is raised where it is asked."""

    async def cancelled() -> None:
        raise asyncio.CancelledError

    async def broken() -> None:
        message = "mine"
        raise OSError(message)

    with pytest.raises(concurrent.futures.CancelledError):
        submit(cancelled()).result(timeout=20)
    with pytest.raises(OSError, match="mine"):
        submit(broken()).result(timeout=20)


def test_on_a_closed_loop_nothing_can_be_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that the thread has ended, and leaves no coroutine that was never awaited."""
    loop = asyncio.new_event_loop()
    loop.close()
    monkeypatch.setattr(io_thread, "io_loop", lambda: loop)
    with pytest.raises(ClosedError, match="I/O thread has ended"):
        submit(answer())
