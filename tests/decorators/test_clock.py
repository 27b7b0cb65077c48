"""Time as it is met: slept through in slices, waited for on a loop."""

from __future__ import annotations

import asyncio
import time

import pytest

import notebook_kit as nk
from notebook_kit.decorators.bell import Bell
from notebook_kit.decorators.clock import Clock, release
from notebook_kit.execution.waiting import TICK_S
from tests.decorators.clocks import HastyClock, ManualClock


def test_blocking_goes_in_slices() -> None:
    """No slice is longer than a tick, and all of them make up the whole."""
    clock = ManualClock()
    clock.sleep(0.35)
    assert clock.slices == pytest.approx([TICK_S, TICK_S, TICK_S, 0.05])
    clock.sleep(0)
    assert len(clock.slices) == 4


def test_an_interrupt_breaks_a_sleep() -> None:
    """What a slice raises ends the sleep."""

    class Interrupted(ManualClock):
        def slice(self, seconds: float) -> None:
            super().slice(seconds)
            if len(self.slices) == 2:
                raise KeyboardInterrupt

    clock = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        clock.sleep(60)
    assert clock.time == pytest.approx(100.2)


def test_a_pause_lets_the_loop_go_on() -> None:
    """It ends when its time has come, and takes its timer along when it is cancelled."""
    clock = ManualClock()

    async def main() -> None:
        pausing = asyncio.create_task(clock.pause(5.0))
        await clock.advance(4.9)
        assert not pausing.done()
        await clock.advance(0.2)
        assert pausing.done()
        cut = asyncio.create_task(clock.pause(5.0))
        await clock.advance(1.0)
        assert clock.timers == [4.0]
        cut.cancel()
        await clock.advance(0.0)
        assert clock.timers == []

    asyncio.run(main())


def test_the_time_of_this_computer() -> None:
    """The real clock only goes forward, sleeps, and waits for bells."""
    clock = Clock()
    before = time.monotonic()
    clock.sleep(0.01)
    asyncio.run(clock.pause(0.01))
    assert clock.now() - before >= 0.02
    bell = Bell()
    clock.wait(bell, 0.001)
    bell.ring()
    clock.wait(bell, 60.0)
    hasty = HastyClock()
    asyncio.run(hasty.pause(5.0))
    assert hasty.pauses == [5.0]


def test_releasing_twice() -> None:
    """A wait that has ended is left alone."""

    async def main() -> None:
        waiter = asyncio.get_running_loop().create_future()
        release(waiter)
        release(waiter)
        assert await waiter is None

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has this clock")
def test_answers_grow_old_while_the_computer_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a function, of a map and of a client: the lid of a laptop keeps nothing fresh."""
    with nk.demo.serve(latency=0) as server:
        client = nk.Client(server.url, cache="1 h")
        fetch = nk.cached("1 h")(lambda: len(slept))
        slept: list[float] = []
        read = time.clock_gettime
        late = {time.CLOCK_BOOTTIME}
        clock = lambda which: read(which) + sum(slept) * (which in late)  # noqa: E731
        monkeypatch.setattr(time, "clock_gettime", clock)

        async def initial(text: str) -> str:
            return text[0]

        def sources() -> list[str]:
            ran = nk.map(initial, ["abc"], cache="1 h", progress=False).result()
            return [client.get("/airports/ZRH").result().source, *ran["source"]]

        assert (fetch(), sources()) == (0, ["network", "network"])
        assert (fetch(), sources()) == (0, ["cache", "cache"])
        slept.append(3_600.0)
        assert (fetch(), sources()) == (1, ["network", "network"])
        client.close().wait()
