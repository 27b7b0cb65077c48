"""What the scripts that are sent signals have in common."""

from __future__ import annotations

from typing import Any

__all__ = ["AT_ONCE_S", "COUNT", "HEAD", "check_what_is_left"]

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


def check_what_is_left(told: Any, kind: str, code: int | None) -> None:
    assert (told["left"], told["code"]) == (kind, code)
    assert set(told["threads"]) <= {"MainThread", "notebook_kit-io"}
    assert (told["tasks"], told["open"]) == ([], [])
    assert told["handlers"] == [True, True]
