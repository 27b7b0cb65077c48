"""Ctrl-C between any two steps of waiting: the request is cut, and nothing stands still after it.

Python looks for signals after calls, at jumps backwards and when a function begins. The scripts
raise the interrupt at each of these places in turn, by a trace function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebook_kit.testing import FaultServer, answer, never_answer
from tests.scripts import Script

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = """
import asyncio, dis, gc, json, sys, threading, time, warnings
import notebook_kit as nk
from notebook_kit.client.pending import UnsentCallWarning
from notebook_kit.decorators import turnstile
from notebook_kit.execution import waiting

# An interrupt may come before the call is sent.
warnings.simplefilter("ignore", UnsentCallWarning)

waiting.TICK_S = turnstile.TICK_S = 0.002
LOOKS = {"CALL", "CALL_FUNCTION_EX", "CALL_KW", "JUMP_BACKWARD", "RESUME"}
names = {}
#: What other threads do at the very moment of the interrupt.
at_that_moment = []

def name_at(code, offset):
    if code not in names:
        names[code] = {it.offset: it.opname for it in dis.get_instructions(code)}
    return names[code][offset]

class Interrupt:
    "Raises the interrupt at the place of this number."

    def __init__(self, number):
        self.left = number
        self.last = {}
        self.place = None

    def step(self, frame, offset):
        "An instruction is about to be executed."
        if self.last.get(frame, "RESUME") in LOOKS:
            self.left -= 1
        self.last[frame] = name_at(frame.f_code, offset)
        if not self.left:
            stop_watching()
            for meanwhile in at_that_moment:
                meanwhile()
            self.place = f"{frame.f_code.co_qualname}, line {frame.f_lineno}"
            raise KeyboardInterrupt

    def __call__(self, frame, event, arg):
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.step(frame, frame.f_lasti)
        return self

if sys.version_info >= (3, 12):
    TOOL, EVENT = 4, sys.monitoring.events.INSTRUCTION
    MAIN = threading.get_ident()
    sys.monitoring.use_tool_id(TOOL, "interrupts")

    def watch(interrupt):
        def step(code, offset):
            if threading.get_ident() == MAIN:
                interrupt.step(sys._getframe(1), offset)

        sys.monitoring.register_callback(TOOL, EVENT, step)
        sys.monitoring.set_events(TOOL, EVENT)

    def stop_watching():
        sys.monitoring.set_events(TOOL, 0)
else:
    watch = sys.settrace

    def stop_watching():
        sys.settrace(None)

client = nk.Client(URL)
assert client.get("/ok").result().text == "ok"

def nothing():
    pass

def call():
    return client.get("/never").result, nothing

def synchronous():
    return (lambda: client.sync.get("/never")), nothing

def awaited():
    # The interrupt may come when the coroutine is made and not yet awaited.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)

    async def main():
        await client.get("/never")

    loop = asyncio.new_event_loop()
    task = loop.create_task(main())

    def clean():
        # As `asyncio.run` does, and whoever runs a loop should.
        task.cancel()
        for _ in range(3):
            try:
                loop.run_until_complete(asyncio.wait([task], timeout=0.5))
                break
            except RuntimeError:
                # Interrupted at its very begin, the loop stops once more than it should.
                pass
        if not task.done():
            # Interrupted between two callbacks, the loop has lost one: that is asyncio's.
            task._log_destroy_pending = False
            task.get_coro().close()
        loop.close()
    return (lambda: loop.run_until_complete(task)), clean

def mapped():
    return client.map("/never", [1, 2], progress=False).result, nothing

def limited():
    "Wait for a place that another thread gives back at the very moment of the interrupt."
    over, begun = threading.Event(), threading.Event()

    @nk.limit(max_concurrency=1)
    def guarded(hold):
        if hold:
            begun.set()
            over.wait()

    def give_back():
        over.set()
        # Not for long: it may need what the interrupted thread holds.
        holder.join(0.01)

    def clean():
        after = threading.Thread(target=guarded, args=(False,), daemon=True)
        after.start()
        after.join(20)
        holder.join(20)
        return after.is_alive() or holder.is_alive()

    holder = threading.Thread(target=guarded, args=(True,), daemon=True)
    holder.start()
    begun.wait()
    at_that_moment[:] = [give_back]
    return (lambda: guarded(False)), clean

async def well():
    return (await client.get("/ok")).text

def still(check):
    deadline = time.monotonic() + 20
    while not check() and time.monotonic() < deadline:
        time.sleep(0.0005)
    return not check()

def attempt(number):
    "Return what went wrong, if anything."
    wait, clean = WAIT()
    interrupt = Interrupt(number)
    if number % 10 == 0:
        gc.collect()
    gc.disable()
    try:
        watch(interrupt)
        try:
            wait()
        finally:
            stop_watching()
            gc.enable()
    except KeyboardInterrupt:
        pass
    wait = None
    if clean():
        return f"after {interrupt.place} nobody gets a place"
    if interrupt.place is None:
        return "the wait ended by itself"
    if nk.last_run() is not None:
        nk.last_run().cancel()
        if still(lambda: nk.last_run().done):
            return f"after {interrupt.place} the run does not end"
    try:
        assert client.get("/ok").result(timeout=20).text == "ok"
        assert asyncio.run(asyncio.wait_for(well(), 20)) == "ok"
    except BaseException as error:
        return f"after {interrupt.place} the next call fails with {error!r}"
    if still(lambda: client.stats.in_flight == 0):
        return f"after {interrupt.place} the request goes on"

for number in NUMBERS:
    if wrong := attempt(number):
        break
    # Each of them is given a time of its own by who reads this.
    if number % 8 == 1:
        print(json.dumps({"well": number}), flush=True)
print(json.dumps({"last": number, "wrong": wrong}), flush=True)
client.close()
"""
WAITS = ["call", "synchronous", "awaited", "mapped", "limited"]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers some requests and others never."""
    with FaultServer() as it:
        it.when("/ok", answer("ok"))
        it.when("/never", never_answer())
        yield it


def _check(server: FaultServer, wait: str, numbers: range) -> None:
    source = SCRIPT.replace("WAIT()", f"{wait}()").replace("NUMBERS", repr(numbers))
    with Script(f"URL = {server.url!r}\n{source}") as script:
        while "well" in (told := script.told()):
            pass
        assert told == {"last": numbers[-1], "wrong": None}
        assert script.end() == (0, "")


@pytest.mark.parametrize("wait", WAITS)
def test_an_interrupt_at_any_moment_of_a_wait(server: FaultServer, wait: str) -> None:
    """The request is cut and the next call works: at every eighth place, and some ticks more."""
    _check(server, wait, range(1, 480, 8))


@pytest.mark.slow
@pytest.mark.parametrize("wait", WAITS)
def test_an_interrupt_at_every_moment_of_a_wait(server: FaultServer, wait: str) -> None:
    """The same at each place that there is."""
    _check(server, wait, range(1, 600))
