"""What became of attempts, told to the scheduler and to who listens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestError
from notebook_kit.execution.tracebacks import lighten
from notebook_kit.policies import classify
from notebook_kit.scheduling import Answer, Rescued

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Scheduler

__all__ = ["Reports"]

#: Turns of the loop in which a call that cancelled itself may be cancelled again.
_MOST_CANCELLATIONS: Final = 100


class Reports:
    """Reports the ends of attempts.

    Attributes:
        settled: called with the position of each item that has ended, or None.
        again: called with the position of an item whose attempt failed and that is going to be
            tried again, the seconds until then, and the error; or None.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        clock: Callable[[], float],
        settled: Callable[[int], None] | None,
    ) -> None:
        self.settled = settled
        self.again: Callable[[int, float, BaseException], None] | None = None
        self._scheduler = scheduler
        self._clock = clock

    def succeeded(self, index: int, now: float, value: Any) -> None:
        """Tell that an attempt gave this answer."""
        scheduler = self._scheduler
        if index not in scheduler.begun:
            return  # It ended meanwhile, by another attempt or with the run.
        if type(value) is Answer:
            scheduler.succeeded(
                index,
                now,
                value.value,
                status_code=value.status_code,
                source=value.source,
                hint=value.hint,
            )
        elif type(value) is Rescued:
            scheduler.rescued(index, now, value)
        else:
            scheduler.succeeded(index, now, value)
        if self.settled is not None:
            self.settled(index)

    async def cancelled(self, index: int, cancelled: asyncio.CancelledError) -> None:
        """Tell a cancellation of the run from one that the call brought upon itself."""
        task = asyncio.current_task()
        if self._scheduler.stopped or task is None:
            raise cancelled
        for _ in range(_MOST_CANCELLATIONS):
            while task.cancelling():
                task.uncancel()
            try:
                # If the whole loop is being wound down, the run hears of it in this turn.
                await asyncio.sleep(0)
                break
            except asyncio.CancelledError:
                # Cancel scopes of some libraries cancel again in each turn until they are heard.
                if self._scheduler.stopped:
                    raise
        self.failed(index, self._clock(), cancelled)

    def failed(self, index: int, now: float, error: BaseException) -> None:
        """Tell that an attempt raised this error."""
        if index not in self._scheduler.begun:
            return  # It ended meanwhile, by another attempt or with the run.
        lighten(error)
        backoff = self._scheduler.ledger.backoff
        waited_s = backoff[index]
        goes_on = self._scheduler.failed(index, now, classify(error))
        if goes_on:
            if self.again is not None:
                self.again(index, backoff[index] - waited_s, error)
            return
        ledger = self._scheduler.ledger
        # Not always this one: what a rescue fails with is told in a note only.
        error = ledger.errors.get(index, error)
        if isinstance(error, RequestError):
            error.attempts = ledger.attempts[index]
            error.elapsed_s = now - ledger.left[index]
        if self.settled is not None:
            self.settled(index)

    def tell_aside(self) -> None:
        """Tell who listens of the items that ended without an attempt of theirs ending."""
        ended = self._scheduler.aside[:]
        self._scheduler.aside.clear()
        for index in ended:
            if self.settled is not None:
                self.settled(index)
