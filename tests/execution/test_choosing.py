"""Which items are sent, and when: priorities, equal items, second attempts, concurrency found."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from tests.loops import in_loop
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Recorder:
    """A function that notes what it is called with."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def __call__(self, item: Any) -> Any:
        self.calls.append(item)
        await asyncio.sleep(0)
        return item


@in_loop
async def test_the_urgent_go_first_and_the_oldest_among_equals() -> None:
    """A function of the item says how urgent it is; the frame keeps the order of the input."""
    levels = ["low", "critical", nk.Priority.NORMAL, "high", "critical", "low"]
    record = Recorder()
    frame = await nk.map(
        record, range(6), progress=False, max_concurrency=1, priority=lambda item: levels[item]
    )
    assert record.calls == [1, 4, 3, 2, 0, 5]
    assert frame["result"].tolist() == list(range(6))


@in_loop
async def test_a_column_gives_the_priority() -> None:
    """Plain numbers need to be told in which order; a missing column is an error at once."""
    table = pd.DataFrame({"city": ["a", "b", "c"], "score": [1, 9, 5]})
    calls = []

    async def call(city: str) -> None:
        calls.append(city)

    await nk.map(
        call, table, progress=False, max_concurrency=1, priority="score", order="high_first"
    )
    assert calls == ["b", "c", "a"]
    with pytest.raises(nk.ConfigurationError, match="no column"):
        nk.map(call, table, progress=False, priority="urgency")
    frame = await nk.map(call, table, progress=False, priority="score")
    assert frame["status"].tolist() == ["failed"] * 3
    assert "order='high_first'" in str(frame.loc[0, "error"])


@in_loop
async def test_an_item_that_cannot_be_ranked_is_its_row_s_error() -> None:
    """The others go on."""
    frame = await nk.map(
        Recorder(), range(3), progress=False, priority=lambda item: 1 / item and "high"
    )
    assert frame["status"].tolist() == ["failed", "ok", "ok"]
    assert frame.loc[0, "error_type"] == "ZeroDivisionError"


@in_loop
async def test_of_what_is_still_coming_some_is_read_ahead_to_find_the_urgent() -> None:
    """An async generator is read ahead; its urgent item overtakes those before it."""
    record = Recorder()
    read = asyncio.Event()

    async def items() -> AsyncIterator[int]:
        for number in range(5):
            yield number
        read.set()

    async def call(number: int) -> None:
        await read.wait()
        await record(number)

    await nk.map(
        call,
        items(),
        progress=False,
        max_concurrency=1,
        priority=lambda item: "critical" if item == 4 else "low",
    )
    assert record.calls == [4, 0, 1, 2, 3]


@in_loop
async def test_equal_items_are_sent_once() -> None:
    """Each has its row with the one answer; where it came from says that it was not sent."""
    record = Recorder()
    run = nk.map(record, ["a", "b", "a", "a", "b"], progress=False, dedupe=True)
    frame = await run
    assert sorted(record.calls) == ["a", "b"]
    assert frame["result"].tolist() == ["a", "b", "a", "a", "b"]
    assert frame["source"].tolist() == ["network", "network", "cache", "cache", "cache"]
    assert frame["attempts"].tolist() == [1, 1, 0, 0, 0]
    assert run.snapshot().reused == 3


@in_loop
async def test_what_makes_items_equal_may_be_said() -> None:
    """A key of the item decides; rows of a table are compared by value."""
    record = Recorder()
    await nk.map(record, range(10), progress=False, dedupe=True, key=lambda item: item % 3)
    assert sorted(record.calls) == [0, 1, 2]
    table = pd.DataFrame({"a": [1, 1, 2], "b": ["x", "x", "x"]})
    calls = []

    async def call(a: int, b: str) -> None:
        calls.append((a, b))

    await nk.map(call, table, progress=False, dedupe=True)
    assert sorted(calls) == [(1, "x"), (2, "x")]


@in_loop
async def test_an_error_is_shared_like_an_answer() -> None:
    """Equal items fail together, after the retries of the one that was sent."""

    async def fail(number: int) -> None:
        raise ValueError(number)

    frame = await nk.map(fail, [7, 7, 8], progress=False, dedupe=True)
    assert frame["status"].tolist() == ["failed"] * 3
    assert frame["error"].tolist() == ["7", "7", "8"]


@in_loop
async def test_the_first_of_two_attempts_counts_and_the_other_is_cut() -> None:
    """A late call is made once more, and whichever answers first is the answer."""
    calls: list[int] = []
    cut = asyncio.Event()

    async def call(number: int) -> str:
        calls.append(number)
        if calls.count(number) == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cut.set()
                raise
        return "second"

    frame = await nk.map(call, [1], progress=False, hedge=0.02, max_concurrency=2)
    assert frame["result"].tolist() == ["second"]
    assert frame["attempts"].tolist() == [2]
    assert cut.is_set()


@in_loop
async def test_the_failure_of_one_of_two_attempts_is_not_the_item_s() -> None:
    """While the other is under way, it may still bring the answer."""
    calls = 0
    failed = asyncio.Event()

    async def call(_: int) -> str:
        nonlocal calls
        calls += 1
        if calls == 1:
            await failed.wait()
            return "first"
        failed.set()
        raise ValueError

    frame = await nk.map(call, [1], progress=False, hedge=0.02, max_concurrency=2)
    assert frame["result"].tolist() == ["first"]


@in_loop
async def test_concurrency_that_is_found_may_be_taken_over() -> None:
    """It starts with few; whoever sets a number has it."""
    most = under_way = 0

    async def call(_: int) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1

    run = nk.map(call, range(2_000), progress=False, max_concurrency="auto")
    assert run.snapshot().auto
    while run.snapshot().done < 500:
        await asyncio.sleep(0.001)
    assert most > 8
    run.max_concurrency = 2
    assert not run.snapshot().auto
    await run
    assert run.max_concurrency == 2


@in_loop
async def test_context_variables_of_one_item_are_not_seen_by_another() -> None:
    """Each item begins with the variables of who made the run."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("the caller's")

    async def call(number: int) -> str:
        seen = variable.get()
        variable.set(f"that of {number}")
        await asyncio.sleep(0)
        return seen

    frame = await nk.map(call, range(30), progress=False, max_concurrency=3)
    assert set(frame["result"]) == {"the caller's"}


@in_loop
async def test_each_outcome_is_told_and_a_hook_cannot_hurt() -> None:
    """A function given every outcome; what it raises is a notice, once."""
    seen = []

    def hook(outcome: nk.Outcome) -> None:
        seen.append(outcome.index)
        raise RuntimeError("no")

    run = nk.map(Recorder(), range(4), progress=False, on_outcome=hook)
    frame = await run
    assert sorted(seen) == [0, 1, 2, 3]
    assert frame["status"].eq("ok").all()
    assert run.snapshot().notices == ("on_outcome raised RuntimeError: no",)


@in_loop
async def test_an_answer_may_be_refused() -> None:
    """A check of the answer makes it a failure that is tried again, and in the end the row's."""
    answers = iter(["busy", "busy", "good", "busy", "busy"])

    async def call(_: int) -> str:
        return next(answers)

    retry = nk.Retry(max_attempts=3, base_delay=0, retry_value=lambda value: value == "busy")
    frame = await nk.map(call, [1], progress=False, retry=retry)
    assert frame["result"].tolist() == ["good"]
    retry = nk.Retry(max_attempts=2, base_delay=0, retry_value=lambda value: value == "busy")
    frame = await nk.map(call, [1], progress=False, retry=retry)
    assert frame.loc[0, "error_type"] == "UnwantedAnswer"
    assert "'busy'" in str(frame.loc[0, "error"])


@at_any_pace
@in_loop
async def test_a_breaker_lets_the_run_wait_until_the_server_is_back(pace: float) -> None:
    """While it is open one item at a time is tried, and no row is lost."""
    down = True
    calls: list[int] = []

    async def call(number: int) -> int:
        calls.append(number)
        await asyncio.sleep(0)
        if down:
            raise nk.ConnectionFailed("refused")
        return number

    run = nk.map(
        call,
        range(20),
        progress=False,
        max_concurrency=1,
        retry=nk.Retry(max_attempts=20, base_delay=0),
        breaker=nk.Breaker(failure_threshold=3, reset_timeout=0.1 * pace),
    )
    while run.snapshot().waiting_for != "breaker":
        await asyncio.sleep(0)
    assert len(calls) == 3
    assert "keeps failing" in str(run.snapshot().server)
    down = False
    assert (await run)["status"].eq("ok").all()


@in_loop
async def test_the_time_limit_of_a_breaker_holds_for_each_attempt() -> None:
    """A call that takes longer than call_timeout is cut, and counts as a failure."""

    async def call(_: int) -> None:
        await asyncio.Event().wait()

    frame = await nk.map(
        call, [1], progress=False, retry=0, breaker=nk.Breaker(call_timeout="20 ms")
    )
    assert frame["status"].tolist() == ["timeout"]
