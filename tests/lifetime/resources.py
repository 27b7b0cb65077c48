"""What tests of resources are made of."""

from __future__ import annotations

import asyncio
from typing import Any

from notebook_kit.lifetime import AsyncResource

__all__ = ["Gated", "done", "turns"]


async def turns(times: int = 5) -> None:
    """Let the loop make some turns."""
    for _ in range(times):
        await asyncio.sleep(0)


class Gated(AsyncResource):
    """Notes what is done to it, and waits wherever it is told to.

    Attributes:
        log: what was done.
        gates: what is waited for in ``"open"`` and ``"close"``.
        faults: what is raised there.
    """

    def __init__(self, name: str = "Gated", log: list[str] | None = None) -> None:
        self.name = name
        self.log: list[str] = [] if log is None else log
        self.gates: dict[str, asyncio.Event] = {}
        self.faults: dict[str, BaseException] = {}

    def hold(self, where: str) -> asyncio.Event:
        """Have it wait there, until the event is set."""
        return self.gates.setdefault(where, asyncio.Event())

    async def _go_through(self, where: str) -> None:
        self.log.append(f"{where} {self.name}")
        if where in self.gates:
            await self.gates[where].wait()
        if where in self.faults:
            raise self.faults[where]
        self.log.append(f"{where} {self.name}: done")

    async def _open(self) -> None:
        await self._go_through("open")

    async def _close(self) -> None:
        await self._go_through("close")

    def _abort(self) -> None:
        self.log.append(f"abort {self.name}")


def done(log: list[Any]) -> list[str]:
    """Return what has come to its end."""
    return [line.removesuffix(": done") for line in log if line.endswith(": done")]
