"""Waiting for a run: from a loop or without one, interrupted or to the end."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import BatchFailed, BudgetExceeded, WouldDeadlock
from notebook_kit.execution.io_thread import on_io_loop
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.waiting import INTERRUPTS, wait_async, wait_async_at_most, wait_sync
from notebook_kit.lifetime import caller_origin
from notebook_kit.redact import text_of
from notebook_kit.scheduling import Status, StopKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.protocols import View
    from notebook_kit.execution.run import Run
    from notebook_kit.lifetime import Origin

__all__ = ["Waiter"]

#: Seconds that an interrupt waits for the calls in flight, so that the frame is whole after it.
_INTERRUPT_WAIT_S: Final = 0.2
#: Seconds that a loop which the run needs may stand still before nobody believes in it.
_PATIENCE_S: Final = 1.0
_KEPT: Final = "What was done is in .run.frame of this error, and in nk.last_run().frame."


class _AtPilot(Exception):
    """The run stands at its pilot, so that nobody should wait for its end."""


class Waiter:
    """Waits for one run on behalf of whoever asks.

    Attributes:
        view: what shows the run meanwhile, or None.
        origin: the line of code that asks, or None.
    """

    def __init__(self, run: Run, engine: Engine) -> None:
        self.view: View | None = None
        self.origin: Origin | None = None
        #: How many warnings were told of where no view shows them.
        self._warned = 0
        self._run = run
        self._engine = engine

    async def wait_async(self) -> None:
        """Wait for the end, or for that of the pilot, and raise what the run has to say."""
        try:
            self._refuse_itself()
            with suppress(_AtPilot):
                self._look_for_pilot()
                await wait_async(self._engine.completed, tick=self._ticking(self.tick))
        except INTERRUPTS as interrupt:
            await self.interrupted_async(interrupt)
            raise
        self.conclude()

    def wait_sync(self, limit_s: float | None) -> None:
        """Wait for the same without a loop, and raise what the run has to say.

        Raises:
            TimeoutError: when it takes longer than the limit in seconds.
        """
        completed = self._engine.completed
        try:
            self._refuse_itself()
            if not completed.done() and on_io_loop():
                message = (
                    "This would block the kit's own I/O thread, which has to do the work: await."
                )
                raise WouldDeadlock(message)
            self._engine.vigil.look(patience_s=_PATIENCE_S)
            with suppress(_AtPilot):
                self._look_for_pilot()
                tick = self._ticking(self.tick_blocking)
                wait_sync(completed, timeout_s=limit_s, tick=tick)
        except INTERRUPTS as interrupt:
            self.interrupted(interrupt)
            raise
        self.conclude()

    def _ticking(self, tick: Callable[[], None]) -> Callable[[], None]:
        """Return what looks after who waits, until the run stands at its pilot if it has one."""
        if not self._engine.has_pilot:
            return tick

        def look() -> None:
            tick()
            self._look_for_pilot()

        return look

    def _look_for_pilot(self) -> None:
        if self._engine.at_pilot and not self._engine.completed.done():
            raise _AtPilot

    def _refuse_itself(self) -> None:
        if self._engine.is_around() and not self._engine.completed.done():
            message = (
                "This waits for the very run that it is a part of, which waits for this: a mapped "
                "function must not await its own run or ask for its result()."
            )
            raise WouldDeadlock(message)

    def refuse_if_lost(self) -> None:
        """Let nobody wait, in a forked child, for a run that goes on in the parent.

        Raises:
            BatchFailed: in the child.
        """
        if self._engine.lost:
            message = (
                "This run was started before the process was forked; it goes on in the parent."
            )
            raise BatchFailed(message, run=self._run)

    def tick(self) -> None:
        """Look after who awaits; called ten times a second."""
        # The awaiting loop runs, or it would not tick; only the run's own may have stopped.
        self._engine.vigil.look(patience_s=_PATIENCE_S, blocking=False)
        self._show_tick(blocking=False)

    def tick_blocking(self) -> None:
        """Look after who waits without a loop; called ten times a second."""
        self._engine.vigil.look(patience_s=_PATIENCE_S)
        self._show_tick(blocking=True)

    def _show_tick(self, *, blocking: bool) -> None:
        self._warn()
        if self.view is not None:
            self.view.tick(blocking=blocking)

    def _warn(self) -> None:
        """Warn of what was lost where nothing shows it, in the thread of who waits."""
        if self.view is not None and self.view.shows_notices:
            return
        lost = self._engine.warnings
        while self._warned < len(lost):
            text = lost[self._warned]
            self._warned += 1
            origin = self.origin or caller_origin()
            # Where warnings are errors, the answers that have come are worth more than this.
            with suppress(RuntimeWarning):
                warnings.warn_explicit(text, RuntimeWarning, origin.filename, origin.lineno)

    def conclude(self) -> None:
        """Finish the display and raise what the run has to say at its end.

        Raises:
            BatchFailed: when its errors stopped the run, or the input broke.
            BudgetExceeded: when it was stopped at its limit of cost.
        """
        self._warn()
        if self.view is not None:
            self.view.finish_in_caller()
        engine, run = self._engine, self._run
        if not engine.completed.done():
            return  # It stands at its pilot, and there is nothing to say but how to go on.
        if engine.fatal is not None:
            raise engine.fatal
        if (broke := engine.input_error) is not None:
            said = f"{type(broke).__name__}: {text_of(broke)}"
            message = f"The input broke off after {_items(len(engine.ledger))}: {said} {_KEPT}"
            raise BatchFailed(message, run=run) from broke
        if (first := engine.first_error) is not None:
            said = text_of(first)
            message = f"Stopped at the first error, as on_error='raise' asks: {said} {_KEPT}"
            raise BatchFailed(message, run=run) from first
        stop = engine.stop
        if stop is not None and stop.kind in (StopKind.ERRORS, StopKind.COST):
            kind = BudgetExceeded if stop.kind is StopKind.COST else BatchFailed
            skipped = engine.ledger.counts[Status.SKIPPED]
            were = "was" if skipped == 1 else "were"
            message = f"{stop.reason} {_items(skipped)} {were} not sent. {_KEPT}"
            raise kind(message, run=run)

    async def interrupted_async(self, interrupt: BaseException) -> None:
        """Do as `interrupted`, and let the caller's loop go on while the calls in flight end."""
        if isinstance(interrupt, asyncio.CancelledError):
            self._engine.cancel()
            await wait_async_at_most(self._engine.completed, _INTERRUPT_WAIT_S)
        self.interrupted(interrupt)

    def interrupted(self, interrupt: BaseException) -> None:
        """Cancel, keep what is done, and leave a note on the interrupt."""
        engine = self._engine
        engine.cancel()
        if running_loop() is not engine.loop and not engine.completed.done():
            try:
                wait_sync(engine.completed, timeout_s=_INTERRUPT_WAIT_S)
            except TimeoutError:
                engine.notice(f"Calls in flight took longer than {_INTERRUPT_WAIT_S} s to end.")
        snapshot = engine.snapshot()
        kept = (
            f"the run was cancelled; {snapshot.ok:,} answers of {_items(snapshot.done)} are kept "
            "in nk.last_run().frame."
        )
        kept += self._way_on_from_file()
        engine.notice(f"Interrupted: {kept} nk.last_run().retry_failed() goes on with the rest.")
        self._warn()
        if self.view is not None:
            self.view.finish_in_caller()
        interrupt.add_note(f"notebook_kit: {kept}")

    def _way_on_from_file(self) -> str:
        checkpoint = self._run.options.checkpoint
        if checkpoint is None or not self._engine.keeps:
            return ""
        name = Path(checkpoint).name
        return f" The checkpoint '{name}' has them too: run the cell again to go on."


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"
