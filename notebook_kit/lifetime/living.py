"""What a resource is to its life, and how one is closed whose loop is another than the caller's."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Final, Literal, Protocol

from notebook_kit.errors import ResourceTimeout
from notebook_kit.lifetime.steps import called

if TYPE_CHECKING:
    from notebook_kit.lifetime.registry import Handle

__all__ = ["Living", "State", "close_there"]

State = Literal["new", "opening", "open", "closing", "closed"]

#: Seconds between two looks at another loop, and those that it has beyond the limit.
_LOOK_S: Final = 0.1
_GRACE_S: Final = 0.5


class Living(Protocol):
    """What a resource is to its life."""

    name: str
    close_timeout_s: float | None

    async def close(self) -> None:
        """Close it."""

    async def _close_unasked(self) -> None: ...
    async def _open(self) -> None: ...
    async def _close(self) -> None: ...
    def _abort(self) -> None: ...
    def _registered(self) -> Handle | None: ...


class _Life(Protocol):
    state: State

    async def close(self, owner: Living, *, at_most_s: float | None = None) -> None: ...
    def abandon(self, owner: Living, then: State) -> None: ...


async def close_there(
    life: _Life, owner: Living, loop: asyncio.AbstractEventLoop, limit_s: float | None
) -> None:
    """Have it closed by its own loop, which may stand still, or end meanwhile.

    Raises:
        ResourceTimeout: when that takes too long.
        Exception: what closing it raises.
    """
    until = math.inf if limit_s is None else time.monotonic() + limit_s + _GRACE_S
    there = asyncio.run_coroutine_threadsafe(life.close(owner, at_most_s=limit_s), loop)
    told = asyncio.wrap_future(there)
    while not told.done() and loop.is_running():
        await asyncio.wait([told], timeout=_LOOK_S)
        if not told.done() and time.monotonic() > until:
            message = f"{called(owner)} cannot be closed: its event loop stands still."
            raise ResourceTimeout(message)
    if told.done() and not told.cancelled():
        told.result()
    elif life.state != "closed":
        there.cancel()
        life.abandon(owner, "closed")
