"""The feeder: brings the items of a run in, one at a time, as there is room for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.reading import END, Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.scheduling import Plan, Scheduler

__all__ = ["Feeder"]

#: Seconds that an input is given to be closed.
_GRACE_S: Final = 1.0


class Feeder:
    """Reads one input on behalf of a driver.

    Attributes:
        error: what the input raised, if it broke.
        in_line: whether the input is read where an item is asked for; else `run` reads it.
    """

    def __init__(
        self,
        plan: Plan,
        scheduler: Scheduler,
        *,
        in_thread: bool,
        arrived: Callable[[int], None] | None,
        wake: Callable[..., None],
    ) -> None:
        self.error: BaseException | None = None
        self._plan = plan
        self._scheduler = scheduler
        self._arrived = arrived
        self._wake = wake
        self._reader = Reader(plan, in_thread=in_thread)
        self._wanted = asyncio.Event()
        self.in_line = self._reader.in_line

    def read_now(self) -> None:
        """Read the next item in line, and more where the best of several is to go first."""
        try:
            self._arrive(self._reader.read())
            while self._scheduler.room > 0:
                self._arrive(self._reader.read())
        except Exception as error:  # noqa: BLE001 - what is done is kept; raised at the end
            self._break_off(error)

    def want(self) -> None:
        """Ask for one more item."""
        self._wanted.set()

    async def run(self) -> None:
        """Read items as they are wanted; a task of its own, so that a due retry need not wait."""
        scheduler = self._scheduler
        while scheduler.input_open:
            if scheduler.room <= 0:
                await self._wanted.wait()
            self._wanted.clear()
            if scheduler.has_enough:
                # Several may have asked for what was one item for all of them.
                continue
            try:
                self._arrive(await self._reader.read_later())
            except asyncio.CancelledError as cancelled:
                if not scheduler.input_open:
                    raise
                self._break_off(cancelled)
            except Exception as error:  # noqa: BLE001 - what is done is kept; raised at the end
                self._break_off(error)

    def _arrive(self, item: Any) -> None:
        if item is END:
            self._scheduler.end_of_input()
            self._wake()
            return
        self._plan.pulled.append(item)
        self._scheduler.add()
        if self._arrived is not None:
            self._arrived(len(self._plan.pulled) - 1)
        self._wake(1)

    def _break_off(self, error: BaseException) -> None:
        self.error = error
        self._scheduler.end_of_input()
        self._wake()

    async def close(self) -> None:
        """Let a generator that was not read to its end run its ``finally``."""
        try:
            await asyncio.wait_for(self._reader.close(), timeout=_GRACE_S)
        except TimeoutError:
            pass  # It is in the middle of an item, and is left to end on its own.
        except Exception as error:  # noqa: BLE001 - raised at the end, if nothing worse is
            self.error = self.error or error
