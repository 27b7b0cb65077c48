"""Ctrl-C in a script: acts at once, keeps what is done, leaves as it came."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

HEAD = """
import asyncio, json, signal, sys, time
import notebook_kit as nk

async def item(number):
    if number < 5:
        return number
    print("waiting", flush=True)
    await asyncio.sleep(60)

def call(number):
    if number < 5:
        return number
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


@pytest.mark.skipif(sys.platform == "win32", reason="a SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("wait", WAITS)
def test_an_interrupt_acts_at_once_and_keeps_what_is_done(wait: str) -> None:
    """Within two ticks the wait ends, with a note; five rows are ok, the others cancelled."""
    script = HEAD + WAITS[wait]
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        said = json.loads(process.stdout.readline())
        sent = time.monotonic()
        _, errors = process.communicate(timeout=20)
        # A thread that sleeps for a minute is left behind; the exit does not wait for it.
        assert time.monotonic() - sent < 10
    assert (process.returncode, errors) == (0, "")
    assert said["kind"] in ("KeyboardInterrupt", "CancelledError")
    assert (said["ok"], said["cancelled"]) == (5, 15)
    assert "5 answers of 20 items are kept in nk.last_run().frame" in said["notes"][0]
