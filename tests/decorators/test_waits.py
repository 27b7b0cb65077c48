"""While anything of this room is waited for, an interrupt acts."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.decorators import Coalescer, cached, limit, retry
from notebook_kit.execution import awake
from tests.decorators.clocks import settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def never(*_: Any) -> Any:
    await asyncio.Event().wait()


async def wait_for_a_place() -> None:
    limiter = limit(max_concurrency=1)
    holding = asyncio.create_task(limiter.call(never))
    await asyncio.sleep(0)
    try:
        await limiter.call(never)
    finally:
        holding.cancel()


async def wait_for_a_rate() -> None:
    limiter = limit("1/hour")
    async with limiter:
        pass
    async with limiter:
        pass


async def wait_for_the_next_try() -> None:
    @retry(max_attempts=2, retry_if=lambda _: True, base_delay="1 hour")
    async def fail() -> None:
        raise ValueError

    await fail()


async def wait_for_the_answer_of_another() -> None:
    await cached(never)()


async def wait_for_a_batch() -> None:
    await Coalescer(never, max_wait="1 hour")(1)


async def flush_a_batch() -> None:
    coalescer = Coalescer[int, int](never, max_items=1)
    call = asyncio.create_task(coalescer(1))
    await asyncio.sleep(0)
    try:
        await coalescer.flush()
    finally:
        call.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "wait",
    [
        wait_for_a_place,
        wait_for_a_rate,
        wait_for_the_next_try,
        wait_for_the_answer_of_another,
        wait_for_a_batch,
        flush_a_batch,
    ],
)
async def test_the_loop_is_kept_awake(
    wait: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that merely waits hears of no stop button; it is left alone when nobody waits."""
    beating: list[int] = []

    def heartbeat(waiter: object, tick: object) -> ExitStack:
        beating.append(1)
        stack = ExitStack()
        stack.callback(beating.pop)
        return stack

    monkeypatch.setattr(awake, "heartbeat", heartbeat)
    waiting = asyncio.ensure_future(wait())
    await settle()
    assert beating == [1]
    waiting.cancel()
    await settle()
    assert waiting.cancelled()
    assert beating == []


SCRIPTS = {
    "retry": """
@retry(base_delay="1 min")
def wait():
    print("waiting", flush=True)
    raise TimeoutError
""",
    "limit": """
limiter = limit("1/hour")
def wait():
    with limiter:
        print("waiting", flush=True)
    with limiter:
        pass
""",
    "cached": """
go_on = threading.Event()
@cached
def call():
    go_on.wait(60)
def wait():
    threading.Thread(target=call, daemon=True).start()
    while not call.stats().misses:
        time.sleep(0.001)
    print("waiting", flush=True)
    call()
""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="a SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("kind", SCRIPTS)
def test_an_interrupt_ends_a_wait_that_blocks(kind: str) -> None:
    """Ctrl-C in a script acts at once, and leaves as KeyboardInterrupt."""
    script = (
        "import threading, time\n"
        "from notebook_kit.decorators import cached, limit, retry\n"
        f"{SCRIPTS[kind]}\n"
        "try:\n    wait()\n"
        "except KeyboardInterrupt:\n    print('interrupted', flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=40)
    assert (said, errors, process.returncode) == ("interrupted\n", "", 0)
    assert time.monotonic() - sent < 20
