"""Functions and callers that misbehave: the run ends all the same, and every row has its end."""

from __future__ import annotations

import asyncio
import contextvars
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import notebook_kit as nk
from notebook_kit.scheduling import RunState
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class SpeechlessError(Exception):
    """An error whose words cannot be read."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@dataclass(frozen=True)
class FrozenError(Exception):
    """An error that lets nothing be assigned."""

    code: int


async def same(item: Any) -> Any:
    await asyncio.sleep(0)
    return item


@pytest.mark.parametrize(
    "error",
    [FrozenError(7), SpeechlessError(), GeneratorExit(), asyncio.CancelledError()],
    ids=repr,
)
@pytest.mark.parametrize("synchronous", [False, True])
def test_whatever_a_function_raises_is_its_row_s_error(
    error: BaseException, *, synchronous: bool
) -> None:
    """The others are answered, and the run is done."""

    def call(number: int) -> int:
        if number == 1:
            raise error
        return number

    async def call_async(number: int) -> int:
        return call(number)

    function: Callable[[int], Any] = call if synchronous else call_async
    run = nk.map(function, range(4), progress=False, retry=0)
    assert run.result()["status"].tolist() == ["ok", "failed", "ok", "ok"]
    assert run.state is RunState.DONE


@pytest.mark.parametrize("error", [asyncio.CancelledError, GeneratorExit, SpeechlessError])
@pytest.mark.parametrize("place", ["key", "priority", "weight"])
@in_loop
async def test_whatever_is_raised_about_an_item_is_its_row_s_error(
    place: str, error: type[BaseException]
) -> None:
    """A key, a priority or a weight that cannot be told loses no row."""

    def about(number: int) -> int:
        if number == 1:
            raise error
        return 1 if place != "key" else number

    options: dict[str, dict[str, Any]] = {
        "key": {"dedupe": True, "key": about},
        "priority": {"priority": about, "order": "low_first"},
        "weight": {"rate": nk.Rate(1_000, per="s", weight=about)},
    }
    frame = await nk.map(same, range(4), progress=False, **options[place])
    assert frame["status"].tolist() == ["ok", "failed", "ok", "ok"]


@in_loop
async def test_context_variables_that_cannot_be_compared() -> None:
    """Arrays and frames have no yes or no for an answer; each item still begins afresh."""
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")
    variable.set(np.arange(3))

    async def call(number: int) -> int:
        seen = variable.get()
        variable.set(np.arange(3) + 1 + number)
        return int(seen[0])

    frame = await nk.map(call, range(5), progress=False)
    assert frame["result"].tolist() == [0] * 5


@in_loop
async def test_an_item_that_is_cancelled_in_turn_after_turn() -> None:
    """Cancel scopes of other libraries cancel until they are heard: the row fails, no more."""
    left = 3

    async def call(number: int) -> int:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def deliver() -> None:
            nonlocal left
            task.cancel()
            left -= 1
            if left:
                loop.call_soon(deliver)

        if number == 0:
            loop.call_soon(deliver)
            await asyncio.Event().wait()
        return number

    frame = await nk.map(call, range(3), progress=False)
    assert frame["status"].tolist() == ["failed", "ok", "ok"]


@pytest.mark.parametrize("hook", ["on_outcome", "cost", "usage"])
@in_loop
async def test_hooks_whose_errors_have_no_words(hook: str) -> None:
    """The run ends, and says that the hook raised."""

    def raises(_: Any) -> Any:
        raise SpeechlessError

    given: dict[str, Any] = {hook: raises}
    if hook == "usage":
        given = {"rate": nk.Rate(1_000, per="s", usage=raises)}
    run = nk.map(same, range(5), progress=False, **given)
    assert (await run)["status"].eq("ok").all()
    assert any(f"{hook} raised SpeechlessError" in notice for notice in run.snapshot().notices)


@in_loop
async def test_an_attempt_that_answers_although_it_was_cut_is_not_told_of() -> None:
    """Each item is told of once, also where the slower of two attempts swallows its end."""
    told: list[int] = []
    calls = 0

    async def call(number: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return -1
        return number

    run = nk.map(
        call,
        [7],
        progress=False,
        hedge=0.02,
        max_concurrency=2,
        cost=lambda outcome: 1.0,
        on_outcome=lambda outcome: told.append(outcome.value),
    )
    await run
    assert told == [7]
    assert run.snapshot().spent == 1.0


@in_loop
async def test_a_cut_attempt_that_does_not_end_does_not_hold_up_the_run() -> None:
    """All rows have their ends, so the run has; the call is counted as abandoned."""
    stop = asyncio.Event()
    calls = 0

    async def call(number: int) -> int:
        nonlocal calls
        calls += 1
        while calls and number == 0 and not stop.is_set() and asyncio.current_task() is first[0]:
            try:
                await stop.wait()
            except asyncio.CancelledError:
                continue
        return number

    first: list[Any] = [None]

    async def note(number: int) -> int:
        first[0] = first[0] or asyncio.current_task()
        return await call(number)

    run = nk.map(note, [0], progress=False, hedge=0.02, max_concurrency=2)
    assert (await run)["result"].tolist() == [0]
    assert run.abandoned == 1
    stop.set()
    await asyncio.sleep(0.01)


@in_loop
async def test_a_run_that_would_wait_for_itself_is_told_so() -> None:
    """In an async function and in a synchronous one it is that row's error, and no deadlock."""
    runs: list[nk.Run] = []

    async def waits(_: int) -> Any:
        return await runs[-1]

    def blocks(_: int) -> Any:
        while len(runs) < 2:
            time.sleep(0.001)
        return runs[-1].result()

    for function in (waits, blocks):
        runs.append(nk.map(function, [1], progress=False))
        frame = await runs[-1]
        assert frame["error_type"].tolist() == ["WouldDeadlock"]


def test_a_stopped_home_is_told_to_who_waits() -> None:
    """An async generator whose loop has stopped will give nothing more."""
    loop = asyncio.new_event_loop()

    async def items() -> AsyncIterator[int]:
        yield 1

    async def start() -> nk.Run:
        return nk.map(lambda item: item, items(), progress=False)

    run = loop.run_until_complete(start())
    with pytest.raises(nk.WouldDeadlock, match="has stopped"):
        run.result()
    run.cancel()
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@in_loop
async def test_ending_the_run_from_within() -> None:
    """A key that cancels the run it is asked for: the counts are right, and nothing more starts."""
    called: list[int] = []

    async def call(number: int) -> None:
        called.append(number)

    def key(number: int) -> int:
        if number == 2:
            run.cancel()
        return number

    run = nk.map(call, range(5), progress=False, dedupe=True, key=key, max_concurrency=1)
    frame = await run
    assert called == [0, 1]
    assert frame["status"].tolist() == ["ok", "ok", "cancelled", "cancelled", "cancelled"]
    assert run.snapshot().done == 5


@in_loop
async def test_many_may_be_allowed_and_few_come() -> None:
    """Workers are made as they are needed, not as many as there may be."""
    before = len(asyncio.all_tasks())
    most = 0

    async def call(number: int) -> int:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()) - before)
        return number

    await nk.map(call, iter(range(3)), progress=False, max_concurrency=1_000_000)
    assert most < 200


@in_loop
async def test_all_that_are_allowed_are_made_when_they_are_needed() -> None:
    """With more items than the first workers can take, every one that may be is under way."""
    under_way = 0
    full = asyncio.Event()

    async def call(_: int) -> None:
        nonlocal under_way
        under_way += 1
        if under_way == 500:
            full.set()
        await full.wait()

    frame = await nk.map(call, iter(range(500)), progress=False, max_concurrency=500)
    assert frame["status"].eq("ok").all()
