"""One line for threads and event loops at once, in real time."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Limiter, breaker, limit
from notebook_kit.decorators.turnstile import Turnstile
from notebook_kit.errors import WouldDeadlock
from notebook_kit.policies import Limits
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle

if TYPE_CHECKING:
    from notebook_kit.decorators.bell import Bell


def wait_until(condition: object) -> None:
    """Look until it is so; fails after a while."""
    event = threading.Event()
    for _ in range(int(PATIENCE_S / 0.005)):
        if condition():  # type: ignore[operator]
            return
        event.wait(0.005)
    pytest.fail("it never became so")


def _read() -> str:
    return "read"


class Watched(Limits):
    """Limits that note when they granted something."""

    def __init__(self, *rates: nk.Rate) -> None:
        super().__init__(rates)
        self.granted: list[float] = []

    def take_or_wait(self, now: float, *others: Any, **keywords: Any) -> float:
        at = super().take_or_wait(now, *others, **keywords)
        if at <= now:
            self.granted.append(now)
        return at


def test_threads_and_loops_share_one_limit() -> None:
    """No window holds more than the rate allows, nor are more under way, whoever calls."""
    limiter = limit("1000/s", max_concurrency=4)
    limits = limiter._turnstile.limits = Watched(nk.Rate(30, per=0.25))
    most: list[int] = []

    @limiter
    async def fetch() -> None:
        most.append(limiter.in_flight)
        await asyncio.sleep(0.001)

    @limiter
    def read() -> None:
        most.append(limiter.in_flight)

    async def fetch_many() -> None:
        await asyncio.gather(*(fetch() for _ in range(20)))

    def read_many() -> None:
        for _ in range(10):
            read()

    threads = [threading.Thread(target=asyncio.run, args=(fetch_many(),)) for _ in range(2)]
    threads += [threading.Thread(target=read_many) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(most) == len(limits.granted) == 70
    assert max(most) <= 4
    granted = sorted(limits.granted)
    assert max(sum(at <= other < at + 0.25 for other in granted) for at in granted) <= 30
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


def test_a_loop_that_stands_still_holds_up_nobody() -> None:
    """A caller whose loop is blocked is passed over, and goes as soon as it is back."""
    limiter = limit(max_concurrency=1)
    order: list[str] = []
    blocked, go_on = threading.Event(), threading.Event()

    def block() -> None:
        blocked.set()
        go_on.wait(PATIENCE_S)

    async def stall() -> None:
        async def enter() -> None:
            async with limiter:
                order.append("loop")

        task = asyncio.create_task(enter())
        await settle()
        asyncio.get_running_loop().call_soon(block)
        await task

    def enter() -> None:
        with limiter:
            order.append("thread")

    with limiter:
        loop = threading.Thread(target=asyncio.run, args=(stall(),))
        loop.start()
        assert blocked.wait(PATIENCE_S)
        thread = threading.Thread(target=enter)
        thread.start()
        wait_until(lambda: limiter.waiting == 2)
    thread.join(PATIENCE_S)
    assert order == ["thread"]
    go_on.set()
    loop.join(PATIENCE_S)
    assert order == ["thread", "loop"]


def test_a_sync_caller_is_woken_by_an_async_one_and_the_other_way_round() -> None:
    """Places go from loop to thread and back without anybody waiting for a tick."""
    limiter = limit(max_concurrency=1)
    order: list[int] = []

    def in_thread() -> None:
        for _ in range(5):
            with limiter:
                order.append(0)

    async def on_loop() -> None:
        for _ in range(5):
            async with limiter:
                order.append(1)
                await asyncio.sleep(0)

    thread = threading.Thread(target=in_thread)
    thread.start()
    asyncio.run(on_loop())
    thread.join(PATIENCE_S)
    assert sorted(order) == [0] * 5 + [1] * 5


def test_blocking_waits_in_slices_until_it_is_granted() -> None:
    """A thread waits exactly as long as the rate says."""
    clock = ManualClock()
    turnstile = Turnstile(Limits([nk.Rate(1, per=10.0, burst=True)]), None, clock)
    turnstile.enter((1.0,))
    turnstile.enter((1.0,))
    assert clock.time == pytest.approx(110.1, abs=0.01)
    assert turnstile.in_flight == 2


def test_an_interrupt_while_blocked_leaves_no_place_behind() -> None:
    """Whatever ends the wait, the line is as it was."""

    class Interrupting(ManualClock):
        def wait(self, bell: Bell, seconds: float) -> None:
            raise KeyboardInterrupt

    rate = nk.Rate(1, per=10.0, burst=True)
    limiter = Limiter(rate, clock=Interrupting())
    read = limiter(_read)
    assert read() == "read"
    with pytest.raises(KeyboardInterrupt):
        read()
    assert (limiter.waiting, limiter.in_flight, len(rate.meter._line)) == (0, 0, 0)


def test_blocking_the_loop_of_those_under_way_is_refused() -> None:
    """They could never end: it says so instead of waiting for ever."""
    limiter = limit(max_concurrency=1)
    read = limiter(_read)

    async def main() -> None:
        async with limiter:
            with pytest.raises(WouldDeadlock, match=r"await asyncio\.to_thread"):
                read()
        assert read() == "read"

    asyncio.run(main())
    with limiter, pytest.raises(WouldDeadlock, match="inside another call of the same limit"):
        read()
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


def test_who_is_late_and_comes_back_is_first_again() -> None:
    """A turn that was given to another is taken back by who came first, if it is there in time."""

    async def main() -> None:
        clock = ManualClock()
        turnstile = Turnstile(Limits(), 1, clock)
        await turnstile.enter_async((), None)
        order: list[str] = []

        async def enter(name: str) -> None:
            await turnstile.enter_async((), name)
            order.append(name)

        tasks = [asyncio.create_task(enter("first")), asyncio.create_task(enter("second"))]
        await settle()
        turnstile.look()
        turnstile.leave(asyncio.get_running_loop())
        clock.time += 1.0
        turnstile.look()
        await settle()
        assert order == ["first"]
        turnstile.leave(asyncio.get_running_loop())
        await asyncio.gather(*tasks)
        assert order == ["first", "second"]

    asyncio.run(main())


def test_a_task_that_waits_for_its_own_place_is_refused() -> None:
    """One call inside another of the same limit says so, and leaves nothing behind."""
    limiter = limit(max_concurrency=2)

    @limiter
    async def nested(depth: int) -> int:
        return await nested(depth - 1) if depth else 0

    async def main() -> None:
        assert await nested(1) == 0
        with pytest.raises(WouldDeadlock, match="inside another call of the same limit"):
            await nested(2)
        assert (limiter.in_flight, limiter.waiting) == (0, 0)
        # One of the two places is another's, who may well go on.
        async with limiter:
            other = asyncio.create_task(nested(0))
            assert await nested(0) == 0
            assert await other == 0

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_interrupt_right_after_the_turn_leaves_the_place(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was told of it, so that nobody would give it back."""
    turnstile = Turnstile(Limits(), 1, ManualClock())
    usual = turnstile._call_next

    def interrupted(now: float) -> None:
        monkeypatch.setattr(turnstile, "_call_next", usual)
        assert turnstile.in_flight == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(turnstile, "_call_next", interrupted)

    async def on_a_loop() -> None:
        # Driven by hand: an interrupt that comes out of a task would end the loop.
        with pytest.raises(KeyboardInterrupt):
            turnstile.enter_async((), None).send(None)

    if kind == "sync":
        with pytest.raises(KeyboardInterrupt):
            turnstile.enter(())
    else:
        asyncio.run(on_a_loop())
    assert turnstile.in_flight == 0
    turnstile.enter(())
    assert turnstile.in_flight == 1


def test_a_block_may_end_where_it_did_not_begin() -> None:
    """As fixtures of tests do, in another task or thread: the place is free all the same."""
    limiter = limit(max_concurrency=1)

    async def main() -> None:
        await asyncio.create_task(limiter.__aenter__())
        assert limiter.in_flight == 1
        await asyncio.create_task(limiter.__aexit__(None, None, None))
        assert limiter.in_flight == 0

    asyncio.run(main())
    thread = threading.Thread(target=limiter.__enter__)
    thread.start()
    thread.join(PATIENCE_S)
    assert limiter.in_flight == 1
    limiter.__exit__(None, None, None)
    assert limiter.in_flight == 0


@pytest.mark.parametrize("kind", ["limit", "breaker"])
def test_who_is_inside_on_a_loop_that_is_closed_does_not_stay_there(kind: str) -> None:
    """Its place, or its probe, is free when nobody holds the task any more."""
    guard: Any = limit(max_concurrency=1)
    if kind == "breaker":
        guard = breaker(failure_threshold=1, reset_timeout="1 ms")
        with pytest.raises(TimeoutError), guard:
            raise TimeoutError
        wait_until(lambda: guard.state == "half-open")

    async def stay() -> None:
        async with guard:
            await asyncio.get_running_loop().create_future()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # that a task is destroyed is what this is about
    task = loop.create_task(stay())
    loop.run_until_complete(settle())
    loop.close()
    del task, loop
    gc.collect()
    with guard:
        pass
    if kind == "breaker":
        assert guard.state == "closed"
        assert not guard._passages._inside
    else:
        assert (guard.in_flight, guard._turnstile._held) == (0, {})
