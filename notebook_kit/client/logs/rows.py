"""The rows of a run, told in the log: which row an attempt is of, and which attempt it is."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, Any

from notebook_kit.client.logs.lives import tell_retry, tell_run
from notebook_kit.client.logs.watch import REQUEST_LOG, Attempt, current_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.logs.watch import Watch
    from notebook_kit.scheduling import Snapshot

__all__ = ["narrated"]

_maps = itertools.count(1)


def narrated(work: Any, watch: Watch) -> Callable[[], Any]:
    """Return what makes the work of each of the runs that do this, told in the log."""
    # What is made has all that the work has, which a type checker cannot see.
    return lambda: NarratedWork(work, watch)


class NarratedWork:
    """The work of a run that is told in the log.

    Where somebody listens at debug level when the run starts, each attempt is named by its row,
    which costs some microseconds; otherwise only the end of the run is told.
    """

    def __init__(self, work: Any, watch: Watch) -> None:
        self._work = work
        self._watch = watch
        self._listened_to = REQUEST_LOG.isEnabledFor(logging.DEBUG)
        self._attempts: dict[int, int] = {}
        self._name = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)

    @property
    def by_position(self) -> bool:
        """Whether `perform_at` is to be called, and not `perform`."""
        return self._listened_to or self._work.by_position

    async def perform_at(self, numbered: tuple[int, Any]) -> Any:
        """Do one attempt of an item, given its position in the first input too."""
        work, (position, item) = self._work, numbered
        if not self._listened_to:
            return await work.perform_at(numbered)
        self._attempts[position] = self._attempts.get(position, 0) + 1
        token = current_row.set(self._attempt(position))
        try:
            return await (work.perform_at(numbered) if work.by_position else work.perform(item))
        finally:
            current_row.reset(token)

    def run_ended(self, snapshot: Snapshot) -> None:
        """Tell how the run of this work has ended."""
        tell_run(snapshot, self._named, self._watch)

    def retry_planned(self, position: int, delay_s: float, error: BaseException) -> None:
        """Tell that an item is going to be tried again."""
        if self._listened_to:
            tell_retry(self._attempt(position), delay_s, error)

    def _attempt(self, position: int) -> Attempt:
        return Attempt(f"{self._named()}, row {position}", self._attempts.get(position, 1))

    def _named(self) -> str:
        self._name = self._name or f"map {next(_maps)}"
        return self._name
