"""Work that is done on the I/O loop for those who await it elsewhere."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import crossing, io_loop, io_thread, on_io_loop
from notebook_kit.execution.crossing import done_on_io_loop
from tests.execution.test_io_thread import run_script

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

PATIENCE_S = 5.0


async def _within(coroutine: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return await coroutine


def test_it_is_done_there_and_heard_of_here() -> None:
    """The coroutine is made and run on the I/O thread, and its value comes back."""

    async def where() -> bool:
        return on_io_loop()

    async def main() -> tuple[bool, bool]:
        return await done_on_io_loop(where), on_io_loop()

    assert asyncio.run(_within(main())) == (True, False)


def test_errors_and_cancellations_come_back() -> None:
    """What it raises is raised here, an interrupt too; the I/O loop goes on."""

    def raising(error: BaseException) -> Callable[[], Coroutine[Any, Any, None]]:
        async def fail() -> None:
            raise error

        return fail

    for kind in (KeyError, asyncio.CancelledError, KeyboardInterrupt, SystemExit):

        async def main(kind: type[BaseException] = kind) -> str:
            try:
                await done_on_io_loop(raising(kind("x")))
            except kind as error:
                return type(error).__name__
            return "nothing"

        assert asyncio.run(_within(main())) == kind.__name__
    assert asyncio.run(_within(done_on_io_loop(_answer))) == 42


async def _answer() -> int:
    return 42


def test_many_at_once_wake_each_side_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred that ask in one turn cost one wake-up there, and one back if they end together."""
    woken: list[str] = []
    all_there, count = asyncio.Event(), 0

    async def together() -> None:
        nonlocal count
        count += 1
        if count == 100:
            all_there.set()
        await all_there.wait()

    def counting(loop: asyncio.AbstractEventLoop, name: str) -> None:
        call = loop.call_soon_threadsafe

        def counted(*args: Any, **keywords: Any) -> Any:
            woken.append(name)
            return call(*args, **keywords)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)

    async def main() -> None:
        counting(asyncio.get_running_loop(), "back")
        counting(io_loop(), "there")
        await asyncio.gather(*(done_on_io_loop(together) for _ in range(100)))

    asyncio.run(_within(main()))
    assert woken == ["there", "back"]


def test_who_asks_is_cancelled_and_so_is_the_work() -> None:
    """Cancelling who awaits cuts the work, and does not wait for its end."""
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def main() -> None:
        task = asyncio.create_task(done_on_io_loop(work))
        assert await asyncio.to_thread(begun.wait, PATIENCE_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(_within(main()))
    assert ended.wait(PATIENCE_S)


def test_what_was_cut_before_it_began_never_begins() -> None:
    """A request that is withdrawn in the turn in which it was made costs nothing."""
    begun: list[int] = []
    blocked, free = threading.Event(), threading.Event()

    def block() -> None:
        blocked.set()
        free.wait(PATIENCE_S)

    async def work() -> None:
        begun.append(1)

    async def main() -> None:
        io_loop().call_soon_threadsafe(block)
        assert await asyncio.to_thread(blocked.wait, PATIENCE_S)
        tasks = [asyncio.create_task(done_on_io_loop(work)) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        free.set()
        await done_on_io_loop(_answer)

    asyncio.run(_within(main()))
    assert begun == []


def test_context_variables_are_the_callers() -> None:
    """The work sees what the caller has set, and what it sets itself stays its own."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    async def work() -> str:
        seen = variable.get()
        variable.set("theirs")
        return seen

    async def ask(name: str) -> tuple[str, str]:
        variable.set(name)
        return await done_on_io_loop(work), variable.get()

    async def main() -> list[tuple[str, str]]:
        return list(await asyncio.gather(ask("one"), ask("two")))

    assert asyncio.run(_within(main())) == [("one", "one"), ("two", "two")]


def test_a_loop_that_was_used_is_let_go() -> None:
    """Nothing keeps a loop alive whose callers have their answers, nor the answers."""

    class Value:
        pass

    async def make() -> Value:
        return Value()

    async def main() -> tuple[Any, Any]:
        value = await done_on_io_loop(make)
        return weakref.ref(asyncio.get_running_loop()), weakref.ref(value)

    loop, value = asyncio.run(_within(main()))
    asyncio.run(_within(done_on_io_loop(_answer)))
    assert value() is None
    gc.collect()
    assert loop() is None


def test_an_error_does_not_keep_itself_alive() -> None:
    """What is raised goes with who has caught it, without a garbage collection."""

    class Fault(Exception):
        pass

    async def fail() -> None:
        raise Fault

    async def main() -> Any:
        try:
            await done_on_io_loop(fail)
        except Fault as fault:
            return weakref.ref(fault)

    gc.collect()
    gc.disable()
    try:
        assert asyncio.run(_within(main()))() is None
    finally:
        gc.enable()


def test_two_loops_at_once_get_their_own() -> None:
    """Each of several threads with loops of their own hears of what it asked for."""

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    async def main(start: int) -> list[int]:
        numbers = range(start, start + 200)
        return await asyncio.gather(
            *(done_on_io_loop(functools.partial(double, number)) for number in numbers)
        )

    found: dict[int, list[int]] = {}
    threads = [
        threading.Thread(target=lambda at=at: found.update({at: asyncio.run(main(at))}))
        for at in (0, 1_000, 2_000, 3_000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert found == {at: [2 * n for n in range(at, at + 200)] for at in (0, 1_000, 2_000, 3_000)}


def test_a_caller_whose_loop_stops_and_goes_on_is_answered() -> None:
    """What was done while the loop stood still is handed out when it runs again."""
    done = threading.Event()

    async def work() -> int:
        done.set()
        return 7

    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(done_on_io_loop(work))
        loop.run_until_complete(asyncio.sleep(0))
        assert done.wait(PATIENCE_S)
        assert loop.run_until_complete(asyncio.wait_for(task, PATIENCE_S)) == 7
    finally:
        loop.close()


def test_what_nobody_can_take_any_more_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work for a loop that was closed meanwhile is cut, and who waited there is let go."""
    monkeypatch.setattr(crossing, "_LOOK_S", 0.02)
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def ask() -> None:
        # So that it does not complain that it was destroyed while it was pending.
        asyncio.current_task()._log_destroy_pending = False  # type: ignore[union-attr]
        await done_on_io_loop(work)

    loop = asyncio.new_event_loop()
    task = weakref.ref(loop.create_task(ask()))
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(asyncio.sleep(0))
    assert begun.wait(PATIENCE_S)
    loop.close()
    assert ended.wait(PATIENCE_S)
    asyncio.run(_within(done_on_io_loop(_answer)))
    gc.collect()
    assert task() is None


def test_nobody_waits_for_a_thread_that_has_ended() -> None:
    """Where the I/O loop was closed meanwhile, who waits is told within a tick or two."""
    theirs = asyncio.new_event_loop()
    never = asyncio.new_event_loop()

    async def main() -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(io_thread, "io_loop", lambda: never)
            task = asyncio.create_task(done_on_io_loop(_answer))
            await asyncio.sleep(0)
            never.close()
            with pytest.raises(nk.ClosedError, match="ended with the kit's I/O thread"):
                await task
            with pytest.raises(nk.ClosedError, match="ended with the kit's I/O thread"):
                await done_on_io_loop(_answer)
        return "told"

    try:
        assert theirs.run_until_complete(_within(main())) == "told"
    finally:
        theirs.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_asks_a_thread_of_its_own() -> None:
    """A process that was forked while somebody waited starts afresh, and the parent goes on."""
    done = run_script("""
import asyncio, os, warnings
from notebook_kit.execution.crossing import done_on_io_loop

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of any fork with threads

async def work(said, seconds):
    await asyncio.sleep(seconds)
    return said

async def main():
    task = asyncio.create_task(done_on_io_loop(lambda: work("late", 0.3)))
    await asyncio.sleep(0.05)
    pid = os.fork()
    if pid == 0:
        print("child:", asyncio.run(done_on_io_loop(lambda: work("fresh", 0))), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    print("parent:", await task)

asyncio.run(main())
""")
    assert (done.stdout, done.returncode) == ("child: fresh\nparent: late\n", 0), done.stderr
