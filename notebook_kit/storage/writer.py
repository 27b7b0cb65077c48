"""The writer of a run: takes what has ended and returns at once; a thread does the rest.

What it costs the run's loop is one number put into a queue for each item.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from typing import TYPE_CHECKING, Final

from notebook_kit.storage.batch import End
from notebook_kit.storage.writing import Event, Writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from notebook_kit.storage.entries import Entries
    from notebook_kit.storage.problems import Problems
    from notebook_kit.storage.run_rows import RunRow
    from notebook_kit.storage.writing import Job, Pace, Progress

__all__ = ["Writer"]

THREAD_NAME: Final = "notebook_kit-journal"
#: Seconds that the end of a run waits while nothing more gets written.
_END_S: Final = 5.0

_live: weakref.WeakSet[Writer] = weakref.WeakSet()


class Writer:
    """Writes one run to one file from a daemon thread.

    Attributes:
        put: takes a job and returns at once; from any thread.

    Raises:
        RuntimeError: when there can be no more threads.
    """

    def __init__(
        self, path: Path, problems: Problems, entries: Entries, *, run: RunRow, pace: Pace
    ) -> None:
        self._path = path
        self._problems = problems
        self._hurry = threading.Event()
        # The thread holds its work and not this object, which can so be collected.
        self._work = Writing(path, problems, entries, self._hurry, run=run, pace=pace)
        self.put: Callable[[Job], None] = self._work.jobs.put
        self._pid = os.getpid()
        self._thread = threading.Thread(
            target=self._work.go_on, name=f"{THREAD_NAME}-{path.name}", daemon=True
        )
        self._thread.start()
        _live.add(self)

    def listen(self, progress: Progress | None) -> None:
        """Have somebody told how far the writing is."""
        self._work.progress = progress

    def flush(self) -> None:
        """Wait until what was put before is written, or has been tried."""
        if self._lives_here():
            written = threading.Event()
            self.put(Event(written))
            self._hurry.set()
            self._wait(written.wait)

    def stop(self, end: End = End()) -> bool:  # noqa: B008 - it never changes
        """Let the thread write what is left and end; tell whether there is one to do so.

        From any thread, any number of times.
        """
        lives = self._lives_here()
        if lives:
            self.put(end)
            self._hurry.set()
        return lives

    def close(self, end: End = End()) -> None:  # noqa: B008 - it never changes
        """Stop, and wait until everything is written and the thread has ended."""
        self.stop(end)
        if self._lives_here() and not self._wait(self._ended_in):
            self._problems.add(
                f"The checkpoint '{self._path.name}' is still being written after {_END_S:g} s: "
                "its disk is slow, or another program holds it."
            )

    def _ended_in(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wait(self, wait: Callable[[float], bool]) -> bool:
        """Wait as long as something is written; return whether it came about."""
        while True:
            before = self._work.tried
            if wait(_END_S):
                return True
            if self._work.tried == before:
                return False

    def _lives_here(self) -> bool:
        # In a forked child there is no such thread: the parent goes on writing.
        return self._thread.is_alive() and self._pid == os.getpid()


def _flush_at_exit() -> None:
    # Daemon threads are cut off at exit: what was put by then is written first.
    for writer in tuple(_live):
        writer.flush()


atexit.register(_flush_at_exit)
