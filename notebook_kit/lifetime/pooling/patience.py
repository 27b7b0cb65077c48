"""How long those who wait for a turn are willing to: one timer for all of them."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Patience"]

#: Seconds by which a timer may come too early, as loops have it.
_RESOLUTION_S: Final = 1e-6


class Patience:
    """Ends waits that have become too long.

    A timer for each would cost more than the wait itself; turns come in the order in which they
    were asked for, so those that are over stand in front and are forgotten as others come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, error: Callable[[], BaseException]) -> None:
        self._loop = loop
        self._error = error
        self._turns: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._next_look = math.inf

    def end_at(self, until: float, turn: asyncio.Future[Any]) -> None:
        """Have a wait end with an error at a time of the loop."""
        turns = self._turns
        while turns and turns[0][1].done():
            turns.popleft()
        # Where nothing comes free for long, the first waits on and others give up behind it.
        while turns and turns[-1][1].done():
            turns.pop()
        turns.append((until, turn))
        if until < self._next_look:
            self._look_at(until)

    def _look_at(self, until: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next_look = until
        self._timer = self._loop.call_at(until, self._look)

    def end(self) -> None:
        """Let nothing wake the loop any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """End the waits that are due, and look again when the next one is."""
        now = self._loop.time() + _RESOLUTION_S
        for until, turn in self._turns:
            if until <= now and not turn.done():
                turn.set_exception(self._error())
        self._turns = deque((until, turn) for until, turn in self._turns if not turn.done())
        self._next_look = math.inf
        if self._turns:
            self._look_at(min(until for until, _ in self._turns))
