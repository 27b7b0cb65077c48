"""Small runs that have ended, and one that waits to be told to go on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import notebook_kit as nk

if TYPE_CHECKING:
    from notebook_kit.execution import Run

__all__ = ["HeldRun", "ended_run"]


def _answer(number: int) -> dict[str, int]:
    if number % 3 == 2:
        message = f"no answer to {number}"
        raise ValueError(message)
    return {"twice": 2 * number}


def ended_run(count: int = 9, **options: Any) -> Run:
    """Return a run that has ended, in which every third item from the third on failed."""
    run = nk.map(_answer, range(count), **{"progress": False, "retry": 0, **options})
    run.result(timeout=30)
    return run


class HeldRun:
    """A run whose items wait, one after the other, until `let` is called for each.

    Attributes:
        run: the run.
    """

    def __init__(self, count: int = 3) -> None:
        self._go = threading.Semaphore(0)
        self._begun = threading.Semaphore(0)
        self.run = nk.map(
            self._work, range(count), max_concurrency=1, progress=False, name="held", retry=0
        )
        self.wait_for_the_next()

    def _work(self, number: int) -> int:
        self._begun.release()
        assert self._go.acquire(timeout=30)
        return 2 * number

    def wait_for_the_next(self) -> None:
        """Wait until the next item has been begun."""
        assert self._begun.acquire(timeout=30)

    def let(self, count: int = 1) -> None:
        """Let so many items end."""
        self._go.release(count)

    def end(self) -> None:
        """Let all items end, and wait for it."""
        self.let(len(self.run) + 1)
        self.run.result(timeout=30)
