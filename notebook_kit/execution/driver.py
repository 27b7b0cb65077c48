"""The driver: carries out on an event loop what the scheduler says.

A few workers, as many as may be under way at once, ask the scheduler in line what to start. One
timer wakes those that wait. There is no task per item and no semaphore.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import RequestError, RequestTimeout
from notebook_kit.policies import classify
from notebook_kit.scheduling import DONE, FEED, Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fatal: BaseException | None = None
        self.input_error: Exception | None = None
        self._plan = plan
        self._scheduler = scheduler
        self._perform = perform
        self._attempt_timeout_s = attempt_timeout_s
        self._settled = settled
        self._arrived = arrived
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._workers: set[asyncio.Task[None]] = set()
        self._parked: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._feeding = False
        self._breathed = 0.0

    async def run(self) -> None:
        """Run to the end, or until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._spawn()
        try:
            while self._workers:
                await asyncio.wait(self._workers, return_when=asyncio.FIRST_COMPLETED)
                self._bury()
        except asyncio.CancelledError:
            self.cancel()
            if self._workers:
                await asyncio.wait(self._workers, timeout=_GRACE_S)
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def cancel(self) -> None:
        """Settle what has not ended as cancelled and cut what is in flight; on the loop only."""
        self._scheduler.cancel(self._clock())
        for worker in self._workers:
            worker.cancel()

    def poke(self) -> None:
        """Look again, because something was changed from outside; on the loop only."""
        self._spawn()
        self._wake(len(self._parked))

    # Workers

    def _spawn(self) -> None:
        if self._loop is None or self._scheduler.stopped:
            return
        wanted = self._scheduler.max_concurrency
        if self._plan.length is not None:
            wanted = min(wanted, max(1, self._plan.length))
        while len(self._workers) < wanted:
            self._workers.add(self._loop.create_task(self._work()))

    def _bury(self) -> None:
        for worker in [worker for worker in self._workers if worker.done()]:
            self._workers.discard(worker)
            if not worker.cancelled() and (error := worker.exception()) is not None:
                # Not a call's error, those are rows: something of ours is broken. Say so.
                self.fatal = self.fatal or error
                self.cancel()

    async def _work(self) -> None:
        scheduler, clock = self._scheduler, self._clock
        while True:
            now = clock()
            if now - self._breathed > _BREATH_S:
                await asyncio.sleep(0)
                self._breathed = now = clock()
            index = scheduler.next(now)
            if index >= 0:
                if self._parked:
                    self._wake(1)
                await self._attempt(index)
            elif index == FEED:
                await self._feed()
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
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._fail(index, cancelled)
        except GeneratorExit:
            raise
        except BaseException as interrupt:  # noqa: BLE001 - kept for who waits for the run
            # KeyboardInterrupt raised on from a task would end the loop, and with it the kernel.
            self.fatal = interrupt
            self.cancel()
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

    async def _limited(self, index: int, limit_s: float) -> Any:
        limit = asyncio.timeout(limit_s)
        try:
            async with limit:
                return await self._perform(self._plan.item(index))
        except TimeoutError as error:
            if not limit.expired():
                raise
            message = f"No answer within attempt_timeout={limit_s:g} s."
            raise RequestTimeout(message, phase="attempt", attempts=1, elapsed_s=limit_s) from error

    def _fail(self, index: int, error: BaseException) -> None:
        # Tracebacks hold frames, frames hold clients; the row keeps the user's part only.
        error.__traceback__ = _without_own_frames(error)
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

    async def _feed(self) -> None:
        if self._feeding:
            await self._park(self._scheduler.wake_at, self._clock())
            return
        self._feeding = True
        source = self._plan.source
        try:
            if isinstance(source, AsyncIterator):
                item = await anext(source)
            elif isinstance(source, Iterator):
                item = next(source)
            else:
                self._scheduler.end_of_input()
                return
        except (StopIteration, StopAsyncIteration):
            self._scheduler.end_of_input()
        except Exception as error:  # noqa: BLE001 - what is done is kept; raised at the end
            self.input_error = error
            self._scheduler.end_of_input()
        else:
            self._plan.pulled.append(item)
            self._scheduler.add()
            if self._arrived is not None:
                self._arrived(len(self._plan.pulled) - 1)
        finally:
            self._feeding = False
            self._wake(1 if self._scheduler.input_open else len(self._parked))


def _without_own_frames(error: BaseException) -> Any:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__name__") == __name__:
        traceback = traceback.tb_next
    return traceback
