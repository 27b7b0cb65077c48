"""What a finalizer wants to say or do, put off until it can be done safely.

A finalizer may run in the middle of anything, also of a handler that is writing a line with its
lock held: one that wrote a line itself could wait for a lock for ever, or write into the middle of
another line. So it only puts something on a heap, which takes no lock, and whoever next writes a
line of the package, from ordinary code, sees to it first.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["catch_up", "later"]

_heap: deque[Callable[[], None]] = deque()


def later(action: Callable[[], None]) -> None:
    """Have this done soon, outside any finalizer; takes no lock.

    >>> done = []
    >>> later(lambda: done.append("it"))
    >>> catch_up()
    >>> done
    ['it']
    """
    _heap.append(action)


def catch_up() -> None:
    """Do what was put off; never from a finalizer."""
    while _heap:
        try:
            action = _heap.popleft()
        except IndexError:  # another thread was faster
            return
        action()
