"""Real signals in the middle of 10,000 items: nothing that was done is lost, nothing is left."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from tests.scripts import AT_ONCE_S, COUNT, Script
from tests.shutdown.sources import HEAD, check_what_is_left

if TYPE_CHECKING:
    import notebook_kit as nk

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="signals cannot be sent to one process there"
)

#: Each of them is run four times in one process, and ended by a signal each time.
WORKS = {
    "an async function": """
async def main():
    with graceful_shutdown(on_signal=hear) as shutdown:
        frame = await nk.map(item, range(COUNT), max_concurrency=20, progress=False)
        tell(frame, requested=shutdown.requested, heard=when_heard())
        tell(await nk.map(item, range(COUNT), progress=False))
        tell(await nk.map(call, range(COUNT), progress=False))

def block():
    asyncio.run(main())
""",
    "a block around asyncio.run": """
async def main():
    return await nk.map(item, range(COUNT), max_concurrency=20, progress=False)

def block():
    with graceful_shutdown(on_signal=hear) as shutdown:
        tell(asyncio.run(main()), requested=shutdown.requested, heard=when_heard())
        tell(asyncio.run(main()))
        tell(nk.map(call, range(COUNT), progress=False).result())
""",
    "a function in threads": """
def block():
    with graceful_shutdown(on_signal=hear) as shutdown:
        frame = nk.map(call, range(COUNT), max_concurrency=20, progress=False).result()
        tell(frame, requested=shutdown.requested, heard=when_heard())
        tell(nk.map(item, range(COUNT), progress=False).result())
        tell(nk.map(call, range(COUNT), progress=False).result())
""",
    "outcomes one by one": """
async def main():
    with graceful_shutdown(on_signal=hear) as shutdown:
        run = nk.map(item, range(COUNT), max_concurrency=20, progress=False)
        outcomes = [outcome async for outcome in run.as_completed()]
        assert len({outcome.index for outcome in outcomes}) == COUNT
        assert sum(outcome.ok for outcome in outcomes) == len(finished)
        tell(run.frame, requested=shutdown.requested, heard=when_heard())
        tell(await nk.map(item, range(COUNT), progress=False))
        run = nk.map(item, range(COUNT), progress=False)
        tell(pandas.DataFrame({"status": [str(o.status) async for o in run.as_completed()]}))

def block():
    asyncio.run(main())
""",
}
FOUR_TIMES = """
for _ in range(4):
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


#: As many calls may be started at most while a run that has been told to end hears of it.
ON_ITS_WAY = 100
#: Each signal twice for each work; the process ends as the last of them asks.
LAST = dict(zip(WORKS, [signal.SIGTERM, signal.SIGINT] * 2, strict=True))


@pytest.mark.parametrize("work", WORKS)
def test_a_run_is_drained_and_the_process_left(work: str) -> None:
    """Calls in flight end, nothing is started after it, each row is there; again and again."""
    with Script(HEAD + WORKS[work] + FOUR_TIMES) as script:
        for name in sorted([*ENDS, *ENDS], key=lambda name: name is LAST[work]):
            kind, code, returned = ENDS[name]
            script.wait_for("now")
            script.send(name)
            first, *later = (script.told() for _ in range(3))
            assert sum(first["counts"].values()) == COUNT
            assert first["counts"] == {
                "ok": first["finished"],
                "cancelled": COUNT - first["finished"],
            }
            assert first["started"] == first["finished"] < COUNT
            assert first["requested"]
            assert first["started"] - first["heard"] <= ON_ITS_WAY
            for told in later:
                assert told["counts"] == {"cancelled": COUNT}
                assert told["started"] == first["started"]
            check_what_is_left(script.told(), kind, code)
        status, errors = script.end()
    assert status == returned
    assert errors == "" or (name is signal.SIGINT and "KeyboardInterrupt" in errors)
    assert "Warning" not in errors


CLIENT = """
client = nk.Client(URL)

async def main():
    with graceful_shutdown(on_signal=hear):
        run = client.map(
            "/airports/{iata}", ["ZRH"] * COUNT, max_concurrency=20, progress=False,
            on_outcome=lambda _: begin(),
        )
        tell(await run, heard=when_heard())
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
        script.send(signal.SIGTERM)
        told, later, single, left = (script.told() for _ in range(4))
        assert script.end() == (143, "")
    assert sum(told["counts"].values()) == COUNT
    assert later["counts"] == {"cancelled": COUNT}
    assert single == {"city": "Zurich"}
    stats = demo.stats()
    assert stats.by_status == {200: told["counts"]["ok"] + 1}
    assert told["counts"]["ok"] - told["heard"] <= ON_ITS_WAY
    check_what_is_left(left, "SystemExit", 143)


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
leaving = None
try:
    with graceful_shutdown("1 min"):
        {start}
        while (now := run.snapshot()).ok < 100 or now.in_flight or now.waiting_for != {name!r}:
            time.sleep(0.001)
        print({name!r}, flush=True)
        tell(run.result(), items=len(run))
except SystemExit as error:
    leaving = error
assert leaving is not None and leaving.code == 143
started.clear()
finished.clear()
"""


def test_a_run_that_stands_still_ends_at_once() -> None:
    """Paused, or waiting for a rate, a server, a retry or its input, it ends with all that is done.

    The rest is cancelled.
    """
    blocks = "".join(
        STANDS_STILL.format(start=start.strip().replace("\n", "\n        "), name=name)
        for name, start in STANDSTILLS.items()
    )
    with Script(f"{HEAD}{blocks}raise leaving") as script:
        for name in STANDSTILLS:
            script.wait_for(name)
            _check_end_of_standstill(script)
        assert script.end() == (143, "")


def _check_end_of_standstill(script: Script) -> None:
    sent = script.send(signal.SIGTERM)
    told = script.told()
    assert told["counts"].pop("ok") == told["finished"] >= 100
    rest = told["items"] - told["finished"]
    assert told["counts"] == ({"cancelled": rest} if rest else {})
    assert told["at"] - sent < AT_ONCE_S


EXECUTOR = """
import asyncio
import notebook_kit as nk

started, finished = [], []

async def work(number):
    started.append(number)
    if len(started) == 10:
        print("now", flush=True)
    await asyncio.sleep(0.3)
    finished.append(number)

async def main():
    with nk.graceful_shutdown():
        async with nk.Executor(max_concurrency=5) as executor:
            calls = [executor.submit(work, number) for number in range(1_000)]
            ends = await asyncio.gather(*calls, return_exceptions=True)
        cut = sum(isinstance(end, asyncio.CancelledError) for end in ends)
        print(f"{cut + len(finished)} {len(started) - len(finished)} {len(started)}", flush=True)

asyncio.run(main())
"""


def test_an_executor_is_drained() -> None:
    """What it has begun ends, all else is cancelled, and the process is left."""
    with Script(EXECUTOR) as script:
        script.wait_for("now")
        script.send(signal.SIGTERM)
        script.wait_for("1000 0 10")
        status, errors = script.end()
    assert (status, errors) == (143, "")
