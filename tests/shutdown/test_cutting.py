"""When waiting is not enough: deadlines, second and third signals, blocks that are busy."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.scripts import AT_ONCE_S, COUNT, Script
from tests.shutdown.sources import HEAD, check_what_is_left

if TYPE_CHECKING:
    import notebook_kit as nk

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals cannot be sent to one process there"
)

#: The deadline of a block that is given none.
IF_NOTHING_WAS_SAID_S = 10

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
    while not over.is_set():
        try:
            await over.wait()
        except asyncio.CancelledError:
            pass

def deaf(number):
    if number < 100:
        return call(number)
    begin_waiting()
    time.sleep(600)

waiting, over = [], asyncio.Event()

def begin_waiting():
    waiting.append(1)
    if len(waiting) == 20:
        print("now", flush=True)

async def main():
    tell(await nk.map(FUNCTION, range(COUNT), max_concurrency=20, progress=False))
    over.set()

with graceful_shutdown(DEADLINE):
    asyncio.run(main())
"""


@pytest.mark.parametrize("function", ["never", "stubborn", "deaf"])
def test_the_deadline_cuts_what_is_in_flight(function: str) -> None:
    """Half a second after the signal they are cut; those that don't end get a second more."""
    source = NEVER.replace("DEADLINE", '"0.5 s"').replace("FUNCTION", function)
    with Script(HEAD + source) as script:
        script.wait_for("now")
        sent = script.send(signal.SIGTERM)
        told = script.told()
        assert told["counts"] == {"ok": 100, "cancelled": COUNT - 100}
        grace_s = 1.0 if function == "stubborn" else 0.0
        assert 0.5 + grace_s <= told["at"] - sent < IF_NOTHING_WAS_SAID_S
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

run = None
{source}
try:
    asyncio.run(main()) if run is None else run()
except BaseException as error:
    tell_what_is_left(error)
    leaving = error
"""


def test_a_block_that_is_busy_otherwise_is_interrupted(demo: nk.demo.DemoServer) -> None:
    """The first signal leaves it alone, as no run is under way; the second ends it at once."""
    demo.switches.latency_s = 60
    blocks = "".join(ENDED_BUSY.format(source=source) for source in BUSY.values())
    with Script(f"URL = {demo.url!r}\n{HEAD}{blocks}raise leaving") as script:
        calls = 0
        for block in BUSY:
            script.wait_for("now")
            if "call" in block:
                calls += 1
                _wait_until_called(demo, calls)
            script.send(signal.SIGTERM)
            script.wait_for("SIGTERM")
            sent = script.send(signal.SIGTERM)
            told = script.told()
            assert told["at"] - sent < AT_ONCE_S, block
            check_what_is_left(told, "SystemExit", 143)
        assert script.end() == (143, "")


def _wait_until_called(demo: nk.demo.DemoServer, calls: int) -> None:
    deadline = time.monotonic() + 20
    while len(demo.stats().arrivals) < calls:
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
