"""What users' functions, inputs, hooks and loops can do to a run, and what it makes of it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import subprocess
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import submit
from notebook_kit.execution.io_thread import THREAD_NAME
from notebook_kit.scheduling import RunState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


async def same(item: Any) -> Any:
    await asyncio.sleep(0)
    return item


async def fail(item: Any) -> Any:
    raise ValueError(item)


def the_kit_works() -> bool:
    """Whether the I/O thread is alive and does what it is asked."""
    alive = any(thread.name == THREAD_NAME for thread in threading.enumerate())
    return alive and bool(submit(same("yes")).result(timeout=20))


# Interrupts from odd places


def test_an_exit_in_a_hook_ends_the_run_and_not_the_io_thread() -> None:
    """sys.exit() in on_error is raised where the run is waited for; the next run works."""
    run = nk.map(fail, [1, 2], loop="kit", on_error=lambda _: sys.exit("stop"), progress=False)
    with pytest.raises(SystemExit, match="stop"):
        run.result(timeout=20)
    assert the_kit_works()
    assert len(run.frame) == 2


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_the_input_ends_the_run(kind: type[BaseException]) -> None:
    """A generator that raises KeyboardInterrupt or SystemExit gives it to who waits."""

    def numbers() -> Iterator[int]:
        yield 1
        raise kind

    run = nk.map(same, numbers(), loop="kit", progress=False)
    with pytest.raises(kind):
        run.result(timeout=20)
    assert the_kit_works()


def test_a_done_callback_that_exits_is_nobodys_concern() -> None:
    """What a done callback raises reaches neither the run nor the I/O thread."""

    async def slowly(item: int) -> int:
        await asyncio.sleep(0.01)
        return item

    run = nk.map(slowly, [1], loop="kit", progress=False)
    run.add_done_callback(lambda _: sys.exit())
    assert run.result(timeout=20)["status"].tolist() == ["ok"]
    assert the_kit_works()


def test_a_callback_that_exits_on_the_io_loop_leaves_it_running() -> None:
    """The I/O thread outlives a SystemExit that anything raises on its loop."""

    async def leave() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        submit(leave()).result(timeout=20)
    assert the_kit_works()


def test_a_progress_function_that_exits_is_removed() -> None:
    """What a progress function raises ends its view, not the run."""
    with pytest.warns(RuntimeWarning, match="SystemExit"):
        frame = nk.map(same, range(3), loop="kit", progress=lambda _: sys.exit()).result(timeout=20)
    assert len(frame) == 3
    assert the_kit_works()


# Cancellations that nobody ordered


def test_a_call_that_cancels_its_own_task_is_one_failed_row() -> None:
    """The row fails with CancelledError; the others end as they should, at any concurrency."""

    async def cancels_itself(number: int) -> int:
        if number == 1:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        await asyncio.sleep(0)
        return number

    for at_once in (1, 2):
        run = nk.map(cancels_itself, range(5), max_concurrency=at_once, progress=False)
        frame = run.result(timeout=20)
        assert frame["status"].tolist() == ["ok", "failed", "ok", "ok", "ok"]
        assert frame["error_type"].tolist()[1] == "CancelledError"


def test_an_input_that_is_cancelled_is_not_taken_for_its_end() -> None:
    """An async generator in which something was cancelled breaks the run, and says so."""

    async def numbers() -> AsyncIterator[int]:
        yield 1
        raise asyncio.CancelledError

    for at_once in (1, 4):
        run = nk.map(same, numbers(), max_concurrency=at_once, loop="kit", progress=False)
        with pytest.raises(nk.BatchFailed, match="after 1 item: CancelledError"):
            run.result(timeout=20)


def test_a_call_that_ignores_its_cancellation_is_left_behind() -> None:
    """cancel() waits a second for calls in flight; what goes on after that is counted."""
    started, let_go = threading.Event(), threading.Event()

    async def stubborn(_: int) -> None:
        started.set()
        while not let_go.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    run = nk.map(stubborn, [1], loop="kit", progress=False)
    assert started.wait(20)
    run.cancel()
    assert run.result(timeout=20)["status"].tolist() == ["cancelled"]
    assert run.abandoned == 1
    let_go.set()


def test_an_answer_after_the_time_limit_is_a_timeout() -> None:
    """A call that swallows the cancellation of its time limit does not count as ok."""

    async def late(_: int) -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            return "late"
        return "never"

    frame = nk.map(late, [1], attempt_timeout=0.01, retry=0, progress=False).result(timeout=20)
    assert frame["status"].tolist() == ["timeout"]


# Loops


def test_a_synchronous_wait_for_what_needs_the_callers_loop_is_refused() -> None:
    """An async generator of the caller's loop, or a coroutine from a lambda, has to be awaited."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(0)
            yield number

    async def main() -> None:
        run = nk.map(same, numbers(), loop="kit", progress=False)
        with pytest.raises(nk.WouldDeadlock, match="await run"):
            run.result()
        assert len(await run) == 3
        run = nk.map(lambda item: same(item), [1, 2], progress=False)  # noqa: PLW0108
        with pytest.raises(nk.WouldDeadlock, match="await run"):
            run.result()
        assert (await run)["result"].tolist() == [1, 2]

    asyncio.run(main())


def test_a_coroutine_from_a_lambda_is_awaited_on_the_callers_loop() -> None:
    """lambda x: f(x) works as f does: on the loop of who called map."""

    async def main() -> None:
        home = asyncio.get_running_loop()

        async def at_home(_: int) -> bool:
            return asyncio.get_running_loop() is home

        frame = await nk.map(lambda item: at_home(item), [1], progress=False)  # noqa: PLW0108
        assert frame["result"].tolist() == [True]

    asyncio.run(main())


def test_a_run_whose_loop_has_stopped_cannot_be_waited_for() -> None:
    """Waiting for it says so after a second, and cancelling settles it once the loop is closed."""
    loop = asyncio.new_event_loop()

    async def start() -> nk.Run:
        return nk.map(same, range(3), rate="1/min", progress=False)

    run = loop.run_until_complete(start())
    with pytest.raises(nk.WouldDeadlock, match="has stopped"):
        run.result()
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.close()
    assert run.state is RunState.CANCELLED
    assert run.done


def test_waiting_on_the_io_thread_is_refused() -> None:
    """A function on the kit's loop that waits for another run would block its own sockets."""

    async def nested(_: int) -> None:
        nk.map(same, range(3), loop="kit", rate="1/min", progress=False).result()

    frame = nk.map(nested, [1], loop="kit", progress=False).result(timeout=20)
    assert frame["error_type"].tolist() == ["WouldDeadlock"]
    run = nk.last_run()
    assert run is not None
    run.cancel()
    run.result(timeout=20)


# Inputs


def test_a_slow_generator_holds_up_nobody_else() -> None:
    """Input of a run on the kit's loop is read in a thread of its own."""
    go_on = threading.Event()

    def slow() -> Iterator[int]:
        go_on.wait(60)
        yield 1

    run = nk.map(same, slow(), loop="kit", progress=False)
    start = time.monotonic()
    assert the_kit_works()
    assert time.monotonic() - start < 20
    go_on.set()
    assert run.result(timeout=20)["result"].tolist() == [1]


@pytest.mark.parametrize("loop", ["caller", "kit"])
def test_a_generator_that_was_not_read_to_its_end_is_closed(loop: Any) -> None:
    """After cancel the finally of a generator of either kind has run."""
    closed: list[str] = []

    def numbers() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append("sync")

    async def later() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append("async")

    async def main() -> None:
        for items in (numbers(), later()):
            run = nk.map(same, items, loop=loop, rate="100/s", progress=False)
            while run.snapshot().ok < 2:
                await asyncio.sleep(0.001)
            run.cancel()
            await run

    asyncio.run(main())
    assert closed == ["sync", "async"]


def test_a_due_retry_does_not_wait_for_a_slow_input() -> None:
    """With one call at a time, the second try goes out while the input keeps us waiting."""

    async def main() -> None:
        tries = 0
        again = asyncio.Event()

        async def numbers() -> AsyncIterator[int]:
            yield 1
            await again.wait()

        async def heals(_: int) -> str:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise ConnectionResetError
            again.set()
            return "healed"

        retry = nk.Retry(base_delay=0.001)
        run = nk.map(heals, numbers(), max_concurrency=1, retry=retry, progress=False)
        assert (await run)["result"].tolist() == ["healed"]

    asyncio.run(asyncio.wait_for(main(), timeout=20))


# Hooks, limits and settings


def test_an_item_that_cannot_be_weighed_is_told_like_any_failure() -> None:
    """A weight function that raises is its row's error: on_error hears of it."""
    told: list[int] = []
    frame = nk.map(
        same,
        ["a", 5, "b"],
        rate=nk.Rate(1000, weight=len),
        on_error=lambda outcome: told.append(outcome.index),
        progress=False,
    ).result(timeout=20)
    assert frame["status"].tolist() == ["ok", "failed", "ok"]
    assert told == [1]


def test_a_bad_timeout_of_a_wait_leaves_the_run_alone() -> None:
    """result(timeout=...) takes a duration, and refuses what is none without cancelling."""
    run = nk.map(same, range(3), loop="kit", progress=False)
    with pytest.raises(nk.ConfigurationError, match="timeout='soon'"):
        run.result(timeout="soon")
    assert run.result(timeout="5 min")["status"].eq("ok").all()


def test_threads_of_calls_that_overran_are_used_again() -> None:
    """Calls that time out one after the other do not pile up threads."""
    most = 0

    over = [threading.Event() for _ in range(30)]

    def slow(number: int) -> None:
        nonlocal most
        names = [t.name for t in threading.enumerate() if t.name.startswith("notebook_kit-worker")]
        most = max(most, len(names))
        assert over[number].wait(20)

    run = nk.map(
        slow,
        range(30),
        max_concurrency=2,
        attempt_timeout=0.02,
        retry=0,
        on_error=lambda outcome: over[outcome.index].set(),
        progress=False,
    )
    assert run.result(timeout=20)["status"].eq("timeout").all()
    assert run.abandoned == 30
    assert most <= 8


def test_a_sync_function_sees_the_callers_context() -> None:
    """Context variables are carried into the threads of synchronous functions."""
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="unset")
    name.set("mine")
    frame = nk.map(lambda _: name.get(), [1], progress=False).result(timeout=20)
    assert frame["result"].tolist() == ["mine"]


def test_the_rate_that_is_read_can_be_set() -> None:
    """run.rate gives the run's own limits, however many, as something it takes back."""
    run = nk.map(same, range(1), loop="kit", rate=["50/s", "900/min"], progress=False)
    assert run.rate == "50/s and 900/min"
    run.rate = run.rate
    assert run.rate == "50/s and 900/min"
    run.rate = None
    assert run.rate is None
    run.result(timeout=20)


def test_a_rate_that_is_set_holds_at_once() -> None:
    """Setting run.rate on a live run lets no more start than it allows."""

    async def main() -> None:
        run = nk.map(same, range(1000), rate="1/min", progress=False)
        while run.snapshot().ok < 1:
            await asyncio.sleep(0.001)
        run.rate = "100000/s"
        assert (await run)["status"].eq("ok").all()

    asyncio.run(asyncio.wait_for(main(), timeout=20))


def test_lowering_the_concurrency_holds() -> None:
    """After it is lowered no more than that many are under way."""
    under_way = most = 0

    async def count(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    async def main() -> None:
        nonlocal most
        run = nk.map(count, range(2000), max_concurrency=8, progress=False)
        while run.snapshot().ok < 100:
            await asyncio.sleep(0)
        run.max_concurrency = 2
        while under_way > 2:
            await asyncio.sleep(0)
        most = 0
        await run

    asyncio.run(main())
    assert most == 2


def test_settings_are_checked_when_they_are_set() -> None:
    """A switch interval that Python would refuse later is refused at once."""
    for wrong in (0, -1, "1 ms"):
        with pytest.raises(nk.ConfigurationError, match="switch_interval="):
            nk.options.switch_interval = wrong  # type: ignore[assignment]


def test_a_live_run_lowers_the_switch_interval() -> None:
    """While a run is live the interpreter switches threads more often."""
    before = sys.getswitchinterval()
    frame = nk.map(lambda _: sys.getswitchinterval(), [1], progress=False).result(timeout=20)
    assert frame["result"].tolist()[0] < before
    assert sys.getswitchinterval() == before


def test_kept_errors_do_not_keep_clients() -> None:
    """The errors of a finished run hold no frame of the kit, and so no client."""

    class Held:
        """Something that a frame of the kit would hold."""

    held = Held()
    gone = weakref.ref(held)

    class Work:
        async def __call__(self, item: int, _held: Held = held) -> int:
            del _held
            raise nk.ConnectionFailed(str(item))

    work = Work()
    run = nk.map(work, [1], retry=0, progress=False)
    run.result(timeout=20)
    error = run.outcome(0).error
    assert error is not None
    assert error.__traceback__ is None
    del work, held, run
    Work.__call__.__defaults__ = None
    nk.forget()
    gc.collect()
    assert gone() is None


# Mistakes


def test_a_forgotten_await_is_named() -> None:
    """What is asked of a run instead of its frame says to await, or where the frame is."""
    run = nk.map(same, [1], loop="kit", progress=False)
    with pytest.raises(TypeError, match=r"frame = await run.*run\.frame\['status'\]"):
        run["status"]
    with pytest.raises(AttributeError, match=r"use run\.frame\.head"):
        run.head()
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        run.nonsense  # noqa: B018 - raises
    run.result(timeout=20)


def test_a_typo_in_steering_is_an_error() -> None:
    """Setting what a run does not have is refused instead of being ignored."""
    run = nk.map(same, [1], loop="kit", progress=False)
    with pytest.raises(AttributeError):
        run.max_concurency = 5  # type: ignore[attr-defined]
    run.result(timeout=20)


def test_an_interrupted_run_says_how_to_go_on() -> None:
    """The notices of an interrupted run, which its panel shows, name what is kept."""

    async def main() -> None:
        task = asyncio.ensure_future(wait_for_ever())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def wait_for_ever() -> None:
        await nk.map(same, range(3), rate="1/min", progress=False)

    asyncio.run(main())
    run = nk.last_run()
    assert run is not None
    (notice,) = run.snapshot().notices
    assert "kept in nk.last_run().frame" in notice
    assert "retry_failed() goes on" in notice


def test_a_run_that_the_exit_cuts_off_is_told() -> None:
    """A script that ends without waiting for its run is warned, once, where a person sees it."""
    script = """
import notebook_kit as nk

async def slow(item):
    import asyncio
    await asyncio.sleep(60)

nk.map(slow, range(5), name="my calls", progress=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0
    assert "<Run my calls: running, 0 of 5 done, 0 failed> was still under way" in done.stderr
    assert "await it, or call .result()" in done.stderr
