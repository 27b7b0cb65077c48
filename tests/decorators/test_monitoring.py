"""Monitored functions and sessions."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import Monitor, monitor
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle


async def wait(event: asyncio.Event, error: BaseException | None = None) -> None:
    await event.wait()
    if error is not None:
        raise error


@pytest.mark.anyio
async def test_how_calls_end() -> None:
    """Values, errors by class, cancellations, how many at once and how long are counted."""
    clock = ManualClock()
    counter = Monitor(clock=clock)
    watched = counter(wait)
    good, bad, never = asyncio.Event(), asyncio.Event(), asyncio.Event()
    calls = [
        asyncio.create_task(watched(good)),
        asyncio.create_task(watched(bad, KeyError("x"))),
        asyncio.create_task(watched(never)),
    ]
    await settle()
    assert (watched.stats.in_flight, watched.stats.calls) == (3, 3)
    clock.time += 1.0
    good.set()
    await settle()
    clock.time += 2.0
    bad.set()
    await settle()
    calls[2].cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    clock.time += 4.0
    stats = watched.stats
    assert (stats.calls, stats.succeeded, stats.failed, stats.cancelled) == (3, 1, 1, 1)
    assert (stats.in_flight, stats.most_in_flight) == (0, 3)
    assert (stats.total_s, stats.longest_s) == (7.0, 3.0)
    assert stats.mean_s == pytest.approx(7 / 3)
    assert stats.errors == {"KeyError": 1}
    assert stats.elapsed_s == 7.0


@pytest.mark.anyio
async def test_a_coroutine_that_is_never_awaited_is_no_call() -> None:
    """Calls are counted when they begin to run."""

    @monitor
    async def fetch() -> None: ...

    fetch().close()
    assert fetch.stats.calls == 0


def test_an_interrupt_is_no_failure() -> None:
    """What is not an Exception counts as cancelled, in sync functions too."""

    @monitor
    def stop(error: BaseException) -> None:
        raise error

    for error in (KeyboardInterrupt(), ValueError()):
        with pytest.raises(type(error)):
            stop(error)
    assert (stop.stats.cancelled, stop.stats.failed) == (1, 1)


def test_reset() -> None:
    """Counting begins anew; what is under way stays counted."""
    clock = ManualClock()
    counter = Monitor(clock=clock)
    begun, go_on = threading.Event(), threading.Event()

    @counter
    def call() -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    go_on.set()
    call()
    go_on.clear()
    begun.clear()
    thread = threading.Thread(target=call)
    thread.start()
    assert begun.wait(PATIENCE_S)
    clock.time += 5.0
    call.reset()
    clock.time += 1.0
    stats = call.stats
    assert (stats.calls, stats.in_flight, stats.most_in_flight) == (1, 1, 1)
    assert (stats.total_s, stats.elapsed_s) == (0.0, 1.0)
    go_on.set()
    thread.join(PATIENCE_S)
    assert (call.stats.calls, call.stats.succeeded) == (1, 1)


def test_counts_from_many_threads() -> None:
    """None is lost."""

    @monitor
    def call(number: int) -> None:
        if number % 2:
            raise ValueError

    def work() -> None:
        for number in range(500):
            try:
                call(number)
            except ValueError:
                continue

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    stats = call.stats
    assert (stats.calls, stats.succeeded, stats.errors) == (4000, 2000, {"ValueError": 2000})


@pytest.mark.anyio
async def test_a_session_counts_what_is_done_in_it() -> None:
    """C5: calls of monitored functions inside, in tasks and threads too, and how long it lasted."""
    clock = ManualClock()

    @monitor
    async def fetch(number: int) -> int:
        return number

    @monitor
    def read(number: int) -> int:
        return number

    await fetch(0)
    async with Monitor(clock=clock) as session:
        await asyncio.gather(*(fetch(number) for number in range(5)))
        await asyncio.to_thread(read, 1)
        clock.time += 3.0
        assert session.stats.elapsed_s == 3.0
    await fetch(0)
    clock.time += 10.0
    assert (session.stats.calls, session.stats.elapsed_s) == (6, 3.0)
    assert (fetch.stats.calls, read.stats.calls) == (7, 1)


@pytest.mark.anyio
async def test_a_session_that_decorates_counts_once() -> None:
    """A function of the session itself is not counted twice inside it."""
    session = monitor()

    @session
    async def fetch() -> None: ...

    async with session:
        await fetch()
        await session.call(fetch.__wrapped__)
    await fetch()
    assert session.stats.calls == 3


def test_sessions_nest_and_are_used_again() -> None:
    """Each counts what is inside it; the time of several blocks adds up."""
    clock = ManualClock()
    outer, inner = Monitor(clock=clock), Monitor(clock=clock)

    @monitor
    def call() -> None: ...

    with outer:
        call()
        for _ in range(2):
            with inner:
                call()
                clock.time += 1.0
            clock.time += 10.0
        with outer:
            clock.time += 100.0
    assert (outer.stats.calls, outer.stats.elapsed_s) == (3, 122.0)
    assert (inner.stats.calls, inner.stats.elapsed_s) == (2, 2.0)
    with inner:
        inner.reset()
        clock.time += 5.0
    assert (inner.stats.calls, inner.stats.elapsed_s) == (0, 5.0)


def test_a_block_may_end_in_another_context() -> None:
    """As the fixtures of a test do: nothing is raised, and what follows is not counted."""
    import contextvars

    session = monitor()

    @monitor
    def call() -> None: ...

    context = contextvars.copy_context()
    context.run(session.__enter__)
    session.__exit__(None, None, None)
    call()
    assert session.stats.calls == 0


def test_shown() -> None:
    """One line as text, a table as HTML; text that is not ours is escaped."""
    worse = type("<b>Worse</b>", (Exception,), {})
    session = monitor(name="<i>night</i>")

    @session
    def call(error: Exception | None) -> None:
        if error:
            raise error

    assert repr(session) == "<Monitor <i>night</i>: 0 calls>"
    call(None)
    with pytest.raises(worse):
        call(worse())
    assert repr(session).startswith("<Monitor <i>night</i>: 2 calls, 1 failed, mean ")
    assert repr(call).startswith("<Monitored call: 2 calls, 1 failed, mean ")
    for shown in (session._repr_html_(), call._repr_html_()):
        assert shown.startswith("<table ")
        assert "&lt;b&gt;Worse&lt;/b&gt;" in shown
        assert "<b>" not in shown
    assert "<caption>&lt;i&gt;night&lt;/i&gt;</caption>" in session._repr_html_()
    assert "<caption>calls</caption>" in monitor()._repr_html_()


def test_what_is_under_way_is_shown() -> None:
    """In flight and cancelled are named where there are any."""

    @monitor
    def call() -> None:
        seen.append(repr(call))
        raise KeyboardInterrupt

    seen: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        call()
    assert seen == ["<Monitored call: 1 call, 1 in flight>"]
    assert repr(call).startswith("<Monitored call: 1 call, 1 cancelled, mean ")


def test_in_a_run() -> None:
    """A monitored function counts the attempts of a run, and a session sees them."""

    @monitor
    async def half(number: int) -> float:
        return 1 / number

    @monitor
    def third(number: int) -> float:
        return number / 3

    async def main() -> Any:
        async with monitor() as session:
            await nk.map(half, [1, 2, 0], progress=False)
            await nk.map(third, [1, 2], progress=False)
        return session.stats

    stats = asyncio.run(main())
    assert (stats.calls, stats.errors) == (5, {"ZeroDivisionError": 1})
    assert (half.stats.calls, third.stats.calls) == (3, 2)
