"""What counts against which allowance: tries, probes of a breaker, second attempts, money."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import notebook_kit as nk
from tests.loops import in_loop


class Outage:
    """A function that cannot connect so many times, and then works."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    async def __call__(self, number: int) -> int:
        self.calls += 1
        await asyncio.sleep(0)
        if self.calls <= self.failures:
            raise ConnectionRefusedError
        return number


class Deaf:
    """Calls that swallow every cancellation until they are told to end."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def end(self) -> None:
        self._told.set()

    async def call(self) -> None:
        while not self._told.is_set():
            try:
                await self._told.wait()
            except asyncio.CancelledError:
                continue


@in_loop
async def test_probing_a_server_that_is_down_costs_no_row_its_tries() -> None:
    """However often the breaker has to look, the rows wait; none of them fails for it."""
    call = Outage(failures=9)
    frame = await nk.map(
        call,
        range(3),
        progress=False,
        max_concurrency=1,
        retry=nk.Retry(max_attempts=3, base_delay=0),
        breaker=nk.Breaker(failure_threshold=2, reset_timeout=0.001),
    )
    assert frame["status"].tolist() == ["ok"] * 3
    assert call.calls == 12
    assert frame["attempts"].max() > 3


@in_loop
async def test_a_server_that_never_comes_back_is_given_up() -> None:
    """Probes have an allowance of their own, so that every run ends."""
    call = Outage(failures=1_000)
    frame = await nk.map(
        call,
        range(1),
        progress=False,
        retry=nk.Retry(max_attempts=3, base_delay=0, max_refusals=4),
        breaker=nk.Breaker(failure_threshold=1, reset_timeout=0.001),
    )
    assert frame["status"].tolist() == ["failed"]
    # The first opens the breaker; four probes are excused, the fifth is one too many.
    assert call.calls == 6


@in_loop
async def test_no_second_attempt_where_it_could_not_be_paid_for() -> None:
    """A late attempt that is made once more may have to be paid for twice."""
    calls = 0

    async def late(number: int) -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.1)
        return number

    run = nk.map(
        late,
        range(1),
        progress=False,
        hedge=nk.Hedge(after=0.01, max_share=1.0),
        cost=lambda outcome: outcome.attempts,
        max_cost=1.0,
    )
    await run
    assert calls == 1
    assert run.snapshot().spent == 1.0


@in_loop
async def test_answers_for_nothing_do_not_open_the_purse() -> None:
    """While nothing has cost anything nobody knows what a call costs: they go one at a time."""
    most, now = 0, 0

    async def watched(number: int) -> int:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return number

    run = nk.map(
        watched,
        range(20),
        progress=False,
        cost=lambda outcome: int(outcome.index >= 10),
        max_cost=3,
    )
    with pytest.raises(nk.BudgetExceeded):
        await run
    assert run.snapshot().spent == 3
    assert run.frame["status"].eq("ok").sum() == 13
    assert most <= 2


@in_loop
async def test_a_call_that_will_not_end_is_left_behind() -> None:
    """A second after its time was over the run goes on without it, and hears of it no more."""
    deaf, calls = Deaf(), 0

    async def deaf_once(number: int) -> int:
        nonlocal calls
        calls += 1
        if number == 1 and calls == 2:
            await deaf.call()
        return number * 10

    run = nk.map(
        deaf_once,
        range(4),
        progress=False,
        max_concurrency=1,
        attempt_timeout=0.05,
        retry=nk.Retry(max_attempts=2, base_delay=0),
    )
    frame = await run
    deaf.end()
    await asyncio.sleep(0)
    assert run.abandoned == 1
    assert frame["attempts"].tolist() == [1, 2, 1, 1]
    assert "1 call did not end when told to" in run.snapshot().notices[0]
    assert frame["result"].tolist() == [0, 10, 20, 30]


@pytest.mark.parametrize(
    "cost", [lambda _: None, lambda outcome: outcome.value["tokens"], lambda: 0.25]
)
def test_a_cost_that_cannot_be_told_ends_the_run(cost: Any) -> None:
    """Where no good answer's cost is known nobody could say when the limit is reached."""
    run = nk.map(str, range(50), progress=False, max_concurrency=5, cost=cost, max_cost=1)
    with pytest.raises(nk.BatchFailed, match=r"cost raised .* for a good answer"):
        run.result()
    assert run.frame["status"].value_counts()["ok"] == 1


def test_a_cost_that_cannot_be_told_of_failures_is_that_of_the_dearest() -> None:
    """A function that reads the answer raises for rows that have none; the run goes on."""

    def odd(number: int) -> int:
        if number % 2:
            raise ValueError
        return 1

    run = nk.map(
        odd, range(10), progress=False, cost=lambda outcome: outcome.value + 0, max_cost=20
    )
    frame = run.result()
    assert frame["status"].tolist() == ["ok", "failed"] * 5
    assert 5 <= (run.snapshot().spent or 0) <= 10


def test_a_hook_that_returns_a_coroutine_is_told_of() -> None:
    """A lambda around an async function is taken; what it returns is awaited by nobody."""
    run = nk.map(str, range(3), progress=False, on_outcome=lambda _: asyncio.sleep(0))
    run.result()
    assert "returned a coroutine, which nobody awaits" in run.snapshot().notices[0]


@in_loop
async def test_a_retry_budget_that_is_used_up_is_told_of() -> None:
    """Ten retries are always allowed; the others fail at once, and the run says why."""

    async def fail(_: int) -> None:
        await asyncio.sleep(0)
        raise ConnectionResetError

    run = nk.map(
        fail,
        range(40),
        progress=False,
        fail_fast=False,
        retry=nk.Retry(max_attempts=2, base_delay=0, budget=0.01),
    )
    await run
    assert run.snapshot().notices == (
        "The retry budget was used up, so 30 items were not tried again.",
    )


@in_loop
async def test_a_run_that_is_drained_does_not_wait_for_a_deaf_call() -> None:
    """Its last worker is left behind, and nobody is needed in its place."""
    deaf, begun = Deaf(), asyncio.Event()

    async def call(_: int) -> None:
        begun.set()
        await deaf.call()

    run = nk.map(call, range(3), progress=False, max_concurrency=1, attempt_timeout=0.05)
    await begun.wait()
    run.cancel(drain=True)
    frame = await asyncio.wait_for(run, 20)
    deaf.end()
    assert frame["status"].tolist() == ["timeout", "cancelled", "cancelled"]


@in_loop
async def test_who_waits_hears_of_a_call_that_was_left_behind() -> None:
    """It was the last thing to be done, and no other worker ends after it."""
    deaf = Deaf()

    async def one_is_deaf(number: int) -> None:
        if number == 0:
            await deaf.call()

    run = nk.map(
        one_is_deaf, range(4), progress=False, max_concurrency=4, attempt_timeout=0.1, retry=0
    )
    await asyncio.sleep(0)
    run.max_concurrency = 1
    frame = await asyncio.wait_for(run, 20)
    deaf.end()
    assert frame["status"].tolist() == ["timeout", "ok", "ok", "ok"]


@in_loop
async def test_attempts_that_were_overtaken_do_not_keep_their_places() -> None:
    """However many of them are deaf, the run goes on with as many as it may."""
    deaf, calls = Deaf(), [0] * 6

    async def slow_at_first(number: int) -> int:
        calls[number] += 1
        if calls[number] == 1 and number in (0, 3):
            await deaf.call()
        await asyncio.sleep(0)
        return number

    run = nk.map(
        slow_at_first,
        range(6),
        progress=False,
        max_concurrency=3,
        hedge=nk.Hedge(after=0.05, max_share=1.0),
    )
    frame = await asyncio.wait_for(run, 20)
    deaf.end()
    assert frame["result"].tolist() == list(range(6))


async def unawaited(_: object) -> object:
    return asyncio.sleep(0)


@in_loop
async def test_calls_that_nobody_awaits_are_not_answers() -> None:
    """The run ends at once and says which word is missing; most of it was not begun."""
    run = nk.map(unawaited, range(1_000), progress=False, max_concurrency=2)
    with pytest.raises(nk.BatchFailed, match="nobody awaits, so nothing comes of it: write"):
        await run
    assert run.frame["status"].eq("ok").sum() <= 2
    for answer in run.frame["result"].dropna():
        answer.close()


@in_loop
async def test_who_was_left_behind_takes_no_other_item() -> None:
    """Also one that ends with an answer at last: another works in its place."""
    deaf, calls, workers = Deaf(), [0] * 40, set()

    async def slow_at_first(number: int) -> int:
        calls[number] += 1
        if calls[number] == 1 and number == 0:
            workers.add(asyncio.current_task())
            await deaf.call()
        elif asyncio.current_task() in workers:
            raise AssertionError
        if number == 30:
            while run.abandoned == 0:
                await asyncio.sleep(0.01)
            deaf.end()
        await asyncio.sleep(0.001)
        return number

    run = nk.map(
        slow_at_first,
        range(40),
        progress=False,
        max_concurrency=3,
        retry=0,
        hedge=nk.Hedge(after=0.05, max_share=1.0),
    )
    frame = await asyncio.wait_for(run, 20)
    assert frame["result"].tolist() == list(range(40))
    assert run.abandoned == 1
