"""Functions that are called on workers of this process, and what they tell the tests."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Set when a call is under way that does not end by itself.
started = threading.Event()
#: What `fails_once` was called with.
calls: list[object] = []


async def double(number: int) -> int:
    """Double it, but for three."""
    if number == 3:
        message = "three is refused"
        raise ValueError(message)
    await asyncio.sleep(0)
    return 2 * number


def double_in_thread(number: int) -> int:
    """Do the same, synchronously."""
    return asyncio.run(double(number))


async def wait_from_seven(number: int) -> int:
    """Give back what is below seven; never answer for the rest."""
    if number >= 7:
        started.set()
        await asyncio.Event().wait()
    return number


def fails_once(number: int) -> int:
    """Fail at the first call with a number, as a connection does."""
    calls.append(number)
    if calls.count(number) == 1:
        message = "reset by peer"
        raise ConnectionResetError(message)
    return number


def in_time(condition: Callable[[], bool]) -> bool:
    """Look for some seconds whether something that happens elsewhere comes true."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
