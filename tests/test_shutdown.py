"""Real signals in the middle of 10,000 items: nothing that was done is lost, nothing is left."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripts import Script

if TYPE_CHECKING:
    import notebook_kit as nk

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals cannot be sent to one process there"
)

COUNT = 10_000
#: A fifth of a second is what is promised; the rest is for a machine that is busy with other tests.
AT_ONCE_S = 0.6

HEAD = """
import asyncio, json, os, signal, sys, threading, time, traceback
import pandas
import notebook_kit as nk
from notebook_kit.execution import pending_tasks
from notebook_kit.shutdown import graceful_shutdown

COUNT = 10_000
started, finished = [], []

def begin():
    started.append(time.monotonic())
    if len(started) == 2_000:
        print("now", flush=True)

async def item(number):
    begin()
    await asyncio.sleep(0.01)
    finished.append(number)
    return number

def call(number):
    begin()
    time.sleep(0.01)
    finished.append(number)
    return number

def say(**told):
    print(json.dumps(told), flush=True)

def tell(frame, **more):
    counts = {str(status): int(n) for status, n in frame["status"].value_counts().items() if n}
    say(
        counts=counts, started=len(started), finished=len(finished),
        last_start=max(started, default=0), at=time.monotonic(), **more,
    )

def tell_what_is_left(error):
    at = time.monotonic()
    for thread in threading.enumerate():
        if thread.name.startswith("notebook_kit-worker"):
            thread.join(5)  # they end after the call they are in
    say(
        left=type(error).__name__,
        code=getattr(error, "code", None),
        threads=sorted(thread.name for thread in threading.enumerate()),
        tasks=pending_tasks(),
        open=[str(resource) for resource in nk.open_resources()],
        handlers=[signal.getsignal(name) is before for name, before in HANDLERS.items()],
        at=at,
    )

HANDLERS = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}
"""
#: Each of them is run twice in one process, and ended by a signal each time.
WORKS = {
    "an async function": """
async def main():
    with graceful_shutdown() as shutdown:
        frame = await nk.map(item, range(COUNT), max_concurrency=20, progress=False)
        tell(frame, requested=shutdown.requested)
        tell(await nk.map(item, range(COUNT), progress=False))
        tell(await nk.map(call, range(COUNT), progress=False))

def block():
    asyncio.run(main())
""",
    "a block around asyncio.run": """
async def main():
    return await nk.map(item, range(COUNT), max_concurrency=20, progress=False)

def block():
    with graceful_shutdown() as shutdown:
        tell(asyncio.run(main()), requested=shutdown.requested)
        tell(asyncio.run(main()))
        tell(nk.map(call, range(COUNT), progress=False).result())
""",
    "a function in threads": """
def block():
    with graceful_shutdown() as shutdown:
        frame = nk.map(call, range(COUNT), max_concurrency=20, progress=False).result()
        tell(frame, requested=shutdown.requested)
        tell(nk.map(item, range(COUNT), progress=False).result())
        tell(nk.map(call, range(COUNT), progress=False).result())
""",
    "outcomes one by one": """
async def main():
    with graceful_shutdown() as shutdown:
        run = nk.map(item, range(COUNT), max_concurrency=20, progress=False)
        outcomes = [outcome async for outcome in run.as_completed()]
        assert len({outcome.index for outcome in outcomes}) == COUNT
        assert sum(outcome.ok for outcome in outcomes) == len(finished)
        tell(run.frame, requested=shutdown.requested)
        tell(await nk.map(item, range(COUNT), progress=False))
        run = nk.map(item, range(COUNT), progress=False)
        tell(pandas.DataFrame({"status": [str(o.status) async for o in run.as_completed()]}))

def block():
    asyncio.run(main())
""",
}
TWICE = """
for _ in range(2):
    try:
        block()
    except BaseException as error:
        leaving = error
        tell_what_is_left(error)
    started.clear()
    finished.clear()
raise leaving
"""
#: How the process ends, and what it says then, for each signal.
ENDS = {
    signal.SIGTERM: ("SystemExit", 143, 143),
    signal.SIGINT: ("KeyboardInterrupt", None, -signal.SIGINT),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("work", WORKS)
def test_a_run_is_drained_and_the_process_left(work: str, name: signal.Signals) -> None:
    """Calls in flight end, nothing is started after it, each row is there; twice in one process."""
    kind, code, returned = ENDS[name]
    with Script(HEAD + WORKS[work] + TWICE) as script:
        for _ in range(2):
            script.wait_for("now")
            sent = script.send(name)
            first, *later = (script.told() for _ in range(3))
            assert sum(first["counts"].values()) == COUNT
            assert first["counts"] == {
                "ok": first["finished"],
                "cancelled": COUNT - first["finished"],
            }
            assert first["started"] == first["finished"] < COUNT
            assert first["requested"]
            assert first["last_start"] - sent < AT_ONCE_S
            for told in later:
                assert told["counts"] == {"cancelled": COUNT}
                assert told["started"] == first["started"]
            _check_what_is_left(script.told(), kind, code)
        status, errors = script.end()
    assert status == returned
    assert errors == "" or (name is signal.SIGINT and "KeyboardInterrupt" in errors)
    assert "Warning" not in errors


def _check_what_is_left(told: Any, kind: str, code: int | None) -> None:
    assert (told["left"], told["code"]) == (kind, code)
    assert set(told["threads"]) <= {"MainThread", "notebook_kit-io"}
    assert (told["tasks"], told["open"]) == ([], [])
    assert told["handlers"] == [True, True]


CLIENT = """
client = nk.Client(URL)

async def main():
    with graceful_shutdown():
        run = client.map(
            "/airports/{iata}", ["ZRH"] * COUNT, max_concurrency=20, progress=False,
            on_outcome=lambda _: begin(),
        )
        tell(await run)
        tell(await client.map("/airports/{iata}", ["ZRH"] * COUNT, progress=False))
        # The block is not over: what is no run goes on as ever.
        say(city=(await client.get("/airports/ZRH")).json()["city"])

try:
    asyncio.run(main())
finally:
    tell_what_is_left(sys.exc_info()[1])
"""


def test_what_the_server_has_done_is_in_the_frame(demo: nk.demo.DemoServer) -> None:
    """As many rows are ok as the server has answered, and it hears of no more of them."""
    demo.switches.latency_s = 0.02
    with Script(f"URL = {demo.url!r}\n{HEAD}{CLIENT}") as script:
        script.wait_for("now")
        sent = script.send(signal.SIGTERM)
        told, later, single, left = (script.told() for _ in range(4))
        assert script.end() == (143, "")
    assert sum(told["counts"].values()) == COUNT
    assert later["counts"] == {"cancelled": COUNT}
    assert single == {"city": "Zurich"}
    stats = demo.stats()
    assert stats.by_status == {200: told["counts"]["ok"] + 1}
    # The last is the single call.
    assert stats.arrivals[-2] - sent < AT_ONCE_S
    _check_what_is_left(left, "SystemExit", 143)


#: A run that stands still, by the name of what it waits for.
STANDSTILLS = {
    "pause": """
run = nk.map(item, range(COUNT), max_concurrency=20, progress=False, loop="kit")
while run.snapshot().ok < 100:
    time.sleep(0.001)
run.pause()
""",
    "limit": """
rate = nk.Rate(100, per="hour", burst=True)
run = nk.map(item, range(COUNT), max_concurrency=20, rate=rate, progress=False, loop="kit")
""",
    "server": """
async def refused(number):
    if number < 100:
        return await item(number)
    raise nk.RateLimited("wait", status_code=429, retry_after_s=600)
run = nk.map(
    refused, range(COUNT), max_concurrency=20, retry=nk.Retry(max_retry_after=900),
    progress=False, loop="kit",
)
""",
    "backoff": """
async def unwell(number):
    if number < 100:
        return await item(number)
    raise nk.ServerError("no", status_code=500)
run = nk.map(
    unwell, range(120), max_concurrency=20, retry=nk.Retry(base_delay=60, max_attempts=9),
    progress=False, loop="kit",
)
""",
    "input": """
def endless():
    yield from range(100)
    release.wait()
release = threading.Event()
run = nk.map(item, endless(), max_concurrency=20, progress=False, loop="kit")
""",
}
STANDS_STILL = """
with graceful_shutdown():
    {start}
    while (now := run.snapshot()).ok < 100 or now.in_flight or now.waiting_for != {name!r}:
        time.sleep(0.001)
    print("now", flush=True)
    tell(run.result(), items=len(run))
"""


@pytest.mark.parametrize("name", STANDSTILLS)
def test_a_run_that_stands_still_ends_at_once(name: str) -> None:
    """Paused, or waiting for a rate, a server, a retry or its input, it ends with all that is done.

    The rest is cancelled.
    """
    start = STANDSTILLS[name].strip().replace("\n", "\n    ")
    with Script(HEAD + STANDS_STILL.format(start=start, name=name)) as script:
        script.wait_for("now")
        sent = script.send(signal.SIGTERM)
        told = script.told()
        assert script.end() == (143, "")
    assert told["counts"].pop("ok") == told["finished"] >= 100
    rest = told["items"] - told["finished"]
    assert told["counts"] == ({"cancelled": rest} if rest else {})
    # A generator that is in the middle of an item is given a second to come to its end.
    assert told["at"] - sent < AT_ONCE_S + (1.0 if name == "input" else 0.0)


NEVER = """
async def never(number):
    if number < 100:
        return await item(number)
    begin_waiting()
    await asyncio.Event().wait()

async def stubborn(number):
    if number < 100:
        return await item(number)
    begin_waiting()
    end = time.monotonic() + 6
    while time.monotonic() < end:
        try:
            await asyncio.sleep(end - time.monotonic())
        except asyncio.CancelledError:
            pass

def deaf(number):
    if number < 100:
        return call(number)
    begin_waiting()
    time.sleep(600)

waiting = []

def begin_waiting():
    waiting.append(1)
    if len(waiting) == 20:
        print("now", flush=True)

async def main():
    tell(await nk.map(FUNCTION, range(COUNT), max_concurrency=20, progress=False))

with graceful_shutdown(DEADLINE):
    asyncio.run(main())
"""


@pytest.mark.parametrize("function", ["never", "stubborn", "deaf"])
def test_the_deadline_cuts_what_is_in_flight(function: str) -> None:
    """Half a second after the signal the frame is there; calls that don't end get a second more."""
    source = NEVER.replace("DEADLINE", '"0.5 s"').replace("FUNCTION", function)
    with Script(HEAD + source) as script:
        script.wait_for("now")
        sent = script.send(signal.SIGTERM)
        told = script.told()
        assert told["counts"] == {"ok": 100, "cancelled": COUNT - 100}
        grace_s = 1.0 if function == "stubborn" else 0.0
        assert 0.5 <= told["at"] - sent < 0.5 + grace_s + AT_ONCE_S
        assert script.end() == (143, "")


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_cuts_at_once(name: signal.Signals) -> None:
    """Without a deadline calls in flight go on after the first signal, and are cut at the second.

    The process is left as the first signal asks.
    """
    source = NEVER.replace("DEADLINE", "None, on_signal=lambda _: print('heard', flush=True)")
    with Script(HEAD + source.replace("FUNCTION", "never")) as script:
        script.wait_for("now")
        script.send(signal.SIGTERM)
        script.wait_for("heard")
        sent = script.send(name)
        told = script.told()
        assert script.end() == (143, "")
    assert told["counts"] == {"ok": 100, "cancelled": COUNT - 100}
    assert told["at"] - sent < AT_ONCE_S


#: Blocks that are busy with something that is no run.
BUSY = {
    "a coroutine": """
async def main():
    with graceful_shutdown(on_signal=heard):
        print("now", flush=True)
        await asyncio.sleep(600)
""",
    "a block around asyncio.run": """
async def other():
    await asyncio.sleep(600)

async def main():
    print("now", flush=True)
    await asyncio.gather(other(), other())

def run():
    with graceful_shutdown(on_signal=heard):
        asyncio.run(main())
""",
    "a stack in a coroutine": """
from contextlib import ExitStack, contextmanager

@contextmanager
def wrapped():
    with graceful_shutdown(on_signal=heard):
        yield

async def main():
    with ExitStack() as stack:
        stack.enter_context(wrapped())
        print("now", flush=True)
        await asyncio.sleep(600)
""",
    "no loop": """
def run():
    with graceful_shutdown(on_signal=heard):
        print("now", flush=True)
        time.sleep(600)
""",
    "a function in a loop": """
def run():
    async def main():
        with_block()
    asyncio.run(main())

def with_block():
    with graceful_shutdown(on_signal=heard):
        print("now", flush=True)
        time.sleep(600)
""",
    "a call": """
async def main():
    with graceful_shutdown(on_signal=heard):
        async with asyncio.TaskGroup() as group:
            group.create_task(nk.Client(URL).get("/airports/ZRH").send())
            print("now", flush=True)
""",
    "a synchronous call": """
def run():
    with graceful_shutdown(on_signal=heard), nk.Client(URL) as api:
        print("now", flush=True)
        api.get("/airports/ZRH")
""",
}
ENDED_BUSY = """
def heard(name):
    print(name.name, flush=True)

{source}
try:
    run() if "run" in globals() else asyncio.run(main())
except BaseException as error:
    tell_what_is_left(error)
    raise
"""


@pytest.mark.parametrize("block", BUSY)
def test_a_block_that_is_busy_otherwise_is_interrupted(
    block: str, demo: nk.demo.DemoServer
) -> None:
    """The first signal leaves it alone, as no run is under way; the second ends it at once."""
    demo.switches.latency_s = 30
    source = f"URL = {demo.url!r}\n{HEAD}{ENDED_BUSY.format(source=BUSY[block])}"
    with Script(source) as script:
        script.wait_for("now")
        if "call" in block:
            _wait_until_called(demo)
        script.send(signal.SIGTERM)
        script.wait_for("SIGTERM")
        sent = script.send(signal.SIGTERM)
        told = script.told()
        assert script.end() == (143, "")
    assert told["at"] - sent < AT_ONCE_S
    _check_what_is_left(told, "SystemExit", 143)


def _wait_until_called(demo: nk.demo.DemoServer) -> None:
    deadline = time.monotonic() + 10
    while not demo.stats().in_flight:
        assert time.monotonic() < deadline
        time.sleep(0.005)


THIRD = """
def heard(name):
    print(name.name, flush=True)

async def main():
    with graceful_shutdown(None, on_signal=heard):
        run = nk.map(stubborn, range(COUNT), max_concurrency=20, progress=False, loop="kit")
        while len(waiting) < 20:
            await asyncio.sleep(0.01)
        print("now", flush=True)
        try:
            await asyncio.sleep(600)
        finally:
            tell(run.frame)

async def stubborn(number):
    while not over.is_set():
        try:
            waiting.append(1)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cuts.append(1)
            if len(cuts) == 20:
                print("cut", flush=True)
waiting, cuts = [], []
over = threading.Event()

try:
    asyncio.run(main())
finally:
    over.set()
"""


def test_a_third_signal_interrupts_the_block_come_what_may() -> None:
    """Also while calls that refuse to be cut are under way."""
    with Script(HEAD + THIRD) as script:
        script.wait_for("now")
        script.send(signal.SIGINT)
        script.wait_for("SIGINT")
        script.send(signal.SIGINT)
        script.wait_for("cut")
        sent = script.send(signal.SIGINT)
        told = script.told()
        assert told["at"] - sent < AT_ONCE_S
        assert told["counts"] == {"cancelled": COUNT}
        status, errors = script.end()
    assert status == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert "SIGINT came; what was done is kept in nk.last_run().frame" in errors
