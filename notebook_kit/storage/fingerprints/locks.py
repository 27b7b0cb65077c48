"""Locks and their like: functions wait at them, and no answer depends on what is in them."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["is_lock"]

_NAMES: Final = ("Barrier", "BoundedSemaphore", "Condition", "Event", "Lock", "RLock", "Semaphore")
_HOMES: Final = ("asyncio.locks", "multiprocessing.synchronize", "threading")
_LOCKS: Final = frozenset(
    {
        *("_thread.lock", "_thread.RLock", "threading._RLock"),
        *(f"{home}.{name}" for home in _HOMES for name in _NAMES),
    }
)


def is_lock(value: Any) -> bool:
    """Tell whether a value is a lock, a semaphore, an event, a condition or a barrier of Python.

    One of a class that the user has made of them is none: it may hold anything.

    >>> import asyncio, threading
    >>> is_lock(threading.Lock()), is_lock(asyncio.Semaphore(5)), is_lock(threading.local())
    (True, True, False)
    """
    return f"{type(value).__module__}.{type(value).__qualname__}" in _LOCKS
