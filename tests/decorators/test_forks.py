"""A forked child does not wait for what only its parent's threads and loops could end."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.decorators import forks, limit
from notebook_kit.decorators.passage import Switch
from notebook_kit.decorators.turnstile import Turnstile
from notebook_kit.errors import CircuitOpen
from notebook_kit.policies import Limits
from notebook_kit.policies.breaker import Breaker
from tests.decorators.clocks import ManualClock

HEAD = """
import asyncio, os, signal, threading
import notebook_kit as nk

held, go_on = threading.Event(), threading.Event()

def in_thread(function):
    threading.Thread(target=function, daemon=True).start()
    assert held.wait(20)

def hold():
    held.set()
    go_on.wait(20)

def fork(child):
    pid = os.fork()
    if not pid:
        signal.alarm(20)  # a child that waits for ever is ended
        try:
            child()
        except BaseException as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    print("ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

SCRIPTS = {
    "a place is held by another thread": """
limiter = nk.limit(max_concurrency=1)
call = limiter(hold)
in_thread(call)
def child():
    go_on.set()
    call()
    print(limiter, flush=True)
fork(child)
go_on.set()
with limiter:
    print(limiter, flush=True)
""",
    "another loop holds a place and waits for one": """
limiter = nk.limit("1000/s", max_concurrency=1)
async def main():
    async def enter():
        async with limiter:
            await asyncio.to_thread(hold)
    await asyncio.gather(enter(), enter())
in_thread(lambda: asyncio.run(main()))
def child():
    async def enter():
        async with limiter:
            print(limiter, flush=True)
    asyncio.run(enter())
fork(child)
print(limiter, flush=True)
go_on.set()
""",
    "the one that forks is inside": """
limiter = nk.limit(max_concurrency=1)
def child():
    with limiter:
        print(limiter, flush=True)
with limiter:
    fork(child)
    print(limiter, flush=True)
""",
    "another thread probes": """
guard = nk.breaker(failure_threshold=1, reset_timeout="1 ms")
try:
    with guard:
        raise TimeoutError
except TimeoutError:
    pass
while guard.state == "open":
    pass
in_thread(lambda: guard.call(hold))
def child():
    guard.call(int)
    print(guard, flush=True)
fork(child)
print(guard, flush=True)
""",
}
SAID = {
    "a place is held by another thread": [
        "<Limiter at most 1 at once: 0 in flight, 0 waiting>",
        "ended with 0",
        "<Limiter at most 1 at once: 1 in flight, 0 waiting>",
    ],
    "another loop holds a place and waits for one": [
        "<Limiter 1,000/s, at most 1 at once: 1 in flight, 0 waiting>",
        "ended with 0",
        "<Limiter 1,000/s, at most 1 at once: 1 in flight, 1 waiting>",
    ],
    "the one that forks is inside": [
        "<Limiter at most 1 at once: 1 in flight, 0 waiting>",
        "ended with 0",
        "<Limiter at most 1 at once: 1 in flight, 0 waiting>",
    ],
    "another thread probes": [
        "<CircuitBreaker closed>",
        "ended with 0",
        "<CircuitBreaker half-open>",
    ],
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("case", SCRIPTS)
def test_a_child_begins_anew(case: str) -> None:
    """It goes where nobody of its own is; and in the parent all stays as it was."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + SCRIPTS[case]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == SAID[case], done.stderr


def test_a_block_that_was_forked_inside_of_may_end_in_the_child() -> None:
    """It takes no place from those that came later, whichever way they are nested."""
    turnstile = Turnstile(Limits(), 3, ManualClock())
    turnstile.enter(())
    turnstile.enter(())
    turnstile.begin_anew()
    turnstile.begin_anew()
    assert turnstile.in_flight == 0
    turnstile.enter(())
    me = next(iter(turnstile._held))
    turnstile.leave(me)
    turnstile.enter(())
    assert turnstile.in_flight == 1
    turnstile.leave(me)
    for _ in range(3):
        turnstile.leave(me)
        assert turnstile.in_flight == 0


async def _wait(turnstile: Turnstile) -> None:
    await turnstile.enter_async((1.0,), None)


@pytest.mark.anyio
async def test_a_place_in_the_line_of_a_rate_is_left() -> None:
    """Who waits in the parent holds up nobody in the child."""
    rate = nk.Rate(1, per=10.0, burst=True)
    turnstile = Turnstile(Limits([rate]), None, ManualClock())
    await turnstile.enter_async((1.0,), None)
    waiting = asyncio.create_task(_wait(turnstile))
    await asyncio.sleep(0)
    assert (turnstile.waiting, len(rate.meter._line)) == (1, 1)
    turnstile.begin_anew()
    assert (turnstile.waiting, len(rate.meter._line)) == (0, 0)
    waiting.cancel()


def test_a_circuit_keeps_what_it_knows_and_is_probed_anew() -> None:
    """Open stays open; only a probe that nobody will end is given up."""
    clock = ManualClock()
    switch = Switch(Breaker(failure_threshold=1, reset_timeout=30), clock)
    switch.begin_anew()
    switch.enter("one").end(TimeoutError())
    switch.begin_anew()
    assert switch.state == "open"
    clock.time += 30.0
    probe = switch.enter("two")
    with pytest.raises(CircuitOpen):
        switch.enter("three")
    switch.begin_anew()
    clock.time += 1.0
    again = switch.enter("four")
    probe.end(TimeoutError())
    again.end()
    assert switch.state == "closed"


def test_they_are_not_kept_alive() -> None:
    """What is known for forks goes when nobody uses it."""
    made: list[Any] = [limit(max_concurrency=1), nk.breaker(failure_threshold=1)]
    refs = [weakref.ref(made[0]._turnstile), weakref.ref(made[1]._switch)]
    assert all(ref() in forks._all for ref in refs)
    made.clear()
    gc.collect()
    assert [ref() for ref in refs] == [None, None]


def test_all_of_them_begin_anew() -> None:
    """What is registered is told, in whatever process this is."""
    turnstile = Turnstile(Limits(), 1, ManualClock())
    turnstile.enter(())
    forks._in_child()
    assert turnstile.in_flight == 0
