"""Calls submitted one by one, the urgent first."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import live_desks
from tests.loops import in_loop
from tests.paces import at_any_pace


async def answer(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def waited_for(submission: nk.Submission[Any]) -> Any:
    return await submission


@in_loop
async def test_the_urgent_go_first_and_the_oldest_among_equals() -> None:
    """While one call is under way the others line up by priority."""
    order: list[str] = []
    started, go = asyncio.Event(), asyncio.Event()

    async def call(name: str) -> str:
        if name == "first":
            started.set()
            await go.wait()
        order.append(name)
        return name.upper()

    async with nk.Executor(max_concurrency=1) as executor:
        executor.submit(call, "first")
        await started.wait()
        low = executor.submit(call, "low", priority="low")
        executor.submit(call, "normal 1")
        executor.submit(call, "critical", priority=nk.Priority.CRITICAL)
        executor.submit(call, "normal 2")
        executor.submit(call, "high", priority="HIGH")
        go.set()
        assert await low == "LOW"
    assert order == ["first", "critical", "high", "normal 1", "normal 2", "low"]


@in_loop
async def test_one_failure_fails_one_call() -> None:
    """The error is raised where that call is awaited, and nowhere else."""

    async def call(number: int) -> int:
        if number == 1:
            raise ValueError(number)
        return number

    async with nk.Executor() as executor:
        calls = [executor.submit(call, number) for number in range(3)]
        assert (await calls[0], await calls[2]) == (0, 2)
        with pytest.raises(ValueError, match="1"):
            await calls[1]
        executor.submit(call, 1)


@in_loop
async def test_policies_hold() -> None:
    """Failures that may heal are tried again, and never more are under way than allowed."""
    under_way = most = tries = 0

    async def call() -> None:
        nonlocal under_way, most, tries
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        tries += 1
        if tries == 1:
            raise ConnectionError

    async with nk.Executor(max_concurrency=3, retry=nk.Retry(base_delay=0)) as executor:
        await asyncio.gather(*(executor.submit(call) for _ in range(20)))
    assert (most, tries) == (3, 21)


@in_loop
async def test_synchronous_functions_run_in_threads() -> None:
    """Arguments and keywords are handed on, the loop is not blocked."""

    def call(number: int, *, plus: int) -> tuple[int, bool]:
        return number + plus, threading.current_thread() is threading.main_thread()

    async with nk.Executor() as executor:
        assert await executor.submit(call, 1, plus=2) == (3, False)
        assert await executor.submit(lambda: asyncio.sleep(0, "awaited")) == "awaited"


@in_loop
async def test_a_call_that_is_not_wanted_is_not_made() -> None:
    """Cancelled before its turn it is never made, cancelled under way it is cut."""
    started: list[str] = []
    cut = asyncio.Event()

    async def call(name: str) -> None:
        started.append(name)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut.set()
            raise

    async with nk.Executor(max_concurrency=1) as executor:
        first, second = executor.submit(call, "first"), executor.submit(call, "second")
        while not started:
            await asyncio.sleep(0)
        second.cancel()
        waiting = asyncio.create_task(waited_for(first))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await cut.wait()
        assert await executor.submit(answer, "still works") == "still works"
    assert started == ["first"]
    assert first.done
    assert second.done


@in_loop
async def test_leaving_the_block_by_an_error_cuts_everything() -> None:
    """As a task group does, but the error stays what it was."""
    calls: list[nk.Submission[None]] = []

    async def leave() -> None:
        async with nk.Executor(max_concurrency=1) as executor:
            calls.extend(executor.submit(asyncio.sleep, 60) for _ in range(3))
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await leave()
    for call in calls:
        with pytest.raises(asyncio.CancelledError):
            await call


@in_loop
async def test_what_cannot_work_is_refused() -> None:
    """With what to write instead."""
    executor = nk.Executor()
    with pytest.raises(nk.ConfigurationError, match=r"executor\.submit\(fetch, 7\)"):
        executor.submit(asyncio.sleep(0))  # type: ignore[call-overload]
    with pytest.raises(nk.ConfigurationError, match="plain number"):
        executor.submit(asyncio.sleep, 0, priority=1)  # type: ignore[call-overload]
    with pytest.raises(nk.ConfigurationError, match="has no option 'checkpoint'"):
        nk.Executor(checkpoint="x.db")
    await executor.aclose()
    with pytest.raises(nk.ClosedError):
        executor.submit(asyncio.sleep, 0)


@in_loop
async def test_answers_are_not_kept() -> None:
    """An executor may live as long as the kernel: it holds on to no answer, item or error."""

    class Answer:
        pass

    async def call() -> Any:
        return Answer()

    async with nk.Executor() as executor:
        await executor.submit(call)
        await asyncio.sleep(0)  # The step in which a task is woken holds what it is woken with.
        gc.collect()
        assert not [thing for thing in gc.get_objects() if isinstance(thing, Answer)]


@in_loop
async def test_a_call_that_exits_ends_the_executor_and_nobody_waits_for_ever() -> None:
    """Whoever waits is told; the exit itself is raised where the executor is closed."""

    async def leave() -> None:
        raise SystemExit(3)

    executor = nk.Executor(max_concurrency=1)
    calls = [executor.submit(leave), executor.submit(asyncio.sleep, 60)]
    for call in calls:
        with pytest.raises(asyncio.CancelledError):
            await call
    with pytest.raises(nk.ClosedError):
        executor.submit(asyncio.sleep, 0)
    with pytest.raises(SystemExit):
        await executor.aclose()


@in_loop
async def test_cancelled_calls_use_nothing_of_a_rate() -> None:
    """Those that were withdrawn are passed over: the next one goes at once."""
    async with nk.Executor(rate=nk.Rate(1, per="hour", burst=True)) as executor:
        for call in [executor.submit(asyncio.sleep, 0) for _ in range(5)]:
            call.cancel()
        assert await executor.submit(answer, "at once") == "at once"


@in_loop
async def test_calls_run_in_the_context_of_who_submitted() -> None:
    """Context variables are those of the submission, as with a task; weights see the argument."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    async def call(_: str) -> str:
        return variable.get()

    async with nk.Executor(rate=nk.Rate(1_000, per="s", weight=len)) as executor:
        assert await executor.submit(call, "abc") == "none"
        variable.set("mine")
        assert await executor.submit(call, "abc") == "mine"


def test_an_executor_belongs_to_one_loop() -> None:
    """On another loop, or in a thread without one, it says so."""
    executor = nk.Executor()

    async def use() -> None:
        assert await executor.submit(answer, "slept") == "slept"
        with pytest.raises(nk.ConfigurationError, match="belongs to the event loop"):
            await asyncio.to_thread(executor.submit, asyncio.sleep, 0)

    asyncio.run(use())
    with pytest.raises(nk.ClosedError):
        asyncio.run(use())


@in_loop
async def test_one_that_is_dropped_makes_its_calls_and_goes() -> None:
    """Nothing has to be closed: no thread and no task stays, and nothing submitted is lost."""
    executor = nk.Executor(max_concurrency=2)
    before = set(threading.enumerate())
    name = await executor.submit(lambda: threading.current_thread().name)
    assert name in {thread.name for thread in set(threading.enumerate()) - before}
    calls = [executor.submit(answer, str(number)) for number in range(5)]
    del executor
    gc.collect()
    assert [await call for call in calls] == list("01234")
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > 1 or set(threading.enumerate()) - before:
            await asyncio.sleep(0.001)


@at_any_pace
@in_loop
async def test_a_call_that_is_withdrawn_at_the_gate_holds_up_nobody(pace: float) -> None:
    """It waited for its turn; who comes after it has that turn."""
    async with nk.Executor(rate=nk.Rate(1, per=0.5 * pace)) as executor:
        await executor.submit(answer, "first")
        second = executor.submit(answer, "second")
        await asyncio.sleep(0.05 * pace)
        second.cancel()
        started = asyncio.get_running_loop().time()
        assert await executor.submit(answer, "third") == "third"
        assert asyncio.get_running_loop().time() - started < 0.8 * pace


@in_loop
async def test_giving_up_the_wait_for_the_end_cuts_nobody_s_calls() -> None:
    """Others wait for it too."""
    release = asyncio.Event()
    executor = nk.Executor(max_concurrency=1)
    call = executor.submit(release.wait)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(executor.aclose(), 0.01)
    release.set()
    assert await call is True
    await executor.aclose()


@in_loop
async def test_a_block_that_is_cancelled_at_its_end_cuts_its_calls() -> None:
    """Nobody is left who could be waiting for them."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), nk.Executor(max_concurrency=1) as executor:
            call = executor.submit(asyncio.sleep, 60)
    with pytest.raises(asyncio.CancelledError):
        await call


@in_loop
async def test_a_plain_number_is_no_priority() -> None:
    """Nobody knows whether high or low goes first; the words to write are named."""
    async with nk.Executor() as executor:
        with pytest.raises(nk.ConfigurationError, match=r"write nk\.Priority\.HIGH, or 'critical'"):
            executor.submit(asyncio.sleep, 0, priority=1)  # type: ignore[call-overload]


def test_an_executor_whose_loop_was_closed_is_not_at_work() -> None:
    """A service that is asked to end has nothing to wait for there."""
    loop = asyncio.new_event_loop()

    before = set(live_desks())
    executor = nk.Executor(max_concurrency=1)

    async def use() -> None:
        await executor.submit(answer, "done")

    loop.run_until_complete(use())
    assert len(set(live_desks()) - before) == 1
    loop.close()
    assert set(live_desks()) == before
