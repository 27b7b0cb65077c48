"""The time that a whole run may take, which stands still while the run waits for a person."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BatchClock"]


class BatchClock:
    """Calls a function once so many seconds have passed, those not counted in which it stood.

    Everything has to be called on the loop.

    Args:
        limit_s: the seconds, or None: the function is never called.
        over: called then.
    """

    def __init__(self, limit_s: float | None, over: Callable[[], None]) -> None:
        self._left_s = limit_s
        self._over = over
        self._timer: asyncio.TimerHandle | None = None

    def go_on(self) -> None:
        """Begin, or go on, to count; nothing happens where it does."""
        if self._left_s is not None and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._left_s, self._over)

    def close(self) -> None:
        """Count no more, for good."""
        self.stand()
        self._left_s = None

    def stand(self) -> None:
        """Stop counting until `go_on`; nothing happens where it does not count."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            now = asyncio.get_running_loop().time()
            self._left_s = max(0.0, timer.when() - now)
