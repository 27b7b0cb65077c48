"""Cached calls that wait for each other in a circle are refused, and no others."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Caching, cached
from notebook_kit.decorators.circles import Job, waiting_for
from notebook_kit.errors import WouldDeadlock
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: A circle that is not found would wait for ever.
LIMIT_S = 5.0


async def at_once(call: Awaitable[Any]) -> Any:
    return await call


async def in_a_group(call: Awaitable[Any]) -> Any:
    return (await asyncio.gather(call, asyncio.sleep(0)))[0]


async def in_a_task(call: Awaitable[Any]) -> Any:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(at_once(call))
    return task.result()


async def in_time(call: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(call, LIMIT_S)


def found(raised: BaseException | None) -> WouldDeadlock:
    """Return the refusal, which a task group wraps."""
    while isinstance(raised, BaseExceptionGroup):
        raised = raised.exceptions[0]
    assert isinstance(raised, WouldDeadlock)
    return raised


@pytest.mark.anyio
@pytest.mark.parametrize("call", [at_once, in_a_group, in_a_task, in_time])
@pytest.mark.parametrize("length", [2, 3, 10])
async def test_a_circle_of_async_calls(
    call: Callable[[Awaitable[Any]], Awaitable[Any]], length: int
) -> None:
    """f(0) → f(1) → f(0) says so at once, however each waits for the next, and forgets it."""

    @cached
    async def step(number: int) -> int:
        got: int = await call(step((number + 1) % length))
        return got

    for _ in range(2):
        with pytest.raises((WouldDeadlock, BaseExceptionGroup)) as raised:
            async with asyncio.timeout(LIMIT_S):
                await step(0)
        assert "step() → step()" in str(found(raised.value))
        assert step.stats().items == 0


@pytest.mark.anyio
async def test_a_circle_of_several_functions() -> None:
    """The message names them, and shows nothing of what they were given."""

    @cached
    async def load(key: str) -> str:
        return await parse(key)

    @cached
    async def parse(key: str) -> str:
        return await load(key)

    with pytest.raises(WouldDeadlock, match=r"in a circle, load\(\) → parse\(\) → load") as raised:
        async with asyncio.timeout(LIMIT_S):
            await load("hush-hush-hush")
    assert "hush" not in str(raised.value)


@pytest.mark.anyio
async def test_a_circle_that_several_callers_close() -> None:
    """Two tasks of which each began what the other one needs both hear of it."""
    both = asyncio.Barrier(2)

    @cached
    async def half(number: int) -> int:
        await both.wait()
        return await half(1 - number)

    async with asyncio.timeout(LIMIT_S):
        ends = await asyncio.gather(half(0), half(1), return_exceptions=True)
    assert [type(end) for end in ends] == [WouldDeadlock] * 2


def test_a_circle_of_sync_calls() -> None:
    """In one thread, and of functions."""

    @cached
    def step(number: int) -> int:
        return other(number)

    @cached
    def other(number: int) -> int:
        return step(number)

    with pytest.raises(WouldDeadlock, match=r"step\(\) → other\(\) → step\(\)"):
        step(0)
    with pytest.raises(WouldDeadlock, match=r"other\(\) → step\(\) → other\(\)"):
        other(0)


def test_a_circle_of_threads() -> None:
    """Two threads of which each waits for what the other is at work on."""
    both = threading.Barrier(2)

    @cached
    def half(number: int) -> int:
        both.wait(PATIENCE_S)
        return half(1 - number)

    ends: list[Any] = []

    def ask(number: int) -> None:
        try:
            ends.append(half(number))
        except WouldDeadlock as error:
            ends.append(error)

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert [type(end) for end in ends] == [WouldDeadlock] * 2


@pytest.mark.anyio
async def test_a_circle_through_a_thread_and_another_loop() -> None:
    """An async function that calls one that is not, which runs the first on a loop of its own."""

    @cached
    async def outer() -> int:
        return await asyncio.to_thread(inner)

    @cached
    def inner() -> int:
        return asyncio.run(nested())

    async def nested() -> int:
        return await outer()

    with pytest.raises(WouldDeadlock, match=r"outer\(\) → inner\(\) → outer\(\)"):
        async with asyncio.timeout(LIMIT_S):
            await outer()


def test_a_thread_that_has_left_the_context_of_its_call() -> None:
    """It would still wait for itself."""

    @cached
    def loop() -> int:
        return contextvars.Context().run(loop)

    with pytest.raises(WouldDeadlock, match="its own thread is at work on"):
        loop()


@pytest.mark.anyio
async def test_recursion_that_ends_is_left_alone() -> None:
    """Calls that share parts of their work wait for each other in one direction."""

    @cached
    async def fib(number: int) -> int:
        await asyncio.sleep(0)
        return number if number < 2 else sum(await asyncio.gather(fib(number - 1), fib(number - 2)))

    @cached
    def fib_at_once(number: int) -> int:
        return number if number < 2 else fib_at_once(number - 1) + fib_at_once(number - 2)

    got = await asyncio.gather(fib(30), fib(29), fib(30))
    assert list(got) == [832040, 514229, 832040]
    assert fib.stats().items == 31
    assert fib_at_once(30) == 832040


@pytest.mark.anyio
async def test_many_who_wait_inside_one_call() -> None:
    """Ten thousand at once, also for the same, cost no more than their number."""

    @cached
    async def part(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @cached
    async def whole() -> int:
        return sum(await asyncio.gather(*(part(number % 5_000) for number in range(10_000))))

    async with asyncio.timeout(30):
        assert await whole() == 2 * sum(range(5_000))


@pytest.mark.anyio
async def test_a_task_that_outlives_the_call_may_ask_for_it() -> None:
    """What is begun inside a call is no part of it any more when it has ended."""
    tasks: list[asyncio.Task[int]] = []
    go_on = asyncio.Event()

    async def ask_later() -> int:
        await go_on.wait()
        call.clear()
        return await call()

    @cached
    async def call() -> int:
        if not tasks:
            tasks.append(asyncio.create_task(ask_later()))
        return 5

    assert await call() == 5
    go_on.set()
    assert await tasks[0] == 5


@pytest.mark.anyio
async def test_a_refresh_is_nobodys_part() -> None:
    """What is fetched again in the background may wait for who asked for the old answer."""
    refreshing, clock = asyncio.Event(), ManualClock()

    @Caching(ttl=60, refresh_before_expiry=10, clock=clock)
    async def inner() -> int:
        if inner.stats().refreshes:
            refreshing.set()
            return await outer()
        return 1

    @cached
    async def outer() -> int:
        if inner.stats().items:
            await inner()
            await refreshing.wait()
            await settle()
        return 2

    assert await inner() == 1
    clock.time += 55.0
    async with asyncio.timeout(LIMIT_S):
        assert await outer() == 2
    await settle()
    assert inner.stats().failed_refreshes == 0
    assert await inner() == 2


@pytest.mark.anyio
async def test_through_a_map() -> None:
    """A run inside a cached call is part of it."""

    @cached
    async def total(number: int) -> int:
        frame = await nk.map(total, [1 - number], progress=False)
        error = frame["error"].iloc[0]
        raise WouldDeadlock(error)

    with pytest.raises(WouldDeadlock, match="in a circle"):
        async with asyncio.timeout(LIMIT_S):
            await total(0)


def test_who_waits_for_whom() -> None:
    """Each wait is counted; with the last the way is open again."""
    first, second, third = Job("first"), Job("second"), Job("third")
    first.wait_for(second)
    first.wait_for(second)
    second.wait_for(third)
    for _ in range(2):
        with pytest.raises(WouldDeadlock, match=r"first\(\) → second\(\) → third\(\) → first\(\)"):
            third.wait_for(first)
        first.wait_no_more(second)
    third.wait_for(first)
    assert first.awaited == {}


def test_what_has_ended_is_in_nobodys_way() -> None:
    """Also where something begun in it goes on."""
    first, second = Job("first"), Job("second")
    first.wait_for(second)
    first.ended = True
    second.wait_for(first)

    def wait() -> None:
        first.begin()
        with waiting_for(second):
            assert first.awaited == {second: 1}

    contextvars.copy_context().run(wait)


def test_two_ways_to_one_job_are_no_circle() -> None:
    """What both wait for is looked at once."""
    top, left, right, bottom = (Job(name) for name in ("top", "left", "right", "bottom"))
    for one, other in ((top, left), (top, right), (left, bottom), (right, bottom)):
        one.wait_for(other)
    Job("another").wait_for(top)
    with pytest.raises(WouldDeadlock, match=r"top\(\) → (left|right)\(\) → bottom\(\) → top\(\)"):
        bottom.wait_for(top)
