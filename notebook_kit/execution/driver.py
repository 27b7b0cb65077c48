"""The driver: carries out on an event loop what the scheduler says.

A few workers, as many as may be under way at once, ask the scheduler in line what to start. One
timer wakes those that wait. There is no task per item and no semaphore.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestError, RequestTimeout
from notebook_kit.execution.reading import END, Reader
from notebook_kit.execution.tracebacks import lighten
from notebook_kit.policies import classify
from notebook_kit.scheduling import DONE, FEED, Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from notebook_kit.scheduling import Plan, Scheduler

__all__ = ["Driver"]

#: Seconds of work without a turn of the loop, for calls that never wait.
_BREATH_S: Final = 0.005
#: Seconds that calls are given to end after they were cancelled.
_GRACE_S: Final = 1.0


class Driver:
    """Runs one plan.

    Attributes:
        fatal: an interrupt or exit that a call raised, to be raised again by who waits.
        input_error: what the input raised, if it broke.
        abandoned: calls that did not end when they were cancelled, and were left behind.
    """

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        perform: Callable[[Any], Awaitable[Any]],
        *,
        attempt_timeout_s: float | None = None,
        settled: Callable[[int], None] | None = None,
        arrived: Callable[[int], None] | None = None,
        read_in_thread: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fatal: BaseException | None = None
        self.input_error: BaseException | None = None
        self.abandoned = 0
        self._plan = plan
        self._scheduler = scheduler
        self._perform = perform
        self._attempt_timeout_s = attempt_timeout_s
        self._settled = settled
        self._arrived = arrived
        self._reader = Reader(plan, in_thread=read_in_thread)
        self._clock = clock
        # That of who made the run, also for workers that somebody else's click adds later.
        self._context = contextvars.copy_context()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workers: set[asyncio.Task[None]] = set()
        self._feeder: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._out_of_patience: asyncio.Future[None] | None = None
        self._parked: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._breathed = 0.0

    async def run(self) -> None:
        """Run to the end, or until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._out_of_patience = self._loop.create_future()
        self._spawn()
        try:
            while self._workers and not self._out_of_patience.done():
                await asyncio.wait(
                    {*self._workers, self._out_of_patience}, return_when=asyncio.FIRST_COMPLETED
                )
                self._bury()
        except asyncio.CancelledError:
            self.cancel()
            if self._workers:
                await asyncio.wait(self._workers, timeout=_GRACE_S)
                self._bury()
            raise
        finally:
            self.abandoned = len(self._workers)
            if self._timer is not None:
                self._timer.cancel()
            await self._close_input()

    def cancel(self) -> None:
        """Settle what has not ended as cancelled and cut what is in flight; on the loop only."""
        self._scheduler.cancel(self._clock())
        for task in (*self._workers, self._feeder):
            if task is not None:
                task.cancel()
        if self._loop is not None:
            self._loop.call_later(_GRACE_S, self._lose_patience)

    def settle_without_a_loop(self) -> None:
        """Settle what has not ended as cancelled, when the loop is closed and nothing can run."""
        self._scheduler.cancel(self._clock())

    def poke(self) -> None:
        """Look again, because something was changed from outside; on the loop only."""
        self._spawn()
        self._wake(len(self._parked))

    def _lose_patience(self) -> None:
        if self._out_of_patience is not None and not self._out_of_patience.done():
            self._out_of_patience.set_result(None)

    # Workers

    def _spawn(self) -> None:
        if self._loop is None or self._scheduler.stopped:
            return
        wanted = self._scheduler.max_concurrency
        if self._plan.length is not None:
            wanted = min(wanted, max(1, self._plan.length))
        while len(self._workers) < wanted:
            self._workers.add(self._task(self._work()))

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        assert self._loop is not None  # noqa: S101 - tells the type checker
        return self._loop.create_task(work, context=self._context.copy())

    def _bury(self) -> None:
        """Take away the workers that ended, and replace one that was cancelled by a stranger."""
        ended = {worker for worker in self._workers if worker.done()}
        self._workers -= ended
        if any(worker.cancelled() for worker in ended):
            self._spawn()

    async def _work(self) -> None:
        try:
            await self._serve()
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - kept for who waits for the run
            # An interrupt that was raised on from a task would end the loop, and with it the
            # kernel; anything else that comes here is a fault of ours. Both end the run.
            self.fatal = self.fatal or error
            self.cancel()

    async def _serve(self) -> None:
        scheduler, clock = self._scheduler, self._clock
        while True:
            now = clock()
            if now - self._breathed > _BREATH_S:
                await asyncio.sleep(0)
                self._breathed = now = clock()
            index = scheduler.next(now)
            if scheduler.refused:
                self._tell_refused()
            if index >= 0:
                if self._parked:
                    self._wake(1)
                await self._attempt(index)
            elif index == FEED:
                await self._feed(now)
            elif index == DONE:
                self._wake(len(self._parked))
                return
            else:
                await self._park(scheduler.wake_at, now)

    async def _attempt(self, index: int) -> None:
        try:
            if self._attempt_timeout_s is None:
                value = await self._perform(self._plan.item(index))
            else:
                value = await self._limited(index, self._attempt_timeout_s)
        except Exception as error:  # noqa: BLE001 - whatever a call raises is its row's error
            self._fail(index, error)
        except asyncio.CancelledError as cancelled:
            await self._cancelled(index, cancelled)
        else:
            now = self._clock()
            if type(value) is Answer:
                self._scheduler.succeeded(
                    index, now, value.value, status_code=value.status_code, source=value.source
                )
            else:
                self._scheduler.succeeded(index, now, value)
            if self._settled is not None:
                self._settled(index)

    async def _cancelled(self, index: int, cancelled: asyncio.CancelledError) -> None:
        """Tell a cancellation of the run from one that the call brought upon itself."""
        task = asyncio.current_task()
        if self._scheduler.stopped or task is None:
            raise cancelled
        while task.cancelling():
            task.uncancel()
        # If the whole loop is being wound down, the run hears of it in this turn.
        await asyncio.sleep(0)
        self._fail(index, cancelled)

    async def _limited(self, index: int, limit_s: float) -> Any:
        limit = asyncio.timeout(limit_s)
        value = None
        cause: TimeoutError | None = None
        try:
            async with limit:
                value = await self._perform(self._plan.item(index))
        except TimeoutError as error:
            if not limit.expired():
                raise
            cause = error
        if not limit.expired():
            return value
        # Also for a call that swallowed its cancellation and answered all the same.
        message = f"No answer within attempt_timeout={limit_s:g} s."
        raise RequestTimeout(message, phase="attempt", attempts=1, elapsed_s=limit_s) from cause

    def _fail(self, index: int, error: BaseException) -> None:
        lighten(error)
        now = self._clock()
        again = self._scheduler.failed(index, now, classify(error))
        if again:
            return
        if isinstance(error, RequestError):
            ledger = self._scheduler.ledger
            error.attempts = ledger.attempts[index]
            error.elapsed_s = now - ledger.left[index]
        if self._settled is not None:
            self._settled(index)

    def _tell_refused(self) -> None:
        refused, self._scheduler.refused = self._scheduler.refused, []
        for index in refused:
            if self._settled is not None:
                self._settled(index)

    # Waiting

    async def _park(self, wake_at: float | None, now: float) -> None:
        loop = asyncio.get_running_loop()
        parked: asyncio.Future[None] = loop.create_future()
        self._parked.append(parked)
        if wake_at is not None:
            self._arm(loop.time() + max(0.0, wake_at - now))
        await parked

    def _arm(self, when: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            if not self._timer.cancelled() and loop.time() < self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._wake, 1)

    def _wake(self, count: int) -> None:
        while count > 0 and self._parked:
            parked = self._parked.popleft()
            if not parked.done():
                parked.set_result(None)
                count -= 1

    # Input

    async def _feed(self, now: float) -> None:
        if self._reader.in_line:
            try:
                self._arrive(self._reader.read())
            except Exception as error:  # noqa: BLE001 - what is done is kept; raised at the end
                self._break_off(error)
            return
        # In a task of its own, so that a due retry need not wait for a slow input.
        self._wanted.set()
        if self._feeder is None:
            self._feeder = self._task(self._keep_feeding())
        await self._park(self._scheduler.wake_at, now)

    async def _keep_feeding(self) -> None:
        while self._scheduler.input_open:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                self._arrive(await self._reader.read_later())
            except asyncio.CancelledError as cancelled:
                if self._scheduler.stopped:
                    raise
                self._break_off(cancelled)
            except Exception as error:  # noqa: BLE001 - what is done is kept; raised at the end
                self._break_off(error)
            except BaseException as interrupt:  # noqa: BLE001 - as in _work
                self.fatal = self.fatal or interrupt
                self.cancel()

    def _arrive(self, item: Any) -> None:
        if item is END:
            self._scheduler.end_of_input()
            self._wake(len(self._parked))
            return
        self._plan.pulled.append(item)
        self._scheduler.add()
        if self._arrived is not None:
            self._arrived(len(self._plan.pulled) - 1)
        self._wake(1)

    def _break_off(self, error: BaseException) -> None:
        self.input_error = error
        self._scheduler.end_of_input()
        self._wake(len(self._parked))

    async def _close_input(self) -> None:
        if self._feeder is not None:
            self._feeder.cancel()
            await asyncio.wait([self._feeder], timeout=_GRACE_S)
        try:
            await asyncio.wait_for(self._reader.close(), timeout=_GRACE_S)
        except TimeoutError:
            pass  # It is in the middle of an item, and is left to end on its own.
        except Exception as error:  # noqa: BLE001 - raised at the end, if nothing worse is
            self.input_error = self.input_error or error
