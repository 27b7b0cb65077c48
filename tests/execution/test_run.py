"""Runs: started at once, awaited, steered, interrupted, asked for frames."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.execution import io_loop
from notebook_kit.scheduling import RunState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail_on_odd(number: int) -> int:
    await asyncio.sleep(0)
    if number % 2:
        message = f"{number} is odd"
        raise ValueError(message)
    return number


class Gate:
    """A function whose calls wait until they are let through; it counts them."""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.open = asyncio.Event()
        self.enough = asyncio.Event()
        self.wanted = 1

    async def __call__(self, item: Any) -> Any:
        self.started.append(item)
        if len(self.started) >= self.wanted:
            self.enough.set()
        await self.open.wait()
        return item


def test_results_come_in_the_order_of_the_input_whatever_order_they_finish_in() -> None:
    """The rows of a frame stand in input order, although later items end first."""

    async def main() -> pd.DataFrame:
        async def wait(number: int) -> int:
            for _ in range(10 - number):
                await asyncio.sleep(0)
            return number

        return await nk.map(wait, range(10), max_concurrency=10, progress=False)

    assert asyncio.run(main())["result"].tolist() == list(range(10))


def test_one_failure_is_one_row() -> None:
    """An exception becomes its row's error, and every other row keeps its answer."""
    frame = nk.map(fail_on_odd, range(4), progress=False).result()
    assert frame["status"].tolist() == ["ok", "failed", "ok", "failed"]
    assert frame["error"].tolist()[1] == "1 is odd"
    assert frame["error_type"].tolist()[3] == "ValueError"
    assert frame["result"].tolist() == [0, None, 2, None]


def test_never_more_at_once_than_allowed() -> None:
    """With max_concurrency=3 at most, and at some time exactly, three calls are under way."""
    under_way = most = 0

    async def count(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    nk.map(count, range(50), max_concurrency=3, progress=False).result()
    assert most == 3


def test_a_sync_function_runs_in_threads_other_than_the_callers() -> None:
    """A synchronous function is called in worker threads, which are gone afterwards."""
    frame = nk.map(lambda _: threading.current_thread().name, range(5), progress=False).result()
    assert all(name.startswith("notebook_kit-worker") for name in frame["result"])


def test_rows_of_a_dataframe_become_keyword_arguments() -> None:
    """A function whose parameters are columns is given the values of those columns."""
    data = pd.DataFrame({"a": [1, 2], "b": [10, 20], "c": ["x", "y"]}, index=["p", "q"])
    frame = nk.map(lambda a, b: a + b, data, progress=False).result()
    assert frame["result"].tolist() == [11, 22]
    assert frame.index.tolist() == ["p", "q"]


def test_pause_starts_nothing_more_and_resume_goes_on() -> None:
    """While paused the number of started calls stands still; after resume all rows end."""

    async def main() -> None:
        gate = Gate()
        gate.wanted = 2
        run = nk.map(gate, range(10), max_concurrency=2, progress=False)
        await gate.enough.wait()
        run.pause()
        gate.open.set()
        while run.snapshot().in_flight:
            await asyncio.sleep(0)
        assert run.state is RunState.PAUSED
        assert gate.started == [0, 1]
        run.resume()
        frame = await run
        assert gate.started == list(range(10))
        assert frame["status"].eq("ok").all()

    asyncio.run(main())


def test_cancel_keeps_what_is_done_and_settles_the_rest() -> None:
    """After cancel the frame has every row: finished ones ok, the others cancelled."""

    async def main() -> None:
        gate = Gate()

        async def first_ten(number: int) -> int:
            return number if number < 10 else await gate(number)

        run = nk.map(first_ten, range(100), max_concurrency=5, progress=False)
        await gate.enough.wait()
        run.cancel()
        frame = await run
        assert len(frame) == 100
        assert frame["status"].value_counts().to_dict() | {} == {
            "pending": 0,
            "ok": 10,
            "cancelled": 90,
            "failed": 0,
            "timeout": 0,
            "skipped": 0,
        }
        assert run.state is RunState.CANCELLED

    asyncio.run(main())


def test_cancel_from_another_thread() -> None:
    """A run on the I/O thread is cancelled from the main thread, and awaits to a whole frame."""
    reached = threading.Event()

    async def forever(_: int) -> None:
        reached.set()
        await asyncio.Event().wait()

    run = nk.map(forever, range(10), loop="kit", progress=False)
    assert reached.wait(20)
    run.cancel()
    assert run.result(timeout=20)["status"].eq("cancelled").all()


def test_concurrency_can_be_raised_and_lowered_while_it_runs() -> None:
    """Raising max_concurrency starts more calls at once; a number below one is refused."""

    async def main() -> None:
        gate = Gate()
        run = nk.map(gate, range(20), max_concurrency=1, progress=False)
        await gate.enough.wait()
        assert len(gate.started) == 1
        gate.enough.clear()
        gate.wanted = 6
        run.max_concurrency = 6
        await gate.enough.wait()
        assert len(gate.started) == 6
        with pytest.raises(nk.ConfigurationError, match="max_concurrency=0"):
            run.max_concurrency = 0
        run.max_concurrency = 2
        gate.open.set()
        await run

    asyncio.run(main())


def test_cancelling_the_awaiter_cancels_the_run_and_keeps_the_frame() -> None:
    """The interrupt leaves as it came, with a note; the finished rows are in the last run."""

    async def main() -> None:
        gate = Gate()

        async def item(number: int) -> int:
            return number if number < 3 else await gate(number)

        async def cell() -> None:
            await nk.map(item, range(10), max_concurrency=2, progress=False)

        task = asyncio.ensure_future(cell())
        await gate.enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert any("3 answers of 10" in note for note in caught.value.__notes__)
        run = nk.last_run()
        assert run is not None
        assert run.frame["status"].tolist() == ["ok"] * 3 + ["cancelled"] * 7

    asyncio.run(main())


def test_shield_lets_the_run_live() -> None:
    """Cancelling who awaits asyncio.shield(run) leaves the run alone."""

    async def main() -> None:
        gate = Gate()
        run = nk.map(gate, range(3), max_concurrency=3, progress=False)
        task = asyncio.ensure_future(asyncio.wait_for(asyncio.shield(run), timeout=0))
        with pytest.raises(TimeoutError):
            await task
        gate.open.set()
        assert (await run)["status"].eq("ok").all()

    asyncio.run(main())


def test_keyboard_interrupt_in_a_call_reaches_the_awaiter_and_not_the_loop() -> None:
    """KeyboardInterrupt raised inside a call ends the run and is raised where it is awaited."""

    async def main() -> str:
        async def interrupt(number: int) -> int:
            if number == 5:
                raise KeyboardInterrupt
            return number

        run = nk.map(interrupt, range(10), max_concurrency=1, progress=False)
        with pytest.raises(KeyboardInterrupt):
            await run
        assert run.frame["status"].tolist() == ["ok"] * 5 + ["cancelled"] * 5
        await asyncio.sleep(0)
        return "the loop lives"

    assert asyncio.run(main()) == "the loop lives"


def test_waiting_synchronously_on_the_runs_own_loop_raises_at_once() -> None:
    """result() on the loop that the run needs says to await instead of hanging."""

    async def main() -> None:
        run = nk.map(double, [1], progress=False)
        with pytest.raises(nk.WouldDeadlock, match="await run"):
            run.result()
        await run

    asyncio.run(main())


def test_result_with_a_timeout_leaves_the_run_going() -> None:
    """result(timeout) raises TimeoutError, and the run can be waited for again."""
    go_on = threading.Event()
    run = nk.map(lambda _: go_on.wait(20), [1], progress=False)
    with pytest.raises(TimeoutError, match=r"0\.01 s"):
        run.result(timeout=0.01)
    go_on.set()
    assert run.result(timeout=20)["status"].tolist() == ["ok"]


def test_on_error_raise_stops_and_keeps_what_was_done() -> None:
    """With on_error='raise' the first failure ends the run; its frame is in the error."""
    with pytest.raises(nk.BatchFailed, match="1 is odd") as caught:
        nk.map(fail_on_odd, range(10), max_concurrency=1, on_error="raise", progress=False).result()
    statuses = caught.value.run.frame["status"].tolist()
    assert statuses == ["ok", "failed"] + ["cancelled"] * 8
    assert caught.value.run.state is RunState.FAILED


def test_on_error_function_sees_each_failure_and_cannot_hurt_the_run() -> None:
    """A function given as on_error is told each failed outcome; its own errors are notices."""
    seen: list[int] = []

    def tell(outcome: nk.Outcome) -> None:
        seen.append(outcome.index)
        message = "the hook broke"
        raise RuntimeError(message)

    run = nk.map(fail_on_odd, range(4), max_concurrency=1, on_error=tell, progress=False)
    assert len(run.result()) == 4
    assert seen == [1, 3]
    assert run.snapshot().notices == ("on_error raised RuntimeError: the hook broke",)


def test_an_input_that_breaks_keeps_what_was_done() -> None:
    """An exception of the input generator raises BatchFailed, with the finished rows inside."""

    def numbers() -> Iterator[int]:
        yield from range(3)
        message = "no more"
        raise OSError(message)

    with pytest.raises(nk.BatchFailed, match="after 3 items: OSError") as caught:
        nk.map(double, numbers(), progress=False).result()
    assert caught.value.run.frame["result"].tolist() == [0, 2, 4]


def test_inputs_of_unknown_length() -> None:
    """Generators and async generators are consumed as needed and give a row each."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(7):
            await asyncio.sleep(0)
            yield number

    async def main() -> None:
        run = nk.map(double, numbers(), max_concurrency=3, progress=False)
        assert run.snapshot().total is None
        assert (await run)["result"].tolist() == [2 * n for n in range(7)]
        assert run.snapshot().total == 7

    asyncio.run(main())
    lazily = nk.map(double, (n for n in range(5)), progress=False).result()
    assert lazily["item"].tolist() == list(range(5))


def test_a_generator_is_read_no_further_than_needed() -> None:
    """What is pulled from a generator is at most what is in flight: memory stays bounded."""
    pulled = 0

    def numbers() -> Iterator[int]:
        nonlocal pulled
        for number in range(1_000):
            pulled += 1
            yield number

    async def main() -> None:
        gate = Gate()
        gate.wanted = 4
        run = nk.map(gate, numbers(), max_concurrency=4, progress=False)
        await gate.enough.wait()
        assert pulled <= 5
        run.cancel()
        await run

    asyncio.run(main())


def test_attempt_timeout_is_an_outcome() -> None:
    """A call that outlasts attempt_timeout ends as timeout, and the others are untouched."""

    async def slow(number: int) -> int:
        if number == 1:
            await asyncio.Event().wait()
        return number

    frame = nk.map(slow, range(3), attempt_timeout="20 ms", retry=0, progress=False).result()
    assert frame["status"].tolist() == ["ok", "timeout", "ok"]
    assert frame["error_type"].tolist()[1] == "RequestTimeout"


def test_a_sync_call_that_overruns_is_left_behind_and_counted() -> None:
    """A thread cannot be stopped: its item settles as timeout while it runs on."""
    go_on = threading.Event()
    run = nk.map(lambda _: go_on.wait(20), [1], attempt_timeout=0.02, retry=0, progress=False)
    frame = run.result(timeout=20)
    assert frame["status"].tolist() == ["timeout"]
    assert run.abandoned == 1
    go_on.set()


def test_failures_that_heal_are_tried_again() -> None:
    """A ConnectionError is retried; attempts and back-off are in the frame."""
    tries: dict[int, int] = {}

    async def flaky(number: int) -> int:
        tries[number] = tries.get(number, 0) + 1
        if tries[number] < 3:
            message = "reset"
            raise ConnectionResetError(message)
        return number

    retry = nk.Retry(max_attempts=3, base_delay=0.001)
    frame = nk.map(flaky, range(4), retry=retry, progress=False).result()
    assert frame["status"].eq("ok").all()
    assert frame["attempts"].tolist() == [3, 3, 3, 3]
    assert (frame["backoff_s"] >= 0).all()


def test_retry_failed_runs_the_failed_rows_with_their_labels() -> None:
    """retry_failed gives a new run over the failed rows alone, with the labels they had."""
    healed = threading.Event()

    def work(name: str) -> str:
        if name != "a" and not healed.is_set():
            raise ValueError(name)
        return name.upper()

    run = nk.map(work, {"x": "a", "y": "b", "z": "c"}, progress=False)
    assert run.result()["status"].tolist() == ["ok", "failed", "failed"]
    healed.set()
    again = run.retry_failed()
    frame = again.result()
    assert frame.index.tolist() == ["y", "z"]
    assert frame["result"].tolist() == ["B", "C"]
    with pytest.raises(nk.ConfigurationError, match="No row failed"):
        again.retry_failed()


def test_a_live_run_gives_partial_frames_and_snapshots() -> None:
    """While a run is live its frame has every row, and its snapshot adds up."""

    async def main() -> None:
        gate = Gate()

        async def item(number: int) -> int:
            return number if number < 2 else await gate(number)

        run = nk.map(item, range(6), max_concurrency=2, progress=False)
        await gate.enough.wait()
        assert run.frame["status"].tolist() == ["ok", "ok"] + ["pending"] * 4
        snapshot = run.snapshot()
        assert (snapshot.ok, snapshot.in_flight, snapshot.to_do) == (2, 2, 4)
        assert "2 of 6 done" in repr(run)
        gate.open.set()
        await run

    asyncio.run(main())


def test_a_run_on_the_kits_loop_goes_on_while_the_caller_blocks() -> None:
    """loop='kit' runs an async function on the I/O thread, whose loop it sees as its own."""

    async def which_loop(_: int) -> bool:
        return asyncio.get_running_loop() is io_loop()

    async def main() -> pd.DataFrame:
        return nk.map(which_loop, [1, 2], loop="kit", progress=False).result(timeout=20)

    assert asyncio.run(main())["result"].all()


def test_repeated_asyncio_run_leaves_no_task() -> None:
    """Runs that are never awaited end with their loop, and leave nothing on the kit's own."""

    async def main() -> None:
        nk.map(Gate(), range(3), progress=False)
        await asyncio.sleep(0)

    for _ in range(3):
        asyncio.run(main())
        run = nk.last_run()
        assert run is not None
        assert run.frame["status"].eq("cancelled").all()


def test_calls_that_never_wait_leave_the_loop_its_turn() -> None:
    """A function that never awaits anything does not starve other tasks of the loop."""

    async def at_once(number: int) -> int:
        return number

    async def main() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        await nk.map(at_once, range(50_000), progress=False)
        task.cancel()
        return turns

    assert asyncio.run(main()) >= 5


def test_outcome_of_one_position() -> None:
    """run.outcome(i) tells what became of one item, its error included."""
    run = nk.map(fail_on_odd, [2, 3], progress=False)
    run.result()
    good, bad = run.outcome(0), run.outcome(1)
    assert (good.ok, good.value, good.item) == (True, 2, 2)
    assert isinstance(bad.error, ValueError)
    assert bad.elapsed_s >= 0
    assert len(run) == 2


def test_context_variables_are_carried_along() -> None:
    """A call sees the context variables of the code that called map, on either loop."""
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="unset")

    async def read(_: int) -> str:
        return name.get()

    name.set("mine")
    frame = nk.map(read, [1], loop="kit", progress=False).result()
    assert frame["result"].tolist() == ["mine"]


def test_a_run_gives_its_views() -> None:
    """F4: results, errors, timings and a summary are aligned with the frame."""

    async def describe(number: int) -> dict[str, int]:
        if number == 2:
            message = "two"
            raise ValueError(message)
        return {"number": number, "square": number**2}

    run = nk.map(describe, {"a": 1, "b": 2, "c": 3}, progress=False)
    run.result()
    assert run.results.index.tolist() == ["a", "c"]
    assert run.results["square"].tolist() == [1, 9]
    assert run.errors["error"].to_dict() == {"b": "two"}
    assert run.timings.index.tolist() == ["a", "b", "c"]
    seconds = run.timings[["waited_s", "network_s", "backoff_s"]].sum(axis=1)
    assert seconds.tolist() == pytest.approx(run.timings["elapsed_s"].tolist())
    assert "ValueError: two" in repr(run.summary())
    assert "<table" in run.summary()._repr_html_()


def test_a_run_shown_without_a_kernel_is_a_line_of_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Displayed where there is no kernel, a run is written to standard output."""
    run = nk.map(double, [1, 2], progress=False)
    run.result()
    run._ipython_display_()
    assert "2 of 2" in capsys.readouterr().out
    assert run
