"""How a run stands: what anybody may ask of it, from any thread and at any time."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from notebook_kit.execution.asked import asked_of
from notebook_kit.execution.futures import Future
from notebook_kit.redact import scrub
from notebook_kit.scheduling import Ledger, RunState, StopKind, take_snapshot
from notebook_kit.scheduling.outcome import INTERRUPTS
from notebook_kit.scheduling.pilot import forecast_of

if TYPE_CHECKING:
    from notebook_kit.execution.asked import Asked
    from notebook_kit.execution.driver import Driver
    from notebook_kit.execution.protocols import Work
    from notebook_kit.scheduling import Forecast, Outcome, Plan, Scheduler, Snapshot, Stop

__all__ = ["Standing"]


class Standing:
    """What is known of one run; whoever runs it brings a scheduler and a driver.

    Attributes:
        plan: where its items come from.
        ledger: what became of them.
        completed: done when nothing more will happen; it carries no error.
        first_error: the error that stopped a run told to stop at the first.
        notices: what the user should know, oldest first.
        warnings: those of the notices that tell of something lost.
    """

    _scheduler: Scheduler
    _driver: Driver

    def __init__(self, plan: Plan, work: Work) -> None:
        self.plan = plan
        self.completed: Future[None] = Future()
        self.first_error: BaseException | None = None
        self.notices: list[str] = []
        self.warnings: list[str] = []
        self._work = work
        self._started = time.monotonic()
        self._ended: float | None = None
        self._pid = os.getpid()
        #: Whether somebody has asked for its end.
        self._is_ending = False
        #: Since when it is paused or stands at its pilot, and how many seconds it did so before.
        self._stands_since: float | None = None
        self._stood_s = 0.0
        self.ledger = Ledger(epoch=time.time() - self._started)

    def notice(self, text: str, *, warns: bool = False) -> None:
        """Keep something that the user should know, once; whether it warns of a loss."""
        text = scrub(text)
        if warns and text not in self.warnings:
            self.warnings.append(text)
        if text not in self.notices:
            self.notices.append(text)

    @property
    def fatal(self) -> BaseException | None:
        """An interrupt that a call raised, or a fault of the kit's own."""
        return self._driver.fatal

    @property
    def fault(self) -> BaseException | None:
        """A fault of the kit's own that ended the run, or None."""
        fatal = self.fatal
        return None if isinstance(fatal, INTERRUPTS) else fatal

    @property
    def input_error(self) -> BaseException | None:
        """What the input raised, if it broke."""
        return self._driver.input_error

    @property
    def input_open(self) -> bool:
        """Whether more items may come."""
        return self._scheduler.input_open

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
            stands = self._scheduler.paused or self.at_pilot
            return RunState.PAUSED if stands else RunState.RUNNING
        return self.final_state

    @property
    def final_state(self) -> RunState:
        """Where the run stands once nothing more happens."""
        if any(error is not None for error in (self.input_error, self.first_error, self.fault)):
            return RunState.FAILED
        if self._scheduler.stop is None:
            return RunState.DONE
        cancelled = self._scheduler.stop.kind is StopKind.CANCELLED
        return RunState.CANCELLED if cancelled else RunState.STOPPED

    @property
    def at_pilot(self) -> bool:
        """Whether its pilot is done, and it waits to be told to go on."""
        heard = self._is_ending or self._driver.again.is_wanted
        return self._scheduler.standing and not heard

    def forecast(self) -> Forecast | None:
        """Return what the rest will take, or None where no item of a pilot has ended."""
        return forecast_of(self._scheduler)

    @property
    def stop(self) -> Stop | None:
        """Why the run ended before its input did, or None."""
        return self._scheduler.stop

    @property
    def abandoned(self) -> int:
        """Calls that were given up while they ran on."""
        return self._work.abandoned + self._driver.abandoned

    def outcome(self, position: int) -> Outcome:
        """Return what became of the item at a position of the input."""
        return self.ledger.outcome(position, self.plan.item(position))

    def begun(self, position: int) -> float | None:
        """Return when the attempt of an item that is under way was started, or None."""
        return self._scheduler.begun.get(position)

    def asked(self, position: int, response: Any) -> Asked | None:
        """Return what was asked for an item whose whole answer this is, if it was kept.

        Raises:
            Exception: whatever making the request of the item raises.
        """
        place, item = self.plan.numbered(position)
        return asked_of(self._work, place, item, response)

    def clock(self) -> float:
        """Return the time that the ledger's times are of."""
        return time.monotonic()

    def snapshot(self) -> Snapshot:
        """Return the numbers of this moment; what it is made to stand is counted apart."""
        now = time.monotonic() if self._ended is None else self._ended
        since, stood_s = self._stands_since, self._stood_s
        until = now if since is None else min(since, now)
        return take_snapshot(
            self._scheduler,
            self.plan,
            state=self.state,
            started=self._started + stood_s,
            now=until,
            stood_s=stood_s + now - until,
            notices=self.notices,
            warnings=self.warnings,
        )
