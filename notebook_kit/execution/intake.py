"""The intake of a run: items are read where one is asked for, or by a task of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from notebook_kit.execution.crew import GRACE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from notebook_kit.execution.feeder import Feeder

__all__ = ["Intake"]


class Intake:
    """Has a feeder read as it is asked.

    Args:
        feeder: reads the input.
        task: starts a task.
        failed: told of an interrupt or exit that the input raised.
    """

    def __init__(
        self,
        feeder: Feeder,
        *,
        task: Callable[[Coroutine[None, None, None]], asyncio.Task[None]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._feeder = feeder
        self._task = task
        self._failed = failed
        self._reading: asyncio.Task[None] | None = None

    @property
    def error(self) -> BaseException | None:
        """What the input raised, if it broke."""
        return self._feeder.error

    def want(self) -> None:
        """Ask for one more item, where a task reads."""
        self._feeder.want()

    def ask(self) -> bool:
        """Ask for one more item; True if it was read, False if it is waited for."""
        if self._feeder.in_line:
            self._feeder.read_now()
            return True
        self._feeder.want()
        if self._reading is None:
            self._reading = self._task(self._read())
        return False

    async def _read(self) -> None:
        try:
            await self._feeder.run()
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as interrupt:  # noqa: BLE001 - kept for who waits for the run
            self._failed(interrupt)

    def cut(self) -> None:
        """Read nothing more."""
        if self._reading is not None:
            self._reading.cancel()

    async def close(self) -> None:
        """Read nothing more, and let the input come to its end."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading], timeout=GRACE_S)
        await self._feeder.close()
