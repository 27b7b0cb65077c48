"""The engine of a run: ledger, scheduler and driver together, on the loop where the work belongs.

It knows nothing of DataFrames, of displays or of who waits.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution import io_thread
from notebook_kit.execution.driver import Driver
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.relay import Relay
from notebook_kit.execution.settings import lowered_switch_interval
from notebook_kit.policies import Failure, FailureKind, Limits, Rate
from notebook_kit.scheduling import (
    Ledger,
    Plan,
    RunState,
    Scheduler,
    Snapshot,
    Source,
    Status,
    take_snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Journal, Work
    from notebook_kit.scheduling import Outcome

__all__ = ["Engine"]


class Engine:
    """Runs one plan; everything but `start` may be called from any thread.

    Attributes:
        completed: done when nothing more will happen; it carries no error.
        first_error: the error that stopped a run told to stop at the first.
        notices: what the user should know, oldest first.
    """

    def __init__(
        self, plan: Plan, work: Work, options: RunOptions, journal: Journal | None = None
    ) -> None:
        self.plan = plan
        self.completed: Future[None] = Future()
        self.first_error: BaseException | None = None
        self.notices: list[str] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self._work = work
        self._journal = journal
        self._on_error = options.on_error
        self._started = time.monotonic()
        self._ended: float | None = None
        self._pid = os.getpid()
        self._stood_still = 0
        self._own_rates = options.rates
        self._task: Any = None
        self.ledger = Ledger(epoch=time.time() - self._started)
        self._scheduler = Scheduler(
            self.ledger,
            max_concurrency=options.max_concurrency,
            start=self._started,
            retry=options.retry,
            limits=self._all_limits(options.rates),
            weigh=self._weigh,
            safe=work.safe,
        )
        self._driver = Driver(
            plan,
            self._scheduler,
            work.perform,
            attempt_timeout_s=options.attempt_timeout_s,
            settled=self._settled if journal or options.on_error != "collect" else None,
            arrived=self._reuse if journal else None,
            read_in_thread=work.on_io_loop,
        )
        if plan.length is not None:
            self._scheduler.add(plan.length)
            self._scheduler.end_of_input()
            if journal is not None:
                for index in range(plan.length):
                    self._reuse(index)

    # Life

    def start(self) -> None:
        """Start on the loop where the work belongs."""
        home = None if self._work.on_io_loop else running_loop()
        self.loop = home or io_thread.io_loop()
        self._task = home.create_task(self._go()) if home else io_thread.submit(self._go())

    async def _go(self) -> None:
        try:
            with lowered_switch_interval():
                await self._driver.run()
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - raised where the run is waited for
            self._driver.fatal = self._driver.fatal or error
            self._driver.cancel()
        finally:
            self._finish()

    def _finish(self) -> None:
        if self.completed.done():
            return
        self._ended = time.monotonic()
        for part in (self._work, self._journal):
            try:
                if part is not None:
                    part.close()
            except Exception as error:  # noqa: BLE001 - whoever waits must not wait for ever
                self.notice(f"closing raised {type(error).__name__}: {error}")
        self.completed.set_result(None)

    def cancel(self) -> None:
        """Cut what is in flight and settle what has not ended as cancelled."""
        if self.completed.done() or self.lost:
            return
        if running_loop() is self.loop:
            self._driver.cancel()
        elif self.loop is not None and self.loop.is_closed():
            self._end_without_a_loop()
        else:
            self._call_soon(self._driver.cancel)

    def _call_soon(self, function: Callable[[], None]) -> None:
        if self.loop is not None and not self.loop.is_closed() and not self.completed.done():
            self.loop.call_soon_threadsafe(function)

    def _end_without_a_loop(self) -> None:
        self._driver.settle_without_a_loop()
        self._finish()

    # Who may wait

    def look_after(self, *, patience: int, blocking: bool = True) -> None:
        """See to it that nobody waits for what cannot come; called while somebody waits.

        Args:
            patience: looks in a row at which the run's loop may stand still.
            blocking: whether the caller waits without letting its own loop run.

        Raises:
            WouldDeadlock: when the caller blocks a loop that the run needs, or that loop has
                stopped.
        """
        if self.completed.done():
            return
        here = running_loop()
        if self.loop is not None and self.loop.is_closed():
            self._end_without_a_loop()
            return
        standing_still = self.loop is not None and not self.loop.is_running()
        self._stood_still = self._stood_still + 1 if standing_still else 0
        if self._stood_still > patience:
            message = (
                "The event loop that this run was started on has stopped, and it cannot go on: "
                "start it with loop='kit', or await it in the cell or coroutine that starts it."
            )
            raise WouldDeadlock(message)
        if blocking and here is not None and self._is_blocked_by(here):
            message = (
                "This run needs the event loop that you are blocking: write `await run`, or start "
                "it with client.map or a synchronous function, which run on a thread of their own."
            )
            raise WouldDeadlock(message)

    def _is_blocked_by(self, loop: asyncio.AbstractEventLoop) -> bool:
        source = self.plan.source
        homes = [self.loop, source.home if isinstance(source, Relay) else None]
        if self._work.needs_home:
            homes.append(self._work.home)
        return loop in homes

    # Steering

    @property
    def paused(self) -> bool:
        """While True nothing more is started."""
        return self._scheduler.paused

    @paused.setter
    def paused(self, value: bool) -> None:
        self._scheduler.paused = value
        self._call_soon(self._driver.poke)

    @property
    def max_concurrency(self) -> int:
        """Attempts that may be under way at once."""
        return self._scheduler.max_concurrency

    @max_concurrency.setter
    def max_concurrency(self, value: int) -> None:
        most = self._work.most_at_once
        if most is not None and value > most:
            self.notice(f"max_concurrency={value} was lowered to {most}, what the client allows.")
            value = most
        self._scheduler.max_concurrency = value
        self._call_soon(self._driver.poke)

    @property
    def rates(self) -> tuple[Rate, ...]:
        """The run's own limits; those of the client hold beside them."""
        return self._own_rates

    @rates.setter
    def rates(self, own: Sequence[Rate]) -> None:
        self._own_rates = tuple(own)
        self._scheduler.limits = self._all_limits(own)
        self._call_soon(self._driver.poke)

    def _all_limits(self, own: Sequence[Rate]) -> Limits:
        return Limits((*self._work.limits.rates, *own))

    def _weigh(self, index: int) -> tuple[float, ...]:
        return self._scheduler.limits.weights(self.plan.item(index))

    # What happens

    def _reuse(self, index: int) -> None:
        if self._journal is None:
            return
        kept = self._journal.lookup(self.plan.item(index))
        now = time.monotonic()
        if isinstance(kept, Failure):
            timed_out = kept.kind is FailureKind.TIMEOUT
            self.ledger.reuse(
                index,
                None,
                source=Source.CHECKPOINT,
                status_code=kept.status_code or 0,
                now=now,
                status=Status.TIMEOUT if timed_out else Status.FAILED,
                error=kept.error,
            )
            self._scheduler.tally.add(index, kept)
        elif kept is not None:
            value, code, source = kept
            self.ledger.reuse(index, value, source=source, status_code=code, now=now)

    def _settled(self, index: int) -> None:
        if self._journal is not None:
            self._journal.record(self.outcome(index))
        error = self.ledger.errors.get(index)
        if error is None or self._on_error == "collect":
            return
        if callable(self._on_error):
            try:
                self._on_error(self.outcome(index))
            except Exception as raised:  # noqa: BLE001 - a hook must not be felt by the run
                self.notice(f"on_error raised {type(raised).__name__}: {raised}")
        elif self.first_error is None:
            self.first_error = error
            self._driver.cancel()

    def notice(self, text: str) -> None:
        """Keep something that the user should know, once."""
        if text not in self.notices:
            self.notices.append(text)

    # What is so

    @property
    def fatal(self) -> BaseException | None:
        """An interrupt that a call raised, or a fault of the kit's own."""
        return self._driver.fatal

    @property
    def input_error(self) -> BaseException | None:
        """What the input raised, if it broke."""
        return self._driver.input_error

    @property
    def lost(self) -> bool:
        """Whether this is a forked child's copy of a run that goes on in the parent."""
        return self._pid != os.getpid() and not self.completed.done()

    @property
    def state(self) -> RunState:
        """Where the run stands."""
        if self.lost:
            return RunState.LOST
        if not self.completed.done():
            return RunState.PAUSED if self.paused else RunState.RUNNING
        if any(error is not None for error in (self.input_error, self.first_error)):
            return RunState.FAILED
        return RunState.CANCELLED if self._scheduler.stopped else RunState.DONE

    @property
    def abandoned(self) -> int:
        """Calls that were given up while they ran on."""
        return self._work.abandoned + self._driver.abandoned

    def outcome(self, position: int) -> Outcome:
        """Return what became of the item at a position of the input."""
        return self.ledger.outcome(position, self.plan.item(position))

    def snapshot(self) -> Snapshot:
        """Return the numbers of this moment."""
        return take_snapshot(
            self._scheduler,
            self.plan,
            state=self.state,
            started=self._started,
            now=time.monotonic() if self._ended is None else self._ended,
            notices=self.notices,
        )
