"""Waits that can never end, because a clock stands still and nobody is left to advance it."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from notebook_kit.errors import WouldDeadlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.testing.clock_loops import HeldLoops

__all__ = ["Standstill"]

#: Seconds of this computer for which nothing may have moved, until it is an error, or is told.
_RAISE_S: Final = 1.0
_WARN_S: Final = 2.0
#: Seconds between two looks of one thread.
_LOOK_S: Final = 0.1
#: Threads of this package, none of which advances a clock; at rest their innermost function is
#: one of these, of files that end so.
_OURS: Final = ("notebook_kit-", "fault-server")
_AT_REST: Final = (
    ("threading.py", "wait"),
    ("queue.py", "get"),
    ("selectors.py", "select"),
    ("worker_threads.py", "_work"),
)
_POOL: Final = ("thread.py", "_worker")
_ADVICE: Final = (
    "time stands still, and this wait is for it to go on: clock.advance() from another thread "
    "before you wait, or write ManualClock(autojump=True)."
)

#: What another thread may do about it: nothing, something, or nobody knows.
_Other: TypeAlias = Literal["rests", "acts", "bystander"]


class Standstill:
    """Finds out that a thread waits for time to go, and nobody is there to let it go.

    That is so when time would jump if it might, no loop that is held has a socket open, and every
    other thread is one of this package's, or waits as well. Threads that were there before the
    clock, as those of a test runner or a kernel, most likely know nothing of it: then it is a
    warning. Those that were begun since may be about to advance it: then nothing is said.
    """

    def __init__(self, held: HeldLoops, now: Callable[[], float] = time.monotonic) -> None:
        self._held = held
        self._now = now
        # Who began the block may end it, and the main thread is everybody's.
        users = {threading.get_ident(), threading.main_thread().ident}
        before = {thread.ident for thread in threading.enumerate()}
        self._bystanders = before - users
        #: By thread: when it looked last, since when nothing moved, and whether it was told.
        self._looked: dict[int, float] = {}
        self._since: dict[int, tuple[float, float]] = {}
        self._told: set[int] = set()

    def look(self) -> None:
        """Look around from a thread that waits; to be called again and again.

        Raises:
            WouldDeadlock: when nobody is left who could end the wait.
        """
        here, now = threading.get_ident(), self._now()
        if now - self._looked.get(here, -_LOOK_S) < _LOOK_S:
            return
        self._looked[here] = now
        found = self._others() if self._held.stands_in_the_way() else {"acts"}
        if "acts" in found:
            self._since.pop(here, None)
            return
        clock, began = self._since.setdefault(here, (self._held.now, now))
        if clock != self._held.now:
            self._since[here] = self._held.now, now
        elif "bystander" not in found and now - began >= _RAISE_S:
            del self._since[here]
            raise WouldDeadlock(_ADVICE)
        elif now - began >= _WARN_S and here not in self._told:
            self._told.add(here)
            warnings.warn(_ADVICE, RuntimeWarning, stacklevel=2)

    def _others(self) -> set[_Other]:
        frames = sys._current_frames()  # noqa: SLF001 - nothing else tells what threads do
        blocked = self._held.waits.blocked()
        return {
            "rests" if thread.ident in blocked else self._other(thread, frames)
            for thread in threading.enumerate()
            if thread.ident != threading.get_ident()
        }

    def _other(self, thread: threading.Thread, frames: dict[int, Any]) -> _Other:
        frame = frames.get(thread.ident or 0)
        innermost = _place(frame)
        if innermost == _POOL:
            return "rests"
        while frame is not None:
            if _place(frame) == _POOL:
                return "acts"  # It runs something that was given to a pool.
            frame = frame.f_back
        if thread.name.startswith(_OURS):
            return "rests" if innermost in _AT_REST else "acts"
        return "bystander" if thread.ident in self._bystanders else "acts"


def _place(frame: Any) -> tuple[str, str]:
    if frame is None:
        return "", ""
    code = frame.f_code
    return code.co_filename.replace("\\", "/").rpartition("/")[2], code.co_name
