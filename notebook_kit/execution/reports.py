"""What became of attempts, told to the scheduler and to who listens."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestError, RequestTimeout
from notebook_kit.errors.effort import leave_to_columns
from notebook_kit.errors.groups import taken_apart
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
        call_of: gives the call of the item at a position in words, secrets removed, for the errors
            of time limits, which know of no call; or None.
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
        self.call_of: Callable[[int], str] | None = None
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
        """Tell that an attempt raised this error.

        Raises:
            BaseException: the interrupt that a group of errors holds.
        """
        if index not in self._scheduler.begun:
            return  # It ended meanwhile, by another attempt or with the run.
        error = taken_apart(error)
        if isinstance(error, RequestError):
            leave_to_columns(error)
            self._name_call(index, error)
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
            self._name_call(index, self._scheduler.ledger.errors.get(index))
            if self.settled is not None:
                self.settled(index)

    def expire(self, now: float, reason: str) -> None:
        """End the run because its time is over, and say of what was begun which call it was."""
        begun = list(self._scheduler.begun)
        self._scheduler.expire(now, reason)
        for index in begun:
            self._name_call(index, self._scheduler.ledger.errors.get(index))

    def _name_call(self, index: int, error: BaseException | None) -> None:
        """Say in the error of a time limit of which call it is."""
        if not isinstance(error, RequestTimeout) or error.call is not None or self.call_of is None:
            return
        # It is made of the item once more, by code of the user's too.
        with suppress(Exception):
            call = self.call_of(index)
            said = str(error)
            error.call, error.args = call, (f"{call}: {said[:1].lower()}{said[1:]}",)
