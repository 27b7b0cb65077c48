"""What the scripts that are sent signals have in common."""

from __future__ import annotations

from typing import Any

from tests.scripts import WORK

__all__ = ["HEAD", "check_what_is_left"]

HEAD = (
    f"""
import asyncio, json, os, signal, sys, threading, time, traceback
import pandas
import notebook_kit as nk
from notebook_kit.execution import pending_tasks
from notebook_kit.shutdown import graceful_shutdown

NOW_AT = 2_000
{WORK}"""
    """
def say(**told):
    print(json.dumps(told), flush=True)

def tell(frame, **more):
    counts = {str(status): int(n) for status, n in frame["status"].value_counts().items() if n}
    say(
        counts=counts, started=len(started), finished=len(finished),
        at=time.monotonic(), **more,
    )

heard, hearing = [], threading.Event()

def hear(_):
    # The runs have been told by now.
    heard.append(len(started))
    hearing.set()

def when_heard():
    "Return how many calls had been started when the signal was heard."
    assert hearing.wait(20)
    hearing.clear()
    return heard[-1]

def tell_what_is_left(error):
    at = time.monotonic()
    for thread in threading.enumerate():
        if thread.name.startswith("notebook_kit-worker"):
            thread.join(20)  # they end after the call they are in
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
)


def check_what_is_left(told: Any, kind: str, code: int | None) -> None:
    assert (told["left"], told["code"]) == (kind, code)
    assert set(told["threads"]) <= {"MainThread", "notebook_kit-io"}
    assert (told["tasks"], told["open"]) == ([], [])
    assert told["handlers"] == [True, True]
