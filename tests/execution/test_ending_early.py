"""Runs that end before their input does: limits on time, errors and cost, and drained ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.scheduling import RunState
from tests.loops import in_loop
from tests.paces import at_any_pace


async def at_once(number: int) -> int:
    await asyncio.sleep(0)
    return number


async def never(_: Any) -> None:
    await asyncio.Event().wait()


def statuses(run: nk.Run) -> dict[str, int]:
    """Return how many items ended in which way, those that did not occur left out."""
    counts = run.frame["status"].value_counts()
    return {str(status): count for status, count in counts.items() if count}


@at_any_pace
@in_loop
async def test_an_item_has_its_own_time_over_all_attempts(pace: float) -> None:
    """What does not end within item_timeout is a timeout, and the run goes on."""
    first = True

    async def once_slow(number: int) -> int:
        nonlocal first
        if number == 1:
            if first:
                first = False
                raise TimeoutError
            await never(number)
        return number

    frame = await nk.map(
        once_slow,
        range(3),
        progress=False,
        item_timeout=0.2 * pace,
        retry=nk.Retry(max_attempts=9, base_delay=0),
    )
    assert frame["status"].tolist() == ["ok", "timeout", "ok"]
    assert frame["attempts"].tolist() == [1, 2, 1]
    assert frame.loc[1, "error_type"] == "RequestTimeout"
    assert "item_timeout" in str(frame.loc[1, "error"])


@in_loop
async def test_the_shorter_of_two_limits_holds() -> None:
    """With a limit for an attempt and one for the item, the error names the one that passed."""
    run = nk.map(never, [0], progress=False, attempt_timeout=0.02, item_timeout=60, retry=0)
    assert "attempt_timeout=0.02" in str((await run).loc[0, "error"])
    run = nk.map(never, [0], progress=False, attempt_timeout=60, item_timeout=0.02, retry=0)
    assert "item_timeout" in str((await run).loc[0, "error"])


@at_any_pace
@in_loop
async def test_a_batch_has_its_time_and_the_frame_says_what_was_not_done(pace: float) -> None:
    """What was begun timed out, what was not is skipped; the frame comes, the run says why."""

    async def some(number: int) -> int:
        if number >= 4:
            await never(number)
        return await at_once(number)

    limit_s = 0.25 * pace
    run = nk.map(some, range(20), progress=False, batch_timeout=limit_s, max_concurrency=5)
    frame = await run
    assert len(frame) == 20
    assert statuses(run) == {"ok": 4, "timeout": 5, "skipped": 11}
    assert run.state is RunState.STOPPED
    assert f"batch_timeout={limit_s:g}" in run.snapshot().notices[0]
    assert f"batch_timeout={limit_s:g}" in str(frame.loc[4, "error"])


@in_loop
async def test_a_run_in_time_is_not_touched() -> None:
    """A limit that is not reached changes nothing."""
    run = nk.map(at_once, range(20), progress=False, batch_timeout="1 hour")
    assert (await run)["result"].tolist() == list(range(20))
    assert run.state is RunState.DONE


@in_loop
async def test_too_many_errors_stop_the_run() -> None:
    """As many as allowed are rows; one more stops, and what was done is in the error's run."""

    async def odd_fails(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number

    run = nk.map(odd_fails, range(100), progress=False, max_errors=3, max_concurrency=1)
    with pytest.raises(nk.BatchFailed, match="4 items failed, and max_errors=3") as caught:
        await run
    assert caught.value.run is run
    assert statuses(run) == {"ok": 4, "failed": 4, "skipped": 92}
    fine = nk.map(odd_fails, range(100), progress=False, max_errors=50)
    assert (await fine)["status"].eq("failed").sum() == 50


@in_loop
async def test_what_will_never_heal_stops_the_run_soon() -> None:
    """A refused key is not tried with every row of the table; fail_fast=False does so."""
    calls = 0

    async def refused(number: int) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        message = f"row {number} answered 401"
        raise nk.AuthenticationError(message, status_code=401)

    with pytest.raises(nk.BatchFailed, match="401"):
        await nk.map(refused, range(1_000), progress=False, max_concurrency=2)
    assert calls < 10
    run = nk.map(refused, range(30), progress=False, fail_fast=False)
    await run
    assert statuses(run) == {"failed": 30}


@in_loop
async def test_a_limit_of_cost_is_held() -> None:
    """No more is spent, although the cost of a call is known afterwards only."""
    run = nk.map(
        at_once, range(100), progress=False, cost=lambda outcome: 0.3, max_cost=2, max_concurrency=8
    )
    with pytest.raises(nk.BudgetExceeded, match="max_cost=2") as caught:
        await run
    assert caught.value.run is run
    assert statuses(run) == {"ok": 6, "skipped": 94}
    assert run.snapshot().spent == pytest.approx(1.8)
    assert run.snapshot().max_cost == 2


@in_loop
async def test_cost_is_counted_without_a_limit_and_failures_cost_too() -> None:
    """The function is given each outcome that was sent for; what it raises is told once."""

    async def fails(number: int) -> int:
        if number == 2:
            raise ValueError(number)
        return number

    run = nk.map(fails, range(5), progress=False, cost=lambda outcome: 1 if outcome.ok else 0.5)
    await run
    assert run.snapshot().spent == 4.5
    run = nk.map(fails, range(5), progress=False, cost=lambda outcome: outcome.value["price"])
    assert len(await run) == 5
    notices = run.snapshot().notices
    assert len([notice for notice in notices if "cost raised" in notice]) >= 1


@in_loop
async def test_a_drained_run_lets_what_is_under_way_end() -> None:
    """Nothing more starts, nothing is tried again, the rest is cancelled."""
    started: list[int] = []
    go = asyncio.Event()

    async def call(number: int) -> int:
        started.append(number)
        await go.wait()
        if number == 1:
            raise nk.ServerError("out of order", status_code=500)
        return number

    run = nk.map(call, range(50), progress=False, max_concurrency=3)
    while len(started) < 3:
        await asyncio.sleep(0)
    run.cancel(drain=True)
    await asyncio.sleep(0)
    assert not run.done
    go.set()
    await run
    assert started == [0, 1, 2]
    assert statuses(run) == {"ok": 2, "failed": 1, "cancelled": 47}
    assert run.state is RunState.CANCELLED


@in_loop
async def test_a_drained_run_may_still_be_cut() -> None:
    """Who does not want to wait any more cancels."""
    started = asyncio.Event()

    async def call(_: int) -> None:
        started.set()
        await never(0)

    run = nk.map(call, range(5), progress=False, max_concurrency=1)
    await started.wait()
    run.cancel(drain=True)
    run.cancel()
    await run
    assert statuses(run) == {"cancelled": 5}


@in_loop
async def test_a_drained_input_is_not_read_any_more() -> None:
    """An input that is waited for does not hold up the end, and is closed."""
    closed = False

    async def items() -> Any:
        nonlocal closed
        try:
            yield 1
            await never(0)
        finally:
            closed = True

    run = nk.map(at_once, items(), progress=False)
    while not run.snapshot().ok:
        await asyncio.sleep(0)
    run.cancel(drain=True)
    frame = await run
    assert frame["status"].tolist() == ["ok"]
    assert closed


def test_a_fault_of_the_kit_is_no_cancellation() -> None:
    """Nobody asked for that end: the run has failed, and says what broke, also unawaited."""
    run = nk.map(str, range(300), pilot=5, progress=False)
    run.result(timeout=20)

    def broken(now: float) -> int:
        raise RuntimeError("not in the plan")

    run._engine._scheduler.next = broken  # type: ignore[method-assign]
    run.go()
    with pytest.raises(RuntimeError, match="not in the plan"):
        run.result(timeout=20)
    snapshot = run.snapshot()
    assert snapshot.state is RunState.FAILED
    told = "A fault of notebook_kit itself ended the run: RuntimeError: not in the plan"
    assert told in snapshot.notices
