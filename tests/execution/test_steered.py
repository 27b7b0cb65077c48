"""Steering a run: its pilot, and trying once more what has failed while it is live."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.scheduling import RunState
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.scheduling import Outcome


class Calls:
    """A function that fails for some items until it is mended, and knows what it was called for."""

    def __init__(self, *bad: int) -> None:
        self.made: list[int] = []
        self.bad = set(bad)
        self.gate: asyncio.Event | None = None

    async def __call__(self, item: int) -> int:
        self.made.append(item)
        await asyncio.sleep(0)
        if item in self.bad:
            message = f"{item} is bad"
            raise ValueError(message)
        if self.gate is not None:
            await self.gate.wait()
        return item


async def until(fact: Callable[[], bool]) -> None:
    """Wait until something is so, which it has to be soon."""
    async with asyncio.timeout(20):
        while not fact():
            await asyncio.sleep(0.005)


def kept(frame: Any) -> dict[str, int]:
    return {status: number for status, number in frame["status"].value_counts().items() if number}


# The pilot


def test_awaiting_gives_the_pilot_and_then_the_whole() -> None:
    """The frame of the pilot comes, the run stands and is not cancelled; go() does the rest."""
    calls = Calls()

    async def main() -> None:
        run = nk.map(calls, range(100), pilot=20, progress=False)
        frame = await run
        assert kept(frame) == {"ok": 20, "pending": 80}
        assert len(calls.made) == 20
        assert (run.state, run.snapshot().waiting_for) == (RunState.PAUSED, "pilot")
        assert kept(await run) == {"ok": 20, "pending": 80}
        (notice,) = run.snapshot().notices
        assert "run.go() goes on with the other 80" in notice
        assert run.go() is run
        assert not run.snapshot().notices
        frame = await run
        assert kept(frame) == {"ok": 100}
        assert run.state is RunState.DONE
        assert sorted(calls.made) == list(range(100))

    asyncio.run(main())


def test_it_works_without_await() -> None:
    """result() gives the pilot, go().result() the whole; a sync function runs in threads."""
    run = nk.map(str, range(30), pilot=5, progress=False)
    assert kept(run.result(timeout=20)) == {"ok": 5, "pending": 25}
    assert kept(run.go().result(timeout=20)) == {"ok": 30}


def test_go_in_time_means_that_it_never_stands() -> None:
    """Told to go on at once, awaiting gives the whole frame."""
    calls = Calls()

    async def main() -> None:
        run = nk.map(calls, range(50), pilot=5, progress=False)
        assert kept(await run.go()) == {"ok": 50}

    asyncio.run(main())


def test_resuming_goes_on_too() -> None:
    """The button that resumes a paused run goes on from the pilot, also after a pause there."""
    calls = Calls()

    async def main() -> None:
        run = nk.map(calls, range(30), pilot=5, progress=False)
        await run
        run.pause()
        assert run.state is RunState.PAUSED
        run.resume()
        assert kept(await run) == {"ok": 30}

    asyncio.run(main())


def test_without_a_pilot_go_resumes() -> None:
    """A paused run without a pilot goes on; one that has ended stays as it is."""
    run = nk.map(str, range(3), progress=False)
    run.pause()
    assert kept(run.go().result(timeout=20)) == {"ok": 3}
    assert kept(run.go().result()) == {"ok": 3}


@pytest.mark.parametrize("drain", [False, True])
def test_it_can_be_cancelled_there(*, drain: bool) -> None:
    """The rest is cancelled, and awaiting gives the frame as it is."""
    run = nk.map(str, range(30), pilot=5, progress=False)
    run.result(timeout=20)
    run.cancel(drain=drain)
    assert kept(run.result(timeout=20)) == {"ok": 5, "cancelled": 25}
    assert run.state is RunState.CANCELLED
    assert not run.snapshot().notices


def test_a_pilot_of_more_than_there_is_is_the_run() -> None:
    """With nothing left to decide about the run just runs."""
    run = nk.map(str, range(5), pilot=5, progress=False)
    assert kept(run.result(timeout=20)) == {"ok": 5}
    assert run.state is RunState.DONE


def test_of_a_generator_the_first_are_taken_and_that_is_said() -> None:
    """No more is read than the pilot needs; a notice says that it was no random sample."""
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(30):
            read.append(number)
            yield number

    run = nk.map(str, items(), pilot=5, progress=False, max_concurrency=2)
    frame = run.result(timeout=20)
    assert kept(frame) == {"ok": 5}
    assert len(read) == 5
    first, way_on = run.snapshot().notices
    assert "no known end" in first
    assert "run.go() goes on with the rest" in way_on
    guess = run.forecast()
    assert (guess.items_left, guess.time_s) == (None, None)
    assert kept(run.go().result(timeout=20)) == {"ok": 30}
    assert run.snapshot().notices == (first,)


def test_outcomes_come_to_the_end_of_everything() -> None:
    """as_completed stands while the pilot stands, and goes on with it."""
    calls = Calls()

    async def main() -> None:
        run = nk.map(calls, range(20), pilot=4, progress=False)
        seen: list[Any] = []

        async def look() -> None:
            async for outcome in run.as_completed():
                seen.append(outcome.item)  # noqa: PERF401 - looked at meanwhile

        looking = asyncio.ensure_future(look())
        await run
        await until(lambda: len(seen) == 4)
        assert not looking.done()
        run.go()
        await looking
        assert sorted(seen) == list(range(20))

    asyncio.run(main())


def test_rows_of_a_checkpoint_are_no_part_of_the_sample(tmp_path: Path) -> None:
    """What was done before is there at once; the pilot is made of what is not."""
    path = tmp_path / "some.db"
    nk.map(str, range(10), checkpoint=path, progress=False).result(timeout=20)
    run = nk.map(str, range(20), checkpoint=path, pilot=4, progress=False)
    frame = run.result(timeout=20)
    assert kept(frame) == {"ok": 14, "pending": 6}
    assert run.forecast().sample == 4
    assert kept(run.go().result(timeout=20)) == {"ok": 20}
    whole = nk.map(str, range(20), checkpoint=path, pilot=4, progress=False)
    assert kept(whole.result(timeout=20)) == {"ok": 20}


def test_the_forecast_tells_time_cost_and_failures() -> None:
    """Each is a range; before anything has ended, or without a pilot, there is none."""

    async def main() -> None:
        calls = Calls(*range(0, 100, 2))
        run = nk.map(calls, range(100), pilot=20, retry=0, cost=lambda _: 0.5, progress=False)
        with pytest.raises(nk.ConfigurationError, match="no item of a pilot has ended"):
            run.forecast()
        await run
        guess = run.forecast()
        assert guess == run.snapshot().forecast
        assert (guess.sample, guess.items_left) == (20, 80)
        assert guess.cost == (40.0, 40.0, 40.0)
        assert guess.time_s is not None
        failed = run.snapshot().failed
        assert guess.failed_share.expected == failed / 20
        run.cancel()
        await run
        plain = nk.map(Calls(), range(3), progress=False)
        await plain
        with pytest.raises(nk.ConfigurationError, match="pilot=20"):
            plain.forecast()

    asyncio.run(main())


@at_any_pace
def test_the_time_of_the_run_stops_while_it_stands(pace: float) -> None:
    """A batch_timeout counts neither while it stands nor begins anew afterwards."""

    async def main() -> None:
        calls = Calls()
        run = nk.map(calls, range(10), pilot=2, batch_timeout=0.6 * pace, progress=False)
        await run
        await asyncio.sleep(0.8 * pace)
        assert run.state is RunState.PAUSED
        calls.gate = asyncio.Event()
        run.go()
        frame = await run
        assert kept(frame) == {"ok": 2, "timeout": 8}

    asyncio.run(main())


def test_no_time_passes_while_it_stands() -> None:
    """The time of the run is that in which it did something; what it stood is told beside it."""
    run = nk.map(str, range(30), pilot=5, progress=False)
    run.result(timeout=20)
    before = run.snapshot()
    threading.Event().wait(0.5)
    after = run.snapshot()
    assert after.stood_s >= before.stood_s + 0.5
    assert replace(after, stood_s=before.stood_s) == before
    run.go().result(timeout=20)
    assert before.elapsed_s <= run.snapshot().elapsed_s
    assert run.snapshot().stood_s >= 0.5


def test_a_word_that_comes_as_it_begins_to_stand_is_heard() -> None:
    """Whichever of two threads is first, no notice stays and no clock stands still."""
    run = nk.map(str, range(30), pilot=5, progress=False)
    run.result(timeout=20)
    engine = run._engine
    engine._scheduler.go_on()
    engine._tell_of_pilot()
    assert run.snapshot().notices == ()
    assert engine._stands_since is None
    assert kept(run.go().result(timeout=20)) == {"ok": 30}


def test_a_new_run_over_what_failed_has_no_pilot() -> None:
    """retry_failed() of a run that has ended does all of it."""
    calls = Calls(*range(30))

    async def main() -> None:
        run = nk.map(calls, range(30), pilot=5, retry=0, progress=False)
        await run
        await run.go()
        calls.bad.clear()
        again = run.retry_failed()
        assert again is not run
        assert kept(await again) == {"ok": 30}

    asyncio.run(main())


def test_a_click_on_the_monitor_goes_on() -> None:
    """The button of the monitor says so, and does it, as that of the panel."""
    run = nk.map(str, range(30), pilot=5, progress=False)
    run.result(timeout=20)
    entry = run._engine.entry
    holding = entry.look(run._engine)
    assert holding is not None
    assert "pilot done" in holding.text
    assert holding.acts == ("Cancel", "Go on")
    entry.acts["Go on"](run._engine)
    assert kept(run.result(timeout=20)) == {"ok": 30}


# Trying once more


def test_what_failed_is_tried_once_more_in_the_same_run() -> None:
    """It returns the run; counts go down at once and up again; everything is in one frame."""
    calls = Calls(1, 3)

    async def main() -> None:
        calls.gate = asyncio.Event()
        run = nk.map(calls, range(6), retry=0, progress=False)
        await until(lambda: run.snapshot().failed == 2)
        calls.bad.clear()
        assert run.retry_failed() is run
        await until(lambda: len(calls.made) == 8)
        assert (run.snapshot().failed, run.snapshot().errors, run._engine.ledger.errors) == (
            0,
            (),
            {},
        )
        assert run.state is RunState.RUNNING
        calls.gate.set()
        frame = await run
        assert kept(frame) == {"ok": 6}
        assert frame["attempts"].tolist() == [1, 2, 1, 2, 1, 1]

    asyncio.run(main())


def test_without_a_failure_there_is_nothing_to_try() -> None:
    """A live run says so."""

    async def main() -> None:
        calls = Calls()
        calls.gate = asyncio.Event()
        run = nk.map(calls, range(3), progress=False)
        await until(lambda: len(calls.made) == 3)
        with pytest.raises(nk.ConfigurationError, match="No row has failed so far"):
            run.retry_failed()
        calls.gate.set()
        await run

    asyncio.run(main())


def test_a_run_that_is_ending_refuses() -> None:
    """While calls in flight come to their end nothing is begun once more."""

    async def main() -> None:
        calls = Calls(0)
        calls.gate = asyncio.Event()
        run = nk.map(calls, range(3), retry=0, progress=False)
        await until(lambda: run.snapshot().failed == 1)
        run.cancel(drain=True)
        await asyncio.sleep(0)
        with pytest.raises(nk.ConfigurationError, match="when it has ended"):
            run.retry_failed()
        calls.gate.set()
        await run

    asyncio.run(main())


def test_who_listens_is_told_again(tmp_path: Path) -> None:
    """on_outcome, on_error, a checkpoint and the cost hear of the second end as well."""
    told: list[tuple[int, str]] = []
    wrong: list[int] = []
    calls = Calls(1)
    path = tmp_path / "some.db"

    async def main() -> None:
        calls.gate = asyncio.Event()
        run = nk.map(
            calls,
            range(3),
            retry=0,
            on_outcome=lambda it: told.append((it.index, it.status)),
            on_error=lambda it: wrong.append(it.index),
            cost=lambda _: 1.0,
            checkpoint=path,
            progress=False,
        )
        await until(lambda: told == [(1, "failed")])
        run.retry_failed()
        await until(lambda: len(told) == 2)
        calls.bad.clear()
        run.retry_failed()
        calls.gate.set()
        await run
        assert sorted(told[2:]) == [(0, "ok"), (1, "ok"), (2, "ok")]
        assert wrong == [1, 1]
        assert run.snapshot().spent == 5.0
        assert run.frame["attempts"].tolist() == [1, 3, 1]

    asyncio.run(main())
    # What was mended is another function, whose answers are the same.
    options: Any = {"checkpoint": path, "reuse": "settled", "on_change": "keep"}
    settled = nk.map(calls, range(3), progress=False, loop="kit", **options)
    assert kept(settled.result(timeout=20)) == {"ok": 3}


@at_any_pace
def test_what_was_not_sent_again_costs_nothing_again(pace: float) -> None:
    """An item that is skipped before its new try is not paid for twice."""

    async def main() -> None:
        calls = Calls(0)
        calls.gate = asyncio.Event()
        run = nk.map(
            calls,
            range(2),
            retry=0,
            max_concurrency=2,
            item_timeout=0.3 * pace,
            cost=lambda _: 1.0,
            progress=False,
        )
        await until(lambda: run.snapshot().failed == 1)
        run.pause()
        run.retry_failed()
        await until(lambda: run.snapshot().failed == 0)
        await asyncio.sleep(0.4 * pace)
        run.resume()
        frame = await run
        assert kept(frame) == {"timeout": 2}
        assert run.snapshot().spent == 2.0

    asyncio.run(main())


def test_outcomes_are_given_again() -> None:
    """as_completed gives an item once more; one that nobody has looked at yet only as it ends."""
    calls = Calls(0, 1)

    async def main() -> None:
        calls.gate = asyncio.Event()
        run = nk.map(calls, range(3), retry=0, progress=False)
        watcher, late = run.as_completed(), run.as_completed()
        seen = [await anext(watcher), await anext(watcher)]
        calls.bad.clear()
        run.retry_failed()
        await until(lambda: len(calls.made) == 5)
        calls.gate.set()
        seen += [outcome async for outcome in watcher]
        assert sorted((it.index, it.status) for it in seen) == [
            (0, "failed"),
            (0, "ok"),
            (1, "failed"),
            (1, "ok"),
            (2, "ok"),
        ]
        assert sorted([(it.index, it.status) async for it in late]) == [
            (0, "ok"),
            (1, "ok"),
            (2, "ok"),
        ]

    asyncio.run(main())


def test_a_queue_hears_of_each_item_once() -> None:
    """What was taken from a queue is done once, however often it is tried."""
    items: queue.Queue[Any] = queue.Queue()
    for number in range(3):
        items.put(number)
    calls = Calls(1)

    async def main() -> None:
        run = nk.map(calls, items, retry=0, progress=False)
        await until(lambda: run.snapshot().failed == 1)
        calls.bad.clear()
        run.retry_failed()
        await until(lambda: run.snapshot().ok == 3)
        items.put(nk.END)
        await run
        assert items.unfinished_tasks <= 1

    asyncio.run(main())


def test_at_the_pilot_it_stands_again_afterwards() -> None:
    """What failed in the pilot is tried, and awaiting gives the pilot as it is then."""
    calls = Calls(*range(20))

    async def main() -> None:
        run = nk.map(calls, range(20), pilot=5, retry=0, progress=False)
        assert kept(await run) == {"failed": 5, "pending": 15}
        calls.bad.clear()
        assert kept(await run.retry_failed()) == {"ok": 5, "pending": 15}
        assert run.state is RunState.PAUSED
        assert len(run.snapshot().notices) == 1
        assert kept(await run.go()) == {"ok": 20}

    asyncio.run(main())


class Clicker(threading.Thread):
    """Clicks on "Retry failed" until that is taken, refused, or the run has ended."""

    def __init__(self, run: nk.Run, asked: threading.Event) -> None:
        super().__init__()
        self.run_: nk.Run = run
        self.asked = asked
        self.given: nk.Run | None = None
        self.refused = False

    def run(self) -> None:
        while not (self.run_.done or self.given or self.refused):
            try:
                self.given = self.run_.retry_failed()
            except nk.ConfigurationError as error:
                self.refused = "has ended" in str(error)
        self.asked.set()


def once_bad(wait: Callable[[float], bool] | None) -> Callable[[int], int]:
    """Return a function that fails once for two items, and for the second one after a wait."""
    bad = {0, 1}

    def work(item: int) -> int:
        if item in bad:
            if item == 1 and wait is not None:
                assert wait(20)
            bad.discard(item)
            message = "once"
            raise ValueError(message)
        return item

    return work


def test_buttons_may_ask_from_any_thread_while_the_run_ends() -> None:
    """Asked at any moment it is either taken, and done, or refused; nothing is lost or hangs."""
    taken = 0
    for number in range(150):
        asked = threading.Event()
        # Most end when they like; in some the clicker is certain to come in time.
        wait = asked.wait if number % 10 == 0 else None
        run = nk.map(once_bad(wait), range(2), retry=0, progress=False, max_concurrency=2)
        clicker = Clicker(run, asked)
        clicker.start()
        frame = run.result(timeout=20)
        clicker.join(20)
        assert not clicker.is_alive()
        if clicker.given is run:
            taken += 1
            # One of them at least had failed by then, and is well now.
            assert kept(frame).get("ok", 0) >= 1
        elif clicker.given is not None:
            assert kept(clicker.given.result(timeout=20)) == {"ok": 2}
        else:
            assert kept(frame) == {"failed": 2}
    assert taken


def test_a_hook_may_ask_for_it() -> None:
    """Asked from within the run, on its own loop, it is done when the hook has returned."""
    runs: list[nk.Run] = []
    calls = Calls(2)

    def mend(outcome: Outcome) -> None:
        if not outcome.ok:
            calls.bad.clear()
            assert runs[0].retry_failed() is runs[0]

    async def main() -> None:
        runs.append(nk.map(calls, range(3), retry=0, on_outcome=mend, progress=False))
        assert kept(await runs[0]) == {"ok": 3}

    asyncio.run(main())


def test_a_pause_is_no_time_of_the_run() -> None:
    """Pace, time left and chart go by the time in which anything could end."""
    gate = threading.Event()

    def work(number: int) -> int:
        if number == 20:
            assert gate.wait(30)
        return number

    run = nk.map(work, range(40), max_concurrency=1, progress=False)
    while run.snapshot().ok < 20:
        threading.Event().wait(0.01)
    begun = time.monotonic()
    run.pause()
    before = run.snapshot()
    threading.Event().wait(1.5)
    paused = run.snapshot()
    assert paused.elapsed_s == before.elapsed_s
    assert paused.stood_s >= before.stood_s + 1.5
    run.resume()
    gate.set()
    run.result(timeout=20)
    ended = run.snapshot()
    assert ended.stood_s >= 1.5
    assert ended.elapsed_s <= before.elapsed_s + time.monotonic() - begun - 1.5
    assert len(ended.throughput) <= int(ended.elapsed_s) + 1


def test_a_paused_run_that_is_told_to_try_again_still_stands() -> None:
    """What has failed waits with the rest, and its time is not the run's."""
    gate = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            raise ValueError(number)
        assert gate.wait(30)
        return number

    run = nk.map(work, range(3), max_concurrency=2, retry=0, progress=False)
    while not run.snapshot().failed:
        threading.Event().wait(0.01)
    run.pause()
    run.retry_failed()
    before = run.snapshot().elapsed_s
    threading.Event().wait(0.2)
    assert run.snapshot().elapsed_s == before
    gate.set()
    run.cancel()
    run.result(timeout=20)


def test_after_the_end_nothing_stands() -> None:
    """Whoever pauses a run that has ended, or resumes one, changes none of its times."""
    run = nk.map(str, range(3), progress=False)
    run.result(timeout=20)
    ended = run.snapshot()
    run.pause()
    threading.Event().wait(0.05)
    assert run.snapshot() == ended
    run.resume()
    assert run.snapshot() == ended


def test_what_ended_while_it_was_paused_may_be_told_to_go_on() -> None:
    """A run that was cancelled in a pause keeps its times."""
    run = nk.map(str, range(3), pilot=1, progress=False)
    run.result(timeout=20)
    run.pause()
    run.cancel()
    run.result(timeout=20)
    ended = run.snapshot()
    threading.Event().wait(0.05)
    run.resume()
    after = run.snapshot()
    assert (after.elapsed_s, after.stood_s) == pytest.approx((ended.elapsed_s, ended.stood_s))
