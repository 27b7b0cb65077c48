"""Asking, from any thread, that what has failed be tried once more while the run is live."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from notebook_kit.execution.reports import Reports
    from notebook_kit.scheduling import Scheduler

__all__ = ["Again"]


class Again:
    """Takes such wishes until the run is over, and grants them on the run's loop.

    A wish and the end of the run may come at once. Whichever is first is heard by the other: a wish
    that was taken is granted before the run may end, and once it has ended none is taken.

    Args:
        scheduler: lets the items be tried once more.
        reports: tells of ends; those that were not told of yet are told of before.
        clock: gives the time.

    Attributes:
        told: called with the positions of items whose ends are about to be taken back, or None.
    """

    def __init__(self, scheduler: Scheduler, reports: Reports, clock: Callable[[], float]) -> None:
        self.told: Callable[[Collection[int]], None] | None = None
        self._scheduler = scheduler
        self._reports = reports
        self._clock = clock
        self._lock = threading.Lock()
        self._is_wanted = False
        self._is_over = False

    @property
    def is_wanted(self) -> bool:
        """Whether a wish was taken that is not granted yet."""
        return self._is_wanted

    def want(self) -> bool:
        """Take a wish; False if it comes too late; from any thread."""
        with self._lock:
            self._is_wanted = not self._is_over
            return self._is_wanted

    def grant(self) -> bool:
        """Grant what is wished; tell whether there is anything to do again; on the loop only."""
        if not self._is_wanted:
            return False
        self._reports.tell_aside()
        failed = self._scheduler.failed_items
        if failed:
            if self.told is not None:
                self.told(failed)
            self._scheduler.reopen(failed, self._clock())
        # Only now, so that nobody takes the run for one that stands at its pilot.
        self._is_wanted = False
        return bool(failed)

    def may_end(self) -> bool:
        """Tell whether nothing is wished, and take no more wishes then; on the loop only."""
        while True:
            with self._lock:
                if not self._is_wanted:
                    self._is_over = True
                    return True
            if self.grant():
                return False

    def end(self) -> None:
        """Take no more wishes, and grant none."""
        with self._lock:
            self._is_over, self._is_wanted = True, False
