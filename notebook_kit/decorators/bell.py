"""A bell that one thread waits for: an event that survives an interrupt, whenever it comes."""

from __future__ import annotations

import threading
from contextlib import suppress

__all__ = ["Bell"]


class Bell:
    """Rung by any thread, heard by the one that waits.

    A `threading.Event` takes its lock in steps of Python: Ctrl-C between two of them leaves it
    taken, and who sets the event stands still for ever. Here each step is one of a lock's own.

    >>> bell = Bell()
    >>> bell.ring()
    >>> bell.wait(60.0)
    >>> bell.has_rung, bell.silence(), bell.has_rung
    (True, None, False)
    """

    __slots__ = ("_silence",)

    def __init__(self) -> None:
        #: Held as long as it has not rung.
        self._silence = threading.Lock()
        self._silence.acquire()

    @property
    def has_rung(self) -> bool:
        """Whether it has rung since it was silent."""
        return not self._silence.locked()

    def ring(self) -> None:
        """Wake the one who waits, or is going to."""
        with suppress(RuntimeError):  # It has rung already.
            self._silence.release()

    def silence(self) -> None:
        """Have it not rung."""
        self._silence.acquire(blocking=False)

    def wait(self, seconds: float) -> None:
        """Block until it rings, for so many seconds at most."""
        if self._silence.acquire(timeout=max(0.0, seconds)):
            self.ring()
