"""Seeing to it that nobody waits for what cannot come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import WouldDeadlock
from notebook_kit.execution.loops import running_loop
from notebook_kit.execution.relay import Relay

if TYPE_CHECKING:
    import asyncio

    from notebook_kit.execution.engine import Engine
    from notebook_kit.execution.protocols import Work

__all__ = ["Vigil"]


_STOPPED: Final = (
    "The event loop that this run was started on has stopped, and it cannot go on: "
    "start it with loop='kit', or await it in the cell or coroutine that starts it."
)
_BLOCKED: Final = (
    "This run needs the event loop that you are blocking: write `await run`, or start "
    "it with client.map or a synchronous function, which run on a thread of their own."
)


class Vigil:
    """Looks after those who wait for one run."""

    def __init__(self, engine: Engine, work: Work) -> None:
        self._engine = engine
        self._work = work
        self._still_since: float | None = None

    def look(self, *, patience_s: float, blocking: bool = True) -> None:
        """Look once; called while somebody waits.

        Args:
            patience_s: how long a loop that the run needs may stand still, in seconds.
            blocking: whether the caller waits without letting its own loop run.

        Raises:
            WouldDeadlock: when the caller blocks a loop that the run needs, or that loop has
                stopped.
        """
        engine = self._engine
        if engine.completed.done():
            return
        here = running_loop()
        if engine.loop is None or engine.loop.is_closed():
            # It was never begun, or cannot go on.
            engine.end_without_a_loop()
            return
        homes = self._homes()
        if all(loop.is_running() for loop in homes):
            self._still_since = None
            if blocking and here in homes:
                raise WouldDeadlock(_BLOCKED)
            return
        now = time.monotonic()
        self._still_since = self._still_since or now
        if now - self._still_since > patience_s:
            raise WouldDeadlock(_STOPPED)

    def _homes(self) -> list[asyncio.AbstractEventLoop]:
        """Return the loops that have to run; where one is closed, what needs it raises."""
        engine, source = self._engine, self._engine.plan.source
        reads = isinstance(source, Relay) and engine.input_open
        homes = [
            engine.loop,
            source.home if reads and isinstance(source, Relay) else None,
            self._work.home if self._work.needs_home else None,
        ]
        return [loop for loop in homes if loop is not None and not loop.is_closed()]
