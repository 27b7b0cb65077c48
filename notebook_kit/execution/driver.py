"""The driver: carries out on an event loop what the scheduler says.

A few workers, as many as may be under way at once, ask the scheduler in line what to start. One
timer wakes those that wait. There is no task per item and no semaphore.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.again import Again
from notebook_kit.execution.attempt import Attempts, LeftBehind
from notebook_kit.execution.batch_clock import BatchClock
from notebook_kit.execution.crew import GRACE_S, Crew
from notebook_kit.execution.feeder import Feeder
from notebook_kit.execution.intake import Intake
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.parking import Parking
from notebook_kit.execution.reports import Reports
from notebook_kit.execution.staffing import workers_of_use
from notebook_kit.execution.unawaited import unawaited
from notebook_kit.scheduling import DONE, FEED, Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from notebook_kit.execution.saving import Saving
    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Plan, Scheduler, Stop

__all__ = ["Driver"]

#: Seconds of work without a turn of the loop, for calls that never wait.
_BREATH_S: Final = 0.005


class Driver:
    """Runs one plan.

    Attributes:
        attempts: make the attempts, where there is more to them than calling a function.
        reports: tell the scheduler and who listens what became of attempts.
        again: grants that what has failed be tried once more.
        saving: lets workers go on when what they did is on disk, or None.
        stands: called when nothing happens because the pilot is done, or None.
        fatal: an interrupt or exit that a call raised, to be raised again by who waits.
        abandoned: calls that did not end when they were cancelled, and were left behind.
    """

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        perform: Callable[[Any], Awaitable[Any]],
        *,
        item_of: Callable[[int], Any] | None = None,
        attempt_timeout_s: float | None = None,
        batch_timeout_s: float | None = None,
        rejects: Callable[[Any], bool] | None = None,
        settled: Callable[[int], None] | None = None,
        arrived: Callable[[int], None] | None = None,
        read_in_thread: bool = False,
        context: contextvars.Context | None = None,
        rescue: Callable[[int, Failure, float], Awaitable[Any]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fatal: BaseException | None = None
        self.abandoned = 0
        self._scheduler = scheduler
        self._perform = perform
        self._item_of = item_of or plan.getter
        self._batch_timeout_s = batch_timeout_s
        self._batch_clock = BatchClock(batch_timeout_s, self._expire)
        self._parking = Parking()
        self.reports = Reports(scheduler, clock=clock, settled=settled)
        self.attempts = Attempts(
            scheduler,
            perform,
            self._item_of,
            limit_s=attempt_timeout_s,
            rejects=rejects,
            leave_behind=self._leave_behind,
            clock=clock,
            rescue=rescue,
        )
        self._clock = clock
        self.again = Again(scheduler, self.reports, clock)
        self.stands: Callable[[], None] | None = None
        self.saving: Saving | None = None
        # That of who made the run, also for workers that somebody else's click adds later.
        self._context = context or contextvars.copy_context()
        wanted = partial(workers_of_use, plan, scheduler)
        may_end = self.again.may_end
        self._crew = Crew(self._work, wanted=wanted, may_end=may_end, context=self._context)
        feeder = Feeder(
            plan, scheduler, in_thread=read_in_thread, arrived=arrived, wake=self._parking.wake
        )
        self._intake = Intake(feeder, task=self._crew.task, failed=self._end_by)
        self._reads_ahead = scheduler.reads_ahead and not feeder.in_line
        #: Stands for the worker that worked last.
        self._last_at_work: object = None

    @property
    def input_error(self) -> BaseException | None:
        """What the input raised, if it broke."""
        return self._intake.error

    async def run(self) -> None:
        """Run to the end, or until cancelled."""
        self._batch_clock.go_on()
        try:
            await self._crew.run()
        except asyncio.CancelledError:
            self.cancel()
            if self._crew.workers:
                await asyncio.wait(self._crew.workers, timeout=GRACE_S)
            raise
        finally:
            self.again.end()
            self.abandoned += self._crew.give_up()
            self._batch_clock.close()
            self._parking.close()
            # The turn of those who would have told of them was cut off.
            self.reports.tell_aside()
            await self._intake.close()

    def cancel(self) -> None:
        """Settle what has not ended as cancelled and cut what is in flight; on the loop only."""
        self._scheduler.cancel(self._clock())
        self._cut()

    def _expire(self) -> None:
        reason = f"Not done within batch_timeout={self._batch_timeout_s:g} s."
        self.reports.expire(self._clock(), reason)
        self._cut()

    def _cut(self) -> None:
        self._crew.cut()
        self._intake.cut()

    def drain(self, stop: Stop | None = None) -> None:
        """Start nothing more, and let what is in flight come to its end; on the loop only."""
        self._scheduler.drain(self._clock(), stop)
        self.poke()

    def settle_without_a_loop(self) -> None:
        """Settle what has not ended as cancelled, when the loop is closed and nothing can run."""
        self._scheduler.cancel(self._clock())

    def poke(self) -> None:
        """Look again, because something was changed from outside; on the loop only."""
        self._crew.fill()
        self._parking.wake()

    def go_on(self) -> None:
        """Look again, because somebody said how to go on; on the loop only."""
        self._batch_clock.go_on()
        self.poke()

    def look_for_wishes(self) -> None:
        """Try what has failed once more, if that is wanted; on the loop only."""
        if self.again.grant():
            self._crew.work_on()
            self.go_on()

    # Workers

    async def _work(self, context: contextvars.Context) -> None:
        try:
            if await self._serve(context):
                # What the item has set must not be seen by the next one.
                self._crew.add()
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - kept for who waits for the run
            # An interrupt that was raised on from a task would end the loop, and with it the
            # kernel; anything else that comes here is a fault of ours. Both end the run.
            self._end_by(error)

    def _end_by(self, error: BaseException) -> None:
        self.fatal = self.fatal or error
        self.cancel()

    async def _serve(  # noqa: C901, PLR0912, PLR0915 - the hot loop: each call in it costs
        self, context: contextvars.Context
    ) -> bool:
        """Work until nothing is left; True if the context variables were changed by an item."""
        scheduler, clock, untouched = self._scheduler, self._clock, self._context
        perform, item_of, parking, crew = self._perform, self._item_of, self._parking, self._crew
        parked, aside, reports = parking.waiting, scheduler.aside, self.reports
        saving = self.saving
        attempt = self.attempts.make if self.attempts.needed else None
        # Whoever listens, or needs to be told of more than an end, is looked for just once.
        plain = attempt is None and scheduler.flight.auto is None
        # One look for each worker is enough: they all call the same function.
        unseen = True
        myself, now = object(), clock()
        since = now
        while True:
            if self._last_at_work is not myself:
                # Somebody else worked since, so this one had waited.
                self._last_at_work, since = myself, now
            elif now - since > _BREATH_S:
                await asyncio.sleep(0)
                since = now = clock()
            index = scheduler.next(now)
            if aside:
                reports.tell_aside()
            if index >= 0:
                if parked:
                    parking.wake(1)
                elif crew.held_back and len(scheduler.begun) >= len(crew.workers):
                    crew.grow()
                if self._reads_ahead:
                    self._intake.want()
                try:
                    if attempt is None:
                        value = await perform(item_of(index))
                    else:
                        value = await attempt(index, now)
                except LeftBehind:
                    return False
                except (Exception, GeneratorExit, BaseExceptionGroup) as error:
                    if isinstance(error, GeneratorExit) and not self._is_at_work():
                        raise
                    now = clock()
                    reports.failed(index, now, error)
                except asyncio.CancelledError as cancelled:
                    await reports.cancelled(index, cancelled)
                    now = clock()
                else:
                    now = clock()
                    if unseen:
                        unseen = False
                        if inspect.isawaitable(value):
                            self.drain(unawaited(value))
                    if plain and type(value) is not Answer:
                        settled = reports.settled
                        ended = settled is not None and index in scheduler.begun
                        scheduler.succeeded(index, now, value)
                        if ended and settled is not None:
                            settled(index)
                    else:
                        reports.succeeded(index, now, value)
                        if scheduler.flight.overtaken:
                            self.attempts.cut_overtaken()
                        if scheduler.flight.auto is not None:
                            crew.fill()
                if saving is not None and saving.holds:
                    await saving.wait()
                    now = clock()
                try:
                    # Two contexts that were copied from one and not changed are compared at once.
                    changed = context != untouched
                except Exception:  # noqa: BLE001 - values may refuse to be compared, as arrays do
                    changed = True
                if changed:
                    return True
                continue
            if index == DONE:
                parking.wake()
                if len(crew.workers) > 1:
                    # One whose call swallows its cancellation must not hold up the end.
                    crew.hurry()
                return False
            value = None  # Who waits holds on to no answer.
            if index != FEED or not self._intake.ask():
                await self._park(scheduler.wake_at, now)
            now = clock()

    # Attempts

    def _is_at_work(self) -> bool:
        """Tell whether this is a worker that runs, and not one that is being collected."""
        return running_loop() is not None and asyncio.current_task() in self._crew.workers

    def _leave_behind(self, worker: asyncio.Task[Any], index: int, error: Exception) -> None:
        """Go on without a worker whose call did not end when its time was over."""
        self._crew.leave_behind(worker)
        self.abandoned += 1
        self.reports.failed(index, self._clock(), error)
        self._crew.replace()
        # Those who wait have to see that there may be something to do, or nothing any more.
        self._parking.wake()

    # Waiting

    async def _park(self, wake_at: float | None, now: float) -> None:
        if self._scheduler.waiting_for == "pilot" and self._scheduler.standing:
            self._batch_clock.stand()
            if self.stands is not None:
                self.stands()
        if wake_at is not None:
            self._parking.wake_at(asyncio.get_running_loop().time() + max(0.0, wake_at - now))
        await self._parking.wait()
