"""Seeing to it that nobody waits for what cannot come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.relay import Relay

if TYPE_CHECKING:
    import asyncio

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.protocols import Work

__all__ = ["Vigil"]


class Vigil:
    """Looks after those who wait for one run."""

    def __init__(self, engine: Engine, work: Work) -> None:
        self._engine = engine
        self._work = work
        self._stood_still = 0

    def look(self, *, patience: int, blocking: bool = True) -> None:
        """Look once; called while somebody waits.

        Args:
            patience: looks in a row at which the run's loop may stand still.
            blocking: whether the caller waits without letting its own loop run.

        Raises:
            WouldDeadlock: when the caller blocks a loop that the run needs, or that loop has
                stopped.
        """
        engine = self._engine
        if engine.completed.done():
            return
        here = running_loop()
        if engine.loop is not None and engine.loop.is_closed():
            engine.end_without_a_loop()
            return
        standing_still = engine.loop is not None and not engine.loop.is_running()
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
        source = self._engine.plan.source
        homes = [self._engine.loop, source.home if isinstance(source, Relay) else None]
        if self._work.needs_home:
            homes.append(self._work.home)
        return loop in homes
