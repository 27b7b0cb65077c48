"""Ctrl-C in a script: acts at once, keeps what is done, leaves as it came."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from tests.scripts import AT_ONCE_S, COUNT, WORK, Script

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a SIGINT cannot be sent to one process there"
)

HEAD = """
import asyncio, json, signal, sys, threading, time, traceback
import notebook_kit as nk
from notebook_kit.execution import waiter

# What is cut is in the frame, however long it takes here.
waiter._INTERRUPT_WAIT_S = 20
MAIN = threading.main_thread().ident

def waits():
    names = {frame.name for frame in traceback.extract_stack(sys._current_frames()[MAIN])}
    return not names.isdisjoint({"wait_sync", "wait_async", "select"})

async def item(number):
    if number < 5:
        return number
    # On the loop of the caller this runs only while the caller waits.
    while threading.get_ident() != MAIN and not waits():
        await asyncio.sleep(0.001)
    print("waiting", flush=True)
    await asyncio.sleep(60)

def call(number):
    if number < 5:
        return number
    while not waits():
        time.sleep(0.001)
    print("waiting", flush=True)
    time.sleep(60)

def tell(interrupt):
    frame = nk.last_run().frame
    counts = frame["status"].value_counts()
    print(json.dumps({
        "kind": type(interrupt).__name__,
        "notes": getattr(interrupt, "__notes__", []),
        "ok": int(counts["ok"]),
        "cancelled": int(counts["cancelled"]),
    }), flush=True)
"""
WAITS = {
    "result of an async function": """
try:
    nk.map(item, range(20), max_concurrency=1, progress=False).result()
except BaseException as interrupt:
    tell(interrupt)
""",
    "result of a sync function": """
try:
    nk.map(call, range(20), max_concurrency=1, progress=False).result()
except BaseException as interrupt:
    tell(interrupt)
""",
    "await on its own loop": """
async def main():
    try:
        await nk.map(item, range(20), max_concurrency=1, progress=False)
    except BaseException as interrupt:
        tell(interrupt)
        raise
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
""",
    "await of the kit's loop": """
async def main():
    try:
        await nk.map(item, range(20), loop="kit", max_concurrency=1, progress=False)
    except BaseException as interrupt:
        tell(interrupt)
        raise
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
""",
}


@pytest.mark.parametrize("wait", WAITS)
def test_an_interrupt_acts_at_once_and_keeps_what_is_done(wait: str) -> None:
    """Within two ticks the wait ends, with a note; five rows are ok, the others cancelled."""
    script = HEAD + WAITS[wait]
    with Script(script) as process:
        process.wait_for("waiting")
        process.send(signal.SIGINT)
        said = process.told()
        sent = time.monotonic()
        assert process.end() == (0, "")
        # A thread that sleeps for a minute is left behind; the exit does not wait for it.
        assert time.monotonic() - sent < AT_ONCE_S
    assert said["kind"] in ("KeyboardInterrupt", "CancelledError")
    assert (said["ok"], said["cancelled"]) == (5, 15)
    assert "5 answers of 20 items are kept in nk.last_run().frame" in said["notes"][0]


@pytest.mark.parametrize("kept", [True, False])
def test_an_interrupt_names_the_checkpoint_that_keeps_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kept: bool
) -> None:
    """The note and the notice say that the cell goes on where it was; not without a file."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("notebook_kit.widgets.show", interrupted)
    options: nk.RunKeywords = {"checkpoint": tmp_path / "work.db"} if kept else {}
    with pytest.raises(KeyboardInterrupt) as caught:
        nk.map(asyncio.sleep, [60], loop="kit", **options)
    run = nk.last_run()
    assert run is not None
    told = "The checkpoint 'work.db' has them too: run the cell again to go on."
    for said in (caught.value.__notes__[0], " ".join(run.snapshot().notices)):
        assert (told in said) is kept


def test_an_interrupt_while_a_run_is_being_shown_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has got the run yet who could end it; it ends, and the interrupt carries the note."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("notebook_kit.widgets.show", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        nk.map(asyncio.sleep, [60], loop="kit")
    run = nk.last_run()
    assert run is not None
    assert run.frame["status"].tolist() == ["cancelled"]
    assert run.done
    assert "0 answers of 1 item" in caught.value.__notes__[0]


def test_an_interrupt_before_anything_was_begun_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may wait for ever for what never began; it can be done once more."""

    def interrupted(work: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("notebook_kit.execution.io_thread.submit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            nk.map(str, [1, 2])
    run = nk.last_run()
    assert run is not None
    assert run.result()["status"].tolist() == ["cancelled"] * 2
    assert run.retry_failed().result()["result"].tolist() == ["1", "2"]


#: Each wait is interrupted twice, in the middle, and then all has to work as ever.
MIDDLE = (
    f"""
import asyncio, json, sys, threading, time
import pandas
import notebook_kit as nk
from notebook_kit.execution import pending_tasks, waiter

waiter._INTERRUPT_WAIT_S = 20
NOW_AT = 1_000
{WORK}"""
    """
consumed = []
over = threading.Event()
options = {"max_concurrency": 20, "progress": False}

async def halting(number):
    if number < 1_000:
        finished.append(number)
        return number
    if number == 1_000:
        calm = 0
        while calm < 3:
            calm = calm + 1 if len(consumed) == 1_000 else 0
            await asyncio.sleep(0.01)
        print("now", flush=True)
    await asyncio.sleep(60)

def halting_call(number):
    if number < 1_000:
        finished.append(number)
        return number
    if number == 1_000:
        calm = 0
        while calm < 3:
            calm = calm + 1 if len(consumed) == 1_000 else 0
            time.sleep(0.01)
        print("now", flush=True)
    over.wait(60)

def ended(_):
    begin()
    finished.append(1)

client = nk.Client(URL)
runner = asyncio.Runner()

def interrupted():
    \"\"\"Wait for what is interrupted, as who catches all errors.\"\"\"
    try:
        INTERRUPTED
    except Exception as error:
        print("swallowed", type(error), flush=True)

def tell(at, kind):
    over.set()
    for thread in threading.enumerate():
        if thread.name.startswith("notebook_kit-worker"):
            thread.join(20)
    run = nk.last_run()
    counts = run.frame["status"].value_counts() if run else {}
    loop = runner.get_loop()
    # A run has ended a moment before its last task has.
    while pending_tasks() and time.monotonic() < at + 20:
        time.sleep(0.001)
    print(json.dumps({
        "at": at,
        "kind": kind,
        "counts": {status: int(n) for status, n in counts.items() if n},
        "finished": len(finished),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "tasks": pending_tasks() + [repr(task) for task in asyncio.all_tasks(loop)],
    }), flush=True)

for _ in range(2):
    nk.forget()
    over.clear()
    for seen in (started, finished, consumed):
        seen.clear()
    try:
        interrupted()
    except BaseException as interrupt:
        tell(time.monotonic(), type(interrupt).__name__)

started.clear()
async def all_well():
    city = (await client.get("/airports/ZRH")).json()["city"]
    frame = await nk.map(item, range(5), progress=False)
    assert frame["status"].eq("ok").all()
    return city

assert runner.run(all_well()) == "Zurich"
assert nk.map(call, range(5), progress=False).result()["status"].eq("ok").all()
runner.close()
client.close()
"""
)
RUNS = {
    "await": "runner.run(await_it(nk.map, item, range(COUNT), **options))",
    "await of a function in threads": "runner.run(await_it(nk.map, call, range(COUNT), **options))",
    "await of the kit's loop": (
        "runner.run(await_it(nk.map, item, range(COUNT), loop='kit', **options))"
    ),
    "await of a client's map": "runner.run(await_it(client.map, *airports, **of_client))",
    "async for": "runner.run(one_by_one(nk.map, item, range(COUNT), **options))",
    "result of an async function": "nk.map(item, range(COUNT), **options).result()",
    "result of a function in threads": "nk.map(call, range(COUNT), **options).result()",
    # Between two outcomes an interrupt belongs to the loop of the user: it must come in the wait.
    "for": "for o in nk.map(halting, range(COUNT), **options).as_completed(): consumed.append(o)",
    "for, in threads": (
        "for o in nk.map(halting_call, range(COUNT), **options).as_completed(): consumed.append(o)"
    ),
    "a synchronous map of a client": "client.sync.map(*airports, **of_client)",
}
WAYS = """
airports = ("/airports/{iata}", ["ZRH"] * COUNT)
of_client = {**options, "on_outcome": ended}

async def await_it(verb, *args, **options):
    return await verb(*args, **options)

async def one_by_one(verb, *args, **options):
    async for outcome in verb(*args, **options).as_completed():
        assert outcome.index < COUNT
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", RUNS)
def test_an_interrupt_in_the_middle_of_ten_thousand(wait: str, demo: nk.demo.DemoServer) -> None:
    """All that is done is kept, each row is there, nothing is left; twice, then all works."""
    demo.switches.latency_s = 0.01
    middle = MIDDLE.replace("client = nk", WAYS + "\nclient = nk").replace(
        "INTERRUPTED", RUNS[wait]
    )
    with Script(f"URL = {demo.url!r}\n{middle}") as script:
        for _ in range(2):
            script.wait_for("now")
            sent = script.send(signal.SIGINT)
            told = script.told()
            assert told["kind"] == "KeyboardInterrupt"
            assert told["at"] - sent < AT_ONCE_S
            ok, cancelled = told["counts"]["ok"], told["counts"]["cancelled"]
            assert ok + cancelled == COUNT
            # A function that is in a thread when it is cut ends there, for nobody.
            assert 0 <= told["finished"] - ok <= (20 if "thread" in wait else 0)
            assert ok >= 900
            assert set(told["threads"]) <= {"MainThread", "notebook_kit-io"}
            assert told["tasks"] == []
        assert script.end() == (0, "")


CALLS = {
    "await of a call": "runner.run(await_it(client.get, '/airports/ZRH'))",
    "result of a call": "client.get('/airports/ZRH').result()",
    "a synchronous call": "client.sync.get('/airports/ZRH')",
}


@pytest.mark.parametrize("wait", CALLS)
def test_an_interrupt_of_a_single_call(wait: str, demo: nk.demo.DemoServer) -> None:
    """It acts at once, the request is cut, and the client goes on working; twice."""
    middle = MIDDLE.replace("client = nk", WAYS + "\nclient = nk").replace(
        "INTERRUPTED", CALLS[wait]
    )
    demo.switches.latency_s = 60
    with Script(f"URL = {demo.url!r}\n{middle}") as script:
        for number in (1, 2):
            _wait_until_called(demo, number)
            if number > 1:
                # The call that is under way waits as long as it would have.
                demo.switches.latency_s = 0
            sent = script.send(signal.SIGINT)
            told = script.told()
            assert told["kind"] == "KeyboardInterrupt"
            assert told["at"] - sent < AT_ONCE_S
            assert set(told["threads"]) <= {"MainThread", "notebook_kit-io"}
        assert script.end() == (0, "")
    assert demo.stats().by_status == {0: 2, 200: 1}


def _wait_until_called(demo: nk.demo.DemoServer, times: int) -> None:
    deadline = time.monotonic() + 40
    while demo.stats().requests < times:
        assert time.monotonic() < deadline
        time.sleep(0.002)
