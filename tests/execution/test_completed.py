"""Outcomes one by one, as items end."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Doors:
    """Calls that end when their door is opened, so that a test says in which order."""

    def __init__(self) -> None:
        self._open: dict[int, asyncio.Event] = {}

    def __getitem__(self, number: int) -> asyncio.Event:
        return self._open.setdefault(number, asyncio.Event())

    async def through(self, number: int) -> int:
        await self[number].wait()
        return number


@in_loop
async def test_outcomes_come_in_the_order_in_which_items_end() -> None:
    """Not in that of the input; each as soon as it is there, and each once."""
    doors = Doors()
    run = nk.map(doors.through, range(4), progress=False)
    seen = []
    order = [2, 0, 3, 1]
    doors[order[0]].set()
    async for outcome in run.as_completed():
        seen.append(outcome.index)
        if len(seen) < len(order):
            doors[order[len(seen)]].set()
    assert seen == order
    assert [outcome.value async for outcome in run.as_completed()] == order


@in_loop
async def test_what_ended_before_comes_first_and_what_never_started_last() -> None:
    """Who begins late misses nothing, and every item of a cancelled run comes once."""
    doors = Doors()
    for number in (0, 1):
        doors[number].set()
    run = nk.map(doors.through, range(6), progress=False, max_concurrency=3)
    outcomes = run.as_completed()
    first = [(await anext(outcomes)).index for _ in range(2)]
    assert first == [0, 1]
    run.cancel()
    rest = [(outcome.index, outcome.status) async for outcome in outcomes]
    assert sorted(rest) == [(index, "cancelled") for index in range(2, 6)]
    assert len([1 async for _ in run.as_completed()]) == 6


def test_without_a_loop_a_for_statement_does_the_same() -> None:
    """Also in a script, with calls in threads."""
    held = threading.Event()

    def call(number: int) -> int:
        if number == 0:
            held.wait(10)
        return number

    seen = []
    for outcome in nk.map(call, range(5), progress=False).as_completed():
        seen.append(outcome.value)
        if len(seen) == 4:
            held.set()
    assert sorted(seen[:4]) == [1, 2, 3, 4]
    assert seen[4] == 0


@in_loop
async def test_leaving_the_loop_lets_the_run_go_on() -> None:
    """Nothing is cancelled, and who has left is told no more."""
    doors = Doors()
    run = nk.map(doors.through, range(3), progress=False)
    doors[0].set()
    async for _ in run.as_completed():
        break
    gc.collect()
    doors[1].set()
    doors[2].set()
    frame = await run
    assert frame["result"].tolist() == [0, 1, 2]


@in_loop
async def test_an_interrupt_while_it_waits_cancels_the_run() -> None:
    """As with await: what is done is kept, and nothing goes on behind the caller's back."""
    doors = Doors()
    doors[0].set()
    run = nk.map(doors.through, range(3), progress=False)

    async def go_through() -> None:
        async for _ in run.as_completed():
            pass

    task = asyncio.create_task(go_through())
    while not run.snapshot().ok:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await run)["status"].tolist() == ["ok", "cancelled", "cancelled"]


@in_loop
async def test_the_end_says_what_await_would_say() -> None:
    """A run that was stopped by its errors raises when its outcomes are through."""

    async def fail(number: int) -> None:
        raise ValueError(number)

    seen = []

    async def go_through() -> None:
        run = nk.map(fail, range(9), progress=False, max_errors=0, max_concurrency=1)
        async for outcome in run.as_completed():
            seen.append(outcome.status)  # noqa: PERF401 - kept although it ends in an error

    with pytest.raises(nk.BatchFailed):
        await go_through()
    assert seen == ["failed"] + ["skipped"] * 8


@in_loop
async def test_two_may_go_through_at_once() -> None:
    """Each sees all."""

    async def call(number: int) -> int:
        await asyncio.sleep(0)
        return number

    run = nk.map(call, range(50), progress=False)

    async def indexes() -> set[int]:
        return {outcome.index async for outcome in run.as_completed()}

    seen = await asyncio.gather(indexes(), indexes())
    assert list(seen) == [set(range(50))] * 2


@in_loop
async def test_several_may_share_one() -> None:
    """Each outcome goes to one of them, and none of them waits for ever."""
    doors = Doors()
    run = nk.map(doors.through, range(6), progress=False)
    outcomes = run.as_completed()

    async def take() -> list[int]:
        return [outcome.index async for outcome in outcomes]

    takers = [asyncio.create_task(take()) for _ in range(3)]
    for number in range(6):
        await asyncio.sleep(0)
        doors[number].set()
    taken = await asyncio.gather(*takers)
    assert sorted(index for indexes in taken for index in indexes) == list(range(6))


@in_loop
async def test_what_an_earlier_run_has_done_comes_at_its_turn(tmp_path: Path) -> None:
    """An outcome that is used again comes when its item is read, not at the end of the run."""

    async def double(number: int) -> int:
        await asyncio.sleep(0)
        return 2 * number

    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    kept = str(tmp_path / "runs.db")
    await nk.map(double, range(2), progress=False, checkpoint=kept, name="doubles")
    again = nk.map(double, numbers(), progress=False, checkpoint=kept, name="doubles")
    seen = [(outcome.index, outcome.source) async for outcome in again.as_completed()]
    assert seen == [(0, "checkpoint"), (1, "checkpoint"), (2, "network")]
