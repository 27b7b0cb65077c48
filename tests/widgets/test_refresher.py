from __future__ import annotations

import asyncio
import os
import threading

import pytest

from notebook_kit.execution.io_thread import io_loop, pending_tasks
from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.callback import CallbackView
from notebook_kit.widgets.live import LiveView
from notebook_kit.widgets.refresher import INTERVAL_S, Refresher
from tests.widgets.fake_run import FakeRun
from tests.widgets.fakes import Recorder

FAST_S = 0.002


def settle() -> None:
    """Wait until the I/O loop has done what it was asked to do so far."""
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)


@pytest.fixture
def fast() -> Refresher:
    return Refresher(interval_s=FAST_S)


def test_the_pace_is_between_five_and_ten_a_second() -> None:
    """The usual interval looks alive and costs little."""
    assert 5 <= 1 / INTERVAL_S <= 10


@pytest.mark.parametrize("count", [1, 2, 5])
def test_many_views_share_what_a_front_end_can_draw(count: int) -> None:
    """All panels, inspectors and dashboards together send 25 messages a second at most."""
    loop = asyncio.new_event_loop()
    many = Refresher(lambda: loop)
    for _ in range(count):
        many.watch(Drawn(FakeRun()))
    many.watch(CallbackView(FakeRun(), Recorder()))
    assert Drawn.messages == 2
    assert Drawn.messages * count / many.interval_s <= 25
    assert (many.interval_s == INTERVAL_S) is (count == 1)
    loop.close()


class Drawn(LiveView):
    """A view that sends messages."""

    def draw(self, snapshot: Snapshot) -> None:
        """Send none: what is tested is when it may."""


def test_views_are_drawn_on_the_io_loop_until_the_run_ends(fast: Refresher) -> None:
    """A view sees the run change and end, on the kit's own thread; then nothing is left."""
    run, told = FakeRun(), Recorder()
    threads: set[str] = set()

    def see(snapshot: Snapshot) -> None:
        threads.add(threading.current_thread().name)
        told(snapshot)

    fast.watch(CallbackView(run, see))
    told.wait_for(lambda snapshot: snapshot.ok == 0)
    run.change(ok=7)
    told.wait_for(lambda snapshot: snapshot.ok == 7)
    run.end(ok=9)
    told.wait_for(lambda snapshot: snapshot.state is RunState.DONE)
    settle()
    assert fast.is_idle
    assert threads == {"notebook_kit-io"}
    assert pending_tasks() == []


def test_the_end_is_drawn_at_once() -> None:
    """The last state does not wait for the next turn, even if that is an hour away."""
    slow, run, told = Refresher(interval_s=3_600), FakeRun(), Recorder()
    slow.watch(CallbackView(run, told))
    settle()
    assert told.calls == []
    run.end()
    told.wait_for(lambda snapshot: snapshot.state.ended)
    settle()
    assert slow.is_idle


def test_a_run_that_has_ended_already_is_drawn_once(fast: Refresher) -> None:
    """Watching what is over shows it and ends."""
    run, told = FakeRun(), Recorder()
    run.end()
    fast.watch(CallbackView(run, told))
    told.wait_for(lambda snapshot: snapshot.state.ended)
    settle()
    assert fast.is_idle
    assert len(told.calls) == 1


def test_an_unchanged_run_is_looked_at_but_not_drawn(fast: Refresher) -> None:
    """As long as the snapshot stays the same nothing is sent."""
    run, told = FakeRun(), Recorder()
    looked = threading.Event()
    plain_look = run.snapshot

    def look() -> Snapshot:
        if run.looks >= 5:
            looked.set()
        return plain_look()

    run.snapshot = look  # type: ignore[method-assign]
    fast.watch(CallbackView(run, told))
    assert looked.wait(10)
    assert len(told.calls) == 1
    run.end()
    told.wait_for(lambda snapshot: snapshot.state.ended)
    settle()


def test_one_broken_view_does_not_disturb_the_others(fast: Refresher) -> None:
    """A view that raises is removed; the next one goes on."""
    run, told, broken = FakeRun(), Recorder(), Recorder()

    def fail(snapshot: Snapshot) -> None:
        broken(snapshot)
        message = "cannot draw"
        raise ValueError(message)

    bad, good = CallbackView(run, fail), CallbackView(run, told)
    fast.watch(bad)
    fast.watch(good)
    told.wait_for(lambda snapshot: snapshot.ok == 0)
    run.change(ok=5)
    told.wait_for(lambda snapshot: snapshot.ok == 5)
    assert fast.find(run) == [good]
    assert len(broken.calls) == 1
    run.end()
    told.wait_for(lambda snapshot: snapshot.state.ended)
    settle()
    assert fast.is_idle


def test_the_chain_begins_again_with_the_next_view(fast: Refresher) -> None:
    """After the last view has gone a new one is drawn all the same."""
    for number in (1, 2):
        run, told = FakeRun(), Recorder()
        fast.watch(CallbackView(run, told))
        run.change(ok=number)
        told.wait_for(lambda snapshot, number=number: snapshot.ok == number)  # type: ignore[misc]
        run.end()
        told.wait_for(lambda snapshot: snapshot.state.ended)
        settle()
        assert fast.is_idle


def turns_until(clock_step_s: float) -> int:
    """Count the turns that a view waits if each reading of the clock takes so long."""
    run, now, turns = FakeRun(), [0.0], 0

    def clock() -> float:
        now[0] += clock_step_s
        return now[0]

    async def drive() -> int:
        nonlocal turns
        loop = asyncio.get_running_loop()
        refresher = Refresher(lambda: loop, interval_s=3_600, clock=clock)
        drawn: list[Snapshot] = []
        view = CallbackView(run, drawn.append)
        refresher.watch(view)
        refresher.poke(view)
        await asyncio.sleep(0)
        while len(drawn) < 2:
            run.change(ok=turns)
            now[0] += 1.0
            refresher._turn()
            turns += 1
        run.end()
        await asyncio.sleep(0)
        assert refresher.is_idle
        return turns

    return asyncio.run(drive())


def test_a_slow_view_is_drawn_more_rarely() -> None:
    """Drawing takes at most a tenth of the loop's time: after one second it rests for nine."""
    assert turns_until(clock_step_s=1e-6) <= 2
    assert 4 <= turns_until(clock_step_s=1.0) <= 10


def test_a_closed_loop_is_nobodys_error() -> None:
    """At the end of the process there is nothing left to draw on, and that is all."""
    loop = asyncio.new_event_loop()
    loop.close()
    refresher, run = Refresher(lambda: loop), FakeRun()
    view = CallbackView(run, lambda _: None)
    refresher.watch(view)
    run.end()
    assert refresher.is_idle


def test_a_view_that_is_not_watched_is_left_alone(fast: Refresher) -> None:
    """Poked before anything was ever watched, or after the end, a refresher does nothing."""
    run, told = FakeRun(), Recorder()
    view = CallbackView(run, told)
    fast.poke(view)
    assert told.calls == []
    run.end()
    fast.watch(view)
    told.wait_for(lambda snapshot: snapshot.state.ended)
    fast.poke(view)
    settle()
    assert len(told.calls) == 1
    assert fast.is_idle


def test_a_forked_child_starts_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a child the parent's views are neither drawn nor kept."""
    slow, parents, told = Refresher(interval_s=3_600), FakeRun(), Recorder()
    view = CallbackView(parents, told)
    slow.watch(view)
    settle()
    assert slow.find(parents) == [view]
    child_pid = os.getpid() + 1
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: child_pid)
        slow.poke(view)
        settle()
        slow._start_afresh_in_child()
    assert told.calls == []
    assert slow.is_idle
