"""Locks, semaphores, events: nothing is said of them, because no answer depends on them."""

from __future__ import annotations

import pytest

from tests.storage.fingerprints.reaching import edited, read

LOCKS = [
    *("threading.Lock()", "threading.RLock()", "threading.Condition()", "threading.Event()"),
    *("threading.Semaphore(2)", "threading.BoundedSemaphore(2)", "threading.Barrier(2)"),
    *("asyncio.Lock()", "asyncio.Condition()", "asyncio.Event()", "asyncio.Semaphore(2)"),
    *("asyncio.BoundedSemaphore(2)", "asyncio.Barrier(2)"),
    *("multiprocessing.Lock()", "multiprocessing.Semaphore(2)", "multiprocessing.Event()"),
]
CELL = "import asyncio, multiprocessing, threading\nlock = {}\n"


@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_said_of_a_lock(lock: str) -> None:
    """Wherever it stands: by its name, in a list, in a default, or in an object."""
    source = CELL.format(lock) + (
        "class Ask:\n"
        "    def __init__(self): self.lock = lock\n"
        "    def ask(self, x): return self.lock, x\n"
        "locks, api = [lock, lock], Ask()\n"
        "def f(x, inner=lock):\n"
        "    with lock, locks[0], inner:\n"
        "        return api.ask(x)\n"
    )
    work = read(source)
    assert (work.unreadable, work.left_out) == ((), ())
    assert read(source).digest == work.digest


def test_an_event_that_the_function_clears() -> None:
    """Its methods are called as those of a container are, and change no answer."""
    source = CELL.format("threading.Event()") + (
        "class Ask:\n"
        "    def __init__(self): self.event = threading.Event()\n"
        "    def ask(self, x): self.event.clear(); return x\n"
        "api = Ask()\n"
        "def f(x, event=threading.Event()):\n"
        "    lock.clear(); event.clear()\n"
        "    return api.ask(x)\n"
    )
    assert read(source).left_out == ()


def test_how_many_may_pass_does_not_count() -> None:
    """Another number of a semaphore changes the pace and no answer."""
    source = (
        CELL.format("asyncio.Semaphore(2)") + "async def f(x):\n    async with lock: return x\n"
    )
    assert edited(source, "Semaphore(2)", "Semaphore(3)") == ""


def test_a_lock_of_the_users_own_class_counts() -> None:
    """What was made of a lock may do anything more."""
    source = (
        "import asyncio\n"
        "class Gate(asyncio.Lock):\n"
        "    def prompt(self): return 'a'\n"
        "gate = Gate()\n"
        "def f(x): return gate.prompt()\n"
    )
    assert edited(source, "'a'", "'b'") == "the code of the helper Gate.prompt() has changed"
