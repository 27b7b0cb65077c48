"""The engine of a run: ledger, scheduler and driver together, on the loop where the work belongs.

It knows nothing of DataFrames, of displays or of who waits.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution import io_thread
from notebook_kit.execution.assembly import scheduler_for
from notebook_kit.execution.driver import Driver
from notebook_kit.execution.holding import note_run
from notebook_kit.execution.hooks import Hooks
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.protocols import resources_of
from notebook_kit.execution.reuse import Reuse
from notebook_kit.execution.saving import Saving
from notebook_kit.execution.settings import lowered_switch_interval
from notebook_kit.execution.steerable import Steerable
from notebook_kit.execution.vigil import Vigil
from notebook_kit.redact import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from notebook_kit.execution.completed import Completed
    from notebook_kit.execution.options import RunOptions
    from notebook_kit.execution.protocols import Journal, Work
    from notebook_kit.policies import Failure
    from notebook_kit.scheduling import Plan, Rescued

__all__ = ["Engine"]


#: The runs that whatever is called here is a part of.
_around: Final[contextvars.ContextVar[tuple[object, ...]]] = contextvars.ContextVar(
    "notebook_kit.around", default=()
)


class Engine(Steerable):
    """Runs one plan; everything but `start` may be called from any thread.

    How it stands is told by `Standing`, and how it is steered by `Steerable`.
    """

    def __init__(
        self,
        plan: Plan,
        work: Work,
        options: RunOptions,
        journal: Journal | None = None,
        *,
        identify: Callable[[Any], Hashable] = id,
    ) -> None:
        super().__init__(plan, work, rates=options.rates)
        self._journal = journal
        #: Held while the run is brought to its end, which several who wait may do for a lost loop.
        self._finishing = threading.RLock()
        self._task: Any = None
        self._scheduler = scheduler_for(
            plan, self.ledger, work, options, start=self._started, identify=identify
        )
        tally = self._scheduler.settler.tally
        self._reuse = None if journal is None else Reuse(journal, plan, self.ledger, tally)
        self._saving: Saving | None = None
        inside = contextvars.copy_context()
        inside.run(_around.set, (*_around.get(), self.completed))
        self._driver = Driver(
            plan,
            self._scheduler,
            work.perform_at if work.by_position else work.perform,
            item_of=plan.numbered if work.by_position else None,
            attempt_timeout_s=options.shortest_attempt_s,
            batch_timeout_s=options.batch_timeout_s,
            rejects=options.retry.retry_value,
            arrived=self._look_up if journal else None,
            read_in_thread=work.on_io_loop,
            context=inside,
            rescue=self._rescue if self._scheduler.rescues.offered else None,
        )
        self._hooks = Hooks(
            plan,
            options,
            journal,
            self._scheduler.endings.budget,
            priced=None if self._scheduler.pilot is None else self._scheduler.pilot.price,
            outcome=self.outcome,
            notice=self.notice,
            stop=self._stop_at,
            end=self._driver.drain,
        )
        if journal is not None:
            self._saving = Saving(journal, self._hooks.acknowledge)
            self._hooks.saving = self._driver.saving = self._saving
            journal.begin(self.ledger, self._saving.progress)
        self._driver.reports.settled = self._hooks.wanted
        self._driver.again.told = self._hooks.reopened
        self._driver.stands = self._tell_of_pilot
        if (tell := getattr(work, "retry_planned", None)) is not None:
            self._driver.reports.again = lambda at, *what: tell(plan.position(at), *what)
        if (call_of := getattr(work, "called", None)) is not None:
            self._driver.reports.call_of = lambda at: call_of(plan.item(at))
        if work.tells_sent:
            self._driver.attempts.told_when_sent = True
            work.when_sent(self._driver.attempts.sent)
        #: What looks after those who wait.
        self.vigil = Vigil(self, work)
        if plan.length is not None:
            self._scheduler.add(plan.length)
            self._scheduler.end_of_input()
            if self._reuse is not None:
                for index in self._reuse.settle_all(time.monotonic()):
                    self._hooks.reused(index)
        #: What the monitor knows of it.
        self.entry = note_run(self, name=plan.name, checkpoint=journal and options.checkpoint)

    # Life

    def start(self) -> None:
        """Start on the loop where the work belongs."""
        home = None if self._work.on_io_loop else running_loop()
        self.loop = home or io_thread.io_loop()
        if self._saving is not None:
            self._saving.start(self.loop)
        work = self._go()
        try:
            self._task = home.create_task(work) if home else io_thread.submit(work)
        except BaseException:
            # Interrupted before anything could begin, it must not be waited for.
            work.close()
            self.end_without_a_loop()
            raise

    async def _go(self) -> None:
        try:
            with lowered_switch_interval():
                await self._driver.run()
                if self._saving is not None:
                    # Other runs on this loop go on meanwhile.
                    await self._saving.end(str(self.final_state), len(self.ledger))
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
        with self._finishing:
            if self.completed.done():
                return
            self._ended = time.monotonic()
            # Where the driver itself broke, nothing else says of them that they will not end.
            self.ledger.settle_rest()
            self._forget_pilot()
            try:
                self._tell_of_mishaps()
                if (tell := getattr(self._work, "run_ended", None)) is not None:
                    tell(self.snapshot())
                self._close_parts()
            finally:
                # Whatever happens: whoever waits must not wait for ever.
                self.completed.set_result(None)

    def _close_parts(self) -> None:
        for close in (self._work.close, self._close_journal):
            try:
                close()
            except Exception as error:  # noqa: BLE001 - the other is closed all the same
                self.notice(f"closing raised {type(error).__name__}: {text_of(error)}")

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close(str(self.final_state), len(self.ledger))
        if self._saving is not None:
            self._saving.tell_those()

    def _tell_of_mishaps(self) -> None:
        mishap, stop = self._scheduler.flight.mishap, self._scheduler.stop
        if mishap is not None:
            said = f"{type(mishap).__name__}: {text_of(mishap)}"
            self.notice(f"usage raised {said}; the estimates were kept.")
        if stop is not None and stop.reason:
            self.notice(stop.reason)
        if (fault := self.fault) is not None:
            said = f"{type(fault).__name__}: {text_of(fault)}"
            self.notice(f"A fault of notebook_kit itself ended the run: {said}")
        if (denied := self._scheduler.denied_retries) > 0:
            items = "1 item was" if denied == 1 else f"{denied:,} items were"
            self.notice(f"The retry budget was used up, so {items} not tried again.")
        if (broke := self.input_error) is not None:
            said = f"{type(broke).__name__}: {text_of(broke)}"
            items = "1 item" if len(self.ledger) == 1 else f"{len(self.ledger):,} items"
            self.notice(f"The input broke off after {items}: {said}")
        if (count := self.abandoned) > 0:
            calls = "1 call" if count == 1 else f"{count:,} calls"
            self.notice(f"{calls} did not end when told to, and what comes of that is not heeded.")

    def end_without_a_loop(self) -> None:
        """End now, because the loop is closed and nothing can run."""
        self._driver.settle_without_a_loop()
        self._finish()

    @property
    def keeps(self) -> bool:
        """Whether what was done is in a checkpoint, or will be in a moment."""
        return self._saving is not None and not self._saving.fails

    def is_around(self) -> bool:
        """Tell whether the caller was called by this run."""
        return self.completed in _around.get()

    # What happens

    async def _rescue(self, index: int, failure: Failure, limit_s: float) -> Rescued:
        more = resources_of(self._work)
        assert more is not None  # noqa: S101 - or there is nobody to rescue
        return await more.rescue(self.plan.item(index), failure, limit_s)

    def _look_up(self, index: int) -> None:
        if self._reuse is not None and self._reuse.settle(index, time.monotonic()):
            self._hooks.reused(index)

    def watch(self, watcher: Completed) -> None:
        """Let somebody hear of each item that ends from now on; from any thread."""
        self._hooks.watch(watcher)
        self._driver.reports.settled = self._hooks.wanted
        watcher.begin()

    def _stop_at(self, error: BaseException) -> None:
        if self.first_error is None:
            self.first_error = error
            self._driver.cancel()
